package storagetest

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"tocsin/core"
	"tocsin/core/geo"
)

var nearProperties = []property{
	{"Near/MatchesBruteForce", nearMatchesBruteForce},
	{"Near/PagesAreTheWholeInOrder", nearPages},
	{"Near/EdgesOfTimeAndRadius", nearEdges},
	{"Near/NowhereFindsOnlyWhatIsOnline", nearNowhere},
}

// centers are where test actions crowd: in a town, in its country, on both sides of the
// antimeridian, at the poles and at the corner of three S2 faces.
var centers = []geo.Point{
	{Lat: 45.76, Lon: 4.83}, {Lat: 47, Lon: 2.5}, {Lat: -16.8, Lon: 179.99}, {Lat: -16.8, Lon: -179.99},
	{Lat: 89.9, Lon: 30}, {Lat: -89.9, Lon: -120}, {Lat: 35.26, Lon: 45}, {Lat: 4.9, Lon: -52.3},
}

// around returns a random point near one of centers.
func around(r *rand.Rand) geo.Point {
	c := centers[r.IntN(len(centers))]
	spread := math.Pow(10, -3+3.3*r.Float64()) // from 100 m to 200 km
	lat := min(max(c.Lat+spread*r.NormFloat64(), -90), 90)
	lon := math.Remainder(c.Lon+spread*r.NormFloat64()/max(math.Cos(c.Lat*math.Pi/180), 0.001), 360)
	return geo.Point{Lat: lat, Lon: lon}
}

// pick returns one of some values.
func pick[T any](r *rand.Rand, values ...T) T { return values[r.IntN(len(values))] }

// world returns n random actions. Many begin at one time.
func world(r *rand.Rand, n int) []*core.Action {
	as := make([]*core.Action, n)
	for i := range as {
		a := leafleting(fmt.Sprint(i))
		a.StartsAt = noon.Add(time.Duration(r.IntN(30*24)-48) * time.Hour)
		a.EndsAt = a.StartsAt.Add(time.Hour)
		a.Point, a.Kind = around(r), pick[core.KindID](r, "leafleting", "stall", "meeting")
		a.Visibility = pick(r, core.ForSupporters, core.ForEveryone)
		a.State = pick(r, core.Public, core.Public, core.Public, core.InReview, core.Cancelled)
		if r.IntN(40) == 0 {
			a.Online, a.Point = true, geo.Point{}
		}
		as[i] = a
	}
	return as
}

// question returns a random query.
func question(r *rand.Rand) core.NearQuery {
	q := core.NearQuery{
		Center: around(r), Radius: pick[geo.Km](r, 0, 2, 5, 10, 25, 50, 100, 100, 400), From: noon,
		To:       noon.Add(time.Duration(r.IntN(40*24)) * time.Hour),
		Everyone: r.IntN(3) == 0, Limit: pick(r, 1, 4, 5, 20, 3000), Skip: pick(r, 0, 0, 3, 60),
	}
	switch r.IntN(3) {
	case 0:
		q.Kinds = []core.KindID{"stall"}
	case 1:
		q.Kinds = []core.KindID{"meeting", "leafleting", "unknown"}
	}
	return q
}

