//go:build bench

package bench

import (
	"database/sql"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"

	"tocsin/core"
	"tocsin/core/geo"
	"tocsin/storage"
	"tocsin/storage/pgtest"
)

// The figures of a search that asks for everything at once: a radius, some days, two
// kinds, what is open to everyone, without what the person does not want to see.
const (
	nearFilterSQLite   Name = "near/filters/sqlite/p99"
	nearFilterPostgres Name = "near/filters/postgres/p99"
)

// hiddenActions is how many actions are not for the person who asks.
const hiddenActions = 500

// choosy returns somebody to whom some actions near the largest towns mean nothing.
func choosy(t *testing.T, s *storage.Store, as []*core.Action) core.SupporterID {
	t.Helper()
	p := &core.Supporter{State: core.Active, Language: "fr", Zone: "Europe/Paris", Radius: core.DefaultRadius, Often: core.Daily}
	must(t, s.Tx(t.Context(), func(tx core.Tx) error {
		if err := tx.CreateSupporter(t.Context(), p); err != nil {
			return err
		}
		for i := range hiddenActions {
			r := &core.Rsvp{Action: as[i*len(as)/hiddenActions].ID, Supporter: p.ID, Answer: core.NotForMe, On: "2027-03-10"}
			if err := tx.PutRsvp(t.Context(), r); err != nil {
				return err
			}
		}
		return nil
	}))
	return p.ID
}

// picky narrows a question: to a day, a weekend, a week or the month, and to two kinds.
func picky(r *rand.Rand, q core.NearQuery, who core.SupporterID) core.NearQuery {
	first := r.IntN(7)
	q.From = q.From.AddDate(0, 0, r.IntN(14))
	q.To = q.From.AddDate(0, 0, [...]int{1, 2, 7, 16}[r.IntN(4)])
	q.Kinds = []core.KindID{core.DefaultKinds[first].ID, core.DefaultKinds[(first+1+r.IntN(6))%7].ID}
	q.Everyone, q.For = true, who
	return q
}

// A plainSearch is the same search as an SQL statement that nothing prepared.
type plainSearch func(t *testing.T, q core.NearQuery, ids *[]core.ActionID) time.Duration

func TestBenchNearFiltersSQLite(t *testing.T) {
	if !Wanted(t, nearFilterSQLite) {
		t.Skip("not picked")
	}
	url := sqliteURL(t)
	s, r := open(t, url), rand.New(rand.NewPCG(1, 4))
	as := crowd(t, s, r, today())
	who := choosy(t, s, as)
	db, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(url, "sqlite:"))
	must(t, err)
	ref := bun.NewDB(db, sqlitedialect.New())
	t.Cleanup(func() { ref.Close() })
	makeRTree(t, ref)
	Settings(nearFilterSQLite, "%d actions, %d hidden; radius, days, two kinds, everyone; limit %d; reference: the R*Tree of SQLite, its box "+
		"joined with the actions and measured in SQL, ANALYZE done; transactions left out", crowdSize, hiddenActions, nearLimit)
	compareFilters(t, nearFilterSQLite, s, as, who, r, func(t *testing.T, q core.NearQuery, ids *[]core.ActionID) time.Duration {
		return timeRTree(t, ref, q, ids)
	})
}

func TestBenchNearFiltersPostgres(t *testing.T) {
	if !Wanted(t, nearFilterPostgres) {
		t.Skip("not picked")
	}
	url := pgtest.New(t)
	s, r := open(t, url), rand.New(rand.NewPCG(1, 4))
	as := crowd(t, s, r, today())
	who := choosy(t, s, as)
	ref := postgresDB(t, url)
	var gis plainSearch
	if pgtest.Extension(t, url, "postgis") {
		makeGIS(t, ref)
		gis = func(t *testing.T, q core.NearQuery, ids *[]core.ActionID) time.Duration {
			return timeGIS(t, ref, q, ids)
		}
	}
	must(t, execute(t, ref, "VACUUM ANALYZE"))
	Settings(nearFilterPostgres, "%s; shared_buffers=%s, work_mem=%s; VACUUM ANALYZE done; the questions of %s; reference: PostGIS; transactions left out",
		setting(t, ref, "server_version"), setting(t, ref, "shared_buffers"), setting(t, ref, "work_mem"), nearFilterSQLite)
	compareFilters(t, nearFilterPostgres, s, as, who, r, gis)
}

