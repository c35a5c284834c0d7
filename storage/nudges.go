package storage

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"tocsin/core"
	"tocsin/core/geo"
)

// DueNudges implements core.NudgeReader.
func (t *tx) DueNudges(ctx context.Context, after core.SupporterID, at time.Time, limit int) ([]core.Nudge, error) {
	var rows []struct {
		Supporter core.SupporterID
		Since     core.Day
		Step      core.NudgeStep
		Due       micros
	}
	err := t.NewRaw(`
		SELECT n.supporter, s.since, n.step, n.due FROM nudges AS n JOIN supporters AS s ON s.id = n.supporter
		WHERE n.due <= ? AND n.supporter > ? ORDER BY n.supporter LIMIT ?`, microsOf(at), after, limit).Scan(ctx, &rows)
	out := make([]core.Nudge, len(rows))
	for i, r := range rows {
		out[i] = core.Nudge{Supporter: r.Supporter, Since: r.Since, Step: r.Step, Due: r.Due.Time()}
	}
	return out, failed(err, "find due nudges")
}

// PutNudge implements core.NudgeStore.
func (t *tx) PutNudge(ctx context.Context, n, before core.Nudge) error {
	old := []any{n.Supporter, before.Step, microsOf(before.Due)}
	if n.Step >= core.NudgesDone {
		res, err := t.NewRaw("DELETE FROM nudges WHERE supporter = ? AND step = ? AND due = ?", old...).Exec(ctx)
		return once(res, err, core.Conflict, "end nudges")
	}
	res, err := t.NewRaw("UPDATE nudges SET step = ?, due = ? WHERE supporter = ? AND step = ? AND due = ?",
		append([]any{n.Step, microsOf(n.Due)}, old...)...).Exec(ctx)
	return once(res, err, core.Conflict, "put nudge")
}

// TeamsIn implements core.NudgeReader.
func (t *tx) TeamsIn(ctx context.Context, areas []core.AreaID, from time.Time, limit int) ([]core.Team, error) {
	if len(areas) == 0 {
		return nil, nil
	}
	var rows []struct {
		ID   core.TeamID
		Name string
		Area core.AreaID
	}
	err := t.NewRaw(`
		SELECT t.id, t.name, t.area FROM teams AS t WHERE t.area IN (?)
		AND EXISTS (SELECT 1 FROM actions AS a WHERE a.team = t.id AND a.state = 'public' AND a.starts_at > ?)
		ORDER BY t.id LIMIT ?`, bun.List(areas), microsOf(from), limit).Scan(ctx, &rows)
	out := make([]core.Team, len(rows))
	for i, r := range rows {
		out[i] = core.Team(r)
	}
	return out, failed(err, "find teams")
}

// Demands implements core.NudgeReader.
func (t *tx) Demands(ctx context.Context, week core.Day, least int) ([]core.Demand, error) {
	var rows []struct {
		Cell   geo.Square
		People int
	}
	err := t.NewRaw(`
		SELECT s.cell, count(DISTINCT s.supporter) AS people FROM searches AS s WHERE s.day = ?0
		AND NOT EXISTS (SELECT 1 FROM demands AS d WHERE d.cell = s.cell AND d.day = ?0)
		GROUP BY s.cell HAVING count(DISTINCT s.supporter) >= ?1 ORDER BY s.cell`, week, least).Scan(ctx, &rows)
	out := make([]core.Demand, len(rows))
	for i, r := range rows {
		out[i] = core.Demand{Square: r.Cell, People: r.People}
	}
	return out, failed(err, "find demands")
}

// TellDemand implements core.NudgeStore.
func (t *tx) TellDemand(ctx context.Context, s geo.Square, week core.Day) error {
	res, err := t.NewRaw("INSERT INTO demands (cell, day) VALUES (?, ?) ON CONFLICT DO NOTHING", int64(s), week).Exec(ctx)
	return once(res, err, core.Conflict, "note demand")
}
