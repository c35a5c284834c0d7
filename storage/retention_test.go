package storage

import (
	"context"
	"testing"
	"time"

	"tocsin/core"
)

// purgeOnce removes what is older than now and returns how many rows that were.
func purgeOnce(t *testing.T, s *Store, k core.Kept) (n int) {
	t.Helper()
	inTx(t, s, func(ctx context.Context, x *tx) (err error) {
		n, err = x.Purge(ctx, k, time.Now())
		return err
	})
	return n
}

func TestPurgeTakesABatchAtATime(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		inTx(t, s, func(ctx context.Context, x *tx) error { return x.MarkSeen(ctx, queueBot, "0") })
		execute(t, s, `
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
			INSERT INTO seen_updates (bot, update_id, at) SELECT s.bot, CAST(n.i AS TEXT), s.at FROM n, seen_updates AS s`,
			core.PurgeBatch)
		for _, want := range []int{core.PurgeBatch, 1, 0} {
			if got := purgeOnce(t, s, core.KeptSeenTelegram); got != want {
				t.Errorf("Purge = %d, want %d", got, want)
			}
		}
	})
}

// An action leaves only after all answers to it, however many there are.
func TestPurgeOfTwoTablesTakesABatchInAll(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		inTx(t, s, func(ctx context.Context, x *tx) error {
			return x.CreateSupporter(ctx, &core.Supporter{})
		})
		execute(t, s, `
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
			INSERT INTO actions (source, sequence, title, kind, starts_at, ends_at, zone, online, place, area, lat, lon, cell,
				capacity, taken, visibility, state, note)
			SELECT CAST(i AS TEXT), 0, '', '', 0, 1, '', FALSE, '', '', 0, 0, 0, 0, 0, '', '', '' FROM n`, core.PurgeBatch/2+1)
		execute(t, s, "INSERT INTO rsvps (supporter, action, answer, guests, day) SELECT s.id, a.id, '', 0, '' FROM supporters AS s, actions AS a")
		for _, want := range []int{core.PurgeBatch, 2, 0} {
			if got := purgeOnce(t, s, core.KeptActions); got != want {
				t.Errorf("Purge = %d, want %d", got, want)
			}
		}
	})
}
