//go:build bench

package bench

import (
	"context"
	"database/sql"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"

	"tocsin/core"
	"tocsin/scheduler"
	"tocsin/storage"
	"tocsin/storage/pgtest"
)

// The figures of freezing an audience of so many.
const (
	freezePostgres       Name = "freeze/postgres"
	freezePostgresMemory Name = "freeze/postgres/memory"
	freezeSQLite         Name = "freeze/sqlite"
	freezeSQLiteMemory   Name = "freeze/sqlite/memory"
	freezeSQLiteTurn     Name = "freeze/sqlite/turn"
	freezePeople              = 1_000_000
)

// freezeAll lets a broadcast to everybody be frozen, and returns how long that took and how much
// memory was resident at most, in MB.
func freezeAll(t *testing.T, s *storage.Store) (took time.Duration, memory float64) {
	t.Helper()
	b := &core.Broadcast{State: core.Freezing, Letterhead: core.Letterhead{
		Speaker: "x", Texts: []core.Wording{{Language: "fr", Body: []core.Span{{Text: "x"}}}}, Again: core.Once,
	}}
	must(t, s.Tx(t.Context(), func(tx core.Tx) error {
		now, err := tx.Now(t.Context())
		b.Due = now
		must(t, err)
		return tx.CreateBroadcast(t.Context(), b)
	}))
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
	ctx, stop := context.WithCancel(t.Context())
	l := &scheduler.Broadcasts{Store: s, Campaign: &core.Campaign{}, Holder: "bench", Log: slog.New(slog.DiscardHandler)}
	began, done := time.Now(), make(chan struct{})
	go func() { defer close(done); _ = l.Run(ctx) }()
	for now := b; now.State == core.Freezing; time.Sleep(5 * time.Millisecond) {
		must(t, s.Read(t.Context(), func(r core.Reader) (err error) {
			now, err = r.Broadcast(t.Context(), b.ID)
			return err
		}))
	}
	took = time.Since(began)
	memory = highWater(t)
	stop()
	<-done
	return took, memory
}

// bareFreeze takes the time of one INSERT … SELECT of the same rows into a table like that
// of the copies.
func bareFreeze(t *testing.T, db *bun.DB, like ...string) time.Duration {
	t.Helper()
	for _, query := range like {
		must(t, execute(t, db, query))
	}
	began := time.Now()
	must(t, execute(t, db, `INSERT INTO bare SELECT id, broadcast, bot, chat, account, wave, target, state, next_at, 0, 0, FALSE, '', '', 0 FROM recipients`))
	return time.Since(began)
}

const bareColumns = `(id INTEGER PRIMARY KEY, broadcast INTEGER NOT NULL, bot INTEGER NOT NULL, chat INTEGER NOT NULL, account INTEGER NOT NULL,
	wave INTEGER NOT NULL, target INTEGER NOT NULL, state TEXT NOT NULL, next_at INTEGER NOT NULL, attempt INTEGER NOT NULL,
	settled INTEGER NOT NULL, unsure BOOLEAN NOT NULL, code TEXT NOT NULL, receipt TEXT NOT NULL, answer INTEGER NOT NULL, UNIQUE (broadcast, chat))`

func TestBenchFreezePostgres(t *testing.T) {
	if !Wanted(t, freezePostgres, freezePostgresMemory) {
		t.Skip("not picked")
	}
	url := pgtest.New(t)
	s, db := open(t, url), postgresDB(t, url)
	people(t, s, db, freezePeople)
	must(t, execute(t, db, "VACUUM ANALYZE"))
	must(t, execute(t, db, "CHECKPOINT"))
	ours, memory := freezeAll(t, s)
	must(t, execute(t, db, "CHECKPOINT"))
	theirs := bareFreeze(t, db, "CREATE TABLE bare (LIKE recipients INCLUDING ALL)")
	Settings(freezePostgres, "%d people, a tenth with settings of their own; fsync %s, shared_buffers %s; reference: one INSERT … SELECT of the same rows into a table with the same indexes",
		freezePeople, setting(t, db, "fsync"), setting(t, db, "shared_buffers"))
	Report(t, Line{Name: freezePostgres, Unit: "s", Ours: ours.Seconds(), Reference: theirs.Seconds(), Goal: Goal{Of: Ratio, AtMost: 4}})
	Report(t, Line{Name: freezePostgresMemory, Unit: "MB", Ours: memory, Goal: Goal{Of: Ours, AtMost: 100}})
}

func TestBenchFreezeSQLite(t *testing.T) {
	if !Wanted(t, freezeSQLite, freezeSQLiteMemory, freezeSQLiteTurn) {
		t.Skip("not picked")
	}
	url := sqliteURL(t)
	s := open(t, url)
	raw, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(url, "sqlite:")+"?_pragma=busy_timeout(60000)")
	must(t, err)
	raw.SetMaxOpenConns(1)
	db := bun.NewDB(raw, sqlitedialect.New())
	defer raw.Close()
	people(t, s, db, freezePeople)
	must(t, s.Checkpoint(t.Context()))
	var longest time.Duration
	stop := turnsBeside(t, s, &longest)
	ours, memory := freezeAll(t, s)
	stop()
	theirs := bareFreeze(t, db, "CREATE TABLE bare "+bareColumns,
		"CREATE INDEX bare_due ON bare (broadcast, bot, wave, next_at, id) WHERE state = 'queued'",
		"CREATE INDEX bare_sending ON bare (broadcast) WHERE state = 'queued' AND attempt > settled")
	Settings(freezeSQLite, "%d people, a tenth with settings of their own; a turn beside it took %.3g ms at most; reference: one INSERT … SELECT of the same rows into a table with the same indexes",
		freezePeople, Millis(longest))
	Report(t, Line{Name: freezeSQLite, Unit: "s", Ours: ours.Seconds(), Reference: theirs.Seconds(), Goal: Goal{Of: Ratio, AtMost: 4}})
	Report(t, Line{Name: freezeSQLiteMemory, Unit: "MB", Ours: memory, Goal: Goal{Of: Ours, AtMost: 100}})
	Report(t, Line{Name: freezeSQLiteTurn, Unit: "ms", Ours: Millis(longest), Goal: Goal{Of: Ours, AtMost: 100}})
}
