package storagetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tocsin/core"
)

// A crowd is some people and an action that they answer, with what each said last.
type crowd struct {
	people []core.SupporterID
	action core.ActionID
	places int // 0: no limit
	said   map[core.SupporterID]core.Rsvp
}

// taken returns how many places the answers take.
func (c *crowd) taken() int {
	n := 0
	for _, r := range c.said {
		n += r.Places()
	}
	return n
}

// expect returns what must come of an answer, and notes it if it must be recorded.
func (c *crowd) expect(r core.Rsvp) core.Code {
	before, answered := c.said[r.Supporter]
	more := r.Places() - before.Places()
	switch {
	case r.Guests > core.MaxGuests, r.Guests > 0 && r.Answer != core.Going:
		return core.Invalid
	case answered && r.Same(&before):
		return ""
	case more > 0 && c.places > 0 && c.taken()+more > c.places:
		return core.Conflict
	}
	if answered {
		r.Changes = before.Changes + 1
	}
	c.said[r.Supporter] = r
	return ""
}

// drawAnswer draws what somebody of c says; one answer in five has guests that it must
// not have.
func (c *crowd) drawAnswer(t *rapid.T) core.Rsvp {
	r := core.Rsvp{
		Action: c.action, Supporter: rapid.SampledFrom(c.people).Draw(t, "who"), On: "2026-12-01",
		Answer: rapid.SampledFrom([]core.Answer{core.Going, core.Going, core.Maybe, core.NotGoing, core.NotForMe}).Draw(t, "answer"),
	}
	if r.Answer == core.Going || rapid.IntRange(0, 4).Draw(t, "wrong") == 0 {
		r.Guests = rapid.IntRange(0, core.MaxGuests+1).Draw(t, "guests")
	}
	return r
}

// respondCounts lets a few people say all kinds of things in any order.
func respondCounts(t *testing.T, s core.Store) {
	people := []core.SupporterID{supporter(t, s), supporter(t, s), supporter(t, s), supporter(t, s)}
	round := 0 // each has an action of its own
	rapid.Check(t, func(rt *rapid.T) {
		round++
		c := &crowd{people: people, places: rapid.IntRange(0, 9).Draw(rt, "places"), said: map[core.SupporterID]core.Rsvp{}}
		a := leafleting(fmt.Sprint(round))
		a.Capacity = c.places
		n := rapid.IntRange(1, 12).Draw(rt, "answers")
		do(t, s, func(ctx context.Context, tx core.Tx) error {
			if _, _, err := tx.PutActions(ctx, []*core.Action{a}); err != nil {
				return err
			}
			c.action = a.ID
			for range n {
				c.respond(ctx, rt, tx, c.drawAnswer(rt))
			}
			return nil
		})
	})
}

// respond gives one answer, and compares what came of it with what must.
func (c *crowd) respond(ctx context.Context, t *rapid.T, tx core.Tx, r core.Rsvp) {
	code := c.expect(r)
	given := r
	told, err := core.Respond(ctx, tx, &given, noon)
	if core.CodeOf(err) != code {
		t.Fatalf("%+v: got %v, want the code %q", r, err, code)
	}
	if code != "" && core.KeyOf(err) == "" {
		t.Errorf("%+v is refused without a word", r)
	}
	a, err := tx.Action(ctx, c.action)
	if err != nil {
		t.Fatal(err)
	}
	if a.Taken != c.taken() || c.places > 0 && a.Taken > c.places {
		t.Fatalf("after %+v, %d of %d places are taken, want %d", r, a.Taken, c.places, c.taken())
	}
	if code != "" {
		return
	}
	if d := cmp.Diff(a, told); d != "" {
		t.Errorf("the action (-stored +told):\n%s", d)
	}
	want := c.said[r.Supporter]
	got, err := tx.Rsvp(ctx, c.action, r.Supporter)
	if d := cmp.Diff(&want, got); d != "" || err != nil {
		t.Errorf("rsvp %v (-want +got):\n%s", err, d)
	}
	if given.Changes != want.Changes {
		t.Errorf("%d changes are told, want %d", given.Changes, want.Changes)
	}
}

