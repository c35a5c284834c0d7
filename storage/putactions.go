package storage

import (
	"context"
	"errors"

	"github.com/uptrace/bun"

	"tocsin/core"
	"tocsin/core/geo"
)

// actionsBatch is how many actions are compared with what is stored at a time.
const actionsBatch = 500

// PutActions implements core.ActionStore. Each of as gets the ID, Sequence and Taken that
// are stored. Where a Source stands twice, the later one changes the earlier. It fails
// with Invalid if one has no Source or, unless online, no valid point, NotFound if there
// is no such team.
func (t *tx) PutActions(ctx context.Context, as []*core.Action) (added, changed int, err error) {
	batch := newActionBatch()
	flush := func() error {
		n, m, err := t.putActions(ctx, batch)
		added, changed, batch = added+n, changed+m, newActionBatch()
		return err
	}
	for _, a := range as {
		if _, twice := batch.bySource[a.Source]; twice || len(batch.rows) == actionsBatch {
			if err := flush(); err != nil {
				return 0, 0, err
			}
		}
		if err := batch.add(a); err != nil {
			return 0, 0, err
		}
	}
	if err := flush(); err != nil {
		return 0, 0, err
	}
	return added, changed, nil
}

// An actionBatch is actions of different sources.
type actionBatch struct {
	rows     []actionRow
	actions  []*core.Action // of the rows
	bySource map[string]int
	teams    map[core.TeamID]bool
}

func newActionBatch() *actionBatch {
	return &actionBatch{bySource: map[string]int{}, teams: map[core.TeamID]bool{}}
}

func (b *actionBatch) add(a *core.Action) error {
	r, err := rowOf(a)
	if err != nil {
		return err
	}
	b.bySource[a.Source] = len(b.rows)
	b.rows, b.actions = append(b.rows, r), append(b.actions, a)
	if a.Team != 0 {
		b.teams[a.Team] = true
	}
	return nil
}

// stored tells the action of row i what is stored of it.
func (b *actionBatch) stored(i int, id core.ActionID) {
	b.rows[i].ID = id
	b.actions[i].ID, b.actions[i].Sequence, b.actions[i].Taken = id, b.rows[i].Sequence, b.rows[i].Taken
}

func (t *tx) putActions(ctx context.Context, b *actionBatch) (added, changed int, err error) {
	if len(b.rows) == 0 {
		return 0, 0, nil
	}
	if err := t.knowTeams(ctx, b); err != nil {
		return 0, 0, err
	}
	known, err := t.knownActions(ctx, b)
	if err != nil {
		return 0, 0, err
	}
	var fresh []actionRow
	var raised []core.ActionID
	for i := range b.rows {
		r := &b.rows[i]
		old, ok := known[r.Source]
		if !ok {
			fresh = append(fresh, *r)
			continue
		}
		differs := r.replace(&old)
		b.stored(i, old.ID)
		if !differs {
			continue
		}
		if err := t.replaceAction(ctx, r); err != nil {
			return 0, 0, err
		}
		opened := r.Visibility == core.ForEveryone && old.Visibility != core.ForEveryone
		if changed++; r.Sequence > old.Sequence || opened {
			raised = append(raised, r.ID)
		}
	}
	if err := t.addActions(ctx, fresh, b); err != nil {
		return 0, 0, err
	}
	for i := range fresh {
		raised = append(raised, b.rows[b.bySource[fresh[i].Source]].ID)
	}
	if err := t.remindAnew(ctx, raised); err != nil {
		return 0, 0, err
	}
	return len(fresh), changed, t.openActions(ctx, raised)
}

// replace makes r the successor of old, and reports whether it differs. What people who
// come must hear of raises the sequence; a point that moved by less than a metre is
// only measured anew.
func (r *actionRow) replace(old *actionRow) bool {
	r.ID, r.Taken, r.Sequence = old.ID, old.Taken, old.Sequence
	if *r == *old {
		return false
	}
	const metre geo.Km = 0.001
	moved := r.Online != old.Online || !r.Online && geo.Distance(r.point(), old.point()) >= metre
	if moved || r.StartsAt != old.StartsAt || r.EndsAt != old.EndsAt || r.Place != old.Place || r.State != old.State {
		r.Sequence++
	}
	return true
}

func (r *actionRow) point() geo.Point { return geo.Point{Lat: r.Lat, Lon: r.Lon} }

// knownActions returns those rows of a batch that are stored, by source. On PostgreSQL
// they stay as they are until the transaction ends.
func (t *tx) knownActions(ctx context.Context, b *actionBatch) (map[string]actionRow, error) {
	sources := make([]string, len(b.rows))
	for i := range b.rows {
		sources[i] = b.rows[i].Source
	}
	var lock bun.Safe
	if t.postgres() {
		lock = "ORDER BY a.id FOR UPDATE"
	}
	var rows []actionRow
	err := t.NewRaw("SELECT ?, a.cell FROM actions AS a WHERE a.source IN (?) ?", actionColumns, bun.List(sources), lock).
		Scan(ctx, &rows)
	if err != nil {
		return nil, failed(err, "find actions by source")
	}
	known := make(map[string]actionRow, len(rows))
	for _, r := range rows {
		known[r.Source] = r
	}
	return known, nil
}

// knowTeams fails with NotFound if an action is of a team that is not there.
func (t *tx) knowTeams(ctx context.Context, b *actionBatch) error {
	if len(b.teams) == 0 {
		return nil
	}
	var ids []core.TeamID
	for id := range b.teams {
		ids = append(ids, id)
	}
	var n int
	if err := t.NewRaw("SELECT count(*) FROM teams WHERE id IN (?)", bun.List(ids)).Scan(ctx, &n); err != nil {
		return failed(err, "find teams of actions")
	}
	if n < len(ids) {
		return core.Wrap(core.NotFound, errors.New("no such team"), "storage: put actions")
	}
	return nil
}

// addActions stores new rows and tells the actions their ids. It fails with Conflict if
// another transaction has added one of them meanwhile.
func (t *tx) addActions(ctx context.Context, rows []actionRow, b *actionBatch) error {
	if len(rows) == 0 {
		return nil
	}
	var got []struct {
		ID     core.ActionID
		Source string
	}
	err := t.NewInsert().Model(&rows).ExcludeColumn("id").On("CONFLICT (source) DO NOTHING").
		Returning("id, source").Scan(ctx, &got)
	if err != nil {
		return failed(err, "add actions")
	}
	if len(got) < len(rows) {
		return core.Wrap(core.Conflict, errors.New("another added one of them"), "storage: add actions")
	}
	for _, g := range got {
		b.stored(b.bySource[g.Source], g.ID)
	}
	return nil
}

func (t *tx) replaceAction(ctx context.Context, r *actionRow) error {
	res, err := t.NewUpdate().Model(r).ExcludeColumn("id", "source", "taken").Where("id = ?", r.ID).Exec(ctx)
	return once(res, err, core.NotFound, "replace action")
}
