package storage

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tocsin/core"
	"tocsin/storage/pgtest"
)

// crowd fills the bulk lane with one row for each of n chats.
func crowd(t testing.TB, s *Store, n int) {
	t.Helper()
	queueOne(t, s, "first", core.Bulk)
	series := "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?0) "
	blob := "zeroblob(32)"
	key := "CAST(n.i AS BLOB)"
	if s.postgres() {
		blob, key = "decode(repeat('00', 32), 'hex')", "int8send(n.i)"
	}
	execute(t, s, strings.Replace(series, "SELECT 1 ", "SELECT CAST(1 AS BIGINT) ", 1)+`
		INSERT INTO chats (bot, root, kind, closed, find, sealed)
		SELECT (SELECT bot FROM chats), 0, 'private', FALSE, `+key+`, `+blob+` FROM n`, n)
	execute(t, s, "UPDATE chats SET root = id")
	execute(t, s, `
		INSERT INTO outbox (uid, bot, chat, account, lane, kind, sealed, due, next_at, expires, again,
			state, attempt, settled, unsure, code, receipt)
		SELECT o.uid, o.bot, c.id, 0, o.lane, o.kind, o.sealed, o.due, o.due + c.id, 0, o.again,
			'queued', 0, 0, FALSE, '', ''
		FROM outbox AS o, chats AS c WHERE c.id <> o.chat`)
	execute(t, s, "ANALYZE")
}

// plan returns how the database goes about a query.
func plan(t testing.TB, s *Store, query string, args []any) string {
	t.Helper()
	var lines []string
	inTx(t, s, func(ctx context.Context, x *tx) error {
		explain, column := "EXPLAIN QUERY PLAN ", "detail"
		if x.postgres() {
			explain, column = "EXPLAIN ", "QUERY PLAN"
		}
		var rows []map[string]any
		err := x.often(explain+query, args...).Scan(ctx, &rows)
		for _, r := range rows {
			lines = append(lines, fmt.Sprint(r[column]))
		}
		return err
	})
	return strings.Join(lines, "\n")
}

func TestClaimReadsByIndexAlone(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		crowd(t, s, 5_000)
		execute(t, s, `
			INSERT INTO broadcasts (uid, kind, original, state, moved, why, sealed, blob, menu, due, expires, again, large,
				proposer, approver, frozen, upto, streak, counts)
			SELECT 'b', '', 0, 'running', 0, '', find, 0, '', 0, 0, '', FALSE, 0, 0, 0, 0, 0, '' FROM chats LIMIT 1`)
		execute(t, s, `
			INSERT INTO recipients (broadcast, bot, chat, account, wave, target, state, next_at, attempt, settled, unsure, code, receipt, answer)
			SELECT 1, bot, id, 0, 1, 0, 'queued', 0, 0, 0, FALSE, '', '', 0 FROM chats`)
		execute(t, s, "INSERT INTO slots (bot, chat, next_at, ready_at, held, got) SELECT bot, id, 1, 1, 0, 1 FROM chats")
		execute(t, s, "ANALYZE")
		c := claim{Bot: 1, Lane: core.Talk, Broadcast: 1, Wave: 1, Now: microsOf(time.Now()), Max: 5, Lock: (&tx{IDB: s.write}).lock()}
		wantPlan(t, s, claimLaneSQL, c.args(), "outbox_due", "outbox_order")
		c.Lane = core.Bulk
		wantPlan(t, s, claimLaneSQL, c.args(), "outbox_due", "outbox_order")
		wantPlan(t, s, claimCopiesSQL, c.copies(), "recipients_due")
	})
}

// wantPlan fails unless a claim uses the indexes and walks over no table.
func wantPlan(t *testing.T, s *Store, query string, args []any, indexes ...string) {
	t.Helper()
	got := plan(t, s, query, args)
	for _, index := range indexes {
		if !strings.Contains(got, index) {
			t.Errorf("the plan does not use %s:\n%s", index, got)
		}
	}
	for line := range strings.SplitSeq(got, "\n") {
		for _, slow := range []string{"Seq Scan", "SCAN ", "TEMP B-TREE", "Sort"} {
			if strings.Contains(line, slow) && !strings.Contains(line, "picked") {
				t.Errorf("the plan has %q:\n%s", line, got)
			}
		}
	}
}

// BenchmarkClaim claims among 1,000,000 queued rows of as many chats; the goal for talk
// is 5 ms. Each claim is rolled back, so that all meet the same queue.
func BenchmarkClaim(b *testing.B) {
	for _, db := range []struct {
		name string
		url  func() string
	}{
		{"sqlite", func() string { return "sqlite:" + filepath.Join(b.TempDir(), "tocsin.db") }},
		{"postgres", func() string { return pgtest.New(b) }},
	} {
		s := openQueue(b, db.url())
		crowd(b, s, 1_000_000)
		for i := range 3 {
			queueOne(b, s, fmt.Sprint("talker", i), core.Talk)
		}
		for _, lane := range []core.Lane{core.Talk, core.Notice, core.Bulk} {
			b.Run(fmt.Sprintf("%s/lane=%d", db.name, lane), func(b *testing.B) {
				for b.Loop() {
					benchClaim(b, s, lane)
				}
			})
		}
	}
}

func benchClaim(b *testing.B, s *Store, lane core.Lane) {
	x := &tx{keys: s.keys, bots: &botIDs{of: s.bots}}
	begun, err := s.write.BeginTx(b.Context(), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer begun.Rollback()
	x.IDB = begun
	if _, err := x.Claim(b.Context(), core.Claim{Bot: queueBot, Lanes: []core.Lane{lane}, Max: 5, Lease: time.Minute}); err != nil {
		b.Fatal(err)
	}
}
