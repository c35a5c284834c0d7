package storagetest

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"tocsin/core"
	"tocsin/core/geo"
)

var nearestProperties = []property{
	{"Nearest/MatchesBruteForce", nearestMatchesBruteForce},
	{"Nearest/LiesAcrossTheEdgesOfTheMap", nearestAcrossEdges},
	{"Nearest/IsNeverOnlineNorWithinTheRadius", nearestIsBeyond},
	{"Near/LeavesOutWhatIsNotForThem", nearLeavesOut},
}

// nearestByBruteForce answers q from all actions; nil if there is none.
func nearestByBruteForce(as []*core.Action, q core.NearQuery) *core.Near {
	beyond := q.Radius
	q.Radius, q.Skip, q.Limit = 30_000, 0, len(as)
	all := slices.DeleteFunc(bruteForce(as, q), func(n core.Near) bool { return n.Action.Online || n.Distance <= beyond })
	if len(all) == 0 {
		return nil
	}
	nearest := slices.MinFunc(all, func(a, b core.Near) int { return cmp.Compare(a.Distance, b.Distance) })
	return &nearest
}

func wantNearest(t *testing.T, s core.Store, q core.NearQuery, want *core.Near) {
	t.Helper()
	read(t, s, func(ctx context.Context, r core.Reader) error {
		got, err := r.NearestAction(ctx, q)
		if want == nil {
			wantCode(t, err, core.NotFound)
			return nil
		}
		must(t, err)
		if d := gocmp.Diff(want, got); d != "" {
			t.Errorf("beyond %v km (-want +got):\n%.2000s", float64(q.Radius), d)
		}
		return nil
	})
}

func nearestMatchesBruteForce(t *testing.T, s core.Store) {
	r := rand.New(rand.NewPCG(2027, 6))
	as := world(r, 300)
	putActions(t, s, as...)
	none := 0
	for i := range 60 {
		q := question(r)
		if i%3 == 0 { // anywhere on earth
			q.Center = geo.Point{Lat: 180*r.Float64() - 90, Lon: 360*r.Float64() - 180}
		}
		if i%10 == 0 {
			q.Kinds = []core.KindID{"unknown"}
		}
		want := nearestByBruteForce(as, q)
		if want == nil {
			none++
		}
		wantNearest(t, s, q, want)
	}
	if none < 6 || none > 20 {
		t.Errorf("%d of the queries have no answer: they prove little", none)
	}
}

// Suva lies west of the antimeridian, and near a pole the whole circle of longitudes is
// near.
func nearestAcrossEdges(t *testing.T, s core.Store) {
	var as []*core.Action
	for _, p := range []geo.Point{{Lat: -17, Lon: -179.9}, {Lat: -17, Lon: 178}, {Lat: 89.5, Lon: -150}, {Lat: 85, Lon: 30}, {Lat: -89.9, Lon: 0}, {Lat: -85, Lon: 10}} {
		a := leafleting(string(rune('a' + len(as))))
		a.Point = p
		as = append(as, a)
	}
	putActions(t, s, as...)
	for i, at := range map[int]geo.Point{0: {Lat: -17, Lon: 179.9}, 2: {Lat: 89.5, Lon: 30}, 4: {Lat: -89.9, Lon: 179}} {
		q := core.NearQuery{Center: at, Radius: 2, From: as[0].StartsAt, To: as[0].EndsAt}
		wantNearest(t, s, q, &core.Near{Action: as[i], Distance: geo.Distance(at, as[i].Point)})
	}
}

func nearestIsBeyond(t *testing.T, s core.Store) {
	here, online, past, far := leafleting("here"), leafleting("online"), leafleting("past"), leafleting("far")
	online.Online, online.Point = true, geo.Point{}
	past.StartsAt = here.StartsAt.AddDate(0, 0, -1)
	past.Point.Lat += 0.5
	far.Point = geo.Point{Lat: -far.Point.Lat, Lon: far.Point.Lon - 180} // on the other side of the earth
	putActions(t, s, here, online, past, far)
	q := core.NearQuery{Center: here.Point, From: here.StartsAt, To: here.EndsAt}
	wantNearest(t, s, q, &core.Near{Action: far, Distance: geo.Distance(here.Point, far.Point)})
	q.Radius = 21_000
	wantNearest(t, s, q, nil)
	q.Radius, q.Center = 5, geo.Point{Lat: 91}
	wantNearest(t, s, q, nil)
}

func nearLeavesOut(t *testing.T, s core.Store) {
	r := rand.New(rand.NewPCG(2027, 7))
	as := world(r, 400)
	putActions(t, s, as...)
	who, other := supporter(t, s), supporter(t, s)
	left := slices.Clone(as)
	for i, a := range as {
		switch i % 3 {
		case 0:
			putRsvp(t, s, core.Rsvp{Action: a.ID, Supporter: who, Answer: core.NotForMe, On: "2026-12-01"})
			left = slices.DeleteFunc(left, func(b *core.Action) bool { return a == b })
		case 1:
			putRsvp(t, s, core.Rsvp{Action: a.ID, Supporter: who, Answer: pick(r, core.Going, core.Maybe, core.NotGoing), On: "2026-12-01"})
			putRsvp(t, s, core.Rsvp{Action: a.ID, Supporter: other, Answer: core.NotForMe, On: "2026-12-01"})
		}
	}
	for range 40 {
		q := question(r)
		q.For = who
		wantNears(t, s, q, bruteForce(left, q))
		wantNearest(t, s, q, nearestByBruteForce(left, q))
		q.For = 0
		wantNears(t, s, q, bruteForce(as, q))
	}
	first := slices.IndexFunc(as, func(a *core.Action) bool { return a.State == core.Public && !a.Online })
	a := as[first]
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.DropRsvp(ctx, a.ID, who) })
	q := core.NearQuery{Center: a.Point, Radius: 1, From: a.StartsAt, To: a.EndsAt, Kinds: []core.KindID{a.Kind}, For: who, Limit: 400}
	if !slices.ContainsFunc(nears(t, s, q), func(n core.Near) bool { return n.Action.ID == a.ID }) {
		t.Error("an answer that was taken back still hides the action")
	}
}
