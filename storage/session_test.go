package storage

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/uptrace/bun"

	"tocsin/core"
	"tocsin/storage/pgtest"
)

// onEach runs a test on a new Store of each kind.
func onEach(t *testing.T, test func(t *testing.T, s *Store)) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, openSQLiteTest(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, openTest(t, pgtest.New(t)))
	})
}

func openSQLiteTest(t testing.TB) *Store {
	t.Helper()
	return openTest(t, "sqlite:"+filepath.Join(t.TempDir(), "tocsin.db"))
}

func openTest(t testing.TB, url string) *Store {
	t.Helper()
	s, err := Open(t.Context(), Config{URL: url, KeyFile: filepath.Join(t.TempDir(), "keys"), Conns: 2, LongConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestSQLiteConnectionsHaveTheirSettings(t *testing.T) {
	t.Parallel()
	s := openSQLiteTest(t)
	for name, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "secure_delete": "1", "busy_timeout": "5000", "query_only": "0",
	} {
		var got string
		if err := s.write.DB.QueryRow("PRAGMA " + name).Scan(&got); err != nil || got != want {
			t.Errorf("the writer has %s=%q, %v; want %s", name, got, err, want)
		}
	}
	for name, want := range map[string]string{"journal_mode": "wal", "query_only": "1", "busy_timeout": "5000"} {
		var got string
		if err := s.read.DB.QueryRow("PRAGMA " + name).Scan(&got); err != nil || got != want {
			t.Errorf("a reader has %s=%q, %v; want %s", name, got, err, want)
		}
	}
}

func TestPostgresSessionsHaveTheirLimits(t *testing.T) {
	t.Parallel()
	s := openTest(t, pgtest.New(t))
	for pool, want := range map[*bun.DB]map[string]string{
		s.write: {"statement_timeout": "30s", "lock_timeout": "10s", "idle_in_transaction_session_timeout": "1min"},
		s.long:  {"statement_timeout": "0", "lock_timeout": "10s", "idle_in_transaction_session_timeout": "10min"},
	} {
		for name, want := range want {
			var got string
			if err := pool.DB.QueryRow("SHOW " + name).Scan(&got); err != nil || got != want {
				t.Errorf("a session has %s=%q, %v; want %s", name, got, err, want)
			}
		}
	}
}

func TestPostgresDriverHasNoTimeLimitsOfItsOwn(t *testing.T) {
	t.Parallel()
	server, err := parsePostgres("postgres://u@localhost/d")
	if err != nil {
		t.Fatal(err)
	}
	if c := server.connector(turnSession).Config(); c.ReadTimeout != 0 || c.WriteTimeout != 0 || c.DialTimeout == 0 {
		t.Errorf("read %v, write %v, dial %v; want only the last", c.ReadTimeout, c.WriteTimeout, c.DialTimeout)
	}
}

func TestCheckpointEmptiesTheLog(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *Store) {
		if err := s.Tx(t.Context(), func(tx core.Tx) error { return tx.MarkSeen(t.Context(), "telegram:4711", "1") }); err != nil {
			t.Fatal(err)
		}
		if err := s.Checkpoint(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s.postgres() {
			return
		}
		var name string
		if err := s.read.DB.QueryRow("SELECT file FROM pragma_database_list").Scan(&name); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(name + "-wal"); err != nil || info.Size() != 0 {
			t.Errorf("the log has %d bytes, %v", info.Size(), err)
		}
	})
}

// SQLite has the clock of the process, so a test of time can run its Store in a bubble.
func TestSQLiteKeepsTheTimeOfABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := openSQLiteTest(t)
		before, err := s.Now(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(36 * time.Hour)
		err = s.Tx(t.Context(), func(tx core.Tx) error {
			after, err := tx.Now(t.Context())
			if d := after.Sub(before); d != 36*time.Hour {
				t.Errorf("the clock moved by %v, want 36h", d)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}
