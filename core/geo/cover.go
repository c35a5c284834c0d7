package geo

import (
	"cmp"
	"math"
	"slices"

	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"
)

// A Range is the cells from From to To, both included, in the order of signed
// numbers.
type Range struct{ From, To Cell }

// Holds reports whether c lies in r.
func (r Range) Holds(c Cell) bool { return r.From <= c && c <= r.To }

// margin is added to each radius, so that rounding never loses a cell.
const margin Km = 0.001

// spread is how many cells are sought for each range that is asked for. On a circle
// in France and 8 ranges, 4 brings what they hold from 3.1 to 1.9 circles.
const spread = 4

// Cover returns ranges that hold every cell with a point within radius of center,
// and some more. They are sorted, apart from each other, and never hold both signs
// or 0. There are at most limit of them, or 2 if limit is less than 2 and the
// circle has cells of both signs; there is none if center is not Valid or radius is
// negative or no number.
func Cover(center Point, radius Km, limit int) []Range {
	if !center.Valid() || !(radius >= 0) {
		return nil
	}
	angle := s1.Angle(min(float64((radius+margin)/EarthRadius), math.Pi))
	circle := s2.CapFromCenterAngle(s2.PointFromLatLng(center.latLng()), angle)
	limit = max(limit, 1)
	coverer := s2.RegionCoverer{MaxLevel: cellLevel, LevelMod: 1, MaxCells: spread * limit}

	var ranges []Range
	for _, id := range coverer.Covering(circle) {
		ranges = append(ranges, Range{
			From: Cell(id.ChildBeginAtLevel(cellLevel)),
			To:   Cell(id.ChildEndAtLevel(cellLevel).Prev()),
		})
	}
	slices.SortFunc(ranges, func(a, b Range) int { return cmp.Compare(a.From, b.From) })
	return join(ranges, limit)
}

// join closes, in sorted ranges, every gap that holds no cell, then the smallest
// gaps until limit ranges are left. The gap around 0 stays.
func join(ranges []Range, limit int) []Range {
	for {
		at, least := -1, Cell(math.MaxInt64)
		for i := 1; i < len(ranges); i++ {
			before, after := ranges[i-1].To, ranges[i].From
			if before < 0 && after > 0 {
				continue
			}
			if gap := after - before; gap < least {
				at, least = i, gap
			}
		}
		if at < 0 || least > cellStep && len(ranges) <= limit {
			return ranges
		}
		ranges[at-1].To = ranges[at].To
		ranges = slices.Delete(ranges, at, at+1)
	}
}
