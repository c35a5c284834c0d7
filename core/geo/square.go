package geo

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/golang/geo/s2"
)

// squareLevel is the level of every Square.
const squareLevel = 9

// A Square is an S2 cell of level 9: 324 km² on average, some eighteen kilometres wide.
// It is the coarse grid on which wishes are counted, kept as the bit pattern of the S2
// id like a Cell, and printed as "[square]". 0 is none.
type Square int64

// Square returns the square that c lies in, or 0 if c is not Valid.
func (c Cell) Square() Square {
	if !c.Valid() {
		return 0
	}
	return Square(s2.CellID(c).Parent(squareLevel))
}

// Center returns the middle of s.
func (s Square) Center() Point {
	l := s2.CellID(s).LatLng()
	return Point{Lat: l.Lat.Degrees(), Lon: l.Lng.Degrees()}
}

// Holds reports whether c lies in s.
func (s Square) Holds(c Cell) bool { return s != 0 && c.Square() == s }

func (Square) String() string             { return "[square]" }
func (Square) GoString() string           { return "[square]" }
func (Square) LogValue() slog.Value       { return slog.StringValue("[square]") }
func (Square) Format(s fmt.State, _ rune) { io.WriteString(s, "[square]") }
