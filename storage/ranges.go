package storage

import (
	"slices"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"tocsin/core/geo"
)

// coverRanges is into how many ranges of cells a circle is cut. More hold fewer cells
// that are not needed, and cost a search in the index each.
const coverRanges = 8

// within is the condition that a column lies in one of some ranges, for rows that are
// looked at anyway. Most lie outside of all, and one comparison tells. There is at
// least one range, and they are sorted.
func within(column bun.Safe, ranges []geo.Range) schema.QueryAppender {
	parts := make([]any, 0, 3*len(ranges)+3)
	parts = append(parts, column, int64(ranges[0].From), int64(ranges[len(ranges)-1].To))
	for _, r := range ranges {
		parts = append(parts, column, int64(r.From), int64(r.To))
	}
	return bun.SafeQuery("? BETWEEN ? AND ? AND ("+repeated("? BETWEEN ? AND ?", " OR ", len(ranges))+")", parts...)
}

// rangeValues are ranges as a table of two columns. Joined with it, a planner searches
// the index of cells once for each range.
func rangeValues(ranges []geo.Range) schema.QueryAppender {
	parts := make([]any, 0, 2*len(ranges))
	for _, r := range ranges {
		parts = append(parts, int64(r.From), int64(r.To))
	}
	return bun.SafeQuery("VALUES "+repeated("(?, ?)", ", ", len(ranges)), parts...)
}

func repeated(part, sep string, n int) string {
	return strings.Join(slices.Repeat([]string{part}, n), sep)
}
