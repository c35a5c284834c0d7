// Package pgtest gives tests a real PostgreSQL that is thrown away afterwards.
//
// The server is made from the binaries that the machine has, listens on loopback
// alone, and starts with the first test that asks for it. Tests of one process share
// it, one database each:
//
//	func TestMain(m *testing.M) { pgtest.Main(m) }
//
//	func TestSomething(t *testing.T) {
//		t.Parallel()
//		url := pgtest.New(t)
//		…
//	}
//
// A test that pauses, kills or tunes a server takes one of its own from Start. Where
// no PostgreSQL is installed a test is skipped with one line that says so; where CI is
// set it fails, so that no pipeline passes by leaving out half of its tests.
//
// The server ends with the test process, whatever ends that: the kernel stops it when
// its parent dies, and the folder that a killed process leaves is removed by the next.
// That is why it runs on Linux only; elsewhere it counts as not installed. A test that
// looks for leaked goroutines, or that runs in a synctest bubble, calls New before and
// outside of it.
package pgtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun/driver/pgdriver"
)

// patience is how long one statement of this package may take: CREATE DATABASE takes a
// tenth of a second, and a busy machine a hundred times that.
const patience = time.Minute

// A Runner runs tests and returns the exit code: *testing.M, or what wraps one.
type Runner interface{ Run() int }

// Main runs the tests of a package, removes the servers that they shared, and exits.
func Main(m Runner) { os.Exit(Wrap(m).Run()) }

// Wrap returns a Runner that runs m and then removes the servers that its tests shared,
// for a TestMain that hands its Runner to another library.
func Wrap(m Runner) Runner { return tidy{m} }

type tidy struct{ inner Runner }

func (r tidy) Run() int {
	code := r.inner.Run()
	err := errors.Join(plain.close(), secure.close())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}

// New returns the URL of a new empty database of the test's own, in UTF-8 and without
// TLS. The database is dropped when the test ends, with whoever is still connected.
func New(t testing.TB) string {
	t.Helper()
	return plain.need(t).newDatabase(t)
}

// TLS returns the URL of a new empty database on a server that accepts no connection
// without TLS, and the file of the certificate that vouches for it. The URL says
// sslmode=verify-full and no root: as it stands a client must refuse it, and with
// &sslrootcert=caFile accept it. The certificate is for localhost, so the same URL on
// 127.0.0.1 has the wrong name.
func TLS(t testing.TB) (url, caFile string) {
	t.Helper()
	s := secure.need(t)
	return s.newDatabase(t), s.folder.file(certificateFile)
}

// Extension creates the extension in the database at url, where New gave url. It
// returns false if the extension is not installed on this machine.
func Extension(t testing.TB, url, name string) bool {
	t.Helper()
	db := sql.OpenDB(pgdriver.NewConnector(pgdriver.WithDSN(url), pgdriver.WithTimeout(0)))
	defer db.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var known bool
	query := "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = $1)"
	err := db.QueryRowContext(ctx, query, name).Scan(&known)
	if err == nil && known {
		_, err = db.ExecContext(ctx, "CREATE EXTENSION IF NOT EXISTS "+quote(name))
	}
	if err != nil {
		t.Fatalf("pgtest: create extension %s: %v", name, err)
	}
	return known
}

// Settings are server settings by name, as in postgresql.conf: {"fsync": "off"}.
type Settings map[string]string

// Start returns a server of the test's own, which is removed when the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	return StartWith(t, nil)
}

// StartWith is Start with settings that differ from the usual ones. Usual are those of
// PostgreSQL itself, so fsync is on, with room for 300 connections and times in UTC.
func StartWith(t testing.TB, settings Settings) *Server {
	t.Helper()
	s, err := newServer(recipe{settings: settings})
	refuse(t, err)
	t.Cleanup(func() {
		if err := s.remove(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// The servers that the tests of this process share: the one state of the package.
var (
	plain  shared
	secure = shared{recipe: recipe{face: encrypted}}
)

// shared is a server that the first test to need it starts.
type shared struct {
	recipe recipe
	once   sync.Once
	server *Server
	err    error
}

func (s *shared) need(t testing.TB) *Server {
	t.Helper()
	s.once.Do(func() { s.server, s.err = newServer(s.recipe) })
	refuse(t, s.err)
	return s.server
}

func (s *shared) close() error {
	if s.server == nil {
		return nil
	}
	return s.server.remove()
}

// refuse ends the test if err is not nil: skipped if nothing is installed and CI is not
// set, failed otherwise.
func refuse(t testing.TB, err error) {
	t.Helper()
	switch {
	case err == nil:
	case errors.Is(err, errNotInstalled) && os.Getenv("CI") == "":
		t.Skip(err)
	default:
		t.Fatal(err)
	}
}

// quote makes name an SQL identifier.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
