package storage

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"tocsin/core"
)

// watcherColumns are those of a person and of their digests.
const watcherColumns bun.Safe = `d.supporter, COALESCE(d.due, 0), d.last, d.told, d.version,
	s.state, s.stopped, s.cell, s.radius, s.zone, s.area, s.often, s.settings`

// watchersBatch is how many people SQLite hands out at a time: a turn waits while their
// digests are written, and that takes 100 ms at most.
const watchersBatch = 400

// DueWatchers implements core.AlertReader.
func (t *tx) DueWatchers(ctx context.Context, after core.DigestPoint, at time.Time, limit int) ([]core.Watcher, error) {
	if !t.postgres() {
		limit = min(limit, watchersBatch)
	}
	rows, err := t.QueryContext(ctx, `
		SELECT ? FROM (
			SELECT supporter, due, last, told, version FROM digests
			WHERE due <= ? AND (due, supporter) > (?, ?) ORDER BY due, supporter LIMIT ?) AS d
		JOIN supporters AS s ON s.id = d.supporter ORDER BY d.due, d.supporter`,
		watcherColumns, microsOf(at), microsOf(after.Due), after.ID, limit)
	return t.watchers(ctx, rows, err, at, limit)
}

// Watchers implements core.AlertReader.
func (t *tx) Watchers(ctx context.Context, ids []core.SupporterID) ([]core.Watcher, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	now, err := t.Now(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := t.QueryContext(ctx, `
		SELECT ? FROM digests AS d JOIN supporters AS s ON s.id = d.supporter WHERE d.supporter IN (?)`,
		watcherColumns, bun.List(ids))
	ws, err := t.watchers(ctx, rows, err, now, len(ids))
	if err != nil {
		return nil, err
	}
	place := make(map[core.SupporterID]int, len(ids))
	for i, id := range ids {
		place[id] = i
	}
	slices.SortFunc(ws, func(a, b core.Watcher) int { return place[a.ID] - place[b.ID] })
	return ws, nil
}

// CountDue implements core.AlertReader.
func (t *tx) CountDue(ctx context.Context, at time.Time) (n int, err error) {
	err = t.NewRaw("SELECT count(*) FROM digests WHERE due <= ?", microsOf(at)).Scan(ctx, &n)
	return n, failed(err, "count digests that are due")
}

// watchers reads rows of watcherColumns, and what else is needed to know of them: each
// table is asked once.
func (t *tx) watchers(ctx context.Context, rows *sql.Rows, err error, at time.Time, limit int) ([]core.Watcher, error) {
	if err != nil {
		return nil, failed(err, "find watchers")
	}
	g := &gathering{tx: t, all: make([]core.Watcher, 0, limit), index: make(map[core.SupporterID]int, limit)}
	if err := g.read(rows); err != nil {
		return nil, failed(err, "read watchers")
	}
	if len(g.all) == 0 {
		return nil, nil
	}
	since := core.BudgetFrom(core.DayOf(at))
	for _, p := range []gathered{g.homes(), g.agreed(), g.answered(), g.contacts(since)} {
		if err := g.ask(ctx, p); err != nil {
			return nil, failed(err, "gather watchers")
		}
	}
	return g.all, nil
}

// A gathering is watchers of whom more and more is known.
type gathering struct {
	*tx
	all   []core.Watcher
	index map[core.SupporterID]int
}

// read takes the rows of watcherColumns, and closes them.
func (g *gathering) read(rows *sql.Rows) error {
	defer rows.Close()
	var id, due, last, version, cell, radius int64
	var state, zone, area, often string
	var told, settings sql.RawBytes
	words := words{}
	for rows.Next() {
		var w core.Watcher
		err := rows.Scan(&id, &due, &last, &told, &version, &state, &w.Stopped, &cell, &radius, &zone, &area, &often, &settings)
		if err != nil {
			return err
		}
		w.ID, w.Version, w.Cell, w.Radius = core.SupporterID(id), int(version), core.Cell(cell), core.Radius(radius)
		w.State, w.Often = core.SupporterState(words.one(state)), core.Often(words.one(often))
		w.Zone, w.Area = words.one(zone), core.AreaID(words.one(area))
		w.Due, w.Last = micros(due).Time(), micros(last).Time()
		if settings != nil {
			if err := g.keys.openJSON(supporterCell(w.ID, "settings"), settings, &w.Settings); err != nil {
				return err
			}
		}
		if w.Told, err = g.openTold(w.ID, told); err != nil {
			return err
		}
		g.index[w.ID] = len(g.all)
		g.all = append(g.all, w)
	}
	return rows.Err()
}

// words are strings of which there are few: each is kept once.
type words map[string]string

func (w words) one(s string) string {
	if known, ok := w[s]; ok {
		return known
	}
	w[s] = s
	return s
}

// A gathered is a question about all people of a gathering. The first column of the answer
// is the person, the others are read into dest; take says what they mean. Of several rows of
// one person where one counts, the last does.
type gathered struct {
	query string // ? is the condition on the person
	args  []any  // what else it is told
	dest  []any
	take  func(*core.Watcher)
}

func (g *gathering) homes() gathered {
	var account, home int64
	var bot string
	words := words{}
	return gathered{
		query: `SELECT a.supporter, a.id, a.home, b.name FROM accounts AS a
			JOIN chats AS c ON c.id = a.home JOIN bots AS b ON b.id = c.bot
			WHERE a.supporter ? AND c.kind = 'private' AND NOT c.closed ORDER BY a.supporter, a.id`,
		dest: []any{&account, &home, &bot},
		take: func(w *core.Watcher) {
			w.Account, w.Chat, w.Bot = core.AccountID(account), core.ChatID(home), core.BotID(words.one(bot))
		},
	}
}

func (g *gathering) agreed() gathered {
	var given bool
	return gathered{
		query: "SELECT supporter, given FROM consents WHERE supporter ? AND purpose = 'messages' ORDER BY supporter, id",
		dest:  []any{&given},
		take:  func(w *core.Watcher) { w.Agreed = given },
	}
}

func (g *gathering) answered() gathered {
	var action int64
	return gathered{
		query: "SELECT supporter, action FROM rsvps WHERE supporter ?",
		dest:  []any{&action},
		take:  func(w *core.Watcher) { w.Answered = append(w.Answered, core.ActionID(action)) },
	}
}

func (g *gathering) contacts(since core.Day) gathered {
	var n int64
	return gathered{
		query: "SELECT supporter, CAST(sum(count) AS BIGINT) FROM contacts WHERE supporter ? AND day >= ? GROUP BY supporter",
		args:  []any{since},
		dest:  []any{&n},
		take:  func(w *core.Watcher) { w.Contacts = int(n) },
	}
}

// ask asks one question.
func (g *gathering) ask(ctx context.Context, q gathered) error {
	rows, err := g.QueryContext(ctx, q.query, append([]any{g.among()}, q.args...)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var id int64 // the types that the driver knows are read fastest
	dest := append([]any{&id}, q.dest...)
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		if i, ok := g.index[core.SupporterID(id)]; ok {
			q.take(&g.all[i])
		}
	}
	return rows.Err()
}

// among is the condition that a column is one of the people: a range where they lie
// close together, else a list.
func (g *gathering) among() schema.QueryAppender {
	const sparse = 4
	low, high := g.all[0].ID, g.all[0].ID
	for i := range g.all {
		low, high = min(low, g.all[i].ID), max(high, g.all[i].ID)
	}
	if int(high-low) < sparse*len(g.all) {
		return bun.SafeQuery("BETWEEN ? AND ?", low, high)
	}
	ids := make([]core.SupporterID, len(g.all))
	for i := range g.all {
		ids[i] = g.all[i].ID
	}
	return bun.SafeQuery("IN (?)", bun.List(ids))
}
