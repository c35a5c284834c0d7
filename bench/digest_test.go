//go:build bench

package bench

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"
	dialectName "github.com/uptrace/bun/dialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"

	"tocsin/core"
	"tocsin/core/geo"
	"tocsin/scheduler"
	"tocsin/storage"
	"tocsin/storage/pgtest"
)

// The figures of the digests: all people are due at once.
const (
	digestPostgres       Name = "digest/postgres"
	digestPostgresGrowth Name = "digest/postgres/growth"
	digestPostgresMemory Name = "digest/postgres/memory"
	digestMatch          Name = "digest/match"
	digestSQLite         Name = "digest/sqlite"
	digestSQLiteGrowth   Name = "digest/sqlite/growth"
	digestSQLiteMemory   Name = "digest/sqlite/memory"
	digestSQLiteTurn     Name = "digest/sqlite/turn"
)

// digestSizes are the numbers of people; the last is the one that counts.
var digestSizes = []int{10_000, 100_000, 1_000_000}

// postgresTook is what the last run on PostgreSQL took, for the one on SQLite after it.
var postgresTook time.Duration

// digestActions start in the next 14 days.
const digestActions = 5_000

// digestRadii are those that people choose.
var digestRadii = []core.Radius{5, 10, 25, 50, 100}

// A personRow is somebody of the crowd.
type personRow struct {
	ID            int64
	Cell          int64
	Radius, Class int
	Lat, Lon      float64 // of the cell's centre, for the reference
}

// people stores so many people who are due, each with a chat, an account and the consent
// to be written to; a tenth have settings of their own.
func people(t *testing.T, s *storage.Store, db *bun.DB, size int) []core.Watcher {
	t.Helper()
	r := rand.New(rand.NewPCG(3, uint64(size)))
	out := make([]core.Watcher, size)
	must(t, execute(t, db, "CREATE TABLE crowd (id BIGINT PRIMARY KEY, cell BIGINT, radius INT, class INT, lat DOUBLE PRECISION, lon DOUBLE PRECISION)"))
	for from := 0; from < size; from += 5_000 {
		rows := make([]personRow, min(5_000, size-from))
		for i := range rows {
			w := core.Watcher{
				ID: core.SupporterID(from + i + 1), Cell: geo.CellOf(somewhere(r)), Radius: digestRadii[r.IntN(len(digestRadii))],
				State: core.Active, Agreed: true, Often: core.Daily, Zone: "Europe/Paris",
			}
			out[from+i] = w
			c := w.Cell.Center()
			rows[i] = personRow{int64(w.ID), int64(w.Cell), int(w.Radius), int(w.Radius.Class()), c.Lat, c.Lon}
		}
		_, err := db.NewRaw("INSERT INTO crowd VALUES ?", bun.Safe(values(rows))).Exec(t.Context())
		must(t, err)
	}
	find := "decode(lpad(to_hex(id), 16, '0'), 'hex')"
	if db.Dialect().Name() == dialectName.SQLite {
		find = "CAST(printf('%016x', id) AS BLOB)"
	}
	for _, query := range []string{
		"INSERT INTO bots (id, name) VALUES (1, 'telegram:1')",
		`INSERT INTO supporters (id, state, language, zone, cell, place, area, radius, radius_class, often, stopped, since, seen)
			SELECT id, 'active', 'fr', 'Europe/Paris', cell, 0, 'FR/84/69', radius, class, 'daily', FALSE, '2026-11-22', '2026-11-22' FROM crowd`,
		"INSERT INTO chats (id, bot, root, kind, closed, find, sealed) SELECT id, 1, id, 'private', FALSE, " + find + ", " + find + " FROM crowd",
		"INSERT INTO accounts (id, bot, supporter, home, find, sealed) SELECT id, 1, id, id, " + find + ", " + find + " FROM crowd",
		`INSERT INTO consents (supporter, purpose, given, version, platform, day, sealed)
			SELECT id, 'messages', TRUE, '1', 'telegram', '2026-11-22', ` + find + ` FROM crowd`,
		"INSERT INTO digests (supporter, due, last, told_until, version) SELECT id, 0, 0, 0, 0 FROM crowd",
	} {
		must(t, execute(t, db, query))
	}
	for from := 0; from < size; from += 10_000 {
		must(t, s.Tx(t.Context(), func(tx core.Tx) error {
			for i := from; i < min(from+10_000, size); i += 10 {
				p, err := tx.Supporter(t.Context(), out[i].ID)
				must(t, err)
				p.Settings = core.Settings{
					Kinds: []core.KindID{core.DefaultKinds[i%7].ID, core.DefaultKinds[(i+3)%7].ID}, Times: []core.Times{core.Evenings, core.Weekends},
				}
				out[i].Settings = p.Settings
				must(t, tx.PutSupporter(t.Context(), p))
			}
			return nil
		}))
	}
	must(t, execute(t, db, fmt.Sprintf("UPDATE digests SET due = %d, last = %d", time.Now().Add(-time.Minute).UnixMicro(), time.Now().Add(-24*time.Hour).UnixMicro())))
	return out
}

