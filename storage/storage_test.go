package storage_test

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"tocsin/core"
	"tocsin/storage"
	"tocsin/storage/pgtest"
	"tocsin/storage/storagetest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestSQLite(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, func(t *testing.T) core.Store { return open(t, sqliteURL(t)) })
}

// TestPostgres empties its databases instead of making one for each property: that
// takes a hundredth of the time.
func TestPostgres(t *testing.T) {
	t.Parallel()
	free := make(chan storage.Config, runtime.GOMAXPROCS(0))
	for range cap(free) {
		c := storage.Config{URL: pgtest.New(t), KeyFile: filepath.Join(t.TempDir(), "keys"), Conns: 4, LongConns: 1}
		openAndClose(t, c)
		free <- c
	}
	storagetest.Run(t, func(t *testing.T) core.Store {
		c := <-free
		t.Cleanup(func() { free <- c })
		empty(t, c.URL)
		return openWith(t, c)
	})
}

// empty deletes all rows of a PostgreSQL database but the record of its keys, and lets
// ids begin anew.
func empty(t *testing.T, url string) {
	t.Helper()
	db := rawPostgres(t, url)
	script := []string{"SET session_replication_role = replica"} // in whatever order
	for _, table := range strs(t, db, `SELECT table_name FROM information_schema.tables
		WHERE table_schema = 'public' AND table_name NOT LIKE 'bun%' AND table_name <> 'meta'`) {
		script = append(script, "DELETE FROM "+table)
	}
	for _, sequence := range strs(t, db, "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' AND sequencename NOT LIKE 'bun%'") {
		script = append(script, fmt.Sprintf("SELECT setval('%s', 1, false)", sequence))
	}
	_, err := db.Exec(strings.Join(script, ";\n"))
	must(t, err)
	must(t, db.Close())
}

// sqliteURL returns the URL of a database that is not there yet.
func sqliteURL(t testing.TB) string {
	return "sqlite:" + filepath.Join(t.TempDir(), "tocsin.db")
}

// open opens a database with a key file of its own and closes it with t.
func open(t testing.TB, url string) *storage.Store {
	t.Helper()
	return openWith(t, storage.Config{URL: url, KeyFile: filepath.Join(t.TempDir(), "keys"), Conns: 4, LongConns: 1})
}

func openWith(t testing.TB, c storage.Config) *storage.Store {
	t.Helper()
	s, err := storage.Open(t.Context(), c)
	must(t, err)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
