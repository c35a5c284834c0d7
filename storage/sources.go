package storage

import (
	"context"

	"tocsin/core"
)

// CountSource implements core.SourceStore.
func (t *tx) CountSource(ctx context.Context, s core.SourceID) error {
	_, err := t.NewRaw(`INSERT INTO sources (id, joined) VALUES (?, 1)
		ON CONFLICT (id) DO UPDATE SET joined = sources.joined + 1`, s).Exec(ctx)
	return failed(err, "count source")
}

// Sources implements core.SourceReader.
func (t *tx) Sources(ctx context.Context) ([]core.SourceCount, error) {
	var rows []struct {
		ID     core.SourceID
		Joined int
	}
	if err := t.NewRaw("SELECT id, joined FROM sources ORDER BY id").Scan(ctx, &rows); err != nil {
		return nil, failed(err, "read sources")
	}
	out := make([]core.SourceCount, len(rows))
	for i, r := range rows {
		out[i] = core.SourceCount{Source: r.ID, Joined: r.Joined}
	}
	return out, nil
}