// bruteForce answers q from all actions.
func bruteForce(as []*core.Action, q core.NearQuery) []core.Near {
	var all []core.Near
	for _, a := range as {
		n := core.Near{Action: a}
		if !a.Online {
			n.Distance = geo.Distance(q.Center, a.Point)
		}
		if a.State == core.Public && !a.StartsAt.Before(q.From) && a.StartsAt.Before(q.To) && n.Distance <= q.Radius &&
			(!q.Everyone || a.Visibility == core.ForEveryone) && (len(q.Kinds) == 0 || slices.Contains(q.Kinds, a.Kind)) {
			all = append(all, n)
		}
	}
	slices.SortFunc(all, func(a, b core.Near) int {
		return cmp.Or(compareBool(a.Action.Online, b.Action.Online), a.Action.StartsAt.Compare(b.Action.StartsAt),
			cmp.Compare(a.Action.ID, b.Action.ID))
	})
	all = all[min(q.Skip, len(all)):]
	return all[:min(q.Limit, len(all))]
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// nears asks a Store.
func nears(t *testing.T, s core.Store, q core.NearQuery) (got []core.Near) {
	t.Helper()
	read(t, s, func(ctx context.Context, r core.Reader) (err error) {
		got, err = r.NearActions(ctx, q)
		return err
	})
	return got
}

func wantNears(t *testing.T, s core.Store, q core.NearQuery, want []core.Near) {
	t.Helper()
	got := nears(t, s, q)
	if len(got) == 0 && len(want) == 0 {
		return
	}
	if d := gocmp.Diff(want, got); d != "" {
		t.Errorf("within %v km, skip %d, limit %d: got %d, want %d (-want +got):\n%.2000s",
			float64(q.Radius), q.Skip, q.Limit, len(got), len(want), d)
	}
}

func nearMatchesBruteForce(t *testing.T, s core.Store) {
	r := rand.New(rand.NewPCG(2027, 4))
	as := world(r, 2500) // more than a first try looks at
	putActions(t, s, as...)
	full := 0
	for range 150 {
		q := question(r)
		want := bruteForce(as, q)
		if len(want) > 0 {
			full++
		}
		wantNears(t, s, q, want)
	}
	if full < 50 {
		t.Errorf("only %d of the queries have an answer: they prove little", full)
	}
}

func nearPages(t *testing.T, s core.Store) {
	r := rand.New(rand.NewPCG(2027, 5))
	as := world(r, 600)
	putActions(t, s, as...)
	q := core.NearQuery{Center: centers[0], Radius: 60, From: noon, To: noon.AddDate(0, 0, 40), Limit: 1000}
	whole := nears(t, s, q)
	if len(whole) < 20 || !whole[len(whole)-1].Action.Online || whole[0].Action.Online {
		t.Fatal("the query does not find both kinds of actions")
	}
	var pages []core.Near
	for q.Limit = 7; q.Skip <= len(whole); q.Skip += q.Limit {
		page := nears(t, s, q)
		pages = append(pages, page...)
		if len(page) < q.Limit {
			break
		}
	}
	if d := gocmp.Diff(whole, pages); d != "" {
		t.Errorf("the pages are not the whole (-whole +pages):\n%.2000s", d)
	}
	q.Limit = 0
	wantNears(t, s, q, nil)
}

func nearEdges(t *testing.T, s core.Store) {
	a := leafleting("one")
	putActions(t, s, a)
	center := geo.Point{Lat: a.Point.Lat + 0.1, Lon: a.Point.Lon}
	d := geo.Distance(center, a.Point)
	within := core.NearQuery{Center: center, Radius: d, From: a.StartsAt, To: a.StartsAt.Add(time.Microsecond), Limit: 5}
	wantNears(t, s, within, []core.Near{{Action: a, Distance: d}})
	tooFar, ended, later := within, within, within
	tooFar.Radius = d - 0.0001
	ended.From, ended.To = within.To, within.To.Add(time.Hour)
	later.From, later.To = within.From.Add(-time.Hour), within.From
	for _, q := range []core.NearQuery{tooFar, ended, later} {
		wantNears(t, s, q, nil)
	}
}

func nearNowhere(t *testing.T, s core.Store) {
	here, online := leafleting("here"), leafleting("online")
	online.Online, online.Point = true, geo.Point{}
	putActions(t, s, here, online)
	for _, q := range []core.NearQuery{{Center: geo.Point{Lat: 91}, Radius: 50}, {Radius: -1}, {Radius: 50, Skip: -1}} {
		q.From, q.To, q.Limit = noon, noon.Add(time.Hour), 5
		wantNears(t, s, q, []core.Near{{Action: online}})
	}
}
