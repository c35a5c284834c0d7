package telegram_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"tocsin/bots/telegram"
	"tocsin/bots/telegram/telegramtest"
	"tocsin/core"
)

// A channelled queue hands what it is given to a test, and takes all of it.
type channelled chan *core.Update

func (c channelled) Submit(_ context.Context, u *core.Update) <-chan error {
	c <- u
	done := make(chan error, 1)
	done <- nil
	return done
}

// receive runs an adapter in front of a server, and returns what comes in. The bot knows
// its name once receive returns.
func receive(t *testing.T, server *telegramtest.Server) func() *core.Update {
	t.Helper()
	a, err := telegram.New(telegram.Config{Token: server.Bot().Token, API: server.URL(), PollTimeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Identify(t.Context()); err != nil {
		t.Fatal(err)
	}
	in := make(channelled, 100)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- a.Run(ctx, in) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return func() *core.Update {
		t.Helper()
		select {
		case u := <-in:
			return u
		case <-time.After(10 * time.Second):
			t.Fatal("no update came")
			return nil
		}
	}
}

// In a group only what is said to the bot counts, and who is no person is none.
func TestAGroupIsAnsweredOnlyWhenItSpeaksToTheBot(t *testing.T) {
	t.Parallel()
	server := telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real})
	next := receive(t, server)
	bot := server.Bot()
	group := server.Supergroup("Lyon 3e")
	group.Add(bot)
	if u := next(); u.Event != (core.Membership{Now: core.Added}) || u.Kind != core.Group {
		t.Errorf("added: %#v", u.Event)
	}
	anna := server.User("Anna", "fr")
	group.Join(anna)
	there := anna.In(group)
	there.Send("bonjour tout le monde")
	there.Send("/near@another_bot Lyon")
	there.Send("/near@" + strings.ToUpper(bot.Username) + " Lyon")
	u := next()
	if u.Event != (core.Command{Name: "near", Arg: "Lyon"}) || u.Chat.Chat != strconv.FormatInt(group.ID, 10) || u.Sender == nil {
		t.Errorf("came %#v from %v", u.Event, u.Sender)
	}
	group.AnonymousAdmin().Send("/near@" + bot.Username + " Paris")
	if u := next(); u.Event != (core.Command{Name: "near", Arg: "Paris"}) || u.Sender != nil {
		t.Errorf("an anonymous administrator: %#v from a person: %t", u.Event, u.Sender != nil)
	}
	group.Kick(bot)
	if u := next(); u.Event != (core.Membership{Now: core.Removed}) {
		t.Errorf("kicked: %#v", u.Event)
	}
}

// Whatever else comes in a private chat is one of the events that core knows.
func TestWhatComesInAPrivateChatHasItsKind(t *testing.T) {
	t.Parallel()
	server := telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real})
	next := receive(t, server)
	anna := server.User("Anna", "fr")
	expect := func(what string, want core.Event) {
		t.Helper()
		if got := next().Event; fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", want) {
			t.Errorf("%s: got %#v, want %#v", what, got, want)
		}
	}
	anna.Start("src_affiche")
	expect("a deep link", core.Command{Name: "start", Arg: "src_affiche"})
	anna.SendSticker("👍")
	expect("a sticker", core.Media{Kind: core.Sticker})
	anna.ShareContact()
	expect("a contact", core.Media{Kind: core.Contact})
	live := anna.ShareLive(45.76, 4.83, time.Hour)
	if e, ok := next().Event.(core.Position); !ok || !e.Live {
		t.Error("a live location does not come")
	}
	live.Move(45.77, 4.84)
	live.Stop()
	anna.Block()
	expect("only one point of a track, then the block", core.Membership{Now: core.Removed})
	anna.Unblock()
	expect("unblocked", core.Membership{Now: core.Added})
}

// A press comes before messages that were written earlier, and each is acknowledged.
func TestPressesComeFirstAndAreAcknowledged(t *testing.T) {
	t.Parallel()
	server := telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real})
	anna := server.User("Anna", "fr")
	anna.Met()
	a, err := telegram.New(telegram.Config{Token: server.Bot().Token, API: server.URL()})
	if err != nil {
		t.Fatal(err)
	}
	menu := &core.Message{Body: []core.Span{{Text: "?"}}, Menu: "abcdefghijklmnop", Buttons: []core.Button{{Label: "Oui"}}}
	to := core.ChatRef{Bot: a.Bot(), Chat: strconv.FormatInt(anna.ID, 10)}
	if _, err := a.Send(t.Context(), core.Delivery{Key: "k", To: to, Kind: core.Private, Lane: core.Talk, Content: menu}); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		anna.Send(strconv.Itoa(i))
	}
	anna.Tap(anna.Last(), "Oui")
	next := receive(t, server)
	if u := next(); u.Event != (core.Press{Token: "abcdefghijklmnop.1"}) {
		t.Errorf("first comes %#v", u.Event)
	}
	for i := range 20 {
		if e, ok := next().Event.(core.Text); !ok || e.Body != strconv.Itoa(i) {
			t.Errorf("message %d is %#v", i, e)
		}
	}
	server.WaitCalls(t, "answerCallbackQuery", 1)
}
