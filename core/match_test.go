package core_test

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tocsin/core"
	"tocsin/core/geo"
)

var matchNow = time.Date(2027, 3, 10, 8, 0, 0, 0, time.UTC)

// lyonCell is where the people of these tests are.
var lyonCell = core.Cell(geo.CellOf(geo.Point{Lat: 45.7578, Lon: 4.8320}))

// anAnnounced is an action in Lyon that everybody may want.
func anAnnounced(id core.ActionID, change func(*core.Action)) core.Announced {
	a := &core.Action{
		ID: id, Kind: "stall", State: core.Public, Zone: "Europe/Paris", Point: geo.Point{Lat: 45.76, Lon: 4.84},
		StartsAt: matchNow.AddDate(0, 0, 2), EndsAt: matchNow.AddDate(0, 0, 2).Add(time.Hour),
	}
	if change != nil {
		change(a)
	}
	return core.Announced{Action: a}
}

func bestIDs(as []core.Announced, w *core.Watcher) (ids []core.ActionID) {
	for _, m := range core.NewMatcher(as, matchNow).Best(nil, w) {
		ids = append(ids, m.Action)
	}
	return ids
}

func TestWhatDoesNotFitIsNotAnnounced(t *testing.T) {
	t.Parallel()
	yesterday, today := core.DayOf(matchNow.AddDate(0, 0, -1)), core.DayOf(matchNow)
	for name, tt := range map[string]struct {
		action func(*core.Action)
		person func(*core.Watcher)
		want   bool
	}{
		"all fits":                        {want: true},
		"it is not public":                {action: func(a *core.Action) { a.State = core.InReview }},
		"it is cancelled":                 {action: func(a *core.Action) { a.State = core.Cancelled }},
		"it begins just now":              {action: func(a *core.Action) { a.StartsAt = matchNow }},
		"it is too far ahead":             {action: func(a *core.Action) { a.StartsAt = matchNow.AddDate(0, 0, 15) }},
		"it is beyond the radius":         {action: func(a *core.Action) { a.Point.Lat = 45.95 }},
		"it is full, and they ask":        {func(a *core.Action) { a.Capacity, a.Taken = 2, 2 }, func(w *core.Watcher) { w.Settings.Free = true }, false},
		"it is full, and they do not":     {func(a *core.Action) { a.Capacity, a.Taken = 2, 2 }, nil, true},
		"another kind interests them":     {person: func(w *core.Watcher) { w.Settings.Kinds = []core.KindID{"meeting"} }},
		"the kind is snoozed":             {person: func(w *core.Watcher) { w.Settings.Snooze("stall", today) }},
		"the snooze is over":              {person: func(w *core.Watcher) { w.Settings.Snooze("stall", yesterday) }, want: true},
		"they come in the evening only":   {person: func(w *core.Watcher) { w.Settings.Times = []core.Times{core.Evenings} }},
		"they have answered":              {person: func(w *core.Watcher) { w.Answered = []core.ActionID{1} }},
		"they were told":                  {person: func(w *core.Watcher) { w.Told = []core.Told{{Action: 1}} }},
		"it changed since they were told": {func(a *core.Action) { a.Sequence = 1 }, func(w *core.Watcher) { w.Told = []core.Told{{Action: 1}} }, true},
		"they did not say where they are": {person: func(w *core.Watcher) { w.Cell = 0 }},
		"it is online":                    {func(a *core.Action) { a.Online, a.Point = true, geo.Point{} }, func(w *core.Watcher) { w.Cell = 0 }, true},
	} {
		w := &core.Watcher{Cell: lyonCell, Radius: 10}
		if tt.person != nil {
			tt.person(w)
		}
		if got := bestIDs([]core.Announced{anAnnounced(1, tt.action)}, w); (got != nil) != tt.want {
			t.Errorf("%s: announced: %v", name, got)
		}
	}
}

func TestTheBestComeFirst(t *testing.T) {
	t.Parallel()
	as := []core.Announced{
		anAnnounced(1, nil),
		anAnnounced(2, func(a *core.Action) { a.Point.Lat = 45.82 }),
		anAnnounced(3, func(a *core.Action) { a.Quorum = 10 }),
		anAnnounced(4, func(a *core.Action) { a.StartsAt = matchNow.AddDate(0, 0, 12) }),
		anAnnounced(5, nil), // as the first: the lower id goes first
	}
	w := &core.Watcher{Cell: lyonCell, Radius: 10}
	if got := bestIDs(as, w); !slices.Equal(got, []core.ActionID{3, 1, 5}) {
		t.Errorf("the best are %v", got)
	}
	as[1].Since, w.Last = matchNow, matchNow.Add(-time.Hour)
	for i := range as {
		if i != 1 {
			as[i].Since = w.Last.Add(-time.Hour)
		}
	}
	as[1].Action.Point.Lat = 45.78
	if got := bestIDs(as, w); !slices.Equal(got, []core.ActionID{3, 2, 1}) {
		t.Errorf("with a new one the best are %v", got)
	}
}

