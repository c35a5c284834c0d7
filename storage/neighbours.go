package storage

import (
	"cmp"
	"context"
	"database/sql"
	"slices"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"tocsin/core"
	"tocsin/core/geo"
)

// circleRanges is into how many ranges of cells the circle of each class of radii is cut.
const circleRanges = 12

// neighbourQuery walks over the index supporters_near, range by range.
const neighbourQuery = `
	WITH r (class, low, high) AS (?)
	SELECT s.id, s.cell, s.radius FROM r CROSS JOIN ? AS s
	WHERE s.often = 'instantly' AND s.state = 'active' AND NOT s.stopped
		AND s.radius_class = r.class AND s.cell BETWEEN r.low AND r.high`

// byClass is the table of people as neighbourQuery joins it with r: see byRange.
func (t *tx) byClass() bun.Safe {
	if t.postgres() {
		return `LATERAL (SELECT id, cell, radius, radius_class, often, state, stopped FROM supporters
			WHERE often = 'instantly' AND state = 'active' AND NOT stopped
				AND radius_class = r.class AND cell BETWEEN r.low AND r.high OFFSET 0)`
	}
	return "supporters"
}

// Neighbours implements core.AlertReader. Without a limit it returns all.
func (t *tx) Neighbours(ctx context.Context, c core.Circle) ([]core.Neighbour, error) {
	classes := classRanges(c)
	if classes == nil {
		return nil, nil
	}
	rows, err := t.QueryContext(ctx, neighbourQuery, classes, t.byClass())
	if err != nil {
		return nil, failed(err, "find neighbours")
	}
	found, err := neighboursOf(rows, c)
	if err != nil {
		return nil, failed(err, "read neighbours")
	}
	slices.SortFunc(found, func(a, b core.Neighbour) int {
		return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.ID, b.ID))
	})
	if c.Limit > 0 && len(found) > c.Limit {
		found = found[:c.Limit]
	}
	return found, nil
}

// classRanges are the ranges of cells in which people of each class of radii may be, as a
// table of three columns; nil if the centre is none.
func classRanges(c core.Circle) schema.QueryAppender {
	var parts []any
	for _, class := range core.Radii {
		for _, r := range geo.Cover(c.Center, geo.Km(class)*geo.Km(c.Wider), circleRanges) {
			parts = append(parts, class, int64(r.From), int64(r.To))
		}
	}
	if parts == nil {
		return nil
	}
	return bun.SafeQuery("VALUES "+repeated("(?, ?, ?)", ", ", len(parts)/3), parts...)
}

// neighboursOf reads rows, closes them, and keeps those whose own radius reaches the
// centre. People of one cell follow each other: its distance is computed once.
func neighboursOf(rows *sql.Rows, c core.Circle) ([]core.Neighbour, error) {
	defer rows.Close()
	var out []core.Neighbour
	var n core.Neighbour
	var cell, last core.Cell
	var radius core.Radius
	for rows.Next() {
		if err := rows.Scan(&n.ID, &cell, &radius); err != nil {
			return nil, err
		}
		if cell != last {
			n.Distance, last = geo.Distance(cell.Center(), c.Center), cell
		}
		if n.Distance <= geo.Km(radius)*geo.Km(c.Wider) {
			out = append(out, n)
		}
	}
	return out, rows.Err()
}
