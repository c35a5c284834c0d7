package geo

import (
	"math"

	"github.com/golang/geo/r3"
	"github.com/golang/geo/s2"
)

// A Field holds points, and finds those near a cell: for a million cells, one after the
// other, in much less time than a database needs. What it learned about a part of the
// world serves the next cell there; so a Field belongs to one goroutine.
type Field struct {
	at    []r3.Vector // the points, on a sphere of radius 1
	views map[view][]int32
}

// A view is a square of the world with the points that any of its cells can see as far
// as reach.
type view struct {
	square s2.CellID
	reach  Km
}

// viewLevel is the level of the squares of views: some 36 km wide. Larger ones show each
// cell more points than it needs, smaller ones serve fewer cells.
const viewLevel = 8

// A Hit is a point of a Field within a circle.
type Hit struct {
	Index    int // in the points that the Field was made of
	Distance Km
}

// NewField makes a Field of points. One that is not Valid is never found.
func NewField(points []Point) *Field {
	f := &Field{at: make([]r3.Vector, len(points)), views: map[view][]int32{}}
	for i, p := range points {
		f.at[i] = r3.Vector{X: math.NaN()}
		if p.Valid() {
			f.at[i] = s2.PointFromLatLng(p.latLng()).Vector
		}
	}
	return f
}

// Near appends to hits the points within radius of the centre of c, in no order. There
// are none if c is not Valid, or radius is negative or no number.
func (f *Field) Near(hits []Hit, c Cell, radius Km) []Hit {
	if !c.Valid() || !(radius >= 0) {
		return hits
	}
	center := s2.CellID(c).Point().Vector
	limit := chord2(radius)
	for _, i := range f.view(s2.CellID(c).Parent(viewLevel), radius) {
		if d := f.at[i].Sub(center).Norm2(); d <= limit {
			hits = append(hits, Hit{Index: int(i), Distance: chordKm(d)})
		}
	}
	return hits
}

// view returns the points that some cell of a square may have within radius.
func (f *Field) view(square s2.CellID, radius Km) []int32 {
	v := view{square: square, reach: 4}
	for v.reach < radius && v.reach < halfway {
		v.reach *= 2
	}
	seen, ok := f.views[v]
	if ok {
		return seen
	}
	bound := s2.CellFromCellID(square).CapBound()
	limit := chord2(Km(bound.Radius())*EarthRadius + v.reach + margin)
	for i, p := range f.at {
		if p.Sub(bound.Center().Vector).Norm2() <= limit {
			seen = append(seen, int32(i))
		}
	}
	f.views[v] = seen
	return seen
}

// halfway is the distance to the other side of the earth.
const halfway = math.Pi * EarthRadius

// chord2 returns the square of the straight line, on a sphere of radius 1, between two
// points that are d apart on the ground.
func chord2(d Km) float64 {
	if d >= halfway {
		return math.Inf(1)
	}
	s := 2 * math.Sin(float64(d/EarthRadius)/2)
	return s * s
}

// chordKm undoes chord2.
func chordKm(d2 float64) Km {
	return Km(2*math.Asin(min(1, math.Sqrt(d2)/2))) * EarthRadius
}
