//go:build bench

package bench

import (
	"os"
	"path/filepath"
	"testing"

	"tocsin/bots/matrix/matrixtest"
	"tocsin/storage"
	"tocsin/storage/pgtest"
)

func TestMain(m *testing.M) { os.Exit(matrixtest.Wrap(pgtest.Wrap(m)).Run()) }

func TestLineSaysWhatIsMissingAndWhatIsMissed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		line Line
		want string
		ok   bool
	}{
		{Line{Name: "a/b", Unit: "ms", Ours: 1.2345, Reference: 2, Goal: Goal{Of: Ratio, AtMost: 1}},
			"a/b  ours=1.23ms  reference=2ms  ratio=0.617  goal=ratio<=1  ok", true},
		{Line{Name: "a", Unit: "/s", Ours: 60, Reference: 100, Goal: Goal{Of: Ratio, AtLeast: 0.7}},
			"a  ours=60/s  reference=100/s  ratio=0.6  goal=ratio>=0.7  missed", false},
		{Line{Name: "a", Unit: "MB", Ours: 100, Goal: Goal{Of: Ours, AtMost: 150}},
			"a  ours=100MB  reference=none  ratio=none  goal=ours<=150  ok", true},
		{Line{Name: "a", Unit: "s", Ours: 1, Missing: "no psql", Goal: Goal{Of: Ratio, AtMost: 3}},
			"a  ours=1s  reference=missing (no psql)  ratio=none  goal=ratio<=3  missed", false},
	} {
		if got, ok := c.line.text(); got != c.want || ok != c.ok {
			t.Errorf("got %q, %t\nwant %q, %t", got, ok, c.want, c.ok)
		}
	}
}

// open opens a database and closes it with t.
func open(t testing.TB, url string) *storage.Store {
	t.Helper()
	s, err := storage.Open(t.Context(), storage.Config{URL: url, KeyFile: filepath.Join(t.TempDir(), "keys")})
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

// sqliteURL returns the URL of a database that is not there yet.
func sqliteURL(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "tocsin.db") }

// must ends the benchmark if err is not nil.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
