package main

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"tocsin/bots/telegram/telegramtest"
	"tocsin/storage/pgtest"
)

// answers returns how many answers of the bot a person has seen to something.
func answers(u *telegramtest.User, what string) (n int) {
	for _, m := range u.History() {
		if strings.Contains(m.Text, what) {
			n++
		}
	}
	return n
}

// helped is in each answer to /help, and in no other.
const helped = "On peut dire"

// An operator turns from polling to a webhook and back. What people said meanwhile, and
// what Telegram brings twice, is answered once each.
func TestTurningToAWebhookAndBackLosesNothingAndDoublesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	people := []*telegramtest.User{s.telegram.User("Anna", "fr"), s.telegram.User("Ben", "fr")}
	said := 0
	everybody := func() {
		for _, u := range people {
			u.Send("/help")
		}
		said++
	}
	answered := func(when string) {
		t.Helper()
		s.telegram.Bot().WaitConfirmed(t)
		for _, u := range people {
			s.telegram.Wait(t, when, func() bool { return answers(u, helped) >= said })
			s.telegram.Bot().Repeat(t, u.ID)
		}
		s.telegram.Bot().WaitConfirmed(t)
	}
	for _, env := range []map[string]string{s.polling(), s.env, s.polling(), s.env} {
		everybody() // before anybody listens
		p := s.serve(env)
		everybody()
		answered("answers while it runs")
		everybody()
		if took := p.stop(); took > time.Second {
			t.Errorf("it took %v to end", took)
		}
	}
	p := s.serve(s.env)
	answered("the last answers")
	p.stop()
	for _, u := range people {
		if n := answers(u, helped); n != said {
			t.Errorf("%d answers to %d questions", n, said)
		}
	}
}

// With two processes nobody waits: the new one sets the webhook when the old one, which
// polls, has gone.
func TestTwoProcessesTurnToAWebhookOneAfterTheOther(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.env["DATABASE_URL"] = pgtest.New(t)
	old := s.serve(s.polling())
	anna := s.telegram.User("Anna", "fr")
	s.telegram.Bot().WaitPolling(t)
	s.serve(s.env)
	anna.Send("/help")
	s.telegram.Wait(t, "an answer of the old one", func() bool { return answers(anna, helped) == 1 })
	if n := len(s.telegram.Calls("setWebhook")); n != 0 {
		t.Errorf("the webhook was set %d times while the old one polls", n)
	}
	old.stop()
	anna.Send("/help")
	s.telegram.Wait(t, "an answer of the new one", func() bool { return answers(anna, helped) == 2 })
	if calls := s.telegram.Calls("deleteWebhook"); len(calls) != 0 || len(s.telegram.Calls("setWebhook")) != 1 {
		t.Error("the two were at odds")
	}
}

// The secret is changed while the bot runs on: what is brought with the old one, before
// Telegram has the new one, is taken; afterwards it is not.
func TestTheSecretOfTheWebhookCanBeChanged(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.telegram.User("Anna", "fr")
	p := s.serve(s.env)
	s.telegram.WaitCalls(t, "setWebhook", 1)
	p.stop()
	const renewed = "renewed_secret_of_the_webhook_0123456789"
	env := maps.Clone(s.env)
	env["TELEGRAM_WEBHOOK_SECRET"] = renewed + "," + webhookSecret
	s.telegram.Plan(telegramtest.Fault{Kind: telegramtest.Restart, Method: "setWebhook"})
	p = s.serve(env)
	s.telegram.WaitCalls(t, "setWebhook", 2)
	anna.Send("/help")
	s.telegram.Wait(t, "an answer to what came with the old secret", func() bool { return answers(anna, helped) == 1 })
	s.telegram.Heal()
	s.telegram.Wait(t, "the new secret", func() bool {
		calls := s.telegram.Calls("setWebhook")
		last := calls[len(calls)-1]
		return last.Status == http.StatusOK && last.Params["secret_token"] == renewed
	})
	anna.Send("/help")
	s.telegram.Wait(t, "an answer to what came with the new secret", func() bool { return answers(anna, helped) == 2 })
	p.stop()
}

