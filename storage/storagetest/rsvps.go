package storagetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core"
)

var rsvpProperties = []property{
	{"Rsvp/LatestAnswerHolds", rsvpLatestHolds},
	{"Rsvp/OfNobodyIsNotFound", rsvpOfNobody},
	{"Agenda/IsWhatIsAheadInOrder", agendaInOrder},
	{"Respond/KeepsTheCountOfPlacesTrue", respondCounts},
	{"Respond/OfManyAtOnceNeverExceedsCapacity", respondInParallel},
	{"Respond/OfOnePersonInTwoChatsCountsOnce", respondTwice},
	{"Respond/RefusesWhatIsNotToBeAnswered", respondRefuses},
	{"Team/ComesBackWhole", teamComesBack},
}

func putRsvp(t *testing.T, s core.Store, r core.Rsvp) {
	t.Helper()
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.PutRsvp(ctx, &r) })
}

func rsvpLatestHolds(t *testing.T, s core.Store) {
	who, other := supporter(t, s), supporter(t, s)
	a := leafleting("one")
	putActions(t, s, a)
	for _, want := range []core.Rsvp{
		{Action: a.ID, Supporter: who, Answer: core.Going, Guests: 2, On: "2026-12-01"},
		{Action: a.ID, Supporter: who, Answer: core.NotGoing, Changes: 1, On: "2026-12-02"},
		{Action: a.ID, Supporter: who, Answer: core.Going, Guests: 1, Changes: 2, On: "2026-12-02"},
		{Action: a.ID, Supporter: other, Answer: core.Maybe, On: "2026-12-02"},
	} {
		putRsvp(t, s, want)
		read(t, s, func(ctx context.Context, r core.Reader) error {
			got, err := r.Rsvp(ctx, a.ID, want.Supporter)
			if d := cmp.Diff(&want, got); d != "" {
				t.Errorf("rsvp (-want +got):\n%s", d)
			}
			return err
		})
	}
}

func rsvpOfNobody(t *testing.T, s core.Store) {
	who := supporter(t, s)
	a := leafleting("one")
	putActions(t, s, a)
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		_, err := tx.Rsvp(ctx, a.ID, who)
		wantCode(t, err, core.NotFound)
		wantCode(t, tx.PutRsvp(ctx, &core.Rsvp{Action: a.ID, Supporter: who + 1, Answer: core.Going}), core.NotFound)
		wantCode(t, tx.PutRsvp(ctx, &core.Rsvp{Action: a.ID + 1, Supporter: who, Answer: core.Going}), core.NotFound)
		return nil
	})
}

func agendaInOrder(t *testing.T, s core.Store) {
	who, other := supporter(t, s), supporter(t, s)
	var as []*core.Action
	for i, start := range []time.Duration{5, 1, -3, -1, 2, 4, 5} {
		a := leafleting(string(rune('a' + i)))
		a.StartsAt, a.EndsAt = noon.Add(start*time.Hour), noon.Add((start+2)*time.Hour)
		as = append(as, a)
	}
	as[4].State = core.Cancelled
	putActions(t, s, as...)
	answers := []core.Answer{core.Going, core.Maybe, core.Going, core.Going, core.Going, core.NotGoing, core.Going}
	for i, a := range as {
		putRsvp(t, s, core.Rsvp{Action: a.ID, Supporter: who, Answer: answers[i], Guests: i % 3, On: "2026-12-01"})
		putRsvp(t, s, core.Rsvp{Action: a.ID, Supporter: other, Answer: core.NotGoing, On: "2026-12-01"})
	}
	var want []core.Engagement
	for _, i := range []int{3, 1, 4, 0, 6} { // those of one start by id
		want = append(want, core.Engagement{
			Rsvp:   core.Rsvp{Action: as[i].ID, Supporter: who, Answer: answers[i], Guests: i % 3, On: "2026-12-01"},
			Action: as[i],
		})
	}
	read(t, s, func(ctx context.Context, r core.Reader) error {
		got, err := r.Agenda(ctx, who, noon)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("agenda (-want +got):\n%s", d)
		}
		return err
	})
}

func teamComesBack(t *testing.T, s core.Store) {
	want := &core.Team{Name: "Lyon 3ᵉ", Area: "FR/84/69"}
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.CreateTeam(ctx, want) })
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		if got := get[*core.Team](t)(tx.Team(ctx, want.ID)); *got != *want {
			t.Errorf("got %v, want %v", got, want)
		}
		_, err := tx.Team(ctx, want.ID+1)
		wantCode(t, err, core.NotFound)
		return nil
	})
}
