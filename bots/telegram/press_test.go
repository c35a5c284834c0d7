package telegram_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"tocsin/bots/telegram/telegramtest"
	"tocsin/core"
)

// A deaf queue takes updates, and answers for none before it is told to.
type deaf struct {
	answer chan struct{} // closed: it answers
}

func (q deaf) Submit(context.Context, *core.Update) <-chan error {
	done := make(chan error, 1)
	go func() { <-q.answer; done <- nil }()
	return done
}

// A person who presses sees at once that it was heard, whatever the program is at.
func TestEveryPressIsAnsweredOnceAndBeforeItIsHandled(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	anna, ben := p.person("Anna"), p.person("Ben")
	for _, u := range []*telegramtest.User{anna, ben} {
		p.send(p.to(u, offering("?", "Oui", "Non")))
	}
	gone := ben.Last()
	p.send(p.to(ben, offering("!", "Encore")))
	ben.Delete(gone)

	ctx, stop := context.WithCancel(t.Context())
	q := deaf{answer: make(chan struct{})}
	ended := make(chan error)
	go func() { ended <- p.adapter.Run(ctx, q) }()
	one, two := anna.DoubleTap(anna.Last(), "Oui")
	taps := []telegramtest.Tap{
		one, two, anna.Tap(anna.Last(), "Non"), ben.Tap(ben.Last(), "Encore"),
		ben.Forge(gone, "abcdefghijklmnop.2"), ben.Forge(ben.Last(), "'; DROP TABLE"), anna.SendInline("x").Tap("data"),
	}
	for i, tap := range taps {
		if toast := tap.Answer(t); toast != (telegramtest.Toast{}) {
			t.Errorf("press %d is answered with %+v", i, toast)
		}
	}
	close(q.answer)
	p.server.Bot().WaitConfirmed(t)
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	for i, tap := range taps {
		if n := len(tap.Answers()); n != 1 {
			t.Errorf("press %d is answered %d times", i, n)
		}
	}
}

// What a press carries is whatever an app sends; it comes in as it is, and a deleted
// message or another one's is no trouble.
func TestAPressSaysWhoPressedWhatWhere(t *testing.T) {
	t.Parallel()
	server := telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real})
	p := postTo(t, server, nil)
	next := receive(t, server)
	anna := p.person("Anna")
	p.send(p.to(anna, offering("?", "Oui")))
	for _, data := range []string{"abcdefghijklmnop.1", "", "\u202e<b>", strings.Repeat("x", 64)} {
		anna.Forge(anna.Last(), data)
		u := next()
		if u.Event != (core.Press{Token: data}) || u.Kind != core.Private || u.Sender == nil || u.Chat.Chat != u.Sender.ID || u.Language != "fr" {
			t.Errorf("%q came as %#v", data, u)
		}
	}
}

// A press that waited too long cannot be answered any more: that is no fault of ours.
func TestAPressThatIsTooOldIsHandledWithoutAWord(t *testing.T) {
	t.Parallel()
	server := telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real, CallbackWindow: time.Nanosecond})
	p := postTo(t, server, nil)
	anna := p.person("Anna")
	p.send(p.to(anna, offering("?", "Oui")))
	run(t, p, func(in channelled) {
		anna.Tap(anna.Last(), "Oui")
		if u := <-in; u.Event != (core.Press{Token: "abcdefghijklmnop.1"}) {
			t.Errorf("came %#v", u.Event)
		}
		server.WaitCalls(t, "answerCallbackQuery", 1)
	})
	if said := p.log.String(); strings.Contains(said, "WARN") || strings.Contains(said, "ERROR") {
		t.Errorf("the log says %s", said)
	}
}

// An update of another form is left out and counted, with its kind and its id in the log and
// nothing of what it says; those around it come.
func TestAnUpdateThatCannotBeReadStopsNoOther(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	anna := p.person("Anna")
	for _, poison := range []string{
		`{"message_id":"seven","date":1,"chat":{"id":1,"type":"private"},"text":"secret words"}`, `["secret words"]`, `"secret words"`, `{"chat":"secret words"}`,
	} {
		p.server.Bot().Push("message", json.RawMessage(poison))
	}
	p.server.Bot().Push("guest_message", json.RawMessage(`{"text":"secret words"}`)) // a kind that we know nothing of
	anna.SendPadded("un", 500<<10)
	anna.Send("deux")
	run(t, p, func(in channelled) {
		for _, want := range []string{"un", "deux"} {
			if e, ok := (<-in).Event.(core.Text); !ok || e.Body != want {
				t.Errorf("came %#v, want %q", e, want)
			}
		}
		p.server.Bot().WaitConfirmed(t)
	})
	if said := p.log.String(); strings.Count(said, "update skipped") != 4 || strings.Count(said, "kind=message") != 4 || strings.Contains(said, "secret") {
		t.Errorf("the log says %s", said)
	}
	if n := p.adapter.Figures().Unread; n != 4 {
		t.Errorf("%d are counted", n)
	}
}
