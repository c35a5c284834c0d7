package geo_test

import (
	"fmt"
	"testing"

	"github.com/golang/geo/s2"
	"pgregory.net/rapid"

	"tocsin/core/geo"
)

// A square is 256 cells, wherever it is, and says nothing when it is printed.
func TestASquareHoldsItsCells(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := geo.CellOf(point(t, "p"))
		s := c.Square()
		if !s.Holds(c) || s.Holds(0) || geo.Square(0).Holds(c) {
			t.Fatal("the square does not hold its cell alone")
		}
		id, n := s2.CellID(s), 0
		for child := id.ChildBeginAtLevel(13); child != id.ChildEndAtLevel(13); child = child.Next() {
			if s.Holds(geo.Cell(child)) {
				n++
			}
		}
		if id.Level() != 9 || n != 256 {
			t.Fatalf("level %d, %d cells", id.Level(), n)
		}
		if text := fmt.Sprintf("%d %v %s %#v", s, s, s, s); text != "[square] [square] [square] [square]" {
			t.Fatal(text)
		}
	})
	if geo.Cell(0).Square() != 0 || geo.Cell(42).Square() != 0 {
		t.Error("what is no cell lies in a square")
	}
}
