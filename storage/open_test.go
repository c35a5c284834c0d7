package storage_test

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/uptrace/bun/driver/pgdriver"
	"go.uber.org/goleak"

	"tocsin/core"
	"tocsin/storage"
	"tocsin/storage/pgtest"
)

// onBoth runs a test on a new database of each kind. raw opens it without the package.
func onBoth(t *testing.T, test func(t *testing.T, c storage.Config, raw func() *sql.DB)) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		c := storage.Config{URL: sqliteURL(t), KeyFile: filepath.Join(t.TempDir(), "keys")}
		test(t, c, func() *sql.DB {
			db, err := sql.Open("sqlite", strings.TrimPrefix(c.URL, "sqlite:"))
			must(t, err)
			t.Cleanup(func() { db.Close() })
			return db
		})
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		c := storage.Config{URL: pgtest.New(t), KeyFile: filepath.Join(t.TempDir(), "keys"), Conns: 2, LongConns: 1}
		test(t, c, func() *sql.DB {
			db := sql.OpenDB(pgdriver.NewConnector(pgdriver.WithDSN(c.URL)))
			t.Cleanup(func() { db.Close() })
			return db
		})
	})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// openAndClose opens a database and closes it again.
func openAndClose(t *testing.T, c storage.Config) {
	t.Helper()
	s, err := storage.Open(t.Context(), c)
	must(t, err)
	must(t, s.Close())
}

// wantRefused checks that a database cannot be opened, and why.
func wantRefused(t *testing.T, c storage.Config, code core.Code, why string) {
	t.Helper()
	s, err := storage.Open(t.Context(), c)
	if err == nil {
		s.Close()
	}
	if core.CodeOf(err) != code || !strings.Contains(fmt.Sprint(err), why) || strings.Contains(fmt.Sprint(err), "\n") {
		t.Errorf("got %v, want one line with the code %q that says %q", err, code, why)
	}
}

func TestOpenRefusesAnUnknownURL(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "tocsin.db", "mysql://root@localhost/tocsin", "sqlite:"} {
		wantRefused(t, storage.Config{URL: url, KeyFile: filepath.Join(t.TempDir(), "keys")}, core.Invalid, "URL")
	}
}

func TestOpenRefusesAWrongKeyFileAndWritesNothing(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, c storage.Config, _ func() *sql.DB) {
		openAndClose(t, c)
		before := files(t, c)
		other := c
		other.KeyFile = filepath.Join(t.TempDir(), "other")
		must(t, storage.NewKeyFile(other.KeyFile))
		wantRefused(t, other, core.Invalid, "its key k1 is another")
		other.KeyFile = filepath.Join(t.TempDir(), "missing")
		wantRefused(t, other, core.Invalid, "it is missing")
		if _, err := os.Stat(other.KeyFile); err == nil {
			t.Error("a key file was made for a database that has one")
		}
		other.KeyFile = ""
		wantRefused(t, other, core.Invalid, "its path is not set")
		if !maps.Equal(before, files(t, c)) {
			t.Error("a refused opening wrote to the database")
		}
		openAndClose(t, c)
	})
}

func TestOpenMakesNoDatabaseWithoutAKey(t *testing.T) {
	t.Parallel()
	c := storage.Config{URL: sqliteURL(t), KeyFile: filepath.Join(t.TempDir(), "keys")}
	must(t, os.WriteFile(c.KeyFile, []byte("k1:short\n"), 0o600))
	wantRefused(t, c, core.Invalid, "line 1")
	c.KeyFile = filepath.Join(t.TempDir(), "no", "folder")
	wantRefused(t, c, core.Unavailable, "make key file")
	for name, content := range files(t, c) {
		if content != "" {
			t.Errorf("a refused opening left %s", name)
		}
	}
}

// files returns the content of the files of a SQLite database, by name; nothing for
// PostgreSQL.
func files(t *testing.T, c storage.Config) map[string]string {
	t.Helper()
	path, ok := strings.CutPrefix(c.URL, "sqlite:")
	if !ok {
		return nil
	}
	all := map[string]string{}
	must(t, filepath.WalkDir(filepath.Dir(path), func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(name)
		if len(content) > 0 {
			all[filepath.Base(name)] = string(content)
		}
		return err
	}))
	return all
}

