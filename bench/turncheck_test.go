//go:build bench

package bench

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"tocsin/storage/pgtest"
)

// TestBenchTurnReference sees that the reference does what we do, as the server counts it.
func TestBenchTurnReference(t *testing.T) {
	if !Wanted(t, turnSQLiteOne, turnSQLiteMany, turnPostgresOne, turnPostgresMany) {
		t.Skip("not picked")
	}
	if !pgtest.Extension(t, pgtest.New(t), "pg_stat_statements") {
		t.Skip("pg_stat_statements is not installed")
	}
	server := pgtest.StartWith(t, pgtest.Settings{"shared_preload_libraries": "pg_stat_statements"})
	pgtest.Extension(t, server.URL(), "pg_stat_statements")
	db := postgresDB(t, server.URL())
	made := 0
	m := newMatch(t, postgresVenue(t, func() string {
		made++
		name := fmt.Sprintf("side_%d", made)
		must(t, execute(t, db, "CREATE DATABASE "+name))
		return strings.Replace(server.URL(), "/postgres?", "/"+name+"?", 1)
	}))
	var counts [2]map[string]int
	for i := range counts {
		must(t, execute(t, db, "SELECT pg_stat_statements_reset()"))
		for n := range 2 {
			must(t, m.sides[i](t.Context(), 0, n))
		}
		counts[i] = statementCounts(t, db)
	}
	if len(counts[0]) < 10 {
		t.Errorf("only %d statements were counted", len(counts[0]))
	}
	all := maps.Clone(counts[0])
	maps.Copy(all, counts[1])
	for query := range all {
		if ours, theirs := counts[0][query], counts[1][query]; ours != theirs {
			t.Errorf("run %d times by us and %d times by the reference: %s", ours, theirs, query)
		}
	}
}

var (
	parameter = regexp.MustCompile(`\$\d+`)
	castOrGap = regexp.MustCompile(`::bigint|\s+`)
)

// statementCounts returns how often a server ran each statement, whatever its values.
func statementCounts(t *testing.T, db *bun.DB) map[string]int {
	t.Helper()
	var rows []struct {
		Query string
		Calls int
	}
	must(t, db.NewRaw("SELECT query, calls FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat_statements%'").Scan(t.Context(), &rows))
	counts := map[string]int{}
	for _, r := range rows {
		counts[castOrGap.ReplaceAllString(parameter.ReplaceAllString(r.Query, "$$"), "")] += r.Calls
	}
	return counts
}
