package geo_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tocsin/core/geo"
)

// places are where the earth is awkward: the poles, the antimeridian, null island.
var awkward = []geo.Point{{Lat: 90}, {Lat: -90}, {Lat: 0.1, Lon: 180}, {Lat: -17, Lon: -179.99}, {Lat: -17, Lon: 179.99}, {}, {Lat: 48.85, Lon: 2.35}}

func drawPoint(t *rapid.T, label string) geo.Point {
	p := rapid.SampledFrom(awkward).Draw(t, label+" about")
	if rapid.Bool().Draw(t, label+" anywhere") {
		p = geo.Point{Lat: rapid.Float64Range(-90, 90).Draw(t, "lat"), Lon: rapid.Float64Range(-180, 180).Draw(t, "lon")}
	}
	p.Lat = max(-90, min(90, p.Lat+rapid.Float64Range(-1, 1).Draw(t, "north")))
	p.Lon = math.Remainder(p.Lon+rapid.Float64Range(-1, 1).Draw(t, "east"), 360)
	return p
}

func TestFieldFindsWhatIsWithinTheRadiusAndNothingElse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		points := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) geo.Point { return drawPoint(t, "action") }), 0, 40).Draw(t, "points")
		f := geo.NewField(points)
		for range 5 { // later cells are served by what earlier ones left
			cell := geo.CellOf(drawPoint(t, "person"))
			radius := geo.Km(rapid.Float64Range(0, 21_000).Draw(t, "radius"))
			if rapid.Bool().Draw(t, "usual") {
				radius = geo.Km(rapid.IntRange(1, 100).Draw(t, "km"))
			}
			found := map[int]geo.Km{}
			for _, h := range f.Near(nil, cell, radius) {
				found[h.Index] = h.Distance
			}
			for i, p := range points {
				want := geo.Distance(cell.Center(), p)
				got, ok := found[i]
				if near := math.Abs(float64(want-radius)) < 1e-6; ok != (want <= radius) && !near {
					t.Fatalf("a point %v km away with a radius of %v km: found %v", float64(want), float64(radius), ok)
				}
				if ok && math.Abs(float64(got-want)) > 1e-3 {
					t.Fatalf("the distance is %v km, want %v km", float64(got), float64(want))
				}
			}
		}
	})
}

func TestFieldFindsNothingAroundWhatIsNoCellOrRadius(t *testing.T) {
	t.Parallel()
	f := geo.NewField([]geo.Point{{Lat: 48.85, Lon: 2.35}, {Lat: math.NaN()}})
	cell := geo.CellOf(geo.Point{Lat: 48.85, Lon: 2.35})
	for _, q := range []struct {
		cell   geo.Cell
		radius geo.Km
	}{{0, 10}, {1, 10}, {cell, -1}, {cell, geo.Km(math.NaN())}} {
		if hits := f.Near(nil, q.cell, q.radius); len(hits) != 0 {
			t.Errorf("around %d within %v it found %d", int64(q.cell), float64(q.radius), len(hits))
		}
	}
	hits := f.Near(nil, cell, geo.Km(math.Inf(1)))
	if !slices.ContainsFunc(hits, func(h geo.Hit) bool { return h.Index == 0 }) || len(hits) != 1 {
		t.Errorf("in the whole world it found %v", hits)
	}
}
