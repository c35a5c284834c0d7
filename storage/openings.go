package storage

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"tocsin/core"
)

// openActions notes that actions which are public and yet to come have to be announced, or
// announced anew.
func (t *tx) openActions(ctx context.Context, ids []core.ActionID) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := t.NewRaw(`
		INSERT INTO openings (action, since, waiting, called)
		SELECT a.id, ?0, TRUE, FALSE FROM actions AS a WHERE a.id IN (?1) AND a.state = 'public' AND a.starts_at > ?0
		ON CONFLICT (action) DO UPDATE SET since = excluded.since, waiting = TRUE`, t.clock(), bun.List(ids)).Exec(ctx)
	return failed(err, "open actions")
}

// An openingRow is an opening as it is stored.
type openingRow struct {
	Action core.ActionID
	Since  micros
	Called bool
}

// Openings implements core.AlertReader.
func (t *tx) Openings(ctx context.Context, limit int) ([]core.Opening, error) {
	var rows []openingRow
	err := t.NewRaw("SELECT action, since, called FROM openings WHERE waiting ORDER BY since, action LIMIT ?", limit).Scan(ctx, &rows)
	return openingsOf(rows), failed(err, "find openings")
}

// Calls implements core.AlertReader.
func (t *tx) Calls(ctx context.Context, from, to time.Time, limit int) ([]core.Opening, error) {
	var rows []openingRow
	err := t.NewRaw(`
		SELECT o.action, o.since, o.called FROM actions AS a JOIN openings AS o ON o.action = a.id
		WHERE a.state = 'public' AND a.starts_at >= ? AND a.starts_at < ? AND a.quorum > a.taken AND NOT o.called AND NOT o.waiting
		ORDER BY a.starts_at, a.id LIMIT ?`, microsOf(from), microsOf(to), limit).Scan(ctx, &rows)
	return openingsOf(rows), failed(err, "find last calls")
}

func openingsOf(rows []openingRow) []core.Opening {
	out := make([]core.Opening, len(rows))
	for i, r := range rows {
		out[i] = core.Opening{Action: r.Action, Since: r.Since.Time(), Called: r.Called}
	}
	return out
}

// CloseOpening implements core.AlertStore.
func (t *tx) CloseOpening(ctx context.Context, o core.Opening) error {
	_, err := t.NewRaw("UPDATE openings SET waiting = FALSE, called = ? WHERE action = ? AND since = ?",
		o.Called, o.Action, microsOf(o.Since)).Exec(ctx)
	return failed(err, "close opening")
}

// An announcedRow is an action with its opening.
type announcedRow struct {
	actionRow
	Since micros
}

// Upcoming implements core.AlertReader.
func (t *tx) Upcoming(ctx context.Context, from, to time.Time) ([]core.Announced, error) {
	var rows []announcedRow
	err := t.NewRaw(`
		SELECT ?, COALESCE(o.since, 0) AS since FROM actions AS a LEFT JOIN openings AS o ON o.action = a.id
		WHERE a.state = 'public' AND a.starts_at >= ? AND a.starts_at < ? ORDER BY a.id`,
		actionColumns, microsOf(from), microsOf(to)).Scan(ctx, &rows)
	if err != nil {
		return nil, failed(err, "find upcoming actions")
	}
	out := make([]core.Announced, len(rows))
	for i := range rows {
		out[i] = core.Announced{Action: rows[i].action(), Since: rows[i].Since.Time()}
	}
	return out, nil
}