// values writes rows as SQL: there are only numbers.
func values(rows []personRow) string {
	var b strings.Builder
	for i, r := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "(%d,%d,%d,%d,%v,%v)", r.ID, r.Cell, r.Radius, r.Class, r.Lat, r.Lon)
	}
	return b.String()
}

// agenda stores the actions.
func agenda(t *testing.T, s *storage.Store) {
	t.Helper()
	r := rand.New(rand.NewPCG(4, 4))
	as := make([]*core.Action, digestActions)
	for i := range as {
		start := time.Now().Add(time.Hour + time.Duration(r.IntN(13*24))*time.Hour).Truncate(15 * time.Minute)
		as[i] = &core.Action{
			Source: fmt.Sprintf("import:%d", i), Title: "Tractage au marché", Kind: core.DefaultKinds[r.IntN(7)].ID, StartsAt: start,
			EndsAt: start.Add(2 * time.Hour), Zone: "Europe/Paris", Place: "Place de la République", Area: "FR/84/69", Point: somewhere(r),
			Visibility: core.ForSupporters, State: core.Public,
		}
	}
	must(t, s.Tx(t.Context(), func(tx core.Tx) error {
		_, _, err := tx.PutActions(t.Context(), as)
		return err
	}))
}

// runDigests takes the time of one run, and how much memory was resident at most, in MB.
func runDigests(t *testing.T, s *storage.Store) (told int, took time.Duration, memory float64) {
	t.Helper()
	c, err := core.ParseCampaign(strings.NewReader(""))
	must(t, err)
	alerts := &scheduler.Alerts{Campaign: c, Planner: new(scheduler.Planner)}
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
	began := time.Now()
	told, err = alerts.Digests(t.Context(), s, false)
	took = time.Since(began)
	must(t, err)
	return told, took, highWater(t)
}

// highWater returns the most that was resident since it was last set back, in MB.
func highWater(t *testing.T) float64 {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	must(t, err)
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	var kB float64
	_, err = fmt.Sscan(after, &kB)
	must(t, err)
	return kB / 1024
}

func TestBenchDigestPostgres(t *testing.T) {
	if !Wanted(t, digestPostgres, digestPostgresGrowth, digestPostgresMemory, digestMatch) {
		t.Skip("not picked")
	}
	var perPerson []time.Duration
	var ours, theirs, match, matchGIS time.Duration
	var memory float64
	missing := ""
	for _, size := range digestSizes {
		url := pgtest.New(t)
		s, ref := open(t, url), postgresDB(t, url)
		crowd := people(t, s, ref, size)
		agenda(t, s)
		must(t, execute(t, ref, "VACUUM ANALYZE"))
		must(t, execute(t, ref, "CHECKPOINT"))
		var told int
		told, ours, memory = runDigests(t, s)
		perPerson, postgresTook = append(perPerson, ours/time.Duration(size)), ours
		match = matchAlone(t, s, crowd)
		Settings(digestPostgres, "%d people, %d are told; ours %.3g s, %v a person; matching alone %.3g s, %v a person; at most %.0f MB resident",
			size, told, ours.Seconds(), perPerson[len(perPerson)-1], match.Seconds(), match/time.Duration(size), memory)
		if !pgtest.Extension(t, url, "postgis") {
			missing = "PostGIS is not installed"
			continue
		}
		matchGIS, theirs = digestGIS(t, ref)
		Settings(digestPostgres, "%d people: PostGIS %.3g s, matching alone %.3g s", size, theirs.Seconds(), matchGIS.Seconds())
	}
	Report(t, Line{Name: digestPostgres, Unit: "s", Ours: ours.Seconds(), Reference: theirs.Seconds(), Missing: missing, Goal: Goal{Of: Ratio, AtMost: 0.25}})
	Report(t, Line{Name: digestMatch, Unit: "s", Ours: match.Seconds(), Reference: matchGIS.Seconds(), Missing: missing, Goal: Goal{Of: Ratio, AtMost: 1. / 15}})
	reportGrowth(t, digestPostgresGrowth, perPerson)
	Report(t, Line{Name: digestPostgresMemory, Unit: "MB", Ours: memory, Goal: Goal{Of: Ours, AtMost: 256}})
}

