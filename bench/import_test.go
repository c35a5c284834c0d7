//go:build bench

package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"tocsin/storage/pgtest"
)

// The figures of `tocsin sponsors import`.
const (
	importSQLite         Name = "import/sqlite"
	importSQLiteMemory   Name = "import/sqlite/memory"
	importPostgres       Name = "import/postgres"
	importPostgresMemory Name = "import/postgres/memory"
)

const (
	importSize   = 1_000_000
	importRounds = 3
)

// The table that the references load the same list into.
const referenceTable = "CREATE TABLE s(email TEXT PRIMARY KEY, sponsored_at TEXT, department TEXT)"

// sponsorList writes a list of sponsors and returns its name. The addresses are all
// different and stand in no order.
func sponsorList(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "sponsors.csv")
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o600)
	must(t, err)
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "email,sponsored_at,department")
	for i := range importSize {
		fmt.Fprintf(w, "camille.%08x@%s,2026-%02d-%02d,%s\n", uint32(i)*2654435761,
			[]string{"example.org", "poste.example", "mail.example.net"}[i%3], 1+i%11, 1+i%28,
			[]string{"Rhône", "Paris", "Bas-Rhin", "974"}[i%4])
	}
	must(t, w.Flush())
	must(t, f.Close())
	return name
}

// program builds the program and returns its name.
func program(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "tocsin")
	build := exec.Command("go", "build", "-trimpath", "-o", name, "tocsin/cmd/tocsin")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return name
}

// A run is what a command took.
type run struct {
	time   time.Duration
	memory float64 // the most that was resident, in MB
}

// timed runs a command to its end.
func timed(t *testing.T, c *exec.Cmd) run {
	t.Helper()
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	began := time.Now()
	err := c.Run()
	took := time.Since(began)
	if err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(c.Path), err, out.Bytes())
	}
	used := c.ProcessState.SysUsage().(*syscall.Rusage)
	return run{time: took, memory: float64(used.Maxrss) / 1024}
}

// importInto is the command that imports a list into a new database.
func importInto(t *testing.T, program, url, list string) *exec.Cmd {
	t.Helper()
	folder := t.TempDir()
	c := exec.Command(program, "sponsors", "import", list)
	c.Dir = folder
	c.Env = append(os.Environ(), "DATABASE_URL="+url, "SECRET_KEY_FILE="+filepath.Join(folder, "keys"))
	return c
}

// A contest runs both sides in turn, the same number of times.
type contest struct{ ours, theirs []run }

func (c *contest) rounds(ours, theirs func() run) {
	for i := range importRounds {
		if i%2 == 0 {
			c.ours = append(c.ours, ours())
		}
		if theirs != nil {
			c.theirs = append(c.theirs, theirs())
		}
		if i%2 == 1 {
			c.ours = append(c.ours, ours())
		}
	}
}

func seconds(rs []run) float64 {
	if len(rs) == 0 {
		return 0
	}
	slices.SortFunc(rs, func(a, b run) int { return int(a.time - b.time) })
	return rs[len(rs)/2].time.Seconds()
}

func (c *contest) report(t *testing.T, time, memory Name, missing string) {
	t.Helper()
	most := 0.0
	for _, r := range c.ours {
		most = max(most, r.memory)
	}
	Report(t, Line{Name: time, Unit: "s", Ours: seconds(c.ours), Reference: seconds(c.theirs), Missing: missing,
		Goal: Goal{Of: Ratio, AtMost: 3}})
	Report(t, Line{Name: memory, Unit: "MB", Ours: most, Goal: Goal{Of: Ours, AtMost: 150}})
}

func TestBenchImportSQLite(t *testing.T) {
	if !Wanted(t, importSQLite, importSQLiteMemory) {
		t.Skip("not picked")
	}
	list, tocsin, missing := sponsorList(t), program(t), ""
	ours := func() run { return timed(t, importInto(t, tocsin, sqliteURL(t), list)) }
	theirs := func() run {
		return timed(t, exec.Command("sqlite3", filepath.Join(t.TempDir(), "reference.db"),
			"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536", referenceTable,
			".mode csv", ".import --skip 1 "+list+" s"))
	}
	if _, err := exec.LookPath("sqlite3"); err != nil {
		theirs, missing = nil, "sqlite3 is not installed"
	}
	Settings(importSQLite, "%d rows, median of %d; reference: sqlite3 .import in one transaction, "+
		"WAL, synchronous=FULL, cache 64 MB", importSize, importRounds)
	var c contest
	c.rounds(ours, theirs)
	c.report(t, importSQLite, importSQLiteMemory, missing)
}

func TestBenchImportPostgres(t *testing.T) {
	if !Wanted(t, importPostgres, importPostgresMemory) {
		t.Skip("not picked")
	}
	list, tocsin, missing := sponsorList(t), program(t), ""
	url := pgtest.New(t)
	db := postgresDB(t, url)
	rest := func() { must(t, execute(t, db, "CHECKPOINT")) } // what was written before is not paid for now
	ours := func() run {
		rest()
		return timed(t, importInto(t, tocsin, pgtest.New(t), list))
	}
	theirs := func() run {
		must(t, execute(t, db, "DROP TABLE IF EXISTS s"))
		must(t, execute(t, db, referenceTable))
		rest()
		load := `\copy s FROM '` + list + `' WITH (FORMAT csv, HEADER)`
		return timed(t, exec.Command("psql", url, "-v", "ON_ERROR_STOP=1", "-c", load))
	}
	if _, err := exec.LookPath("psql"); err != nil {
		theirs, missing = nil, "psql is not installed"
	}
	Settings(importPostgres, "%d rows, median of %d; reference: psql \\copy; %s, shared_buffers=%s, max_wal_size=%s, fsync=%s",
		importSize, importRounds, setting(t, db, "server_version"), setting(t, db, "shared_buffers"),
		setting(t, db, "max_wal_size"), setting(t, db, "fsync"))
	var c contest
	c.rounds(ours, theirs)
	c.report(t, importPostgres, importPostgresMemory, missing)
}
