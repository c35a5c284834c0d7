package geo_test

import (
	"math"
	"testing"

	"github.com/golang/geo/s2"
	"pgregory.net/rapid"

	"tocsin/core/geo"
)

// faces has a place on each face of S2's cube, in their order.
var faces = [...]struct {
	place    string
	at       geo.Point
	negative bool
}{
	{"Douala", geo.Point{Lat: 4.05, Lon: 9.70}, false},
	{"Mumbai", geo.Point{Lat: 19.08, Lon: 72.88}, false},
	{"Paris", geo.Point{Lat: 48.8566, Lon: 2.3522}, false},
	{"Suva", geo.Point{Lat: -18.1416, Lon: 178.4419}, false},
	{"Lima", geo.Point{Lat: -12.05, Lon: -77.04}, true},
	{"Dumont d'Urville", geo.Point{Lat: -66.66, Lon: 140.00}, true},
}

func TestEachFaceHasCells(t *testing.T) {
	t.Parallel()
	for face, f := range faces {
		c := geo.CellOf(f.at)
		if got := s2.CellID(c).Face(); got != face {
			t.Errorf("%s is on face %d, want %d", f.place, got, face)
		}
		if !c.Valid() {
			t.Errorf("%s: the cell is not valid", f.place)
		}
		if (c < 0) != f.negative {
			t.Errorf("%s: the cell is negative: %v", f.place, c < 0)
		}
		if geo.CellOf(c.Center()) != c {
			t.Errorf("%s: the centre is in another cell", f.place)
		}
	}
}

func TestCellHoldsItsCenterAndReaches950Metres(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := point(t, "p")
		c := geo.CellOf(p)
		if !c.Valid() {
			t.Fatal("the cell is not valid")
		}
		if geo.CellOf(c.Center()) != c {
			t.Fatal("the centre is in another cell")
		}
		if d := geo.Distance(p, c.Center()); d > 0.95 {
			t.Fatalf("the centre is %v km away", d)
		}
		cell := s2.CellFromCellID(s2.CellID(c))
		for corner := range 4 {
			if d := geo.Distance(pointAt(cell.Vertex(corner)), c.Center()); d > 0.95 {
				t.Fatalf("a corner is %v km from the centre", d)
			}
		}
	})
}

func TestValidKnowsCellsFromOtherNumbers(t *testing.T) {
	t.Parallel()
	paris := s2.CellID(geo.CellOf(faces[2].at))
	for name, id := range map[string]s2.CellID{
		"none":             0,
		"one":              1,
		"all bits":         math.MaxUint64,
		"parent":           paris.Parent(12),
		"child":            paris.ChildBegin(),
		"leaf":             paris.RangeMin(),
		"neighbour by one": paris + 1,
		"a seventh face":   6<<61 | paris&(1<<61-1),
	} {
		c := geo.Cell(id)
		if c.Valid() {
			t.Errorf("%s: valid", name)
		}
		c.Center() // means nothing, but does not panic
	}
}

func TestCellOfNoPointIsNone(t *testing.T) {
	t.Parallel()
	for _, p := range []geo.Point{{Lat: 91}, {Lon: -181}, {Lat: math.NaN()}, {Lon: math.Inf(1)}} {
		if c := geo.CellOf(p); c != 0 {
			t.Errorf("CellOf(%v, %v) = %d, want 0", p.Lat, p.Lon, int64(c))
		}
	}
}
