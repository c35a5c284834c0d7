package telegram_test

import (
	"testing"

	"tocsin/bots/telegram/telegramtest"
	"tocsin/core"
)

// The administrators of a group run it, and who speaks in its name. In private nobody runs
// anything.
func TestWhoRunsAGroupIsTold(t *testing.T) {
	t.Parallel()
	server := telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real})
	bot := server.Bot()
	next := receive(t, server)
	group := server.Supergroup("Lyon 3e")
	group.Add(bot)
	next()
	ben := group.MakeAdmin(server.User("Ben", "fr"))
	anna := server.User("Anna", "fr").In(group)
	command := "/follow@" + bot.Username + " Lyon"
	for who, c := range map[string]struct {
		say  func(string) telegramtest.Message
		want core.Rank
	}{
		"an administrator":           {ben.Send, core.Manager},
		"a member":                   {anna.Send, core.Ordinary},
		"an anonymous administrator": {group.AnonymousAdmin().Send, core.Manager},
		"an administrator elsewhere": {server.User("Ben", "fr").Send, core.Ordinary},
	} {
		c.say(command)
		if u := next(); u.Rank != c.want {
			t.Errorf("%s has the rank %d, want %d", who, u.Rank, c.want)
		}
	}
	if n := len(server.Calls("getChatAdministrators")); n != 1 {
		t.Errorf("the server was asked %d times, want once", n)
	}
}

// If it cannot be found out who runs a group, nobody does, and what they say is heard.
func TestWhoRunsAGroupIsNobodyWhileTheServerDoesNotSay(t *testing.T) {
	t.Parallel()
	server := telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real})
	bot := server.Bot()
	next := receive(t, server)
	group := server.Supergroup("Lyon 3e")
	group.Add(bot)
	next()
	server.Plan(telegramtest.Fault{Kind: telegramtest.BadGateway, Method: "getChatAdministrators"})
	group.MakeAdmin(server.User("Ben", "fr")).Send("/follow@" + bot.Username + " Lyon")
	if u := next(); u.Rank != core.Ordinary || u.Event != (core.Command{Name: "follow", Arg: "Lyon"}) {
		t.Errorf("it is %#v of rank %d", u.Event, u.Rank)
	}
}
