package storagetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core"
	"tocsin/core/geo"
)

var actionProperties = []property{
	{"Action/ComesBackWhole", actionComesBack},
	{"Action/PutAgainChangesNothing", actionPutAgain},
	{"Action/SequenceRisesWithWhatPeopleMustHear", actionSequence},
	{"Action/KnownOneKeepsIDAndTaken", actionKeepsTaken},
	{"Action/SourceTwiceInOneCall", actionTwice},
	{"Action/WithoutSourceOrPlaceIsInvalid", actionInvalid},
	{"Action/OfNoTeamIsNotFound", actionOfNoTeam},
	{"Action/OfATeamComeInTheirOrder", actionsOfATeam},
	{"TakePlaces/CapacityIsNeverExceededInParallel", capacityInParallel},
	{"TakePlaces/CountsExactly", capacityCounts},
}

// leafleting returns an action that is not stored.
func leafleting(uid string) *core.Action {
	return &core.Action{
		Source: "import:" + uid, Title: "Tractage à l’aube 🌅", Kind: "leafleting",
		StartsAt: noon, EndsAt: noon.Add(2 * time.Hour), Zone: "Europe/Paris", Place: "Place Bellecour, Lyon",
		Area: "FR/84/69", Point: geo.Point{Lat: 45.7578137, Lon: 4.8320114}, Visibility: core.ForSupporters, State: core.Public,
	}
}

func putActions(t *testing.T, s core.Store, as ...*core.Action) (added, changed int) {
	t.Helper()
	do(t, s, func(ctx context.Context, tx core.Tx) (err error) {
		added, changed, err = tx.PutActions(ctx, as)
		return err
	})
	return added, changed
}

// wantPut puts actions and wants that many to be new and to have changed.
func wantPut(t *testing.T, s core.Store, added, changed int, as ...*core.Action) {
	t.Helper()
	if n, m := putActions(t, s, as...); n != added || m != changed {
		t.Errorf("%d actions are new and %d changed, want %d and %d", n, m, added, changed)
	}
}

func wantAction(t *testing.T, s core.Store, want *core.Action) {
	t.Helper()
	read(t, s, func(ctx context.Context, r core.Reader) error {
		got, err := r.Action(ctx, want.ID)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("action (-want +got):\n%s", d)
		}
		return err
	})
}

func actionComesBack(t *testing.T, s core.Store) {
	team := &core.Team{Name: "Lyon", Area: "FR/84/69"}
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.CreateTeam(ctx, team) })
	here := leafleting("here")
	here.Capacity, here.Note, here.Team, here.Visibility = 12, "Prenez\nun gilet", team.ID, core.ForEveryone
	there := leafleting("there")
	there.Online, there.Place, there.Point, there.State = true, "", geo.Point{}, core.InReview
	wantPut(t, s, 2, 0, here, there)
	if here.ID == 0 || there.ID == 0 || here.ID == there.ID {
		t.Fatalf("new actions have the ids %d and %d", here.ID, there.ID)
	}
	wantAction(t, s, here)
	wantAction(t, s, there)
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		_, err := tx.Action(ctx, here.ID+there.ID)
		wantCode(t, err, core.NotFound)
		return nil
	})
}

func actionPutAgain(t *testing.T, s core.Store) {
	var as []*core.Action
	for i := range 1100 { // more than fit in a statement
		a := leafleting(time.Duration(i).String())
		a.Point.Lat += float64(i) / 997
		as = append(as, a)
	}
	wantPut(t, s, len(as), 0, as...)
	ids := map[core.ActionID]bool{}
	for _, a := range as {
		ids[a.ID] = true
	}
	if len(ids) != len(as) || ids[0] {
		t.Errorf("%d actions have %d ids", len(as), len(ids))
	}
	wantPut(t, s, 0, 0, as...)
	wantPut(t, s, 0, 0)
	for _, a := range as[:3] {
		wantAction(t, s, a)
	}
}

// actionEdits are changes of an action, and whether people who come must hear of them.
var actionEdits = []struct {
	name string
	edit func(a *core.Action)
	tell bool
}{
	{"start", func(a *core.Action) { a.StartsAt = a.StartsAt.Add(time.Minute) }, true},
	{"end", func(a *core.Action) { a.EndsAt = a.EndsAt.Add(-time.Minute) }, true},
	{"place", func(a *core.Action) { a.Place = "Place des Terreaux, Lyon" }, true},
	{"point", func(a *core.Action) { a.Point.Lon += 0.001 }, true},
	{"point measured anew", func(a *core.Action) { a.Point.Lon += 1e-7 }, false},
	{"state", func(a *core.Action) { a.State = core.Cancelled }, true},
	{"online", func(a *core.Action) { a.Online, a.Point = true, geo.Point{} }, true},
	{"title", func(a *core.Action) { a.Title = "Tractage" }, false},
	{"kind", func(a *core.Action) { a.Kind = "stall" }, false},
	{"zone", func(a *core.Action) { a.Zone = "Europe/Brussels" }, false},
	{"area", func(a *core.Action) { a.Area = "FR/84" }, false},
	{"capacity", func(a *core.Action) { a.Capacity = 5 }, false},
	{"visibility", func(a *core.Action) { a.Visibility = core.ForEveryone }, false},
	{"note", func(a *core.Action) { a.Note = "Il fera froid." }, false},
}

