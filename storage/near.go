package storage

import (
	"context"
	"database/sql"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"tocsin/core"
	"tocsin/core/geo"
)

// Two ways lead to the first actions within a circle. To walk all actions by their start
// and pick those in the circle is fast where the circle holds many; to take all in the
// circle and sort them is fast where it holds few. How many it holds is counted first, up
// to a bound: with fewer they are taken, else so many are walked. If that does not reach
// enough matches, both go on with more. What that costs is at most a few times what the
// better way alone would, whatever else is asked for.
const (
	nearRows = 2500 // of the first try
	nearMore = 4    // times as many in the next
)

// A nearSearch is a NearQuery with what is derived from it.
type nearSearch struct {
	core.NearQuery
	want   int         // matches from the first on, with those that are skipped
	rows   int         // of the first try
	ranges []geo.Range // the covering of the circle
}

// A nearMatch is an action in the circle.
type nearMatch struct {
	ID       core.ActionID
	StartsAt micros
	Distance geo.Km
}

// NearActions implements core.ActionReader. Those with a place come first, by start and
// id; those online follow, in the same order.
func (t *tx) NearActions(ctx context.Context, q core.NearQuery) ([]core.Near, error) {
	if q.Limit <= 0 {
		return nil, nil
	}
	q.Skip = max(q.Skip, 0)
	s := &nearSearch{
		NearQuery: q, want: q.Skip + q.Limit, rows: nearRows, ranges: geo.Cover(q.Center, q.Radius, coverRanges),
	}
	matches, err := t.nearMatches(ctx, s)
	if err != nil {
		return nil, err
	}
	near, err := t.nearOf(ctx, matches[min(q.Skip, len(matches)):])
	if err != nil || len(matches) == s.want {
		return near, err
	}
	online, err := t.online(ctx, s, max(q.Skip-len(matches), 0), s.want-max(q.Skip, len(matches)))
	return append(near, online...), err
}

// nearMatches returns the first matches with a place, s.want at most.
func (t *tx) nearMatches(ctx context.Context, s *nearSearch) ([]nearMatch, error) {
	if len(s.ranges) == 0 {
		return nil, nil
	}
	for limit := s.rows; ; limit *= nearMore {
		for _, way := range [...]func(context.Context, *nearSearch, int) ([]nearMatch, bool, error){t.takeNear, t.walkNear} {
			matches, done, err := way(ctx, s, limit)
			if err != nil {
				return nil, failed(err, "find actions near")
			}
			if done {
				return matches, nil
			}
		}
	}
}

// walkQuery looks at the first actions by start, and returns those in the covering.
const walkQuery = `
	SELECT a.id, a.starts_at, a.lat, a.lon FROM (
		SELECT a.id, a.starts_at, a.cell, a.lat, a.lon, a.visibility, a.kind FROM actions AS a
		WHERE a.state = 'public' AND a.starts_at >= ? AND a.starts_at < ?
		ORDER BY a.starts_at, a.id LIMIT ?) AS a
	WHERE ? ? ORDER BY a.starts_at, a.id`

// countQuery counts the rows that takeQuery looks at, up to a limit.
const countQuery = `
	WITH r (low, high) AS (?)
	SELECT count(*) FROM (
		SELECT 1 FROM r CROSS JOIN ? AS a WHERE a.state = 'public' AND a.cell BETWEEN r.low AND r.high LIMIT ?) AS counted`

// takeQuery returns the actions in the covering. The plus signs keep a planner that has
// statistics from looking for them by their start.
const takeQuery = `
	WITH r (low, high) AS (?)
	SELECT a.id, a.starts_at, a.lat, a.lon FROM r CROSS JOIN ? AS a
	WHERE a.state = 'public' AND a.cell BETWEEN r.low AND r.high AND +a.starts_at >= ? AND +a.starts_at < ? ?`

// byRange is the table of actions as countQuery and takeQuery join it with r. SQLite
// joins as it is written, range by range; PostgreSQL would rather look at all actions, as
// it cannot know how small the ranges are, unless OFFSET keeps it from looking inside.
func (t *tx) byRange() bun.Safe {
	if t.postgres() {
		return `LATERAL (SELECT id, starts_at, cell, lat, lon, visibility, kind, state FROM actions
			WHERE state = 'public' AND cell BETWEEN r.low AND r.high OFFSET 0)`
	}
	return "actions"
}

