package pgtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/uptrace/bun/driver/pgdriver"
)

func TestMain(m *testing.M) { Main(m) }

// connect returns a pool on the database at url.
func connect(t *testing.T, url string) *sql.DB {
	t.Helper()
	db := sql.OpenDB(pgdriver.NewConnector(pgdriver.WithDSN(url)))
	t.Cleanup(func() { db.Close() })
	return db
}

// ask returns the one value that query gives.
func ask[T any](t *testing.T, db *sql.DB, query string) T {
	t.Helper()
	var value T
	if err := db.QueryRowContext(t.Context(), query).Scan(&value); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return value
}

func do(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func TestEachTestHasAnEmptyDatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	first, second := connect(t, New(t)), connect(t, New(t))
	do(t, first, "CREATE TABLE letter (id int)")
	const tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
	if n := ask[int](t, first, tables); n != 1 {
		t.Errorf("the first database has %d tables, want its own one", n)
	}
	if n := ask[int](t, second, tables); n != 0 {
		t.Errorf("the second database has %d tables, want none", n)
	}
}

func TestADatabaseSpeaksUTF8AndKeepsWhatItIsTold(t *testing.T) {
	t.Parallel()
	db := connect(t, New(t))
	for setting, want := range map[string]string{
		"server_encoding": "UTF8", "lc_collate": "C.UTF-8", "fsync": "on",
		"listen_addresses": loopback, "unix_socket_directories": "", "TimeZone": "UTC",
	} {
		if got := ask[string](t, db, "SHOW "+setting); got != want {
			t.Errorf("%s is %q, want %q", setting, got, want)
		}
	}
}

func TestADatabaseIsDroppedWithTheTestThoughSomebodyIsConnected(t *testing.T) {
	t.Parallel()
	var name string
	t.Run("inner", func(t *testing.T) {
		db := sql.OpenDB(pgdriver.NewConnector(pgdriver.WithDSN(New(t))))
		name = ask[string](t, db, "SELECT current_database()") // and is left open
	})
	all := connect(t, New(t))
	if ask[bool](t, all, fmt.Sprintf("SELECT EXISTS (SELECT FROM pg_database WHERE datname = '%s')", name)) {
		t.Errorf("database %s is still there", name)
	}
}

func TestDatabasesCanBeMadeSideBySide(t *testing.T) {
	t.Parallel()
	const n = 8
	urls := make([]string, n)
	t.Run("made", func(t *testing.T) {
		var all sync.WaitGroup
		for i := range urls {
			all.Go(func() { urls[i] = New(t) })
		}
		all.Wait()
	})
	seen := map[string]bool{}
	for _, url := range urls {
		seen[url] = true
	}
	if len(seen) != n || seen[""] {
		t.Errorf("got %d different databases, want %d", len(seen), n)
	}
}

func TestAnExtensionIsCreatedOnlyWhereInstalled(t *testing.T) {
	t.Parallel()
	url := New(t)
	db := connect(t, url)
	if Extension(t, url, `no "such" extension`) {
		t.Error("an unknown extension was created")
	}
	const fresh = "SELECT coalesce(min(name), '') FROM pg_available_extensions WHERE installed_version IS NULL AND name IN ('pg_trgm', 'citext', 'hstore')"
	name := ask[string](t, db, fresh)
	if name == "" {
		t.Skip("the small extensions that come with PostgreSQL are not installed")
	}
	for range 2 { // the second time it is there already
		if !Extension(t, url, name) {
			t.Errorf("extension %s was not created", name)
		}
	}
	if !ask[bool](t, db, "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = '"+name+"')") {
		t.Errorf("extension %s is not in the database", name)
	}
}

