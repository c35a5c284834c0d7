package geo_test

import (
	"math"
	"slices"
	"strconv"
	"testing"

	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"
	"pgregory.net/rapid"

	"tocsin/core/geo"
)

func holds(ranges []geo.Range, c geo.Cell) bool {
	return slices.ContainsFunc(ranges, func(r geo.Range) bool { return r.Holds(c) })
}

// count returns how many cells the ranges hold.
func count(ranges []geo.Range) float64 {
	n := 0.0
	for _, r := range ranges {
		n += float64(r.To-r.From)/(1<<35) + 1
	}
	return n
}

// radius draws a radius from 0 to half around the world, small ones as often as
// large ones.
func radius(t *rapid.T) geo.Km {
	exponent := rapid.Float64Range(-4, 4.301).Draw(t, "radius, as a power of ten")
	return rapid.SampledFrom([]geo.Km{0, 1, 10000, 20000, 20015.2, geo.Km(math.Pow(10, exponent))}).Draw(t, "radius")
}

// away returns the point at distance d from p in the given direction.
func away(p geo.Point, d geo.Km, direction float64) geo.Point {
	v := vector(p)
	east := v.Ortho()
	north := v.Cross(east)
	ahead := east.Mul(math.Cos(direction)).Add(north.Mul(math.Sin(direction)))
	angle := float64(d / geo.EarthRadius)
	return pointAt(s2.Point{Vector: v.Mul(math.Cos(angle)).Add(ahead.Mul(math.Sin(angle)))})
}

func TestCoverHoldsEveryPointOfTheCircle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		center, r := point(t, "center"), radius(t)
		ranges := geo.Cover(center, r, rapid.IntRange(1, 32).Draw(t, "limit"))
		if !holds(ranges, geo.CellOf(center)) {
			t.Fatal("the centre is not covered")
		}
		for range 20 {
			part := rapid.SampledFrom([]float64{1, 0.999, rapid.Float64Range(0, 1).Draw(t, "part")}).Draw(t, "of radius")
			p := away(center, r*geo.Km(part), rapid.Float64Range(0, 2*math.Pi).Draw(t, "direction"))
			if geo.Distance(center, p) <= r && !holds(ranges, geo.CellOf(p)) {
				t.Fatalf("the point %v, %v is not covered", p.Lat, p.Lon)
			}
		}
	})
}

// TestCoverHoldsACellThatIsOnlyTouched has the radius end exactly at the point, as
// near as Distance can tell.
func TestCoverHoldsACellThatIsOnlyTouched(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		center, p := point(t, "center"), point(t, "p")
		ranges := geo.Cover(center, geo.Distance(center, p), rapid.IntRange(1, 16).Draw(t, "limit"))
		if !holds(ranges, geo.CellOf(p)) {
			t.Fatal("the point is not covered")
		}
	})
}

// TestCoverHoldsEveryCellAround asks S2 for the distance of each cell of the
// surroundings.
func TestCoverHoldsEveryCellAround(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		center := point(t, "center")
		r := geo.Km(rapid.Float64Range(0, 4).Draw(t, "radius"))
		ranges := geo.Cover(center, r, rapid.IntRange(1, 16).Draw(t, "limit"))
		seen := map[s2.CellID]bool{}
		next := []s2.CellID{s2.CellID(geo.CellOf(center))}
		for len(next) > 0 {
			id := next[0]
			next = next[1:]
			d := s2.CellFromCellID(id).Distance(vector(center)).Angle()
			if seen[id] || geo.Km(d)*geo.EarthRadius > r {
				continue
			}
			seen[id] = true
			if !holds(ranges, geo.Cell(id)) {
				t.Fatalf("the cell %v is not covered", id)
			}
			next = append(next, id.AllNeighbors(id.Level())...)
		}
	})
}

