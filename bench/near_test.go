//go:build bench

package bench

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"tocsin/core"
	"tocsin/core/geo"
	"tocsin/storage"
	"tocsin/storage/pgtest"
)

// The figures of the search around a point.
const (
	nearSQLite   Name = "near/sqlite/p99"
	nearPostgres Name = "near/postgres/median"
	nearPlace    Name = "near/place/sqlite/median"
)

// The crowd is 100,000 actions of the next 30 days.
const (
	crowdSize = 100_000
	crowdDays = 30
	nearLimit = 5
)

// towns are the 21 largest in France: half of the crowd is around them.
var towns = []geo.Point{
	{Lat: 48.857, Lon: 2.352}, {Lat: 43.297, Lon: 5.370}, {Lat: 45.764, Lon: 4.836}, {Lat: 43.605, Lon: 1.444},
	{Lat: 43.710, Lon: 7.262}, {Lat: 47.218, Lon: -1.554}, {Lat: 43.611, Lon: 3.877}, {Lat: 48.573, Lon: 7.752},
	{Lat: 44.838, Lon: -0.579}, {Lat: 50.629, Lon: 3.057}, {Lat: 48.117, Lon: -1.678}, {Lat: 43.125, Lon: 5.931},
	{Lat: 49.258, Lon: 4.032}, {Lat: 45.440, Lon: 4.387}, {Lat: 49.494, Lon: 0.108}, {Lat: 47.322, Lon: 5.041},
	{Lat: 45.188, Lon: 5.724}, {Lat: 47.478, Lon: -0.563}, {Lat: 48.390, Lon: -4.486}, {Lat: 48.004, Lon: 0.198},
	{Lat: 49.443, Lon: 1.099},
}

// somewhere returns a point of the crowd: half of them within some 15 km of a town, half
// anywhere in the country, which is taken for a disc of its size.
func somewhere(r *rand.Rand) geo.Point {
	if r.IntN(2) == 0 {
		c := towns[r.IntN(len(towns))]
		return geo.Point{Lat: c.Lat + 0.1*r.NormFloat64(), Lon: c.Lon + 0.14*r.NormFloat64()}
	}
	far, turn := 3.75*math.Sqrt(r.Float64()), 2*math.Pi*r.Float64()
	return geo.Point{Lat: 46.6 + far*math.Sin(turn), Lon: 2.4 + 1.46*far*math.Cos(turn)}
}

// crowd stores the actions; they begin at quarters of an hour between 9 and 20 h.
func crowd(t *testing.T, s *storage.Store, r *rand.Rand, from time.Time) []*core.Action {
	t.Helper()
	as := make([]*core.Action, crowdSize)
	for i := range as {
		start := from.AddDate(0, 0, r.IntN(crowdDays)).Add(9*time.Hour + time.Duration(r.IntN(44))*15*time.Minute)
		as[i] = &core.Action{
			Source: fmt.Sprintf("import:%d", i), Title: "Tractage au marché", Kind: core.DefaultKinds[r.IntN(7)].ID,
			StartsAt: start, EndsAt: start.Add(2 * time.Hour), Zone: "Europe/Paris", Place: "Place de la République",
			Area: "FR/84/69", Point: somewhere(r), Visibility: [...]core.Visibility{core.ForSupporters, core.ForEveryone}[i%2], State: core.Public,
			Note: "Rendez-vous devant la mairie, nous apportons les tracts.",
		}
	}
	for batch := range slices.Chunk(as, 5000) {
		must(t, s.Tx(t.Context(), func(tx core.Tx) error {
			_, _, err := tx.PutActions(t.Context(), batch)
			return err
		}))
	}
	return as
}

// someone asks what is near: people live where actions are, and choose one of the radii.
func someone(r *rand.Rand, from time.Time) core.NearQuery {
	return core.NearQuery{
		Center: geo.CellOf(somewhere(r)).Center(), Radius: geo.Km(core.Radii[r.IntN(len(core.Radii))]),
		From: from, To: from.AddDate(0, 0, crowdDays), Limit: nearLimit,
	}
}

func today() time.Time { return time.Now().UTC().Truncate(24 * time.Hour) }

