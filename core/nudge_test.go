package core_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"tocsin/core"
)

func TestANudgeIsPlannedByItsStepAndNeverByTheExactDay(t *testing.T) {
	t.Parallel()
	loc, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	at := func(day, hour int) time.Time { return time.Date(2027, 3, 10+day, hour, 0, 0, 0, loc).UTC() }
	for name, c := range map[string]struct {
		step core.NudgeStep
		now  time.Time
		want core.NudgeStep
		due  time.Time
	}{
		"the day after":                 {core.NudgeAction, at(0, 18), core.NudgeAction, at(1, 10)},
		"missed on that day":            {core.NudgeAction, at(1, 18), core.NudgeAction, at(2, 10)},
		"missed for long":               {core.NudgeAction, at(6, 18), core.NudgeTeam, at(7, 10)},
		"a team":                        {core.NudgeTeam, at(2, 18), core.NudgeTeam, at(7, 10)},
		"a team, while nobody was told": {core.NudgeTeam, at(20, 18), core.NudgeTeam, at(21, 10)},
		"too late for all":              {core.NudgeAction, at(30, 18), core.NudgesDone, time.Time{}},
	} {
		got := core.Nudge{Since: "2027-03-10", Step: c.step}.Plan(c.now, core.UsualQuiet, loc)
		if got.Step != c.want || !got.Due.Equal(c.due) {
			t.Errorf("%s: step %d at %s, want %d at %s", name, got.Step, got.Due, c.want, c.due)
		}
	}
}

// Whatever the quiet hours and the zone: each step comes to an end, and is ready outside
// quiet hours alone.
func TestNoNudgeIsReadyAtNight(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		loc, err := time.LoadLocation(rapid.SampledFrom([]string{"Europe/Paris", "Pacific/Apia", "America/Cayenne"}).Draw(rt, "zone"))
		if err != nil {
			rt.Fatal(err)
		}
		q := core.Quiet{From: rapid.IntRange(0, 23).Draw(rt, "from"), Until: rapid.IntRange(0, 23).Draw(rt, "until")}
		now := time.Date(2027, 3, 10, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 40*24).Draw(rt, "now")) * time.Hour)
		n := core.Nudge{Since: "2027-03-10", Step: core.NudgeAction}
		for range 60 {
			next := n.Plan(now, q, loc)
			if next.Step >= core.NudgesDone {
				return
			}
			if !next.Due.After(now) || next.Step < n.Step {
				rt.Fatalf("from %s it is planned for %s", now, next.Due)
			}
			n, now = next, next.Due
			if q.From != q.Until && q.Holds(now.In(loc)) || !n.Ready(now, q, loc) {
				rt.Fatalf("ready at %s: %t", now.In(loc), n.Ready(now, q, loc))
			}
		}
		rt.Fatal("it has no end")
	})
}
