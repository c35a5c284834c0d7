package geo

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/golang/geo/s2"
)

// cellLevel is the level of every Cell.
const cellLevel = 13

// cellStep is the difference between the ids of two cells that follow each other
// on a face: twice the lowest set bit of an id of level 13.
const cellStep Cell = 1 << (2*(s2.MaxLevel-cellLevel) + 1)

// A Cell is an S2 cell of level 13: 1.27 km² on average, from 0.76 to 1.60 km². No
// point of a cell is more than 0.95 km from its centre.
//
// Its value is the bit pattern of the S2 id as a signed number, for databases have
// no other: the cells of the faces 4 and 5 (most of the Americas, the Antarctic), a
// third of the world's, are negative. 0 is no cell. It prints and logs as "[cell]",
// but is stored, and written in JSON, as the number.
type Cell int64

// CellOf returns the cell that p lies in, or 0 if p is not Valid.
func CellOf(p Point) Cell {
	if !p.Valid() {
		return 0
	}
	return Cell(s2.CellIDFromLatLng(p.latLng()).Parent(cellLevel))
}

// Center returns the centre of c. If c is not Valid the point means nothing.
func (c Cell) Center() Point {
	ll := s2.CellID(c).LatLng()
	return Point{Lat: ll.Lat.Degrees(), Lon: ll.Lng.Degrees()}
}

// Valid reports whether c is a cell of level 13.
func (c Cell) Valid() bool {
	id := s2.CellID(c)
	return id.IsValid() && id.Level() == cellLevel
}

func (Cell) String() string             { return "[cell]" }
func (Cell) GoString() string           { return "[cell]" }
func (Cell) LogValue() slog.Value       { return slog.StringValue("[cell]") }
func (Cell) Format(s fmt.State, _ rune) { io.WriteString(s, "[cell]") }

// Token returns the name that S2 gives to the cell of an id of any level.
func (c Cell) Token() string { return s2.CellID(c).ToToken() }
