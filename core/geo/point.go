package geo

import (
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/golang/geo/s2"
)

// ErrRange says that a latitude or longitude is no number or outside ±90, ±180 degrees.
var ErrRange = errors.New("geo: check range of point")

// A Point is a place on the earth in degrees (WGS 84), north and east positive.
//
// It prints and logs as "[point]" whatever the verb, also in an exported field of
// what is printed. In an unexported field fmt cannot call its methods, and JSON
// holds the exact values: log neither.
type Point struct{ Lat, Lon float64 }

// NewPoint returns the point at lat and lon, in degrees. It fails with ErrRange if
// lat is not within ±90 or lon not within ±180. Two spellings of one place give the
// same point: a longitude of -180 becomes 180, that of a pole 0 (RFC 5870, 3.4).
func NewPoint(lat, lon float64) (Point, error) {
	p := Point{Lat: lat, Lon: lon}
	if !p.Valid() {
		return Point{}, ErrRange
	}
	if lat == 90 || lat == -90 {
		p.Lon = 0
	} else if lon == -180 {
		p.Lon = 180
	}
	return p, nil
}

// Valid reports whether p is on the earth: both values are numbers within range.
func (p Point) Valid() bool {
	return p.Lat >= -90 && p.Lat <= 90 && p.Lon >= -180 && p.Lon <= 180
}

func (Point) String() string             { return "[point]" }
func (Point) GoString() string           { return "[point]" }
func (Point) LogValue() slog.Value       { return slog.StringValue("[point]") }
func (Point) Format(s fmt.State, _ rune) { io.WriteString(s, "[point]") }

func (p Point) latLng() s2.LatLng { return s2.LatLngFromDegrees(p.Lat, p.Lon) }
