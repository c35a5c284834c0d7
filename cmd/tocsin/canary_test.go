package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"tocsin/bots/telegram/telegramtest"
)

// A canary is a secret that must not be found anywhere, and what was looked through.
type canary struct {
	*site
	secrets map[string]string
	strays  *atomic.Int64 // requests that came to another host
	other   string        // its address
	looked  strings.Builder
}

func newCanary(t *testing.T) *canary {
	t.Helper()
	c := &canary{site: newSite(t), strays: new(atomic.Int64)}
	c.env["LOG_LEVEL"], c.env["LOG_FORMAT"] = "debug", "json"
	_, token, _ := strings.Cut(c.env["TELEGRAM_TOKEN"], ":")
	c.secrets = map[string]string{"token": token, "webhook secret": webhookSecret}
	stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { c.strays.Add(1) }))
	t.Cleanup(stranger.Close)
	c.other = stranger.URL
	return c
}

// look reads all that can be read of the program, while it runs as p or, with nil, when
// it has ended.
func (c *canary) look(p *served) {
	c.t.Helper()
	if p != nil {
		for _, at := range [][2]string{{p.http, "/healthz"}, {p.http, "/readyz"}, {p.http, "/none"}, {p.metrics, "/metrics"}} {
			status, body := page(c.t, at[0], at[1])
			if status == 0 {
				c.t.Errorf("%s does not answer", at[1])
			}
			c.looked.WriteString(body)
		}
	}
	for _, env := range []map[string]string{c.env, c.polling()} {
		out, errs, _ := called(c.t, env, "", "check")
		c.looked.WriteString(out + errs)
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(c.env["SECRET_KEY_FILE"]), "*"))
	if err != nil || len(files) < 2 {
		c.t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files { // the database, its log and its index
		text, err := os.ReadFile(f)
		if err != nil {
			c.t.Error(err)
		}
		c.looked.Write(text)
	}
}

// verdict fails if a secret was found anywhere, or sent to another host.
func (c *canary) verdict(said ...string) {
	c.t.Helper()
	all := c.log.String() + c.looked.String()
	for name, secret := range c.secrets {
		if at := strings.Index(all, secret); at >= 0 {
			c.t.Errorf("the %s is in …%s…", name, all[max(0, at-200):min(len(all), at+200)])
		}
	}
	for _, word := range said {
		if !strings.Contains(all, word) {
			c.t.Errorf("%q was never said, so something was not tried", word)
		}
	}
	if n := c.strays.Load(); n != 0 {
		c.t.Errorf("%d requests went to another host", n)
	}
}

