package main

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"tocsin/bots/telegram/telegramtest"
)

// A sink is what a program writes, as far as it has.
type sink struct {
	mu   sync.Mutex
	text strings.Builder
	more chan struct{} // closed and made anew whenever something comes
}

func newSink() *sink { return &sink{more: make(chan struct{})} }

func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.more)
	s.more = make(chan struct{})
	return s.text.Write(p)
}

func (s *sink) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// find waits for a line, and returns what the parentheses of its pattern hold.
func (s *sink) find(t testing.TB, pattern string) string {
	t.Helper()
	want := regexp.MustCompile(pattern)
	late := time.After(20 * time.Second)
	for {
		s.mu.Lock()
		said, more := s.text.String(), s.more
		s.mu.Unlock()
		if found := want.FindStringSubmatch(said); found != nil {
			return found[len(found)-1]
		}
		select {
		case <-more:
		case <-late:
			t.Fatalf("%s is not in\n%s", pattern, said)
		}
	}
}

// A site is a campaign with its bot on Telegram: a server of Telegram's, the proxy that
// speaks TLS to it, and the variables of the program.
type site struct {
	t        *testing.T
	telegram *telegramtest.Server
	env      map[string]string
	log      *sink

	mu   sync.Mutex
	http string // where the program listens; "" while none does
}

const webhookSecret = "canary_of_the_webhook_0123456789_canary"

// newSite makes a campaign in which nothing runs yet.
func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, env: elsewhere(t), log: newSink()}
	proxy := httptest.NewTLSServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: s.address()}) },
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			w.WriteHeader(http.StatusBadGateway)
		},
	})
	t.Cleanup(proxy.Close)
	roots := proxy.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	s.telegram = telegramtest.New(t, telegramtest.Options{
		Clock: telegramtest.Real, LoopbackWebhooks: true, WebhookRoots: roots,
	})
	maps.Copy(s.env, map[string]string{
		"TELEGRAM_TOKEN": s.telegram.Bot().Token, "TELEGRAM_API_URL": s.telegram.URL(),
		"SMTP_URL": "smtp://127.0.0.1:1", "MAIL_FROM": "bot@campagne.example", "METRICS_ADDR": "127.0.0.1:0",
		"CAMPAIGN_NAME": "Demain", "SPONSOR_URL": "https://parrainer.example/", "PRIVACY_URL": "https://demain.example/donnees",
		"TELEGRAM_WEBHOOK_URL": proxy.URL, "TELEGRAM_WEBHOOK_SECRET": webhookSecret,
	})
	if _, errs, code := called(t, s.env, "", "migrate"); code != succeeded {
		t.Fatal(errs)
	}
	return s
}

func (s *site) address() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.http
}

// listens lets the proxy pass on to p.
func (s *site) listens(p *served) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.http = p.http
}

// gone lets the proxy pass on to nobody, unless another than p listens since.
func (s *site) gone(p *served) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.http == p.http {
		s.http = ""
	}
}

// polling returns the variables of a program that polls.
func (s *site) polling() map[string]string {
	env := maps.Clone(s.env)
	delete(env, "TELEGRAM_WEBHOOK_URL")
	delete(env, "TELEGRAM_WEBHOOK_SECRET")
	return env
}

// A served is a program that serves a site.
type served struct {
	http, metrics string // where it listens
	log           *sink
	stop          func() time.Duration // how long the end took
}

// serve runs the program until stop, or until the end of the test.
func (s *site) serve(env map[string]string) *served {
	s.t.Helper()
	log := newSink()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"serve"}, set(env), strings.NewReader(""), log, io.MultiWriter(log, s.log))
	}()
	p := &served{log: log}
	p.stop = sync.OnceValue(func() time.Duration {
		began := time.Now()
		cancel()
		if code := <-ended; code != succeeded {
			s.t.Errorf("it ended with %d: %s", code, log)
		}
		s.gone(p)
		return time.Since(began)
	})
	s.t.Cleanup(func() { p.stop() })
	p.http = log.find(s.t, `HTTP_ADDR"?,? ?"?at"?[=:]"?([^"\s]+)`)
	p.metrics = log.find(s.t, `METRICS_ADDR"?,? ?"?at"?[=:]"?([^"\s]+)`)
	log.find(s.t, "serving")
	s.listens(p)
	return p
}

// page returns what is answered at an address.
func page(t *testing.T, address, path string) (int, string) {
	t.Helper()
	resp, err := http.Get("http://" + address + path)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// until asks again and again whether something is so that nobody tells.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for late := time.Now().Add(20 * time.Second); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("it never happened: %s", what)
		}
	}
}
