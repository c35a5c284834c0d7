package telegram

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"tocsin/bots/telegram/telegramtest"
	"tocsin/core"
)

// SomePages is what a bot says about itself in two languages.
func SomePages() []Page {
	page := func(language, hello string) Page {
		return Page{
			Language: language, Description: hello + " !", Short: hello,
			Private: []Word{{Command: "near", Description: hello}, {Command: "help", Description: hello}},
			Group:   []Word{{Command: "near", Description: hello}},
		}
	}
	return []Page{page("", "Bonjour"), page("fr", "Bonjour"), page("en", "Hello")}
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
	synctest.Test(t, func(t *testing.T) {
		server, a, _ := bubble(t)
		again := func(pages func() []Page) []string {
			before := len(sets(server))
			a.Profile = pages
			stop := start(t, a, make(taken, 1))
			synctest.Wait()
			stop()
			return sets(server)[before:]
		}
		if got := again(SomePages); len(got) < 8 {
			t.Errorf("the first start set %q", got)
		}
		for language, hello := range map[string]string{"fr": "Bonjour", "en": "Hello", "de": "Bonjour"} {
			u := server.User("Ada", language)
			want := fmt.Sprintf("[{near %s} {help %s}]", hello, hello)
			if got := fmt.Sprint(u.Commands()); got != want {
				t.Errorf("somebody who reads %s sees the commands %s", language, got)
			}
		}
		if got := again(SomePages); len(got) != 0 {
			t.Errorf("the second start set %q", got)
		}
		changed := func() []Page {
			all := SomePages()
			all[2].Short = "Hello there"
			return all
		}
		if got := fmt.Sprint(again(changed)); got != "[setMyShortDescription en]" {
			t.Errorf("after one change the start set %s", got)
		}
	})
}

// A server that knows nothing of profiles, or has trouble with them, is a server all the
// same.
func TestAProfileThatCannotBeSetStopsNothing(t *testing.T) {
	t.Parallel()
	for _, f := range []telegramtest.Fault{
		{Kind: telegramtest.Restart}, {Kind: telegramtest.Refused, Code: 404, Text: "Not Found: method not found"}, {Kind: telegramtest.Limited, After: 3600},
		{Kind: telegramtest.BadGateway}, {Kind: telegramtest.ResetBefore},
	} {
		for _, method := range []string{"getMyCommands", "setMyCommands", "setMyDescription", "getChatMenuButton", "setChatMenuButton"} {
			synctest.Test(t, func(t *testing.T) {
				server, a, _ := bubble(t)
				f.Method = method
				server.Plan(f)
				a.Profile = SomePages
				q := make(taken, 1)
				stop := start(t, a, q)
				server.WaitCalls(t, method, 1)
				server.User("Ada", "fr").Send("Lyon")
				if u := <-q; u.Event.(core.Text).Body != "Lyon" || a.State() != Receiving {
					t.Errorf("%s of %s: came %#v, %s", f.Kind, method, u.Event, a.State())
				}
				stop()
			})
		}
	}
}