func TestOpenRefusesANewerSchema(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, c storage.Config, raw func() *sql.DB) {
		openAndClose(t, c)
		_, err := raw().Exec("INSERT INTO bun_migrations (name, group_id) VALUES ('29990101000000', 2)")
		must(t, err)
		wantRefused(t, c, core.Invalid, "newer than this program (29990101000000)")
	})
}

func TestOpenAgainFindsWhatWasStored(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, c storage.Config, _ func() *sql.DB) {
		var ids [2]core.ChatID
		for i := range ids {
			s, err := storage.Open(t.Context(), c)
			must(t, err)
			ids[i] = enterChat(t, s, "42").ID
			version, err := s.SchemaVersion(t.Context())
			must(t, err)
			if len(version) != len("20261122000000") {
				t.Errorf("the schema version is %q", version)
			}
			must(t, s.Close())
		}
		if ids[0] != ids[1] {
			t.Errorf("the chat was %d and is %d", ids[0], ids[1])
		}
	})
}

// enterChat stores a private chat.
func enterChat(t testing.TB, s *storage.Store, name string) *core.Chat {
	t.Helper()
	var c *core.Chat
	must(t, s.Tx(t.Context(), func(tx core.Tx) (err error) {
		c, err = tx.EnterChat(t.Context(), core.ChatRef{Bot: "telegram:4711", Chat: name}, core.Private)
		return err
	}))
	return c
}

func TestSQLiteFilesAreTheirOwnersAlone(t *testing.T) {
	t.Parallel()
	c := storage.Config{URL: sqliteURL(t), KeyFile: filepath.Join(t.TempDir(), "keys")}
	s, err := storage.Open(t.Context(), c)
	must(t, err)
	defer s.Close()
	enterChat(t, s, "42")
	path := strings.TrimPrefix(c.URL, "sqlite:")
	for _, name := range []string{path, path + "-wal", path + "-shm", path + ".lock"} {
		info, err := os.Stat(name)
		must(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %o", filepath.Base(name), info.Mode().Perm())
		}
	}
}

func TestSQLitePathMayHoldAnything(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "a b?c=d&e%20f#g")
	must(t, os.Mkdir(folder, 0o700))
	c := storage.Config{URL: "sqlite:" + filepath.Join(folder, "töcsin.db"), KeyFile: filepath.Join(folder, "keys")}
	openAndClose(t, c)
	if _, err := os.Stat(strings.TrimPrefix(c.URL, "sqlite:")); err != nil {
		t.Error(err)
	}
}

func TestManyProcessesMayOpenOnePostgresDatabaseAtOnce(t *testing.T) {
	t.Parallel()
	c := storage.Config{URL: pgtest.New(t), KeyFile: filepath.Join(t.TempDir(), "keys"), Conns: 2, LongConns: 1}
	must(t, storage.NewKeyFile(c.KeyFile))
	errs := make(chan error)
	for range 4 {
		go func() {
			s, err := storage.Open(t.Context(), c)
			if err == nil {
				err = s.Close()
			}
			errs <- err
		}()
	}
	for range 4 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func TestCloseLeavesNoGoroutine(t *testing.T) { // alone: it counts those of all tests
	for name, url := range map[string]string{"sqlite": sqliteURL(t), "postgres": pgtest.New(t)} {
		before := goleak.IgnoreCurrent()
		s, err := storage.Open(t.Context(), storage.Config{URL: url, KeyFile: filepath.Join(t.TempDir(), "keys")})
		must(t, err)
		enterChat(t, s, "42")
		must(t, s.Long(t.Context(), func(tx core.Tx) error { return tx.MarkSeen(t.Context(), "telegram:4711", "1") }))
		must(t, s.Read(t.Context(), func(r core.Reader) error {
			_, err := r.Now(context.Background())
			return err
		}))
		must(t, s.Close())
		if err := goleak.Find(before); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
