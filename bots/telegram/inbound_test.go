package telegram_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/bots/telegram"
	"tocsin/bots/telegram/telegramtest"
	"tocsin/core"
	"tocsin/core/geo"
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
	return receiveBy(t, adapterOf(t, server))
}

// receiveBy is receive with an adapter that is there.
func receiveBy(t *testing.T, a *telegram.Adapter) func() *core.Update {
	t.Helper()
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
	anna.SendVoice(3 * time.Second)
	expect("a voice message", core.Media{Kind: core.Voice})
	anna.SendPhoto("Lyon")
	expect("a photo with words below it", core.Media{Kind: core.Photo})
	anna.SendVideo(3 * time.Second)
	expect("a video", core.Media{Kind: core.Video})
	anna.SendDocument("a.txt", "text/plain", []byte("Lyon"))
	expect("a file", core.Media{Kind: core.File})
	anna.ShareContact()
	expect("their own number", core.Media{Kind: core.Contact})
	anna.SendContactOf(server.User("Ben", "fr"))
	expect("somebody else's", core.Media{Kind: core.Contact})
	anna.ShareLocation(45.76, 4.83)
	expect("a position", core.Position{Point: geo.Point{Lat: 45.76, Lon: 4.83}})
	anna.SendVenue(telegramtest.Venue{Location: telegramtest.Location{Latitude: 48.85, Longitude: 2.35}, Title: "Paris", Address: "Paris"})
	expect("a place with a name", core.Position{Point: geo.Point{Lat: 48.85, Lon: 2.35}})
	own := anna.Send("69001")
	next()
	anna.Forward(own)
	expect("their own words sent on are no answer", core.Media{Kind: core.Forwarded})
	anna.ForwardHidden(own, "Somebody")
	expect("and neither are a stranger's", core.Media{Kind: core.Forwarded})
	anna.Block()
	expect("blocked", core.Membership{Now: core.Removed})
	anna.Unblock()
	expect("unblocked", core.Membership{Now: core.Added})
}

// Names of commands have letters that Telegram's own do not have.
func TestACommandIsReadAsItIsWritten(t *testing.T) {
	t.Parallel()
	server := telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real})
	next := receive(t, server)
	anna := server.User("Anna", "fr")
	for text, want := range map[string]core.Event{
		"/réglages accords":               core.Command{Name: "réglages", Arg: "accords"},
		"/re\u0301glages":                 core.Command{Name: "re\u0301glages"},
		"/mes-données":                    core.Command{Name: "mes-données"},
		"/NEAR\nLyon demain":              core.Command{Name: "near", Arg: "Lyon demain"},
		"/near@tocsin_bot Lyon":           core.Command{Name: "near", Arg: "Lyon"},
		"/help.":                          core.Command{Name: "help", Arg: "."},
		"!réglages accords":               core.Command{Name: "réglages", Arg: "accords"},
		"Lyon /near":                      nil,
		"https://example.org/réglages":    nil,
		"/ 12":                            nil,
		"12/24 rue de la République Lyon": nil,
	} {
		sent := anna.Send(text)
		if want == nil {
			want = core.Text{Body: text, In: core.ReceiptID(strconv.Itoa(sent.ID))}
		}
		if got := next().Event; got != want {
			t.Errorf("%q is %#v, want %#v", text, got, want)
		}
	}
}

// Where somebody goes is none of the bot's business: of a track it takes the beginning, and
// then a point in ten minutes. What begins anew is a new answer.
func TestOfALiveLocationOnePointInTenMinutesIsTaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real, InMemory: true})
		a, err := telegram.New(telegram.Config{Token: server.Bot().Token, API: "http://localhost", Dialer: server.Dial})
		if err != nil {
			t.Fatal(err)
		}
		in := make(channelled, 100)
		ctx, stop := context.WithCancel(t.Context())
		go func() { _ = a.Run(ctx, in) }()
		anna := server.User("Anna", "fr")
		start := time.Now()
		track := anna.ShareLive(45.76, 4.83, time.Hour)
		for range 35 {
			time.Sleep(time.Minute)
			track.Move(45.76+time.Since(start).Hours(), 4.83)
		}
		track.Stop()
		anna.ShareLive(48.85, 2.35, time.Hour)
		time.Sleep(time.Second)
		synctest.Wait()
		stop()
		synctest.Wait()
		close(in)
		var got []string
		for u := range in {
			p, ok := u.Event.(core.Position)
			got = append(got, fmt.Sprintf("%s %t %.0f", u.At.Sub(start).Truncate(time.Minute), ok && p.Live, p.Point.Lat*100))
		}
		want := "0s true 4576, 10m0s true 4593, 20m0s true 4609, 30m0s true 4626, 35m0s true 4885"
		if strings.Join(got, ", ") != want {
			t.Errorf("taken are %q", got)
		}
	})
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