func TestRangesAreInSignedOrderAndApart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(-1, 32).Draw(t, "limit")
		ranges := geo.Cover(point(t, "center"), radius(t), limit)
		if len(ranges) == 0 || len(ranges) > max(limit, 2) {
			t.Fatalf("%d ranges, want 1 to %d", len(ranges), max(limit, 2))
		}
		for i, r := range ranges {
			if !r.From.Valid() || !r.To.Valid() || r.From > r.To || (r.From < 0) != (r.To < 0) {
				t.Fatalf("range %d from %d to %d", i, int64(r.From), int64(r.To))
			}
			if i > 0 && s2.CellID(ranges[i-1].To).Next() == s2.CellID(r.From) {
				t.Fatalf("range %d goes on where the one before ends", i)
			}
			if i > 0 && ranges[i-1].To >= r.From {
				t.Fatalf("range %d overlaps the one before", i)
			}
		}
	})
}

func TestCoverOfTheWorldIsTwoRanges(t *testing.T) {
	t.Parallel()
	for _, f := range faces {
		for _, r := range []geo.Km{20015.2, 40000, geo.Km(math.Inf(1))} {
			ranges := geo.Cover(f.at, r, 8)
			if n := count(ranges); len(ranges) != 2 || n != 6*math.Pow(4, 13) {
				t.Errorf("%s, %v km: %d ranges of %v cells", f.place, r, len(ranges), n)
			}
		}
	}
}

func TestCoverOfRadiusZeroIsOneCell(t *testing.T) {
	t.Parallel()
	for _, f := range faces {
		c := geo.CellOf(f.at)
		ranges := geo.Cover(c.Center(), 0, 8)
		if len(ranges) != 1 || ranges[0] != (geo.Range{From: c, To: c}) {
			t.Errorf("%s: %d ranges of %v cells, want the one cell", f.place, len(ranges), count(ranges))
		}
	}
}

func TestCoverOfNothingIsEmpty(t *testing.T) {
	t.Parallel()
	paris, nan := faces[2].at, math.NaN()
	for name, ranges := range map[string][]geo.Range{
		"negative radius": geo.Cover(paris, -1, 8),
		"no radius":       geo.Cover(paris, geo.Km(nan), 8),
		"no centre":       geo.Cover(geo.Point{Lat: nan}, 10, 8),
		"not on earth":    geo.Cover(geo.Point{Lat: 91}, 10, 8),
	} {
		if ranges != nil {
			t.Errorf("%s: %d ranges", name, len(ranges))
		}
	}
}

// TestCoverIsTight bounds, over a grid of towns, how much more than the circle the
// database has to read.
func TestCoverIsTight(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		radius geo.Km
		limit  int
		most   float64
	}{
		{5, 8, 2.5}, {25, 8, 2.3}, {100, 8, 2.3}, {25, 16, 2.0}, {25, 4, 3.2}, {1000, 8, 2.1},
	} {
		var cells, circles float64
		for lat := 42.5; lat < 51; lat++ {
			for lon := -4.5; lon < 8; lon++ {
				cells += count(geo.Cover(geo.Point{Lat: lat, Lon: lon}, c.radius, c.limit))
				circles += s2.CapFromCenterAngle(s2.PointFromCoords(1, 0, 0), s1.Angle(c.radius/geo.EarthRadius)).Area() /
					(4 * math.Pi) * 6 * math.Pow(4, 13)
			}
		}
		if ratio := cells / circles; ratio > c.most {
			t.Errorf("%v km in %d ranges: %.2f circles, want at most %.1f", c.radius, c.limit, ratio, c.most)
		}
	}
}

func BenchmarkCover(b *testing.B) {
	for _, r := range []geo.Km{5, 25, 100} {
		b.Run(strconv.Itoa(int(r))+"km", func(b *testing.B) {
			for b.Loop() {
				geo.Cover(geo.Point{Lat: 48.8566, Lon: 2.3522}, r, 8)
			}
		})
	}
}
