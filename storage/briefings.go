package storage

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"tocsin/core"
)

// briefed are the columns that say what was done.
var briefed = map[core.ReferenceKind]bun.Safe{core.EveKind: "eve", core.AfterKind: "after"}

// Brief implements core.BriefingStore.
func (t *tx) Brief(ctx context.Context, s core.SupporterID, k core.ReferenceKind, as []core.ActionID) (fresh []core.ActionID, err error) {
	if len(as) == 0 {
		return nil, nil
	}
	column := briefed[k]
	err = t.NewRaw(`
		INSERT INTO briefings AS b (supporter, action, eve, after, outcome, day)
		SELECT s.id, a.id, ?0, ?1, '', '' FROM supporters AS s, actions AS a WHERE s.id = ?2 AND a.id IN (?3)
		ON CONFLICT (supporter, action) DO UPDATE SET ?4 = TRUE WHERE NOT b.?4 RETURNING action`,
		k == core.EveKind, k == core.AfterKind, s, bun.List(as), column).Scan(ctx, &fresh)
	slices.Sort(fresh)
	return fresh, failed(err, "note briefings")
}

// PutOutcome implements core.BriefingStore. It fails with NotFound if there is no such
// supporter or action.
func (t *tx) PutOutcome(ctx context.Context, b *core.Briefing) error {
	res, err := t.NewRaw(`
		INSERT INTO briefings (supporter, action, eve, after, outcome, day)
		SELECT s.id, a.id, FALSE, TRUE, ?, ? FROM supporters AS s, actions AS a WHERE s.id = ? AND a.id = ?
		ON CONFLICT (supporter, action) DO UPDATE SET outcome = excluded.outcome, day = excluded.day`,
		b.Outcome, b.On, b.Supporter, b.Action).Exec(ctx)
	return once(res, err, core.NotFound, "put outcome")
}

// Briefings implements core.BriefingReader.
func (t *tx) Briefings(ctx context.Context, a core.ActionID) ([]core.Briefing, error) {
	var rows []struct {
		Supporter core.SupporterID
		Outcome   core.Outcome
		Day       core.Day
	}
	err := t.NewRaw("SELECT supporter, outcome, day FROM briefings WHERE action = ? AND outcome <> '' ORDER BY supporter", a).Scan(ctx, &rows)
	out := make([]core.Briefing, len(rows))
	for i, r := range rows {
		out[i] = core.Briefing{Supporter: r.Supporter, Action: a, Outcome: r.Outcome, On: r.Day}
	}
	return out, failed(err, "read outcomes")
}

// EndedActions implements core.BriefingReader.
func (t *tx) EndedActions(ctx context.Context, from, to time.Time) ([]*core.Action, error) {
	var rows []actionRow
	err := t.NewRaw("SELECT ? FROM actions AS a WHERE a.ends_at >= ? AND a.ends_at < ? AND a.state = 'public' ORDER BY a.id",
		actionColumns, microsOf(from), microsOf(to)).Scan(ctx, &rows)
	out := make([]*core.Action, len(rows))
	for i := range rows {
		out[i] = rows[i].action()
	}
	return out, failed(err, "find ended actions")
}
