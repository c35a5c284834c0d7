package storagetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core"
	"tocsin/core/geo"
)

var nudgeProperties = []property{
	{"Nudge/BeginsWithTheSignUpAndEndsOnce", nudgeLife},
	{"Nudge/MovesForOneProcessOnly", nudgeRace},
	{"Nudge/GoesWithThePerson", nudgeForgotten},
	{"Team/WithSomethingAheadIsFoundByItsArea", teamsIn},
	{"Demand/IsOfElevenPeopleAndToldOnceAWeek", demandTold},
}

func dueNudges(t *testing.T, s core.Store, after core.SupporterID, at time.Time, limit int) (out []core.Nudge) {
	t.Helper()
	read(t, s, func(ctx context.Context, r core.Reader) (err error) {
		out, err = r.DueNudges(ctx, after, at, limit)
		return err
	})
	return out
}

func nudgeLife(t *testing.T, s core.Store) {
	first, second := supporter(t, s), supporter(t, s)
	begun := core.Nudge{Supporter: first, Since: "2026-11-22", Step: core.NudgeAction}
	other := begun
	other.Supporter = second
	if d := cmp.Diff([]core.Nudge{begun, other}, dueNudges(t, s, 0, noon, 9)); d != "" {
		t.Errorf("nudges (-want +got):\n%s", d)
	}
	if got := dueNudges(t, s, first, noon, 9); len(got) != 1 || got[0].Supporter != second {
		t.Errorf("after the first: %+v", got)
	}
	put := func(n, before core.Nudge, want core.Code) {
		t.Helper()
		do(t, s, func(ctx context.Context, tx core.Tx) error {
			wantCode(t, tx.PutNudge(ctx, n, before), want)
			return nil
		})
	}
	planned := begun
	planned.Step, planned.Due = core.NudgeTeam, noon
	put(planned, begun, "")
	put(planned, begun, core.Conflict)
	if got := dueNudges(t, s, 0, noon.Add(-time.Second), 9); len(got) != 1 || got[0].Supporter != second {
		t.Errorf("before it is due: %+v", got)
	}
	if d := cmp.Diff([]core.Nudge{planned}, dueNudges(t, s, 0, noon, 1)); d != "" {
		t.Errorf("nudge (-want +got):\n%s", d)
	}
	done := planned
	done.Step = core.NudgesDone
	put(done, begun, core.Conflict)
	put(done, planned, "")
	put(done, planned, core.Conflict)
	if got := dueNudges(t, s, 0, noon, 9); len(got) != 1 || got[0].Supporter != second {
		t.Errorf("at the end: %+v", got)
	}
}

func nudgeRace(t *testing.T, s core.Store) {
	n := core.Nudge{Supporter: supporter(t, s), Step: core.NudgeAction}
	next := n
	next.Step, next.Due = core.NudgeTeam, noon
	won := race(t, s, 6, core.Conflict, func(ctx context.Context, tx core.Tx, _ int) error { return tx.PutNudge(ctx, next, n) })
	if won != 1 {
		t.Errorf("%d processes take a step", won)
	}
}

func nudgeForgotten(t *testing.T, s core.Store) {
	who := supporter(t, s)
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.Forget(ctx, who) })
	if got := dueNudges(t, s, 0, noon, 9); len(got) > 0 {
		t.Errorf("left: %+v", got)
	}
}

func teamsIn(t *testing.T, s core.Store) {
	busy, idle, far := &core.Team{Name: "busy", Area: "FR/84/69"}, &core.Team{Name: "idle", Area: "FR/84/69"}, &core.Team{Name: "far", Area: "FR/53/35"}
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		for _, team := range []*core.Team{busy, idle, far} {
			must(t, tx.CreateTeam(ctx, team))
		}
		return nil
	})
	ahead, past, off := leafleting("1"), leafleting("2"), leafleting("3")
	ahead.Team, past.Team, off.Team = busy.ID, idle.ID, idle.ID
	past.StartsAt, off.State = noon.Add(-time.Hour), core.Cancelled
	there := leafleting("4")
	there.Team = far.ID
	putActions(t, s, ahead, past, off, there)
	read(t, s, func(ctx context.Context, r core.Reader) error {
		got, err := r.TeamsIn(ctx, []core.AreaID{"FR/84/69", "FR/84"}, noon.Add(-time.Minute), 9)
		if d := cmp.Diff([]core.Team{*busy}, got); d != "" {
			t.Errorf("teams (-want +got):\n%s", d)
		}
		none := get[[]core.Team](t)(r.TeamsIn(ctx, nil, noon, 9))
		if len(none) > 0 {
			t.Errorf("nowhere there is %+v", none)
		}
		return err
	})
}

func demandTold(t *testing.T, s core.Store) {
	here, there := geo.CellOf(centers[0]).Square(), geo.CellOf(centers[1]).Square()
	for i := range core.FewestSearchers {
		who := supporter(t, s)
		noteSearch(t, s, core.Search{Supporter: who, Square: here, Week: "2026-11-23"})
		if i > 0 {
			noteSearch(t, s, core.Search{Supporter: who, Square: there, Week: "2026-11-23"})
		}
	}
	noteSearch(t, s, core.Search{Supporter: supporter(t, s), Square: there, Week: "2026-11-16"})
	demands := func(week core.Day) (out []core.Demand) {
		read(t, s, func(ctx context.Context, r core.Reader) (err error) {
			out, err = r.Demands(ctx, week, core.FewestSearchers)
			return err
		})
		return out
	}
	if d := cmp.Diff([]core.Demand{{Square: here, People: core.FewestSearchers}}, demands("2026-11-23")); d != "" {
		t.Errorf("demands (-want +got):\n%s", d)
	}
	if got := demands("2026-11-16"); len(got) > 0 {
		t.Errorf("of one person: %+v", got)
	}
	won := race(t, s, 4, core.Conflict, func(ctx context.Context, tx core.Tx, _ int) error { return tx.TellDemand(ctx, here, "2026-11-23") })
	if won != 1 || len(demands("2026-11-23")) > 0 {
		t.Errorf("%d are told, and %d squares are left", won, len(demands("2026-11-23")))
	}
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.TellDemand(ctx, here, "2026-11-30") })
}
