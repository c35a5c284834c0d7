package telegramtest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"tocsin/bots/telegram/telegramtest"
)

// A hook is a program that takes updates by webhook.
type hook struct {
	*httptest.Server
	t    *testing.T
	came chan delivery
}

// A delivery waits for its answer.
type delivery struct {
	update
	secret string
	answer chan<- func(http.ResponseWriter)
}

func newHook(t *testing.T) *hook {
	h := &hook{t: t, came: make(chan delivery, 100)}
	h.Server = httptest.NewServer(h)
	t.Cleanup(h.Close)
	return h
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	answer := make(chan func(http.ResponseWriter), 1)
	d := delivery{secret: r.Header.Get("X-Telegram-Bot-Api-Secret-Token"), answer: answer}
	if err := json.Unmarshal(body, &d.update); err != nil || r.Method != "POST" || r.Header.Get("Content-Type") != "application/json" {
		h.t.Errorf("a delivery is %s %s", r.Method, body)
	}
	h.came <- d
	select {
	case write := <-answer:
		write(w)
	case <-r.Context().Done():
	}
}

// next returns the next delivery.
func (h *hook) next() delivery {
	h.t.Helper()
	select {
	case d := <-h.came:
		return d
	case <-time.After(10 * time.Second):
		h.t.Fatal("nothing is delivered")
		return delivery{}
	}
}

// underWay checks how many deliveries are under way: what starts one has started it
// when it returns.
func (c *client) underWay(want int) {
	c.t.Helper()
	if n := c.bot.Delivering(); n != want {
		c.t.Errorf("%d deliveries are under way, want %d", n, want)
	}
}

func (d delivery) take()           { d.answer <- func(http.ResponseWriter) {} }
func (d delivery) code(status int) { d.answer <- func(w http.ResponseWriter) { w.WriteHeader(status) } }

// hooked runs a server that delivers to a hook.
func hooked(t *testing.T, p params) (*telegramtest.Server, *client, *hook) {
	t.Helper()
	h := newHook(t)
	srv, c := open(t, telegramtest.Options{LoopbackWebhooks: true})
	whole := params{"url": h.URL + "/in", "secret_token": "s3cret"}
	for k, v := range p {
		whole[k] = v
	}
	if o := c.call("setWebhook", whole); o.Description != "Webhook was set" {
		t.Fatalf("the webhook is answered %q", o.Description)
	}
	t.Cleanup(func() { h.CloseClientConnections() })
	return srv, c, h
}

func TestWebhookAddressesAreChecked(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	for want, p := range map[string]params{
		"bad webhook: An HTTPS URL must be provided for webhook":               {"url": "http://example.org/x"},
		"bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443": {"url": "https://example.org:8080/x"},
		"bad webhook: IP address 10.1.2.3 is reserved":                         {"url": "https://10.1.2.3/x"},
		"bad webhook: IPv6-only addresses are not allowed":                     {"url": "https://[2001:db8::1]/x"},
		"invalid webhook URL specified":                                        {"url": "https://"},
		"secret token contains unallowed characters":                           {"url": "https://example.org", "secret_token": "a b"},
		"secret token is too long":                                             {"url": "https://example.org", "secret_token": strings.Repeat("x", 257)},
	} {
		srv.Advance(time.Second)
		c.refused("setWebhook", p, "Bad Request: "+want)
	}
}