// While the database is away, updates are given back to Telegram, which brings them
// again; each is answered once.
func TestWhatComesWhileTheDatabaseIsAwayIsAnsweredLater(t *testing.T) {
	t.Parallel()
	postgres := pgtest.Start(t)
	s := newSite(t)
	s.env["DATABASE_URL"] = postgres.URL()
	if _, errs, code := called(t, s.env, "", "migrate"); code != succeeded {
		t.Fatal(errs)
	}
	p := s.serve(s.env)
	anna := s.telegram.User("Anna", "fr")
	anna.Send("/help")
	s.telegram.Wait(t, "an answer", func() bool { return answers(anna, helped) == 1 })
	counted := func(n int) {
		t.Helper()
		until(t, "the verdict is stored", func() bool {
			_, body := page(t, p.metrics, "/metrics")
			return strings.Contains(body, fmt.Sprintf("lane=\"talk\",verdict=\"sent\"} %d\n", n))
		})
	}
	counted(1)
	if status, body := page(t, p.http, "/readyz"); status != http.StatusOK || body != "ready\ndatabase reachable\ntelegram receiving\n" {
		t.Errorf("before: %d %q", status, body)
	}

	if err := postgres.Kill(); err != nil {
		t.Fatal(err)
	}
	anna.Send("/help")
	s.telegram.Wait(t, "a 503", func() bool {
		_, last := s.telegram.Bot().Webhook()
		return strings.Contains(last, "503")
	})
	if status, body := page(t, p.http, "/readyz"); status != http.StatusServiceUnavailable || !strings.HasPrefix(body, "unready\ndatabase away\n") {
		t.Errorf("meanwhile: %d %q", status, body)
	}
	if status, body := page(t, p.http, "/healthz"); status != http.StatusOK || body != "alive\n" {
		t.Errorf("meanwhile: %d %q", status, body)
	}
	if status, body := page(t, p.metrics, "/metrics"); status != http.StatusOK || !strings.Contains(body, "tocsin_bot_state") {
		t.Errorf("meanwhile: %d %q", status, body)
	}

	if err := postgres.Restart(); err != nil {
		t.Fatal(err)
	}
	s.telegram.Advance(5 * time.Second) // as the 503 asked
	s.telegram.Wait(t, "the second answer", func() bool { return answers(anna, helped) == 2 })
	if status, body := page(t, p.http, "/readyz"); status != http.StatusOK {
		t.Errorf("afterwards: %d %q", status, body)
	}
	counted(2)
	if err := postgres.Kill(); err != nil {
		t.Fatal(err)
	}
	if took := p.stop(); took > time.Second {
		t.Errorf("without a database it took %v to end", took)
	}
}

// What is said is counted by bot, lane and result.
func TestMetricsCountWhatIsDone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.serve(s.env)
	s.telegram.WaitCalls(t, "setWebhook", 1)
	anna := s.telegram.User("Anna", "fr")
	s.telegram.Plan(telegramtest.Fault{Kind: telegramtest.Limited, Method: "sendMessage", On: 1, After: 1})
	anna.Send("/help")
	s.telegram.Wait(t, "an answer", func() bool { return answers(anna, helped) == 1 })
	var body string
	until(t, "the verdict is counted", func() bool {
		_, body = page(t, p.metrics, "/metrics")
		return strings.Contains(body, `verdict="sent"`)
	})
	for _, want := range []string{
		`tocsin_updates_total{bot="telegram",result="handled"} 1`,
		`tocsin_update_lag_seconds_count{bot="telegram"} 1`,
		`tocsin_sends_total{bot="telegram",lane="talk",verdict="sent"} 1`,
		`tocsin_sends_total{bot="telegram",lane="talk",verdict="rate_limited"} 1`,
		`tocsin_outbox_waiting{bot="telegram",lane="notice"} 0`,
		`tocsin_bot_state{bot="telegram",state="receiving"} 1`,
		`tocsin_rate_limited_total{bot="telegram"} 1`,
		`tocsin_rate_limited_seconds_total{bot="telegram"} 1`,
		`tocsin_presses_late_total{bot="telegram"} 0`,
		`tocsin_updates_unread_total{bot="telegram"} 0`,
		`tocsin_webhook_pending{bot="telegram"} 0`,
		"tocsin_updates_dropped_total 0", "tocsin_updates_skipped_total 0",
	} {
		if !strings.Contains(body, want+"\n") {
			t.Errorf("%s is not in\n%s", want, body)
		}
	}
	for _, path := range []string{"/metrics", "/", "/telegram/"} {
		if status, _ := page(t, p.http, path); status != http.StatusNotFound {
			t.Errorf("%s is answered %d", path, status)
		}
	}
	if status, _ := page(t, p.metrics, "/readyz"); status != http.StatusNotFound {
		t.Errorf("/readyz is answered %d beside /metrics", status)
	}
}
