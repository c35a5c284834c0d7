package telegram_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tocsin/bots/telegram"
	"tocsin/bots/telegram/telegramtest"
	"tocsin/core"
)

// A shelf is a queue that keeps what it is given, and answers as it is told to.
type shelf struct {
	mu     sync.Mutex
	got    []*core.Update
	answer error
	takes  time.Duration // until the answer
}

func (s *shelf) Submit(_ context.Context, u *core.Update) <-chan error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, u)
	done := make(chan error, 1)
	answer := s.answer
	time.AfterFunc(s.takes, func() { done <- answer })
	return done
}

func (s *shelf) all() []*core.Update {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.got)
}

const hookSecret = "abcdefghijklmnopqrstuvwxyz_0123456789-"

// deliver posts an update to a webhook, and returns the status.
func deliver(w http.Handler, secret, body string) int {
	r := httptest.NewRequest(http.MethodPost, "/x", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
	out := httptest.NewRecorder()
	w.ServeHTTP(out, r)
	if out.Body.Len() > 0 {
		return 0 // a body would be run as a call
	}
	return out.Code
}

func TestAWebhookTakesWhatIsHandledAndKnowsItsSender(t *testing.T) {
	t.Parallel()
	server := telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real})
	a, err := telegram.New(telegram.Config{Token: server.Bot().Token, API: server.URL()})
	if err != nil {
		t.Fatal(err)
	}
	w := &telegram.Webhook{URL: "https://bot.example.org", Secret: hookSecret}
	if err := a.ByWebhook(w); err != nil {
		t.Fatal(err)
	}
	const update = `{"update_id":7,"message":{"message_id":1,"date":1800000000,"chat":{"id":5,"type":"private"},"from":{"id":5,"first_name":"Ada"},"text":"Lyon"}}`
	if code := deliver(w, hookSecret, update); code != http.StatusServiceUnavailable {
		t.Errorf("before the bot runs: %d", code)
	}
	s := &shelf{}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- a.Run(ctx, s) }()
	server.WaitCalls(t, "setWebhook", 1)
	if code := deliver(w, hookSecret, update); code != http.StatusOK || len(s.got) != 1 || s.got[0].ID != "7" {
		t.Errorf("handled: %d, %d updates", code, len(s.got))
	}
	s.answer = errors.New("the database is away")
	if code := deliver(w, hookSecret, update); code != http.StatusServiceUnavailable {
		t.Errorf("not stored: %d", code)
	}
	for _, secret := range []string{"", "wrong", hookSecret + "x"} {
		if code := deliver(w, secret, update); code != http.StatusUnauthorized {
			t.Errorf("secret %q: %d", secret, code)
		}
	}
	if len(s.got) != 2 || strings.Contains(w.Path(), hookSecret) || strings.Contains(w.Path(), server.Bot().Token) {
		t.Errorf("%d updates, path %s", len(s.got), w.Path())
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestAWebhookThatTheServerWouldRefuseIsRefused(t *testing.T) {
	t.Parallel()
	a, err := telegram.New(telegram.Config{Token: "4711:abcdefghijklmnop"})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []*telegram.Webhook{
		{URL: "http://bot.example.org", Secret: hookSecret}, {URL: "https://bot.example.org", Secret: "short"},
		{URL: "https://bot.example.org", Secret: hookSecret + "é"},
	} {
		if err := a.ByWebhook(w); core.CodeOf(err) != core.Invalid {
			t.Errorf("%s: %v", w.URL, err)
		}
	}
}

func TestConfigThatIsWrongIsSaidWithoutTheToken(t *testing.T) {
	t.Parallel()
	const token = "4711:abcdefghijklmnop"
	for _, c := range []telegram.Config{
		{Token: "abc"}, {Token: ""}, {Token: token + " "}, {Token: token, API: "http://example.org"}, {Token: token, API: "ftp://example.org"},
		{Token: token, API: "https://u:p@example.org"}, {Token: token, API: "https://example.org/?x=1"}, {Token: token, API: "https://example.org/%s"},
	} {
		_, err := telegram.New(c)
		if core.CodeOf(err) != core.Invalid || strings.Contains(err.Error(), "abcdefgh") {
			t.Errorf("%s: %v", c.API, err)
		}
	}
	if a, err := telegram.New(telegram.Config{Token: token, API: "http://127.0.0.1:8081", PollTimeout: time.Second}); err != nil || a.Bot() != "telegram:4711" {
		t.Errorf("got %v", err)
	}
}
