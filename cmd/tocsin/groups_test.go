package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin/bots/mail/mailtest"
	"tocsin/bots/telegram/telegramtest"
)

// serving runs the program on a server, with one action in Lyon in two days that is open
// to everyone, until the test ends. It returns its environment.
func serving(t *testing.T, server *telegramtest.Server) map[string]string {
	t.Helper()
	env := elsewhere(t)
	for name, value := range map[string]string{
		"TELEGRAM_TOKEN": server.Bot().Token, "TELEGRAM_API_URL": server.URL(),
		"SMTP_URL": mailtest.Start(t).URL(), "MAIL_FROM": "bot@campagne.example",
		"CAMPAIGN_NAME": "Demain", "SPONSOR_URL": "https://parrainer.example/", "PRIVACY_URL": "https://demain.example/donnees",
	} {
		env[name] = value
	}
	actions := "title,starts_at,place,lat,lon,visibility\nTractage au marché," +
		time.Now().AddDate(0, 0, 2).Format("2006-01-02") + " 14:00,\"Place Bellecour, Lyon\",45.7578,4.8320,everyone\n"
	for _, args := range [][]string{{"migrate"}, {"actions", "import", "-"}} {
		if _, errs, code := called(t, env, actions, args...); code != succeeded {
			t.Fatal(errs)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int)
	var errs strings.Builder
	go func() { ended <- run(ctx, []string{"serve"}, set(env), strings.NewReader(""), io.Discard, &errs) }()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != succeeded {
			t.Errorf("exit code %d: %s", code, errs.String())
		}
	})
	return env
}

// In a group with topics the bot introduces itself, shows what is public in the topic where
// it is asked, and leads whoever wants more to the private chat. Anybody may press what is
// public, and nobody what is another's.
func TestAGroupOnTelegram(t *testing.T) {
	t.Parallel()
	server := telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real})
	serving(t, server)
	bot := server.Bot()
	forum := server.Forum("Lyon 3e")
	topic := forum.Topic("Tractages")
	alone := server.User("Anna", "fr")
	anna, ben := alone.InTopic(forum, topic), server.User("Ben", "fr").InTopic(forum, topic)
	forum.Add(bot)
	forum.Promote(bot) // it reads all from now on
	if m := hear(t, anna, "Dans ce groupe"); m.Thread != 0 {
		t.Errorf("the introduction is in thread %d", m.Thread)
	}

	anna.Send("qui vient samedi ?")
	anna.Send("/near@another_bot Lyon")
	anna.Send("/aquarium")
	anna.Send("/near@" + strings.ToUpper(bot.Username) + " Lyon")
	card := hear(t, anna, "Tractage au marché")
	start := "https://t.me/" + bot.Username + "?start="
	if b := card.Buttons[0][0]; card.Thread != topic || b.Text != "J’y serai" || b.URL != start+"act_1" {
		t.Errorf("the card is in thread %d, and its first button is %+v", card.Thread, b)
	}
	if n := len(forum.Chat()); n != 2 {
		t.Errorf("the bot wrote %d messages, want the introduction and the card", n)
	}
	ben.Tap(card, "Détails")
	if m := hear(t, ben, "Venez comme vous êtes"); m.Thread != topic {
		t.Errorf("the details are in thread %d", m.Thread)
	}

	alone.Start("act_1")
	hear(t, alone, "Tractage au marché")
	hers := hear(t, alone, "On continue")
	data := hers.Buttons[0][0].Data
	ben.Forge(hers, data)
	hear(t, ben, "plus d’actualité")
	ben.Send("/settings@" + bot.Username)
	led := hear(t, ben, "en privé")
	if led.Thread != topic || !slices.ContainsFunc(led.Entities, func(e telegramtest.Entity) bool { return e.URL == "https://t.me/"+bot.Username }) {
		t.Errorf("what is personal is answered in thread %d with %+v", led.Thread, led.Entities)
	}
	alone.Tap(hers, "Continuer") // it is still hers
	hear(t, alone, "Pouvons-nous vous écrire")

	admin := forum.AnonymousAdmin()
	admin.Send("/agenda@" + bot.Username)
	hear(t, admin, "en privé")
	admin.Send("/near@" + bot.Username + " Lyon")
	hear(t, admin, "Tractage au marché")
	before := len(forum.Chat())
	forum.Kick(bot)
	bot.WaitConfirmed(t)
	forum.Add(bot)
	hear(t, anna, "Dans ce groupe")
	if n := len(forum.Chat()); n != before+1 {
		t.Errorf("the bot wrote %d messages when it came back", n-before)
	}
}

// An answer that is refused since the group moved arrives in the new one, before any message
// tells of the move; told late and twice, it changes nothing.
func TestAnAnswerFollowsAGroupThatMoves(t *testing.T) {
	t.Parallel()
	server := telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real})
	serving(t, server)
	bot := server.Bot()
	group := server.Group("Lyon 3e")
	group.Add(bot)
	anna := server.User("Anna", "fr").In(group)
	hear(t, anna, "Dans ce groupe")
	bot.WaitConfirmed(t)
	bot.WaitPolling(t)
	server.Plan(telegramtest.Fault{Kind: telegramtest.Restart, Method: "getUpdates"}) // but for the one that waits
	server.Plan(telegramtest.Fault{Kind: telegramtest.Restart, Method: "sendMessage", On: 1})
	anna.Send("/near@" + bot.Username + " Lyon")
	server.WaitCalls(t, "sendMessage", 2)
	after := group.Migrate()
	there := server.User("Chloé", "fr").In(after)
	hear(t, there, "Tractage au marché")
	server.Heal()
	bot.WaitConfirmed(t)
	there.Send("/help@" + bot.Username)
	hear(t, there, "ouvertes à tout le monde")
	if n := len(after.Chat()); n != 2 {
		t.Errorf("the bot wrote %d messages in the new group", n)
	}
}

// Where the campaign is announced by a link, the link is said.
func TestSourcesAreShownAsLinksWhereTelegramIs(t *testing.T) {
	t.Parallel()
	server := telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real})
	env := elsewhere(t)
	env["TELEGRAM_TOKEN"], env["TELEGRAM_API_URL"] = server.Bot().Token, server.URL()
	env["CAMPAIGN_FILE"] = filepath.Join(t.TempDir(), "campaign.toml")
	if err := os.WriteFile(env["CAMPAIGN_FILE"], []byte(`sources = ["affiche"]`), 0o600); err != nil {
		t.Fatal(err)
	}
	out, errs, code := called(t, env, "", "sources")
	if code != succeeded || !strings.Contains(out, "https://t.me/"+server.Bot().Username+"?start=src_affiche\n") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	server.Plan(telegramtest.Fault{Kind: telegramtest.Restart, Method: "getMe"})
	if out, _, code = called(t, env, "", "sources"); code != succeeded || !strings.Contains(out, "  /start src_affiche\n") {
		t.Errorf("while Telegram is away: exit code %d: %s", code, out)
	}
}
