package main

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tocsin/bots/telegram"
)

func TestAnAddressInUseIsSaidWithTheVariable(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(other.Close)
	at := strings.TrimPrefix(other.URL, "http://")
	s := newSite(t)
	for _, name := range []string{"HTTP_ADDR", "METRICS_ADDR"} {
		env := s.polling()
		env[name] = at
		_, errs, code := called(t, env, "", "serve")
		if code != failed || errs == "" || !strings.Contains(errs, "tocsin: "+name+": another program listens at "+at+": end it, or set another address\n") {
			t.Errorf("serve: %d %q", code, errs)
		}
		if out, _, _ := called(t, env, "", "check"); !strings.Contains(out, name+": another program listens at "+at) {
			t.Errorf("check: %s", out)
		}
	}
}

func TestCheckKnowsThatTocsinListensAlready(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.serve(s.env)
	s.telegram.WaitCalls(t, "setWebhook", 1)
	env := maps.Clone(s.env)
	env["HTTP_ADDR"], env["METRICS_ADDR"] = p.http, p.metrics
	out, _, _ := called(t, env, "", "check")
	for _, want := range []string{
		"ok   updates     they come to the webhook, 0 updates waiting\n",
		"ok   http        a tocsin listens at " + p.http + "\n",
		"ok   metrics     a tocsin listens at " + p.metrics + "\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%s is not in\n%s", want, out)
		}
	}
}

func TestCheckSaysHowUpdatesCome(t *testing.T) {
	t.Parallel()
	a, err := telegram.New(telegram.Config{Token: "4711:abcdefghijklmnop"})
	if err != nil {
		t.Fatal(err)
	}
	hook := &telegram.Webhook{URL: "https://bot.example.org", Secret: strings.Repeat("x", 32)}
	if err := a.ByWebhook(hook); err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1_800_000_000, 0)
	for _, c := range []struct {
		info telegram.HookInfo
		by   *telegram.Webhook
		well string
		ill  string // what the error begins with
	}{
		{telegram.HookInfo{Pending: 1}, nil, "they are polled, 1 update waiting", ""},
		{telegram.HookInfo{URL: "https://x.example/"}, nil, "", "a webhook is set: serve removes it once"},
		{telegram.HookInfo{Pending: 2}, hook, "serve will set the webhook, 2 updates waiting", ""},
		{telegram.HookInfo{URL: hook.Address()}, hook, "they come to the webhook, 0 updates waiting", ""},
		{telegram.HookInfo{URL: "https://x.example/"}, hook, "", "the webhook is at another address: serve takes it over"},
		{telegram.HookInfo{URL: hook.Address(), Pending: 2, LastError: "Connection refused", LastErrorAt: now.Unix() - 90}, hook, "",
			`telegram does not get through to the webhook: "Connection refused" 1m30s ago, 2 updates waiting`},
		{telegram.HookInfo{URL: hook.Address(), Pending: 2, LastErrorAt: now.Unix() - 7200}, hook, "they come to the webhook, 2 updates waiting", ""},
		{telegram.HookInfo{URL: hook.Address(), LastErrorAt: now.Unix() - 90}, hook, "they come to the webhook, 0 updates waiting", ""},
	} {
		said, err := howUpdatesCome(&c.info, c.by, now)
		if said != c.well || (err != nil) != (c.ill != "") || err != nil && !strings.HasPrefix(err.Error(), c.ill) {
			t.Errorf("%+v: %q, %v", c.info, said, err)
		}
	}
}
