package storage

import (
	"context"
	"database/sql"

	"tocsin/core"
	"tocsin/core/geo"
)

// antipodes is the greatest distance on earth.
const antipodes = 20_100 * geo.Km(1)

// NearestAction implements core.ActionReader. The circle is doubled until it holds a
// match, which is then the nearest: whatever is nearer lies in the circle, too.
func (t *tx) NearestAction(ctx context.Context, q core.NearQuery) (*core.Near, error) {
	const what = "find nearest action"
	for radius := max(q.Radius, 1); radius < antipodes; {
		radius *= 2
		wider := q
		wider.Radius = min(radius, antipodes)
		m, err := t.nearest(ctx, &nearSearch{NearQuery: wider, ranges: geo.Cover(q.Center, wider.Radius, coverRanges)}, q.Radius)
		if err != nil {
			return nil, failed(err, what)
		}
		if m == nil {
			continue
		}
		near, err := t.nearOf(ctx, []nearMatch{*m})
		if err != nil {
			return nil, err
		}
		if len(near) == 1 { // else it went meanwhile
			return &near[0], nil
		}
	}
	return nil, failed(sql.ErrNoRows, what)
}

// nearest returns the nearest match in the circle of s that is farther than beyond; nil
// if there is none.
func (t *tx) nearest(ctx context.Context, s *nearSearch, beyond geo.Km) (*nearMatch, error) {
	if len(s.ranges) == 0 {
		return nil, nil
	}
	rows, err := t.QueryContext(ctx, takeQuery, rangeValues(s.ranges), t.byRange(), microsOf(s.From), microsOf(s.To), s.filter())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var least *nearMatch
	for rows.Next() {
		m, ok, err := s.scan(rows)
		if err != nil {
			return nil, err
		}
		if ok && m.Distance > beyond && (least == nil || m.before(least)) {
			least = &m
		}
	}
	return least, rows.Err()
}

// before reports whether m is nearer than n, or as near and earlier.
func (m *nearMatch) before(n *nearMatch) bool {
	if m.Distance != n.Distance {
		return m.Distance < n.Distance
	}
	return m.StartsAt < n.StartsAt || m.StartsAt == n.StartsAt && m.ID < n.ID
}