func TestBenchNear(t *testing.T) {
	if !Wanted(t, nearSQLite) {
		t.Skip("not picked")
	}
	s, r := open(t, sqliteURL(t)), rand.New(rand.NewPCG(1, 2))
	crowd(t, s, r, today())
	Settings(nearSQLite, "%d actions in %d days, half around %d towns; radii %v km; limit %d; no ANALYZE; transaction included",
		crowdSize, crowdDays, len(towns), core.Radii, nearLimit)
	var took []time.Duration
	for range 3000 {
		q := someone(r, today())
		began := time.Now()
		must(t, s.Read(t.Context(), func(tx core.Reader) error {
			_, err := tx.NearActions(t.Context(), q)
			return err
		}))
		took = append(took, time.Since(began))
	}
	Settings(nearSQLite, "median %.3g ms, longest %.3g ms", Millis(Quantile(took, 0.5)), Millis(Quantile(took, 1)))
	Report(t, Line{Name: nearSQLite, Unit: "ms", Ours: Millis(Quantile(took, 0.99)), Goal: Goal{Of: Ours, AtMost: 5}})
}

func TestBenchNearPlace(t *testing.T) {
	if !Wanted(t, nearPlace) {
		t.Skip("not picked")
	}
	const size = 36_000
	s, r := open(t, sqliteURL(t)), rand.New(rand.NewPCG(1, 3))
	ps := make([]core.NamedPlace, size)
	for i := range ps {
		ps[i] = core.NamedPlace{Place: core.Place{Source: fmt.Sprint(i), Name: "Ville", Point: somewhere(r)}, Fold: "ville"}
	}
	must(t, s.Tx(t.Context(), func(tx core.Tx) error {
		_, err := tx.PutPlaces(t.Context(), ps)
		return err
	}))
	Settings(nearPlace, "%d places, half around %d towns; no ANALYZE; transaction included", size, len(towns))
	var took []time.Duration
	for range 2000 {
		c := geo.CellOf(somewhere(r))
		began := time.Now()
		must(t, s.Read(t.Context(), func(tx core.Reader) error {
			_, err := tx.NearestPlace(t.Context(), c)
			return err
		}))
		took = append(took, time.Since(began))
	}
	Settings(nearPlace, "p99 %.3g ms", Millis(Quantile(took, 0.99)))
	Report(t, Line{Name: nearPlace, Unit: "ms", Ours: Millis(Quantile(took, 0.5)), Goal: Goal{Of: Ours, AtMost: 1}})
}

func TestBenchNearPostgres(t *testing.T) {
	if !Wanted(t, nearPostgres) {
		t.Skip("not picked")
	}
	url := pgtest.New(t)
	s, r := open(t, url), rand.New(rand.NewPCG(1, 2))
	as := crowd(t, s, r, today())
	ref := postgresDB(t, url)
	missing := ""
	if pgtest.Extension(t, url, "postgis") {
		makeGIS(t, ref)
	} else {
		missing = "PostGIS is not installed"
	}
	must(t, execute(t, ref, "VACUUM ANALYZE"))
	Settings(nearPostgres, "%s; shared_buffers=%s, work_mem=%s; VACUUM ANALYZE done; the crowd of near/sqlite; transactions left out",
		setting(t, ref, "server_version"), setting(t, ref, "shared_buffers"), setting(t, ref, "work_mem"))
	var ours, theirs []time.Duration
	for i := range 1500 {
		q := someone(r, today())
		var got, want []core.ActionID
		mine := func() time.Duration { return timeNear(t, s, q, &got) }
		gis := func() time.Duration { return timeGIS(t, ref, q, &want) }
		if missing != "" {
			gis = func() time.Duration { return 0 }
		}
		ways := []func() time.Duration{mine, gis}
		if i%2 == 1 { // who comes second finds warm pages
			slices.Reverse(ways)
		}
		first, second := ways[0](), ways[1]()
		if i%2 == 1 {
			first, second = second, first
		}
		ours, theirs = append(ours, first), append(theirs, second)
		if missing == "" && !sameButTheEdge(as, q, got, want) {
			t.Fatalf("query %d: ours found %v, PostGIS %v", i, got, want)
		}
	}
	Settings(nearPostgres, "p99: ours %.3g ms, PostGIS %.3g ms", Millis(Quantile(ours, 0.99)), Millis(Quantile(theirs, 0.99)))
	Report(t, Line{
		Name: nearPostgres, Unit: "ms", Ours: Millis(Quantile(ours, 0.5)), Reference: Millis(Quantile(theirs, 0.5)),
		Missing: missing, Goal: Goal{Of: Ratio, AtMost: 1},
	})
}

// timeNear takes the time of one search, without the transaction around it, as the
// reference has none.
func timeNear(t *testing.T, s *storage.Store, q core.NearQuery, ids *[]core.ActionID) (took time.Duration) {
	t.Helper()
	must(t, s.Read(t.Context(), func(tx core.Reader) error {
		began := time.Now()
		near, err := tx.NearActions(t.Context(), q)
		took = time.Since(began)
		for _, n := range near {
			*ids = append(*ids, n.Action.ID)
		}
		return err
	}))
	return took
}