func TestWebhookIsSetOnceASecondAndDeleted(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	p := params{"url": "https://example.org/x", "max_connections": 500, "allowed_updates": []string{"message"}}
	if o := c.call("setWebhook", p); o.Description != "Webhook was set" {
		t.Errorf("the answer is %q", o.Description)
	}
	if o := c.call("setWebhook", p); o.Status != 429 || o.Header.Get("Retry-After") != "1" {
		t.Errorf("the answer is %d %q", o.Status, o.Description)
	}
	srv.Advance(time.Second)
	if o := c.call("setWebhook", p); o.Description != "Webhook is already set" {
		t.Errorf("the answer is %q", o.Description)
	}
	var info struct {
		URL     string
		Most    int      `json:"max_connections"`
		Allowed []string `json:"allowed_updates"`
	}
	c.call("getWebhookInfo", nil).into(t, &info)
	if info.URL != p["url"] || info.Most != 100 || len(info.Allowed) != 1 {
		t.Errorf("the webhook is %+v", info)
	}
	c.refused("getUpdates", nil, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first")
	for _, want := range []string{"Webhook was deleted", "Webhook is already deleted"} {
		if o := c.call("deleteWebhook", nil); o.Description != want {
			t.Errorf("the answer is %q", o.Description)
		}
	}
}

func TestSettingAWebhookEndsThePoll(t *testing.T) {
	t.Parallel()
	_, c := open(t, telegramtest.Options{})
	poll := c.waiting(t.Context(), params{"timeout": 30})
	c.call("setWebhook", params{"url": "https://example.org"})
	if o := <-poll; o.Description != "Conflict: terminated by setWebhook request" {
		t.Errorf("the poll is answered %q", o.Description)
	}
}

func TestSwitchingKeepsPendingUpdatesUnlessDropped(t *testing.T) {
	t.Parallel()
	for _, drop := range []bool{false, true} {
		t.Run(fmt.Sprint(drop), func(t *testing.T) {
			t.Parallel()
			srv, c := open(t, telegramtest.Options{WebhookDial: nil})
			srv.User("Ada", "").Send("kept")
			c.call("deleteWebhook", params{"drop_pending_updates": drop})
			if left := c.bot.Pending(); (left == 0) != drop {
				t.Errorf("%d are left", left)
			}
		})
	}
}

func TestUpdatesOfOneChatComeInOrderAndOthersBesideThem(t *testing.T) {
	t.Parallel()
	srv, c, h := hooked(t, nil)
	ada, ben := srv.User("Ada", ""), srv.User("Ben", "")
	ada.Send("a1")
	ada.Send("a2")
	first := h.next()
	if first.secret != "s3cret" || first.Message.Text != "a1" {
		t.Errorf("the delivery is %+v", first)
	}
	ben.Send("b1")
	second := h.next()
	if second.Message.Text != "b1" {
		t.Errorf("beside a1 comes %q", second.Message.Text)
	}
	ada.Forge(telegramtest.Message{ID: 5}, "tap")
	if third := h.next(); third.Callback == nil {
		t.Errorf("beside a1 comes %+v", third.update)
	}
	c.underWay(3)
	first.take()
	last := h.next()
	if last.Message.Text != "a2" {
		t.Errorf("after a1 comes %q", last.Message.Text)
	}
}

func TestMaxConnectionsBoundsWhatRuns(t *testing.T) {
	t.Parallel()
	srv, c, h := hooked(t, params{"max_connections": 1})
	srv.User("Ada", "").Send("a")
	first := h.next()
	srv.User("Ben", "").Send("b")
	c.underWay(1)
	first.take()
	if d := h.next(); d.Message.Text != "b" {
		t.Errorf("then %q comes", d.Message.Text)
	}
}

func TestFailedDeliveriesAreTriedAgainLaterAndLater(t *testing.T) {
	t.Parallel()
	srv, c, h := hooked(t, nil)
	srv.User("Ada", "").Send("x")
	h.next().code(500)
	h.next().code(500) // the first retry comes at once
	for _, pause := range []time.Duration{2, 4, 8, 16, 32} {
		waitError(t, srv, c, 1)
		srv.Advance(pause*time.Second - time.Millisecond)
		c.underWay(0)
		srv.Advance(time.Millisecond)
		h.next().code(500)
	}
	waitError(t, srv, c, 1)
	srv.Advance(2 * time.Minute)
	d := h.next()
	d.take()
	c.bot.WaitConfirmed(t)
	if _, last := c.bot.Webhook(); last != "Wrong response from the webhook: 500 Internal Server Error" {
		t.Errorf("the last error is %q", last)
	}
}

// waitError returns once no delivery is under way.
func waitError(t *testing.T, srv *telegramtest.Server, c *client, pending int) {
	t.Helper()
	c.bot.WaitIdle(t)
	if n := c.bot.Pending(); n != pending {
		t.Errorf("%d updates are pending", n)
	}
}

func TestRetryAfterIsObeyedUpToAnHour(t *testing.T) {
	t.Parallel()
	srv, c, h := hooked(t, nil)
	srv.User("Ada", "").Send("x")
	for header, want := range map[string]time.Duration{"30": 30 * time.Second, "999999": time.Hour} {
		h.next().answer <- func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", header)
			w.WriteHeader(503)
		}
		c.bot.WaitIdle(t)
		srv.Advance(want - time.Millisecond)
		c.underWay(0)
		srv.Advance(time.Millisecond)
	}
	h.next().take()
}

