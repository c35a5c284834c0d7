package storage

import (
	"context"
	"errors"
	"time"

	"tocsin/core"
)

// tallyBuckets is how many buckets make a window. An attempt leaves the count with its
// bucket: never within the window, and at the latest a bucket after it.
const tallyBuckets = 12

// Tally implements core.TallyStore. Its subject is stored as a keyed hash.
func (t *tx) Tally(ctx context.Context, k core.TallyKey, window time.Duration) (int, error) {
	width := window.Microseconds() / tallyBuckets
	if width <= 0 {
		return 0, core.Wrap(core.Internal, errors.New("the window is too short"), "storage: count attempt")
	}
	subject := t.keys.find("tally", string(k.Kind), k.Subject)
	var bucket micros
	err := t.NewRaw(`
		INSERT INTO tallies AS t (kind, subject, bucket, count)
		SELECT ?, ?, c.now - c.now % ?, 1 FROM (SELECT ? AS now) AS c WHERE TRUE
		ON CONFLICT (kind, subject, bucket) DO UPDATE SET count = t.count + 1
		RETURNING bucket`, k.Kind, subject, width, t.clock()).Scan(ctx, &bucket)
	if err != nil {
		return 0, failed(err, "count attempt")
	}
	var n int
	err = t.NewRaw("SELECT CAST(sum(count) AS BIGINT) FROM tallies WHERE kind = ? AND subject = ? AND bucket >= ?",
		k.Kind, subject, int64(bucket)-tallyBuckets*width).Scan(ctx, &n)
	return n, failed(err, "sum attempts")
}