// reportGrowth compares the time for a person among the most with that among the fewest.
func reportGrowth(t *testing.T, name Name, ds []time.Duration) {
	t.Helper()
	us := func(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
	Report(t, Line{Name: name, Unit: "µs", Ours: us(ds[len(ds)-1]), Reference: us(ds[0]), Goal: Goal{Of: Ratio, AtMost: 1.25}})
}

// matchAlone takes the time in which the best are found for people who are in memory.
func matchAlone(t *testing.T, s *storage.Store, crowd []core.Watcher) time.Duration {
	t.Helper()
	var as []core.Announced
	now := time.Now()
	must(t, s.Read(t.Context(), func(r core.Reader) (err error) {
		as, err = r.Upcoming(t.Context(), now, now.AddDate(0, 0, core.MatchDays))
		return err
	}))
	began := time.Now()
	m := core.NewMatcher(as, now)
	var best []core.Match
	found := 0
	for i := range crowd {
		best = m.Best(best[:0], &crowd[i])
		found += len(best)
	}
	took := time.Since(began)
	if found == 0 {
		t.Fatal("nobody is told of anything")
	}
	return took
}

// digestGIS takes the time in which PostGIS finds the nearest three for the same people,
// from the same centres of cells; and that of the same with the rows of an outbox.
func digestGIS(t *testing.T, db *bun.DB) (match, whole time.Duration) {
	t.Helper()
	for _, query := range []string{
		"CREATE TABLE gis AS SELECT id, ST_SetSRID(ST_MakePoint(lon, lat), 4326)::geography AS point FROM actions WHERE state = 'public'",
		"CREATE INDEX gis_point ON gis USING gist (point)",
		"CREATE TABLE who AS SELECT id, 1000.0 * radius AS radius, ST_SetSRID(ST_MakePoint(lon, lat), 4326)::geography AS point FROM crowd",
		"CREATE TABLE out (LIKE outbox INCLUDING ALL)",
		"VACUUM ANALYZE",
		"CHECKPOINT",
	} {
		must(t, execute(t, db, query))
	}
	const nearest = `CROSS JOIN LATERAL (
		SELECT array_agg(n.id) AS ids FROM (
			SELECT g.id FROM gis AS g WHERE ST_DWithin(g.point, w.point, w.radius) ORDER BY g.point <-> w.point LIMIT 3) AS n) AS best`
	began := time.Now()
	must(t, execute(t, db, "SELECT count(best.ids) FROM who AS w "+nearest))
	match = time.Since(began)
	began = time.Now()
	must(t, execute(t, db, `
		INSERT INTO out (uid, bot, chat, account, lane, kind, sealed, due, next_at, expires, again, state, attempt, settled, unsure, code, receipt)
		SELECT gen_random_uuid()::text, c.bot, c.id, a.id, 2, 'reference', convert_to(json_build_object('s', w.id, 'o', best.ids)::text, 'UTF8'),
			1, 1, 2, 'once', 'queued', 0, 0, FALSE, '', ''
		FROM who AS w JOIN accounts AS a ON a.supporter = w.id JOIN chats AS c ON c.id = a.home `+nearest+`
		WHERE best.ids IS NOT NULL`))
	return match, time.Since(began)
}

func TestBenchDigestSQLite(t *testing.T) {
	if !Wanted(t, digestSQLite, digestSQLiteGrowth, digestSQLiteMemory, digestSQLiteTurn) {
		t.Skip("not picked")
	}
	var perPerson []time.Duration
	var ours, longest time.Duration
	var memory float64
	for _, size := range digestSizes {
		url := sqliteURL(t)
		s := open(t, url)
		db, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(url, "sqlite:")+"?_pragma=busy_timeout(60000)")
		must(t, err)
		people(t, s, bun.NewDB(db, sqlitedialect.New()), size)
		must(t, db.Close())
		agenda(t, s)
		stop := turnsBeside(t, s, &longest)
		var told int
		told, ours, memory = runDigests(t, s)
		stop()
		perPerson = append(perPerson, ours/time.Duration(size))
		Settings(digestSQLite, "%d people, %d are told; %.3g s, %v a person; a turn beside it took %.3g ms at most; at most %.0f MB resident",
			size, told, ours.Seconds(), perPerson[len(perPerson)-1], Millis(longest), memory)
	}
	Report(t, Line{Name: digestSQLite, Unit: "s", Ours: ours.Seconds(), Reference: postgresTook.Seconds(), Missing: "digest/postgres was not run",
		Goal: Goal{Of: Ratio, AtMost: 2}})
	reportGrowth(t, digestSQLiteGrowth, perPerson)
	Report(t, Line{Name: digestSQLiteMemory, Unit: "MB", Ours: memory, Goal: Goal{Of: Ours, AtMost: 256}})
	Report(t, Line{Name: digestSQLiteTurn, Unit: "ms", Ours: Millis(longest), Goal: Goal{Of: Ours, AtMost: 100}})
}

