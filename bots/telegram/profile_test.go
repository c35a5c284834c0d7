package telegram_test

import (
	"fmt"
	"strings"
	"testing"

	"tocsin/bots/telegram"
	"tocsin/bots/telegram/telegramtest"
	"tocsin/core"
)

// profile is what a bot says about itself in two languages.
func profile() []telegram.Page {
	page := func(language, hello string) telegram.Page {
		return telegram.Page{
			Language: language, Description: hello + " !", Short: hello,
			Private: []telegram.Word{{Command: "near", Description: hello}, {Command: "help", Description: hello}},
			Group:   []telegram.Word{{Command: "near", Description: hello}},
		}
	}
	return []telegram.Page{page("", "Bonjour"), page("fr", "Bonjour"), page("en", "Hello")}
}

// sets returns the calls that change the profile.
func sets(server *telegramtest.Server) (out []string) {
	for _, c := range server.Calls("") {
		if strings.HasPrefix(c.Method, "set") {
			out = append(out, c.Method+" "+c.Params["language_code"])
		}
	}
	return out
}

// The profile is told once: a second start finds it as it should be, and sets nothing.
func TestTheProfileIsSetOnce(t *testing.T) {
	t.Parallel()
	server := telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real})
	start := func(pages func() []telegram.Page) []string {
		before, asked := len(sets(server)), len(server.Calls("getChatMenuButton"))
		p := postTo(t, server, nil)
		p.adapter.Profile = pages
		run(t, p, func(channelled) {
			server.WaitCalls(t, "getChatMenuButton", asked+1)
			if asked == 0 {
				server.WaitCalls(t, "setChatMenuButton", 1)
			}
		})
		return sets(server)[before:]
	}
	if got := start(profile); len(got) < 8 {
		t.Errorf("the first start set %q", got)
	}
	for language, hello := range map[string]string{"fr": "Bonjour", "en": "Hello", "de": "Bonjour"} {
		u := server.User("Ada", language)
		want := fmt.Sprintf("[{near %s} {help %s}]", hello, hello)
		if got := fmt.Sprint(u.Commands()); got != want {
			t.Errorf("somebody who reads %s sees the commands %s", language, got)
		}
	}
	if got := start(profile); len(got) != 0 {
		t.Errorf("the second start set %q", got)
	}
	changed := func() []telegram.Page {
		all := profile()
		all[2].Short = "Hello there"
		return all
	}
	if got := fmt.Sprint(start(changed)); got != "[setMyShortDescription en]" {
		t.Errorf("after one change the start set %s", got)
	}
}

// A server that knows nothing of profiles, or has trouble with them, is a server all the
// same.
func TestAProfileThatCannotBeSetStopsNothing(t *testing.T) {
	t.Parallel()
	for _, f := range []telegramtest.Fault{
		{Kind: telegramtest.Restart}, {Kind: telegramtest.Refused, Code: 404, Text: "Not Found: method not found"}, {Kind: telegramtest.Limited, After: 3600},
		{Kind: telegramtest.BadGateway}, {Kind: telegramtest.ResetBefore},
	} {
		for _, method := range []string{"getMyCommands", "setMyDescription", "setChatMenuButton"} {
			t.Run(fmt.Sprintf("%s of %s", f.Kind, method), func(t *testing.T) {
				t.Parallel()
				p := newPost(t)
				f.Method = method
				p.server.Plan(f)
				p.adapter.Profile = profile
				ada := p.server.User("Ada", "fr")
				run(t, p, func(in channelled) {
					p.server.WaitCalls(t, method, 1)
					ada.Send("Lyon")
					if u := <-in; u.Event.(core.Text).Body != "Lyon" || p.adapter.State() != telegram.Receiving {
						t.Errorf("came %#v, %s", u.Event, p.adapter.State())
					}
				})
			})
		}
	}
}