func TestSilentWebhookTimesOutAfterAMinute(t *testing.T) {
	t.Parallel()
	srv, c, h := hooked(t, nil)
	srv.User("Ada", "").Send("x")
	h.next()
	srv.Advance(59 * time.Second)
	c.underWay(1)
	srv.Advance(time.Second)
	h.next().take() // the same update again
	c.bot.WaitConfirmed(t)
	if _, last := c.bot.Webhook(); last != "Read timeout expired" {
		t.Errorf("the last error is %q", last)
	}
}

func TestUndeliveredUpdatesExpire(t *testing.T) {
	t.Parallel()
	srv, c, h := hooked(t, nil)
	srv.User("Ada", "").Forge(telegramtest.Message{ID: 5}, "tap")
	h.next().code(500)
	h.next().answer <- func(w http.ResponseWriter) {
		w.Header().Set("Retry-After", "151")
		w.WriteHeader(503)
	}
	c.bot.WaitIdle(t)
	if n := c.bot.Pending(); n != 0 {
		t.Errorf("%d are left", n)
	}
	_ = srv
}

func TestWebhookThatIsGoneForADayIsRemoved(t *testing.T) {
	t.Parallel()
	srv, c, h := hooked(t, nil)
	srv.User("Ada", "").Send("x")
	for hour := range 25 {
		if url, _ := c.bot.Webhook(); url == "" {
			t.Fatalf("the webhook is removed after %d hours", hour)
		}
		h.next().answer <- func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(410)
		}
		c.bot.WaitIdle(t)
		srv.Advance(time.Hour)
	}
	if url, _ := c.bot.Webhook(); url != "" {
		t.Errorf("the webhook is %q", url)
	}
}

func TestAnswerMayHoldACall(t *testing.T) {
	t.Parallel()
	srv, c, h := hooked(t, nil)
	ada := srv.User("Ada", "")
	ada.Send("x")
	h.next().answer <- func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"method":"sendMessage","chat_id":%d,"text":"from the answer"}`, ada.ID)
	}
	if m := ada.Next(t); m.Text != "from the answer" {
		t.Errorf("the bot says %q", m.Text)
	}
	ada.Send("y")
	h.next().answer <- func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"method":"deleteWebhook"}`)
	}
	c.bot.WaitConfirmed(t)
	if url, _ := c.bot.Webhook(); url == "" {
		t.Error("an answer has deleted the webhook")
	}
}

func TestRepetitionIsDeliveredTwice(t *testing.T) {
	t.Parallel()
	srv, c, h := hooked(t, nil)
	ada := srv.User("Ada", "")
	ada.Send("x")
	first := h.next()
	first.take()
	c.bot.WaitConfirmed(t)
	c.bot.Repeat(t, ada.ID)
	again := h.next()
	again.take()
	if again.ID != first.ID {
		t.Errorf("the update %d comes as %d", first.ID, again.ID)
	}
	c.bot.WaitConfirmed(t)
}

func TestDeletedWebhookLeavesWhatItDidNotDeliver(t *testing.T) {
	t.Parallel()
	srv, c, h := hooked(t, nil)
	srv.User("Ada", "").Send("x")
	d := h.next()
	c.call("deleteWebhook", nil)
	d.take()
	c.bot.WaitIdle(t)
	if got := texts(c.updates(nil)); got != "x" {
		t.Errorf("%q is left", got)
	}
}

func TestStopEndsDeliveries(t *testing.T) {
	t.Parallel()
	srv, _, h := hooked(t, nil)
	srv.User("Ada", "").Send("x")
	h.next()
	var stopped sync.WaitGroup
	stopped.Go(srv.Stop)
	stopped.Wait()
}