// turnsBeside writes as a turn does, twenty times a second, and notes the longest wait.
func turnsBeside(t *testing.T, s *storage.Store, longest *time.Duration) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	*longest = 0
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			began := time.Now()
			err := s.Tx(t.Context(), func(tx core.Tx) error { return tx.SeeSupporter(t.Context(), 1, "2026-11-22") })
			if err != nil {
				t.Error(err)
				return
			}
			*longest = max(*longest, time.Since(began))
			time.Sleep(50 * time.Millisecond)
		}
	}()
	return func() { cancel(); <-done }
}

// The figure of one new action: who is told of it, among all people.
const circlePostgres Name = "circle/postgres/median"

// circleActions is how many actions are tried.
const circleActions = 20

func TestBenchCirclePostgres(t *testing.T) {
	if !Wanted(t, circlePostgres) {
		t.Skip("not picked")
	}
	size := digestSizes[len(digestSizes)-1]
	url := pgtest.New(t)
	s, ref := open(t, url), postgresDB(t, url)
	people(t, s, ref, size)
	must(t, execute(t, ref, "UPDATE supporters SET often = 'instantly'"))
	line := Line{Name: circlePostgres, Unit: "ms", Goal: Goal{Of: Ratio, AtMost: 0.1}}
	if pgtest.Extension(t, url, "postgis") {
		for _, query := range []string{
			"CREATE TABLE who AS SELECT id, 1000.0 * radius AS radius, ST_SetSRID(ST_MakePoint(lon, lat), 4326)::geography AS point FROM crowd",
			"CREATE INDEX who_point ON who USING gist (point)",
		} {
			must(t, execute(t, ref, query))
		}
	} else {
		line.Missing = "PostGIS is not installed"
	}
	must(t, execute(t, ref, "VACUUM ANALYZE"))
	r := rand.New(rand.NewPCG(5, 5))
	var ours, theirs []time.Duration
	most := 0
	for range circleActions {
		p := somewhere(r)
		began := time.Now()
		must(t, s.Read(t.Context(), func(tx core.Reader) error {
			near, err := tx.Neighbours(t.Context(), core.Circle{Center: p, Wider: 1})
			most = max(most, len(near))
			return err
		}))
		ours = append(ours, time.Since(began))
		if line.Missing != "" {
			continue
		}
		var ids []int64
		began = time.Now()
		must(t, ref.NewRaw(`SELECT w.id FROM who AS w, (SELECT ST_SetSRID(ST_MakePoint(?, ?), 4326)::geography AS at) AS a
			WHERE ST_DWithin(w.point, a.at, 100000) AND ST_DWithin(w.point, a.at, w.radius)`, p.Lon, p.Lat).Scan(t.Context(), &ids))
		theirs = append(theirs, time.Since(began))
	}
	Settings(circlePostgres, "%d people; median of %d actions; %d are near the busiest; VACUUM ANALYZE done", size, circleActions, most)
	line.Ours = Millis(Quantile(ours, 0.5))
	if theirs != nil {
		line.Reference = Millis(Quantile(theirs, 0.5))
	}
	Report(t, line)
}
