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
	views map[view]*seen
	last  view // the one that was looked at last, and what it shows
	shown *seen
	held  int // points in all views
}

// A view is a square of the world, and how far its cells look.
type view struct {
	square s2.CellID
	reach  Km
}

// A seen is the points that some cell of a view can see.
type seen struct {
	at    []r3.Vector
	index []int32
}

// viewLevel is the level of the squares of views: some 36 km wide. Larger ones show each
// cell more points than it needs, smaller ones serve fewer cells.
const viewLevel = 8

// mostHeld is how many points the views may hold together: some 60 MB.
const mostHeld = 2_000_000

// A Hit is a point of a Field within a circle.
type Hit struct {
	Index    int // in the points that the Field was made of
	Distance Km
}

// NewField makes a Field of points. One that is not Valid is never found.
func NewField(points []Point) *Field {
	f := &Field{at: make([]r3.Vector, len(points)), views: map[view]*seen{}}
	for i, p := range points {
		f.at[i] = r3.Vector{X: math.NaN()}
		if p.Valid() {
			f.at[i] = s2.PointFromLatLng(p.latLng()).Vector
		}
	}
	return f
}

// Near appends to hits the points within radius of the centre of c, in the order in which
// the Field was given them. There are none if c is not Valid, or radius is negative or no
// number.
func (f *Field) Near(hits []Hit, c Cell, radius Km) []Hit {
	f.Each(c, radius, func(h Hit) bool {
		hits = append(hits, h)
		return true
	})
	return hits
}

// Each hands out what Near returns, until yield returns false.
func (f *Field) Each(c Cell, radius Km, yield func(Hit) bool) {
	if !c.Valid() || !(radius >= 0) {
		return
	}
	center := s2.CellID(c).Point().Vector
	limit := chord2(radius)
	v := f.view(s2.CellID(c).Parent(viewLevel), radius)
	for i, p := range v.at {
		x, y, z := p.X-center.X, p.Y-center.Y, p.Z-center.Z
		if d := x*x + y*y + z*z; d <= limit && !yield(Hit{Index: int(v.index[i]), Distance: chordKm(d)}) {
			return
		}
	}
}

// view returns the points that some cell of a square may have within radius.
func (f *Field) view(square s2.CellID, radius Km) *seen {
	const step = 5 // most radii are multiples of it
	v := view{square: square, reach: step * Km(math.Ceil(float64(min(radius, halfway)/step)))}
	if f.shown != nil && v == f.last {
		return f.shown
	}
	out, ok := f.views[v]
	if !ok {
		if f.held > mostHeld {
			clear(f.views)
			f.held = 0
		}
		out = f.look(v)
		f.views[v] = out
		f.held += len(out.at)
	}
	f.last, f.shown = v, out
	return out
}

// look finds the points of a view.
func (f *Field) look(v view) *seen {
	out := new(seen)
	bound := s2.CellFromCellID(v.square).CapBound()
	limit := chord2(Km(bound.Radius())*EarthRadius + v.reach + margin)
	center := bound.Center().Vector
	for i, p := range f.at {
		if p.Sub(center).Norm2() <= limit {
			out.at, out.index = append(out.at, p), append(out.index, int32(i))
		}
	}
	return out
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

// chordKm undoes chord2. For short chords the first terms of the series of the arcsine are
// enough: what they leave out is less than a millimetre.
func chordKm(d2 float64) Km {
	const short = 0.02 // 900 km
	if d2 < short {
		return Km(math.Sqrt(d2)*(1+d2*(1./24+d2*(3./640+d2*5./7168)))) * EarthRadius
	}
	return Km(2*math.Asin(min(1, math.Sqrt(d2)/2))) * EarthRadius
}