func TestTheTLSServerIsTrustedOnlyWithItsCertificateAndName(t *testing.T) {
	t.Parallel()
	url, caFile := TLS(t)
	trusted := url + "&sslrootcert=" + caFile
	for name, c := range map[string]struct {
		url  string
		want bool
	}{
		"as it is":          {url, false},
		"with the root":     {trusted, true},
		"by another name":   {strings.Replace(trusted, certificateHost, loopback, 1), false},
		"without TLS":       {strings.Replace(url, "verify-full", "disable", 1), false},
		"without a look":    {strings.Replace(url, "verify-full", "require", 1), true},
		"the plain server":  {New(t), true},
		"TLS there refused": {strings.Replace(New(t), "disable", "require", 1), false},
	} {
		err := connect(t, c.url).PingContext(t.Context())
		if (err == nil) != c.want {
			t.Errorf("%s: accepted = %v, want %v (%v)", name, err == nil, c.want, err)
		}
	}
}

// recorder is a test that notes how it was ended.
type recorder struct {
	testing.TB
	skipped, failed bool
	said            string
}

func (r *recorder) Helper() {}

func (r *recorder) Skip(args ...any) { r.skipped, r.said = true, fmt.Sprint(args...); runtime.Goexit() }

func (r *recorder) Fatal(args ...any) { r.failed, r.said = true, fmt.Sprint(args...); runtime.Goexit() }

func refused(t *testing.T, err error) *recorder {
	t.Helper()
	r := &recorder{TB: t}
	var ended sync.WaitGroup
	ended.Go(func() { refuse(r, err) })
	ended.Wait()
	return r
}

func TestAMissingServerSkipsATestAndFailsItInCI(t *testing.T) {
	missing := fmt.Errorf("outer: %w", errNotInstalled)
	t.Setenv("CI", "")
	if r := refused(t, missing); !r.skipped || strings.Contains(r.said, "\n") || !strings.Contains(r.said, "no PostgreSQL") {
		t.Errorf("without CI: skipped = %v with %q, want one clear line", r.skipped, r.said)
	}
	if r := refused(t, errors.New("broken")); !r.failed {
		t.Error("without CI: a broken server did not fail the test")
	}
	t.Setenv("CI", "true")
	if r := refused(t, missing); !r.failed {
		t.Error("with CI: the test did not fail")
	}
	if r := refused(t, nil); r.failed || r.skipped {
		t.Error("with CI: a test with a server was ended")
	}
}

func TestTheHighestVersionWithAServerIsTaken(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for folder, programs := range map[string][]string{
		"9.6":  {"initdb", "postgres"},
		"15":   {"initdb", "postgres"},
		"17":   {"psql"},
		"next": {"initdb", "postgres"},
	} {
		bin := filepath.Join(root, folder, "bin")
		if err := os.MkdirAll(bin, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, program := range programs {
			if err := os.WriteFile(filepath.Join(bin, program), nil, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got, want := newest(filepath.Join(root, "*", "bin")), filepath.Join(root, "15", "bin"); got != want {
		t.Errorf("newest = %q, want %q", got, want)
	}
	if got := newest(filepath.Join(root, "none", "*")); got != "" {
		t.Errorf("newest of nothing = %q", got)
	}
}

func TestAServerOnPATHCountsWithWhatItsLinkPointsTo(t *testing.T) {
	real, linked := t.TempDir(), t.TempDir()
	for _, program := range []string{"initdb", "postgres"} {
		if err := os.WriteFile(filepath.Join(real, program), nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(real, "postgres"), filepath.Join(linked, "postgres")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", linked)
	want, err := filepath.EvalSymlinks(real)
	if err != nil {
		t.Fatal(err)
	}
	if got := onPath(); got != want {
		t.Errorf("onPath = %q, want %q", got, want)
	}
	t.Setenv("PATH", "")
	if got := onPath(); got != "" {
		t.Errorf("onPath of nothing = %q", got)
	}
}

func TestUntilEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	never := func() (bool, error) { return false, nil }
	if err := until(ctx, never); !errors.Is(err, context.Canceled) {
		t.Errorf("until = %v, want it cancelled", err)
	}
}
