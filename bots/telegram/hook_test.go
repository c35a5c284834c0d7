package telegram

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/bots/telegram/telegramtest"
	"tocsin/core"
)

const (
	newSecret = "new_secret_of_the_webhook_0123456789"
	oldSecret = "old_secret_of_the_webhook_0123456789"
	someText  = `{"update_id":7,"message":{"message_id":1,"date":1800000000,"chat":{"id":5,"type":"private"},"from":{"id":5,"first_name":"Ada"},"text":"Lyon"}}`
)

// A hooking is an adapter in a bubble, that receives by webhook.
type hooking struct {
	*Adapter
	server *telegramtest.Server
	ran    context.Context
	end    context.CancelFunc
	ended  chan error
}

// queueFunc is a queue that answers with what a function returns.
type queueFunc func(context.Context, *core.Update) error

func (f queueFunc) Submit(ctx context.Context, u *core.Update) <-chan error {
	done := make(chan error, 1)
	go func() { done <- f(ctx, u) }()
	return done
}

func takes(context.Context, *core.Update) error { return nil }

// away is how a database that is away handles an update.
func away(ctx context.Context, _ *core.Update) error {
	<-ctx.Done()
	return ctx.Err()
}

// newHooking makes an adapter in front of a server on which nothing has begun yet. No
// webhook can be reached.
func newHooking(t *testing.T, w *Webhook) *hooking {
	t.Helper()
	s := telegramtest.New(t, telegramtest.Options{
		Clock: telegramtest.Real, InMemory: true,
		WebhookDial: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("nobody is there") },
	})
	a, err := New(Config{Token: s.Bot().Token, API: "http://localhost"})
	if err != nil {
		t.Fatal(err)
	}
	a.client.http.Transport.(*http.Transport).DialContext = s.Dial
	if err := a.ByWebhook(w); err != nil {
		t.Fatal(err)
	}
	return &hooking{Adapter: a, server: s, ended: make(chan error, 1)}
}

// run runs it until stop or the end of the test.
func (h *hooking) run(t *testing.T, q core.Queue) {
	h.ran, h.end = context.WithCancel(context.Background())
	go func() { h.ended <- h.Run(h.ran, q) }()
	t.Cleanup(func() {
		h.end()
		if err := <-h.ended; err != nil {
			t.Error(err)
		}
	})
}

// call calls a method as another program does that has the token.
func (h *hooking) call(t *testing.T, m method, p params) {
	t.Helper()
	if err := h.client.call(t.Context(), m, p, nil); err != nil {
		t.Fatal(err)
	}
}

// bring gives the webhook an update and returns the answer.
func (h *hooking) bring(secret string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/x", strings.NewReader(someText))
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
	out := httptest.NewRecorder()
	h.webhook.ServeHTTP(out, r)
	return out
}

func TestAWebhookThatIsTakenAwayIsSetAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHooking(t, &Webhook{URL: "https://bot.example.org/", Secret: newSecret})
		h.run(t, queueFunc(takes))
		synctest.Wait()
		ours := "https://bot.example.org" + h.webhook.Path()
		is := func(when, want string, state State) {
			t.Helper()
			if at, _ := h.server.Bot().Webhook(); at != want || h.State() != state {
				t.Errorf("%s: it is at %q, %s", when, at, h.State())
			}
		}
		is("at first", ours, Receiving)
		h.call(t, deleteWebhook, nil)
		is("removed", "", Receiving)
		time.Sleep(look)
		synctest.Wait()
		is("a minute later", ours, Receiving)
		time.Sleep(2 * time.Second) // the server takes one a second
		h.call(t, setWebhook, params{"url": "https://another.example.org/"})
		time.Sleep(look)
		synctest.Wait()
		is("after it was another's", ours, PolledTwice)
		time.Sleep(look)
		synctest.Wait()
		is("once it is ours again", ours, Receiving)
		if n := len(h.server.Calls("setWebhook")); n != 4 {
			t.Errorf("it was set %d times", n)
		}
	})
}

func TestTheOldSecretEndsWhenTheServerHasTheNewOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHooking(t, &Webhook{URL: "https://bot.example.org", Secret: newSecret, Old: oldSecret})
		h.server.Plan(telegramtest.Fault{Kind: telegramtest.Restart, Method: "setWebhook"})
		h.run(t, queueFunc(takes))
		synctest.Wait()
		if code := h.bring(oldSecret).Code; code != http.StatusOK {
			t.Errorf("the old one before: %d", code)
		}
		if code := h.bring("").Code; code != http.StatusUnauthorized {
			t.Errorf("none: %d", code)
		}
		h.server.Heal()
		time.Sleep(longest)
		synctest.Wait()
		if code := h.bring(oldSecret).Code; code != http.StatusUnauthorized {
			t.Errorf("the old one after: %d", code)
		}
		if code := h.bring(newSecret).Code; code != http.StatusOK {
			t.Errorf("the new one: %d", code)
		}
		if calls := h.server.Calls("setWebhook"); calls[len(calls)-1].Params["secret_token"] != newSecret {
			t.Error("the server has another secret")
		}
	})
}