// walkNear looks at the first actions by start, limit of them. It reports whether
// s.want of them match.
func (t *tx) walkNear(ctx context.Context, s *nearSearch, limit int) ([]nearMatch, bool, error) {
	rows, err := t.QueryContext(ctx, walkQuery,
		microsOf(s.From), microsOf(s.To), limit, within("a.cell", s.ranges), s.filter())
	if err != nil {
		return nil, false, err
	}
	matches, err := s.first(rows)
	return matches, len(matches) == s.want, err
}

// takeNear takes the actions in the covering of the circle, if they are fewer than limit,
// and reports whether they are. To sort them in the database is faster than to hand them
// all out.
func (t *tx) takeNear(ctx context.Context, s *nearSearch, limit int) ([]nearMatch, bool, error) {
	ranges := rangeValues(s.ranges)
	var n int
	if err := t.NewRaw(countQuery, ranges, t.byRange(), limit).Scan(ctx, &n); err != nil || n >= limit {
		return nil, false, err
	}
	rows, err := t.QueryContext(ctx, takeQuery+" ORDER BY a.starts_at, a.id", ranges, t.byRange(), microsOf(s.From), microsOf(s.To), s.filter())
	if err != nil {
		return nil, false, err
	}
	matches, err := s.first(rows)
	return matches, true, err
}

// first reads rows until s.want of them match, and closes them.
func (s *nearSearch) first(rows *sql.Rows) ([]nearMatch, error) {
	defer rows.Close()
	var matches []nearMatch
	for len(matches) < s.want && rows.Next() {
		m, ok, err := s.scan(rows)
		if err != nil {
			return nil, err
		}
		if ok {
			matches = append(matches, m)
		}
	}
	return matches, rows.Err()
}

// filter is what a query asks for besides time and place, as a condition behind others.
func (s *nearSearch) filter() schema.QueryAppender {
	var parts []any
	query := ""
	if s.Everyone {
		query, parts = " AND a.visibility = ?", append(parts, core.ForEveryone)
	}
	if len(s.Kinds) > 0 {
		query, parts = query+" AND a.kind IN (?)", append(parts, bun.List(s.Kinds))
	}
	if s.For != 0 {
		query += " AND a.id NOT IN (SELECT r.action FROM rsvps AS r WHERE r.supporter = ? AND r.answer = ?)"
		parts = append(parts, s.For, core.NotForMe)
	}
	return bun.SafeQuery(query, parts...)
}

// A scanner is one row of a result.
type scanner interface{ Scan(...any) error }

// scan reads a row and reports whether it is in the circle.
func (s *nearSearch) scan(row scanner) (nearMatch, bool, error) {
	var m nearMatch
	var p geo.Point
	if err := row.Scan(&m.ID, &m.StartsAt, &p.Lat, &p.Lon); err != nil {
		return m, false, err
	}
	m.Distance = geo.Distance(s.Center, p)
	return m, m.Distance <= s.Radius, nil
}

// nearOf returns the actions of matches.
func (t *tx) nearOf(ctx context.Context, matches []nearMatch) ([]core.Near, error) {
	if len(matches) == 0 {
		return nil, nil
	}
	ids := make([]core.ActionID, len(matches))
	for i, m := range matches {
		ids[i] = m.ID
	}
	var rows []actionRow
	err := t.NewRaw("SELECT ? FROM actions AS a WHERE a.id IN (?)", actionColumns, bun.List(ids)).Scan(ctx, &rows)
	if err != nil {
		return nil, failed(err, "read actions near")
	}
	byID := make(map[core.ActionID]*core.Action, len(rows))
	for i := range rows {
		byID[rows[i].ID] = rows[i].action()
	}
	near := make([]core.Near, 0, len(matches))
	for _, m := range matches {
		if a := byID[m.ID]; a != nil { // else it went meanwhile
			near = append(near, core.Near{Action: a, Distance: m.Distance})
		}
	}
	return near, nil
}

// online returns the matches without a place, which have the cell 0.
func (t *tx) online(ctx context.Context, s *nearSearch, skip, limit int) ([]core.Near, error) {
	var rows []actionRow
	err := t.NewRaw(`
		SELECT ? FROM actions AS a
		WHERE a.state = 'public' AND a.cell = 0 AND a.starts_at >= ? AND a.starts_at < ? ?
		ORDER BY a.starts_at, a.id LIMIT ? OFFSET ?`,
		actionColumns, microsOf(s.From), microsOf(s.To), s.filter(), limit, skip,
	).Scan(ctx, &rows)
	if err != nil {
		return nil, failed(err, "find actions online")
	}
	near := make([]core.Near, len(rows))
	for i := range rows {
		near[i] = core.Near{Action: rows[i].action()}
	}
	return near, nil
}