// matrix are all faults of the Bot API server, and what else it refuses with: each of
// polls and sends, unless it names one. After the last one polls pause for long.
func (c *canary) matrix() []telegramtest.Fault {
	refused := func(code int, text string) telegramtest.Fault {
		return telegramtest.Fault{Kind: telegramtest.Refused, Code: code, Text: text}
	}
	return []telegramtest.Fault{
		{Kind: telegramtest.ResetBefore}, {Kind: telegramtest.ResetAfter}, {Kind: telegramtest.Truncated},
		{Kind: telegramtest.BadGateway}, {Kind: telegramtest.EmptyAnswer}, {Kind: telegramtest.Restart},
		{Kind: telegramtest.SlowHeaders, Wait: 10 * time.Millisecond}, {Kind: telegramtest.SlowBody, Wait: 10 * time.Millisecond},
		{Kind: telegramtest.Gzipped}, {Kind: telegramtest.Huge, Size: 9 << 20}, {Kind: telegramtest.ZeroID},
		{Kind: telegramtest.Redirected, URL: c.other + "/there"}, {Kind: telegramtest.Limited, After: 1},
		refused(400, "Bad Request: can't parse entities: "+c.secrets["token"]), refused(500, "Internal Server Error"),
		{Kind: telegramtest.Refused, Method: "sendMessage", Code: 404, Text: "Not Found"},
		refused(409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"),
	}
}

// Whatever Telegram does, no log, page, check or file holds a secret while we poll.
func TestNoFaultTellsASecretWhilePolling(t *testing.T) {
	t.Parallel()
	var library strings.Builder
	if err := tgbotapi.SetLogger(logged{&library}); err != nil {
		t.Fatal(err)
	}
	c := newCanary(t)
	p := c.serve(c.polling())
	c.telegram.WaitCalls(t, "setChatMenuButton", 1)
	for i, f := range c.matrix() {
		who := c.telegram.User("Anna", "fr")
		methods := []string{f.Method}
		if f.Method == "" {
			methods = []string{"getUpdates", "sendMessage"}
		}
		for _, method := range methods {
			f.Method, f.On = method, 1
			c.telegram.Plan(f)
		}
		c.telegram.Bot().Push("message", []byte(`{"message_id": "not a number"}`))
		who.Send("/help")
		c.telegram.Wait(t, string(f.Kind), func() bool {
			return !slices.ContainsFunc(methods, func(m string) bool { return !struck(c.telegram, f, m) })
		})
		c.telegram.Heal()
		if i%6 == 0 {
			c.look(p)
		}
	}
	c.look(p)
	c.telegram.Bot().Revoke()
	c.look(p)
	p.stop()
	c.look(nil)
	c.verdict("message not sent", "update skipped", "the token is refused", "tocsin_sends_total", "alive", "SQLite format 3")
	if library.Len() > 0 {
		t.Errorf("the library logs %q", &library)
	}
}

// logged is a log of the library.
type logged struct{ *strings.Builder }

func (l logged) Println(v ...any)               { l.WriteString("line") }
func (l logged) Printf(format string, v ...any) { l.WriteString(format) }

// struck reports whether a fault has met a call of a method.
func struck(s *telegramtest.Server, f telegramtest.Fault, method string) bool {
	for _, c := range s.Calls(method) {
		if c.Fault == string(f.Kind) && c.Done && (f.Kind != telegramtest.Refused || c.Status == f.Code) {
			return true
		}
	}
	return false
}

// Nor by webhook, whoever knocks.
func TestNoFaultTellsASecretByWebhook(t *testing.T) {
	t.Parallel()
	c := newCanary(t)
	for n, f := range []telegramtest.Fault{
		{Kind: telegramtest.Redirected, URL: c.other + "/there"}, {Kind: telegramtest.ResetAfter}, {Kind: telegramtest.BadGateway},
	} {
		f.Method, f.On = "setWebhook", n+1
		c.telegram.Plan(f)
	}
	p := c.serve(c.env)
	c.look(p) // while it is not set
	c.telegram.WaitCalls(t, "setWebhook", 4)
	anna := c.telegram.User("Anna", "fr")
	anna.Send("/help")
	c.telegram.Wait(t, "an answer", func() bool { return answers(anna, helped) == 1 })
	c.telegram.Bot().Push("message", []byte(`{"message_id": "not a number"}`))
	c.telegram.Bot().WaitConfirmed(t)
	at, _ := c.telegram.Bot().Webhook()
	path := at[strings.Index(at, "/telegram/"):]
	c.secrets["path"] = strings.TrimPrefix(path, "/telegram/")
	for _, secret := range []string{"", "wrong", webhookSecret + "x"} {
		r, err := http.NewRequest(http.MethodPost, "http://"+p.http+path, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
		resp, err := http.DefaultClient.Do(r)
		if err != nil || resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("a stranger got %v, %v", resp, err)
		}
		resp.Body.Close()
	}
	c.look(p)
	p.stop()
	anna.Send("/help")
	c.telegram.Wait(t, "a failure", func() bool { _, failure := c.telegram.Bot().Webhook(); return failure != "" })
	c.look(nil)
	c.verdict("without our secret", "update skipped", "does not get through to the webhook")
}

// A server whose certificate nobody vouches for gets no word; the program serves on,
// says so in one, and tells nothing.
func TestServeGoesOnWhileTelegramIsAway(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]telegramtest.Options{
		"refused": {Clock: telegramtest.Real}, "untrusted": {Clock: telegramtest.Real, TLS: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCanary(t)
			away := telegramtest.New(t, options)
			c.env["TELEGRAM_API_URL"] = away.URL()
			if name == "refused" {
				away.Down()
			}
			p := c.serve(c.polling())
			if status, body := page(t, p.http, "/readyz"); status != http.StatusOK || body != "degraded\ndatabase reachable\ntelegram starting\n" {
				t.Errorf("at first: %d %q", status, body)
			}
			p.log.find(t, `"state":"(away)"`)
			if status, body := page(t, p.http, "/readyz"); status != http.StatusOK || body != "degraded\ndatabase reachable\ntelegram away\n" {
				t.Errorf("later: %d %q", status, body)
			}
			c.look(p)
			if took := p.stop(); took > time.Second {
				t.Errorf("it took %v to end", took)
			}
			if len(away.Calls("")) != 0 {
				t.Error("it was spoken to")
			}
			c.verdict("telegram does not answer", "bad  telegram")
		})
	}
}