// What the matcher finds is what everybody can compute by looking at each action.
func TestTheMatcherFindsWhatLookingAtEachActionFinds(t *testing.T) {
	t.Parallel()
	kinds := make([]core.KindID, 80) // more than there are bits
	for i := range kinds {
		kinds[i] = core.KindID(fmt.Sprint("kind-", i))
	}
	rapid.Check(t, func(t *rapid.T) {
		var as []core.Announced
		for i := range rapid.IntRange(0, 120).Draw(t, "actions") {
			as = append(as, drawAnnounced(t, core.ActionID(i+1), kinds))
		}
		m := core.NewMatcher(as, matchNow)
		for range 3 {
			w := drawWatcher(t, kinds, len(as))
			var got []core.ActionID
			for _, one := range m.Best(nil, w) {
				got = append(got, one.Action)
			}
			if want := lookAtEach(as, w); !slices.Equal(got, want) {
				t.Fatalf("the matcher finds %v, want %v", got, want)
			}
		}
	})
}

func drawAnnounced(t *rapid.T, id core.ActionID, kinds []core.KindID) core.Announced {
	a := &core.Action{
		ID: id, Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Zone: "Europe/Paris",
		State:    rapid.SampledFrom([]core.ActionState{core.Public, core.Public, core.Public, core.Cancelled}).Draw(t, "state"),
		StartsAt: matchNow.Add(time.Duration(rapid.IntRange(-24, 400).Draw(t, "hours")) * time.Hour),
		Capacity: rapid.IntRange(0, 2).Draw(t, "capacity"), Taken: rapid.IntRange(0, 2).Draw(t, "taken"),
		Quorum: rapid.IntRange(0, 3).Draw(t, "quorum"), Sequence: rapid.IntRange(0, 2).Draw(t, "sequence"),
		Online: rapid.IntRange(0, 9).Draw(t, "online") == 0,
		Point:  geo.Point{Lat: 45.76 + rapid.Float64Range(-0.5, 0.5).Draw(t, "lat"), Lon: 4.83 + rapid.Float64Range(-0.5, 0.5).Draw(t, "lon")},
	}
	return core.Announced{Action: a, Since: matchNow.Add(-time.Duration(rapid.IntRange(0, 48).Draw(t, "since")) * time.Hour)}
}

func drawWatcher(t *rapid.T, kinds []core.KindID, actions int) *core.Watcher {
	w := &core.Watcher{
		Radius: core.Radius(rapid.IntRange(1, 60).Draw(t, "radius")), Last: matchNow.Add(-24 * time.Hour),
		Cell: core.Cell(geo.CellOf(geo.Point{Lat: 45.76, Lon: 4.83 + rapid.Float64Range(-0.3, 0.3).Draw(t, "east")})),
		Settings: core.Settings{
			Kinds: rapid.SliceOfN(rapid.SampledFrom(kinds), 0, 40).Draw(t, "kinds"),
			Times: rapid.SliceOfN(rapid.SampledFrom(core.AllTimes[:]), 0, 2).Draw(t, "times"),
			Free:  rapid.Bool().Draw(t, "free"),
		},
	}
	for _, k := range rapid.SliceOfN(rapid.SampledFrom(kinds), 0, 20).Draw(t, "snoozed") {
		w.Settings.Snooze(k, core.DayOf(matchNow.AddDate(0, 0, rapid.IntRange(-1, 1).Draw(t, "until"))))
	}
	for id := range actions {
		switch rapid.IntRange(0, 9).Draw(t, "known") {
		case 0:
			w.Answered = append(w.Answered, core.ActionID(id+1))
		case 1:
			w.Told = append(w.Told, core.Told{Action: core.ActionID(id + 1), Sequence: rapid.IntRange(0, 2).Draw(t, "told")})
		}
	}
	return w
}

// lookAtEach is what Best promises, as one would say it.
func lookAtEach(as []core.Announced, w *core.Watcher) (ids []core.ActionID) {
	var all []core.Match
	for _, one := range as {
		a := one.Action
		d := geo.Distance(w.Cell.Center(), a.Point)
		free, limited := a.Free()
		known := slices.Contains(w.Answered, a.ID) || slices.ContainsFunc(w.Told, func(t core.Told) bool {
			return t.Action == a.ID && t.Sequence >= a.Sequence
		})
		switch {
		case a.State != core.Public, !a.StartsAt.After(matchNow), a.StartsAt.After(matchNow.AddDate(0, 0, core.MatchDays)):
		case !a.Online && d > geo.Km(w.Radius), !w.Settings.Wants(a.Kind, matchNow), !w.Settings.Fits(a.Local(a.StartsAt)):
		case w.Settings.Free && limited && free == 0, known:
		default:
			near := 1 - float64(d/geo.Km(w.Radius))
			if a.Online {
				near = core.OnlineNearness
			}
			f := core.Fit{Nearness: near, Ahead: a.StartsAt.Sub(matchNow), Lacking: a.Lacking(), New: one.Since.After(w.Last)}
			all = append(all, core.Match{Action: a.ID, StartsAt: a.StartsAt, Score: math.Round(f.Score()*1e6) / 1e6})
		}
	}
	slices.SortFunc(all, func(a, b core.Match) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), a.StartsAt.Compare(b.StartsAt), cmp.Compare(a.Action, b.Action))
	})
	for _, m := range all[:min(len(all), core.MatchMost)] {
		ids = append(ids, m.Action)
	}
	return ids
}