// respondInParallel lets 20 people with up to two guests want 7 places at once.
func respondInParallel(t *testing.T, s core.Store) {
	a := leafleting("one")
	a.Capacity = 7
	putActions(t, s, a)
	wants := make([]core.Rsvp, 20)
	for i := range wants {
		wants[i] = core.Rsvp{Action: a.ID, Supporter: supporter(t, s), Answer: core.Going, Guests: i % 3, On: "2026-12-01"}
	}
	race(t, s, len(wants), core.Conflict, func(ctx context.Context, tx core.Tx, i int) error {
		r := wants[i]
		_, err := core.Respond(ctx, tx, &r, noon)
		return err
	})
	read(t, s, func(ctx context.Context, r core.Reader) error {
		got := get[*core.Action](t)(r.Action(ctx, a.ID))
		came := 0
		for _, want := range wants {
			stored, err := r.Rsvp(ctx, a.ID, want.Supporter)
			switch {
			case err == nil:
				came += stored.Places()
			case got.Taken+want.Places() <= a.Capacity:
				t.Errorf("%d were refused, although %d of %d places were taken", want.Places(), got.Taken, a.Capacity)
			}
		}
		if got.Taken != came || came > a.Capacity || came == 0 {
			t.Errorf("%d of %d places are taken by %d people", got.Taken, a.Capacity, came)
		}
		return nil
	})
}

// respondTwice lets one person answer in several chats at once.
func respondTwice(t *testing.T, s core.Store) {
	a := leafleting("one")
	a.Capacity = 4
	putActions(t, s, a)
	who := supporter(t, s)
	won := race(t, s, 8, core.Conflict, func(ctx context.Context, tx core.Tx, i int) error {
		_, err := core.Respond(ctx, tx, &core.Rsvp{Action: a.ID, Supporter: who, Answer: core.Going, Guests: i % 4}, noon)
		return err
	})
	if won != 8 {
		t.Errorf("%d of 8 answers were taken, although each fits", won)
	}
	read(t, s, func(ctx context.Context, r core.Reader) error {
		stored := get[*core.Rsvp](t)(r.Rsvp(ctx, a.ID, who))
		if got := get[*core.Action](t)(r.Action(ctx, a.ID)); got.Taken != stored.Places() {
			t.Errorf("%d places are taken by one answer of %d", got.Taken, stored.Places())
		}
		return nil
	})
}

func respondRefuses(t *testing.T, s core.Store) {
	who := supporter(t, s)
	cancelled, review, over := leafleting("cancelled"), leafleting("review"), leafleting("over")
	cancelled.State, review.State = core.Cancelled, core.InReview
	over.StartsAt, over.EndsAt = noon.Add(-2*time.Hour), noon
	putActions(t, s, cancelled, review, over)
	for _, tt := range []struct {
		action core.ActionID
		code   core.Code
		key    string
	}{
		{cancelled.ID, core.Invalid, "rsvp.cancelled"}, {review.ID, core.NotFound, "rsvp.gone"},
		{over.ID, core.Invalid, "rsvp.over"}, {over.ID + 1000, core.NotFound, "rsvp.gone"},
	} {
		for _, answer := range []core.Answer{core.Going, core.Maybe, core.NotGoing, core.NotForMe} {
			do(t, s, func(ctx context.Context, tx core.Tx) error {
				_, err := core.Respond(ctx, tx, &core.Rsvp{Action: tt.action, Supporter: who, Answer: answer}, noon)
				wantCode(t, err, tt.code)
				if core.KeyOf(err) != tt.key {
					t.Errorf("%s: the person is told %q, want %q", answer, core.KeyOf(err), tt.key)
				}
				_, err = tx.Rsvp(ctx, tt.action, who)
				wantCode(t, err, core.NotFound)
				return nil
			})
		}
	}
}