// compareFilters asks both the same questions, a hundred each in turn, and reports. A
// reference that is nil is missing.
func compareFilters(t *testing.T, name Name, s *storage.Store, as []*core.Action, who core.SupporterID, r *rand.Rand, reference plainSearch) {
	t.Helper()
	line := Line{Name: name, Unit: "ms", Goal: Goal{Of: Ours, AtMost: 8}}
	if reference == nil {
		line.Missing = "PostGIS is not installed"
		reference = func(*testing.T, core.NearQuery, *[]core.ActionID) time.Duration { return 0 }
	}
	var ours, theirs []time.Duration
	for block := range 20 {
		questions := make([]core.NearQuery, 100)
		for i := range questions {
			questions[i] = picky(r, someone(r, today()), who)
		}
		got, want := make([][]core.ActionID, len(questions)), make([][]core.ActionID, len(questions))
		mine := func(i int) { ours = append(ours, timeNear(t, s, questions[i], &got[i])) }
		other := func(i int) { theirs = append(theirs, reference(t, questions[i], &want[i])) }
		ways := []func(int){mine, other}
		if block%2 == 1 {
			slices.Reverse(ways)
		}
		for _, ask := range ways {
			runtime.GC() // what one left behind is not the other's to clear
			for i := range questions {
				ask(i)
			}
		}
		for i, q := range questions {
			if line.Missing == "" && !sameButTheEdge(as, q, got[i], want[i]) {
				t.Fatalf("question %d: ours found %v, the reference %v", i, got[i], want[i])
			}
		}
	}
	Settings(name, "median: ours %.3g ms, reference %.3g ms", Millis(Quantile(ours, 0.5)), Millis(Quantile(theirs, 0.5)))
	line.Ours, line.Reference = Millis(Quantile(ours, 0.99)), Millis(Quantile(theirs, 0.99))
	Report(t, line)
}

// makeRTree makes an R*Tree over the places of all actions.
func makeRTree(t *testing.T, db *bun.DB) {
	t.Helper()
	for _, query := range []string{
		"CREATE VIRTUAL TABLE box USING rtree (id, south, north, west, east)",
		"INSERT INTO box SELECT id, lat, lat, lon, lon FROM actions WHERE state = 'public'",
		"ANALYZE",
	} {
		must(t, execute(t, db, query))
	}
}

// timeRTree takes the time of a search by the box around the circle.
func timeRTree(t *testing.T, db *bun.DB, q core.NearQuery, ids *[]core.ActionID) time.Duration {
	t.Helper()
	const degree = math.Pi / 180
	lat := float64(q.Radius/geo.EarthRadius) / degree
	lon := lat / math.Cos((math.Abs(q.Center.Lat)+lat)*degree)
	var rows []gisRow
	began := time.Now()
	err := db.NewRaw(`
		SELECT id, source, sequence, title, kind, starts_at, ends_at, zone, online, place, area, lat, lon,
			capacity, taken, visibility, state, note, COALESCE(team, 0) AS team, meters
		FROM (
			SELECT a.*, 2000 * ?0 * asin(sqrt(pow(sin(radians(a.lat - ?1) / 2), 2) +
				cos(radians(a.lat)) * cos(radians(?1)) * pow(sin(radians(a.lon - ?2) / 2), 2))) AS meters
			FROM box AS b JOIN actions AS a ON a.id = b.id
			WHERE b.north >= ?1 - ?3 AND b.south <= ?1 + ?3 AND b.east >= ?2 - ?4 AND b.west <= ?2 + ?4
				AND a.state = 'public' AND a.starts_at >= ?5 AND a.starts_at < ?6 AND a.kind IN (?7) AND a.visibility = 'everyone'
				AND NOT EXISTS (SELECT 1 FROM rsvps AS r WHERE r.supporter = ?8 AND r.action = a.id AND r.answer = 'not-for-me'))
		WHERE meters <= 1000 * ?9
		ORDER BY starts_at, id LIMIT ?10`,
		float64(geo.EarthRadius), q.Center.Lat, q.Center.Lon, lat, lon, q.From.UnixMicro(), q.To.UnixMicro(),
		bun.List(q.Kinds), q.For, float64(q.Radius), q.Limit,
	).Scan(t.Context(), &rows)
	took := time.Since(began)
	must(t, err)
	for _, r := range rows {
		*ids = append(*ids, r.ID)
	}
	return took
}
