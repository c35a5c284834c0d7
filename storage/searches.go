package storage

import (
	"context"

	"tocsin/core"
	"tocsin/core/geo"
)

// NoteSearch implements core.SearchStore. For somebody who is no supporter it does
// nothing.
func (t *tx) NoteSearch(ctx context.Context, s core.Search) error {
	_, err := t.NewRaw(`
		INSERT INTO searches (supporter, cell, day) SELECT s.id, ?, ? FROM supporters AS s WHERE s.id = ?
		ON CONFLICT DO NOTHING`, int64(s.Square), s.Week, s.Supporter).Exec(ctx)
	return failed(err, "note search")
}

// Searches implements core.SearchReader.
func (t *tx) Searches(ctx context.Context, s core.SupporterID) ([]core.Search, error) {
	var rows []struct {
		Cell geo.Square
		Day  core.Day
	}
	err := t.NewRaw("SELECT cell, day FROM searches WHERE supporter = ? ORDER BY day, cell", s).Scan(ctx, &rows)
	if err != nil {
		return nil, failed(err, "read searches")
	}
	searches := make([]core.Search, len(rows))
	for i, r := range rows {
		searches[i] = core.Search{Supporter: s, Square: r.Cell, Week: r.Day}
	}
	return searches, nil
}

// CountSearchers implements core.SearchReader.
func (t *tx) CountSearchers(ctx context.Context, in geo.Square, since core.Day) (n int, err error) {
	err = t.NewRaw("SELECT count(DISTINCT supporter) FROM searches WHERE day >= ? AND cell = ?", since, int64(in)).Scan(ctx, &n)
	return n, failed(err, "count searchers")
}
