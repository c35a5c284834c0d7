package botstest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"tocsin/core"
	"tocsin/core/geo"
)

func updatesOfOneChatComeInOrder(t *testing.T, w World) {
	s := begin(t, w, accept)
	p := w.People()[0]
	var want, got []string
	for i := range 12 {
		want = append(want, fmt.Sprintf("number %d", i))
		w.Write(p, want[i])
	}
	for range want {
		got = append(got, s.text())
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func updateIsConfirmedOnlyAfterHandle(t *testing.T, w World) {
	var failed atomic.Int32
	s := begin(t, w, func(_ context.Context, u *core.Update) error {
		if failed.Add(1) <= 2 {
			return &core.Error{Code: core.Unavailable}
		}
		return nil
	})
	w.Write(w.People()[0], "once more")
	first := s.next()
	for range 2 {
		again := s.next()
		if again.ID != first.ID || again.Event != first.Event {
			t.Errorf("after an error came %q %v, want %q %v again", again.ID, again.Event, first.ID, first.Event)
		}
	}
}

func unansweredUpdateOutlivesTheAdapter(t *testing.T, w World) {
	r, ok := w.(Restarter)
	if !ok {
		t.Skip("the platform does not outlive the adapter")
	}
	s := begin(t, w, func(ctx context.Context, _ *core.Update) error {
		<-ctx.Done()
		return &core.Error{Code: core.Unavailable}
	})
	w.Write(w.People()[0], "do not forget")
	first := s.next()
	if err := s.finish(patience(w)); err != nil {
		t.Errorf("Run: %v", err)
	}
	r.Restart()
	again := begin(t, w, accept).next()
	if again.ID != first.ID || again.Event != first.Event {
		t.Errorf("after a restart came %q %v, want %q %v", again.ID, again.Event, first.ID, first.Event)
	}
}

func repeatCarriesTheSameID(t *testing.T, w World) {
	r, ok := w.(Repeater)
	if !ok {
		t.Skip("the platform repeats nothing")
	}
	s := begin(t, w, accept)
	p := w.People()[0]
	w.Write(p, "one")
	first := s.next()
	r.Repeat(p)
	w.Write(p, "two")
	for u := s.next(); nameless(u.Event) != (core.Text{Body: "two"}); u = s.next() {
		if u.ID != first.ID || u.Event != first.Event {
			t.Errorf("the repeat is %q %v, want %q %v", u.ID, u.Event, first.ID, first.Event)
		}
	}
}

func everyUpdateHasItsOwnID(t *testing.T, w World) {
	seen := map[string]bool{}
	take := func(s *session) {
		for range 3 {
			for _, p := range w.People() {
				w.Write(p, "the same words")
				u := s.next()
				for seen[u.ID] { // what came just before the adapter ended may come again
					u = s.next()
				}
				if u.ID == "" {
					t.Error("an update has no ID")
				}
				seen[u.ID] = true
			}
		}
	}
	s := begin(t, w, accept)
	take(s)
	if r, ok := w.(Restarter); ok {
		if err := s.finish(patience(w)); err != nil {
			t.Errorf("Run: %v", err)
		}
		r.Restart()
		take(begin(t, w, accept))
	}
}

func updateSaysWhereWhoAndWhen(t *testing.T, w World) {
	s := begin(t, w, accept)
	senders := map[core.AccountRef]bool{}
	for _, p := range w.People() {
		before := time.Now()
		w.Write(p, "hello")
		u := s.next()
		bot := w.Adapter().Bot()
		if u.Chat != w.Chat(p) || u.Chat.Bot != bot || u.Kind != core.Private {
			t.Errorf("the update is of another chat than that of %s with the bot, or its kind is %q", p, u.Kind)
		}
		if u.Sender == nil || u.Sender.Bot != bot || u.Sender.ID == "" || senders[*u.Sender] {
			t.Fatalf("the update has no sender on the bot, or that of somebody else")
		}
		senders[*u.Sender] = true
		const clocks = 2 * time.Minute // platforms round, and clocks differ
		if u.At.Before(before.Add(-clocks)) || u.At.After(time.Now().Add(clocks)) {
			t.Errorf("the update is of %v, want about %v", u.At, before)
		}
	}
}

func waitingChatDelaysNoOther(t *testing.T, w World) {
	people := w.People()
	if len(people) < 2 {
		t.Skip("the platform has one chat")
	}
	release := make(chan struct{})
	s := begin(t, w, func(_ context.Context, u *core.Update) error {
		if u.Event == (core.Text{Body: "slow"}) {
			<-release
		}
		return nil
	})
	defer close(release)
	w.Write(people[0], "slow")
	if got := s.text(); got != "slow" {
		t.Fatalf("got %q, want %q", got, "slow")
	}
	w.Write(people[1], "fast")
	if got := s.text(); got != "fast" {
		t.Errorf("got %q, want %q", got, "fast")
	}
}

func commandsAreNamed(t *testing.T, w World) {
	s := begin(t, w, accept)
	for text, want := range map[string]core.Event{
		"/help":                     core.Command{Name: "help"},
		"/near Lyon":                core.Command{Name: "near", Arg: "Lyon"},
		"!near Lyon":                core.Command{Name: "near", Arg: "Lyon"},
		"/NEAR Saint-Étienne, 42":   core.Command{Name: "near", Arg: "Saint-Étienne, 42"},
		"near Lyon":                 core.Text{Body: "near Lyon"},
		"to/from, not!a command":    core.Text{Body: "to/from, not!a command"},
		"3 / 4 of us! Really !":     core.Text{Body: "3 / 4 of us! Really !"},
		"we meet at noon /or later": core.Text{Body: "we meet at noon /or later"},
	} {
		w.Write(w.People()[0], text)
		if got := nameless(s.next().Event); got != want {
			t.Errorf("%q came as %#v, want %#v", text, got, want)
		}
	}
}

// nameless returns e without the platform's own name of the message.
func nameless(e core.Event) core.Event {
	if text, ok := e.(core.Text); ok {
		text.In = ""
		return text
	}
	return e
}

func textsComeAsWritten(t *testing.T, w World) {
	s := begin(t, w, accept)
	for _, text := range append([]string{"1", "Lyon", "69003", "ada@example.org"}, hostile...) {
		w.Write(w.People()[0], text)
		if got := nameless(s.next().Event); got != (core.Text{Body: text}) {
			t.Errorf("%q came as %#v", text, got)
		}
	}
}

func positionComesAsPoint(t *testing.T, w World) {
	sharer, ok := w.(Sharer)
	if !ok {
		t.Skip("people cannot share a position")
	}
	s := begin(t, w, accept)
	for _, want := range []geo.Point{{Lat: 45.7578, Lon: 4.8320}, {Lat: -21.1151, Lon: 55.5364}, {Lat: 0, Lon: 0.5}} {
		sharer.Share(w.People()[0], want)
		e, ok := s.next().Event.(core.Position)
		if !ok || !near(e.Point, want) || e.Live {
			t.Errorf("the point did not come, or another")
		}
	}
}

// near reports whether a and b are the same point, but for rounding.
func near(a, b geo.Point) bool {
	const rounding = 1e-4
	return max(a.Lat-b.Lat, b.Lat-a.Lat, a.Lon-b.Lon, b.Lon-a.Lon) < rounding
}

func correctionIsMarked(t *testing.T, w World) {
	c, ok := w.(Corrector)
	if !ok {
		t.Skip("people cannot correct what they wrote")
	}
	s := begin(t, w, accept)
	p := w.People()[0]
	w.Write(p, "Lyom")
	first := s.next()
	wrote, _ := first.Event.(core.Text)
	c.Correct(p, "Lyon")
	u := s.next()
	if u.Event != (core.Text{Body: "Lyon", Edited: true, In: wrote.In}) || u.ID == first.ID {
		t.Errorf("the correction came as %#v", u.Event)
	}
}

func runFailsWhenTheBotIsShutOut(t *testing.T, w World) {
	r, ok := w.(Revoker)
	if !ok {
		t.Skip("the bot cannot be shut out")
	}
	ctx, stop := context.WithTimeout(t.Context(), patience(w))
	defer stop()
	r.Revoke()
	err := w.Adapter().Run(ctx, newQueue(accept))
	if err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Run = %v, want an error for the operator", err)
	}
	tellsNothing(t, w, err)
}