// Another process may have set it: a request that carries the new secret proves that.
func TestTheFirstRequestWithTheNewSecretEndsTheOldOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHooking(t, &Webhook{URL: "https://bot.example.org", Secret: newSecret, Old: oldSecret})
		h.server.Plan(telegramtest.Fault{Kind: telegramtest.Restart, Method: "getWebhookInfo"})
		h.run(t, queueFunc(takes))
		synctest.Wait()
		for _, c := range []struct {
			secret string
			code   int
		}{{oldSecret, 200}, {newSecret, 200}, {oldSecret, 401}, {newSecret, 200}} {
			if code := h.bring(c.secret).Code; code != c.code {
				t.Errorf("%.3s: %d, want %d", c.secret, code, c.code)
			}
		}
	})
}

func TestWhatCannotBeStoredGoesBackWithinSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHooking(t, &Webhook{URL: "https://bot.example.org", Secret: newSecret})
		h.run(t, queueFunc(away))
		synctest.Wait()
		began := time.Now()
		out := h.bring(newSecret)
		if out.Code != http.StatusServiceUnavailable || out.Header().Get("Retry-After") != "5" || out.Body.Len() != 0 {
			t.Errorf("got %d, %v, %q", out.Code, out.Header(), out.Body)
		}
		if took := time.Since(began); took != takeTime {
			t.Errorf("it took %v", took)
		}
	})
}

func TestTheEndGivesBackWhatIsNotHandledAndWaitsForIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHooking(t, &Webhook{URL: "https://bot.example.org", Secret: newSecret})
		handled := false
		h.run(t, queueFunc(func(ctx context.Context, _ *core.Update) error {
			<-ctx.Done()
			time.Sleep(time.Millisecond) // of what began before the end
			handled = true
			return ctx.Err()
		}))
		synctest.Wait()
		got := make(chan int, 1)
		go func() { got <- h.bring(newSecret).Code }()
		synctest.Wait()
		h.end()
		h.ended <- <-h.ended
		if !handled {
			t.Error("it ended before what was being handled")
		}
		if code := <-got; code != http.StatusServiceUnavailable {
			t.Errorf("what was not handled is answered %d", code)
		}
		if code := h.bring(newSecret).Code; code != http.StatusServiceUnavailable {
			t.Errorf("after the end: %d", code)
		}
	})
}

// A held is a lease that another process has while it is true.
type held struct{ atomic.Bool }

func (h *held) Hold(context.Context, core.LeaseName, string) error {
	if h.Load() {
		return &core.Error{Code: core.Conflict}
	}
	return nil
}

func (*held) Drop(context.Context, core.LeaseName, string) error { return nil }

// A process that polls, or has another secret, is not interrupted: who comes later sets
// the webhook when it has gone, and takes meanwhile what it is brought.
func TestTheWebhookIsSetOnceTheOtherProcessHasGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHooking(t, &Webhook{URL: "https://bot.example.org", Secret: newSecret})
		other := new(held)
		other.Store(true)
		h.Lease = other
		h.run(t, queueFunc(takes))
		time.Sleep(time.Hour)
		synctest.Wait()
		if at, _ := h.server.Bot().Webhook(); at != "" || h.State() != Waiting || h.bring(newSecret).Code != http.StatusOK {
			t.Errorf("meanwhile it is at %q, %s", at, h.State())
		}
		other.Store(false)
		time.Sleep(core.RenewEvery)
		synctest.Wait()
		if at, _ := h.server.Bot().Webhook(); at != h.webhook.Address() || h.State() != Receiving {
			t.Errorf("afterwards it is at %q, %s", at, h.State())
		}
	})
}

func TestAWebhookThatIsNotReachedIsNoticed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHooking(t, &Webhook{URL: "https://bot.example.org", Secret: newSecret})
		h.run(t, queueFunc(takes))
		synctest.Wait()
		h.server.User("Ada", "fr").Send("Lyon")
		time.Sleep(look)
		synctest.Wait()
		f := h.Figures()
		if f.State != HookUnreached || f.Pending != 1 || time.Since(f.LastHookFail) > look+time.Second {
			t.Errorf("got %+v", f)
		}
	})
}

// A webhook that the server refuses, a limit and a press that is acknowledged late are
// seen from outside.
func TestTroubleIsCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHooking(t, &Webhook{URL: "https://bot.example.org", Secret: newSecret})
		h.server.Plan(telegramtest.Fault{Kind: telegramtest.Limited, Method: "setWebhook", On: 1, After: 70})
		h.server.Plan(telegramtest.Fault{Kind: telegramtest.Refused, Method: "setWebhook", On: 2, Code: 400, Text: "Bad Request: bad webhook"})
		h.server.Plan(telegramtest.Fault{Kind: telegramtest.SlowHeaders, Method: "answerCallbackQuery", Wait: 3 * time.Second})
		h.run(t, queueFunc(takes))
		time.Sleep(69 * time.Second)
		synctest.Wait()
		if n := len(h.server.Calls("setWebhook")); n != 1 {
			t.Errorf("it was set %d times before the limit ended", n)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if f := h.Figures(); f.State != HookRefused || f.Limited != 1 || f.Paused != 70*time.Second || f.LatePresses != 0 {
			t.Errorf("got %+v", f)
		}
		go h.acknowledge(t.Context(), "1", time.Now())
		time.Sleep(4 * time.Second)
		synctest.Wait()
		if n := h.Figures().LatePresses; n != 1 {
			t.Errorf("%d presses were late", n)
		}
	})
}