func actionSequence(t *testing.T, s core.Store) {
	a := leafleting("one")
	a.Sequence = 3
	wantPut(t, s, 1, 0, a)
	for _, e := range actionEdits {
		want := a.Sequence
		if e.tell {
			want++
		}
		e.edit(a)
		a.Sequence = 0 // what is given does not count
		wantPut(t, s, 0, 1, a)
		if a.Sequence != want {
			t.Errorf("after another %s the sequence is %d, want %d", e.name, a.Sequence, want)
		}
		wantAction(t, s, a)
	}
}

func actionKeepsTaken(t *testing.T, s core.Store) {
	first := leafleting("one")
	wantPut(t, s, 1, 0, first)
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.TakePlaces(ctx, first.ID, 4) })
	again := leafleting("one")
	again.ID, again.Taken, again.Title = 4711, 99, "Tractage"
	wantPut(t, s, 0, 1, again)
	if again.ID != first.ID || again.Taken != 4 {
		t.Errorf("a known action has the id %d and %d places taken, want %d and 4", again.ID, again.Taken, first.ID)
	}
	wantAction(t, s, again)
}

func actionTwice(t *testing.T, s core.Store) {
	first, second, third := leafleting("one"), leafleting("one"), leafleting("one")
	second.Place = "Lyon"
	third.Place = "Lyon"
	wantPut(t, s, 2, 1, first, leafleting("two"), second, third)
}

func actionInvalid(t *testing.T, s core.Store) {
	nowhere, noSource := leafleting("one"), leafleting("two")
	nowhere.Point.Lat, noSource.Source = 91, ""
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		for _, a := range []*core.Action{nowhere, noSource} {
			_, _, err := tx.PutActions(ctx, []*core.Action{a})
			wantCode(t, err, core.Invalid)
		}
		return nil
	})
}

func actionOfNoTeam(t *testing.T, s core.Store) {
	a := leafleting("one")
	a.Team = 4711
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		_, _, err := tx.PutActions(ctx, []*core.Action{a})
		wantCode(t, err, core.NotFound)
		return nil // the transaction is whole
	})
}

func capacityInParallel(t *testing.T, s core.Store) {
	a := leafleting("one")
	a.Capacity = 10
	wantPut(t, s, 1, 0, a)
	won := race(t, s, 12, core.Conflict, func(ctx context.Context, tx core.Tx, _ int) error {
		return tx.TakePlaces(ctx, a.ID, 3)
	})
	if won != 3 {
		t.Errorf("3 places of 10 were taken %d times", won)
	}
	a.Taken = 9
	wantAction(t, s, a)
}

func capacityCounts(t *testing.T, s core.Store) {
	limited, open := leafleting("limited"), leafleting("open")
	limited.Capacity = 4
	wantPut(t, s, 2, 0, limited, open)
	for _, step := range []struct {
		a    *core.Action
		n    int
		code core.Code
		left int // taken afterwards
	}{
		{limited, 4, "", 4}, {limited, 1, core.Conflict, 4}, {limited, 0, "", 4}, {limited, -1, "", 3},
		{limited, 2, core.Conflict, 3}, {limited, 1, "", 4}, {limited, -9, "", 0},
		{open, 1000, "", 1000}, {open, -1, "", 999},
	} {
		do(t, s, func(ctx context.Context, tx core.Tx) error {
			wantCode(t, tx.TakePlaces(ctx, step.a.ID, step.n), step.code)
			return nil
		})
		step.a.Taken = step.left
		wantAction(t, s, step.a)
	}
	limited.Capacity = 1 // fewer than come
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		must(t, tx.TakePlaces(ctx, limited.ID, 3))
		_, _, err := tx.PutActions(ctx, []*core.Action{limited})
		must(t, err)
		wantCode(t, tx.TakePlaces(ctx, limited.ID, 1), core.Conflict)
		wantCode(t, tx.TakePlaces(ctx, limited.ID+open.ID, 1), core.NotFound)
		return tx.TakePlaces(ctx, limited.ID, -1)
	})
	limited.Taken = 2
	wantAction(t, s, limited)
}

func actionsOfATeam(t *testing.T, s core.Store) {
	lyon, brest := &core.Team{Name: "Lyon"}, &core.Team{Name: "Brest"}
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		must(t, tx.CreateTeam(ctx, lyon))
		return tx.CreateTeam(ctx, brest)
	})
	of := func(uid string, team *core.Team, start time.Duration, state core.ActionState) *core.Action {
		a := leafleting(uid)
		a.Team, a.StartsAt, a.EndsAt, a.State = team.ID, noon.Add(start), noon.Add(start+time.Hour), state
		return a
	}
	late, soon, now := of("late", lyon, 9*time.Hour, core.Public), of("soon", lyon, time.Hour, core.Public), of("now", lyon, -time.Minute, core.Public)
	nobodys := leafleting("nobodys")
	putActions(t, s, late, soon, now, nobodys, of("over", lyon, -time.Hour, core.Public), of("review", lyon, time.Hour, core.InReview),
		of("cancelled", lyon, time.Hour, core.Cancelled), of("others", brest, time.Hour, core.Public))
	read(t, s, func(ctx context.Context, r core.Reader) error {
		for limit, want := range [][]*core.Action{{}, {now}, {now, soon}, {now, soon, late}, {now, soon, late}} {
			got := get[[]*core.Action](t)(r.TeamActions(ctx, lyon.ID, noon, limit))
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%d at most (-want +got):\n%s", limit, d)
			}
		}
		return nil
	})
}
