package storage

import (
	"cmp"
	"context"
	"slices"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"tocsin/core"
	"tocsin/core/geo"
)

// Two ways lead to the first actions within a circle. To walk all actions by their start
// and pick those in the circle is fast where the circle holds many; to take all in the
// circle and sort them is fast where it holds few. Which it is nobody knows before, so
// both are tried in turn, each time with more rows, until one of them ends. What that
// costs is at most a few times what the better way alone would.
const (
	nearRows = 1000 // of the first try
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
		for _, way := range [...]func(context.Context, *nearSearch, int) ([]nearMatch, bool, error){t.walkNear, t.takeNear} {
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

// takeQuery returns the actions in the covering, in no order.
const takeQuery = `
	WITH r (low, high) AS (?)
	SELECT a.id, a.starts_at, a.lat, a.lon FROM r CROSS JOIN actions AS a
	WHERE a.state = 'public' AND a.cell BETWEEN r.low AND r.high AND a.starts_at >= ? AND a.starts_at < ? ?
	LIMIT ?`

// walkNear looks at the first actions by start, limit of them. It reports whether
// s.want of them match.
func (t *tx) walkNear(ctx context.Context, s *nearSearch, limit int) ([]nearMatch, bool, error) {
	rows, err := t.QueryContext(ctx, walkQuery,
		microsOf(s.From), microsOf(s.To), limit, within("a.cell", s.ranges), s.filter())
	if err != nil {
		return nil, false, err
	}
	defer rows.Close()
	var matches []nearMatch
	for len(matches) < s.want && rows.Next() {
		m, ok, err := s.scan(rows)
		if err != nil {
			return nil, false, err
		}
		if ok {
			matches = append(matches, m)
		}
	}
	return matches, len(matches) == s.want, rows.Err()
}

// takeNear takes the actions in the covering of the circle, limit of them. It reports
// whether these are all.
func (t *tx) takeNear(ctx context.Context, s *nearSearch, limit int) ([]nearMatch, bool, error) {
	rows, err := t.QueryContext(ctx, takeQuery,
		rangeValues(s.ranges), microsOf(s.From), microsOf(s.To), s.filter(), limit)
	if err != nil {
		return nil, false, err
	}
	defer rows.Close()
	var matches []nearMatch
	n := 0
	for ; rows.Next(); n++ {
		m, ok, err := s.scan(rows)
		if err != nil {
			return nil, false, err
		}
		if ok {
			matches = append(matches, m)
		}
	}
	slices.SortFunc(matches, func(a, b nearMatch) int {
		return cmp.Or(cmp.Compare(a.StartsAt, b.StartsAt), cmp.Compare(a.ID, b.ID))
	})
	return matches[:min(s.want, len(matches))], n < limit, rows.Err()
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
