package geo_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"

	"tocsin/core/geo"
)

func TestNewPointRefusesWhatIsNotOnTheEarth(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(1)
	for _, bad := range [][2]float64{
		{90.0001, 0}, {-90.0001, 0}, {0, 180.0001}, {0, -180.0001},
		{nan, 0}, {0, nan}, {inf, 0}, {-inf, 0}, {0, inf}, {0, -inf},
	} {
		if _, err := geo.NewPoint(bad[0], bad[1]); !errors.Is(err, geo.ErrRange) {
			t.Errorf("NewPoint(%v): err = %v, want ErrRange", bad, err)
		}
	}
}

func TestNewPointHasOneSpellingOfEachPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want [2]float64 }{
		{[2]float64{48.85, 2.35}, [2]float64{48.85, 2.35}},
		{[2]float64{-18, -180}, [2]float64{-18, 180}},
		{[2]float64{-18, 180}, [2]float64{-18, 180}},
		{[2]float64{90, -180}, [2]float64{90, 0}},
		{[2]float64{-90, 77}, [2]float64{-90, 0}},
	} {
		p, err := geo.NewPoint(c.in[0], c.in[1])
		if err != nil || p.Lat != c.want[0] || p.Lon != c.want[1] {
			t.Errorf("NewPoint(%v) = %v, %v, %v, want %v", c.in, p.Lat, p.Lon, err, c.want)
		}
	}
}

// TestNothingPrintsAPlace prints and logs a point, a cell, and what holds them, in
// every way there is, and looks for a digit.
func TestNothingPrintsAPlace(t *testing.T) {
	t.Parallel()
	point := geo.Point{Lat: 48.8566, Lon: 2.3522}
	cell := geo.CellOf(point)
	holder := struct {
		At      geo.Point
		In      geo.Cell
		Near    []geo.Range
		Pointer *geo.Point
	}{point, cell, []geo.Range{{From: cell, To: cell}}, nil}

	var out bytes.Buffer
	for _, value := range []any{point, &point, cell, holder} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%f", "%.2g", "%08b"} {
			text := fmt.Sprintf(verb, value)
			out.WriteString(strings.ReplaceAll(text, "float64", "") + "\n")
		}
	}
	fmt.Fprintln(&out, point.String(), point.GoString(), cell.String(), cell.GoString())
	plain := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	options := &slog.HandlerOptions{ReplaceAttr: plain}
	slog.New(slog.NewTextHandler(&out, options)).Info("found", "point", point, "cell", cell, "holder", holder)
	slog.New(slog.NewJSONHandler(&out, options)).Info("found", "point", point, "cell", cell)

	if strings.ContainsAny(out.String(), "0123456789") {
		t.Errorf("a place is printed:\n%s", out.String())
	}
	for _, word := range []string{"[point]", "[cell]"} {
		if !strings.Contains(out.String(), word) {
			t.Errorf("%s is missing:\n%s", word, out.String())
		}
	}
}

func TestCellIsAPlainNumberInJSON(t *testing.T) {
	t.Parallel()
	for _, c := range []geo.Cell{0, geo.CellOf(geo.Point{Lat: 48.8566, Lon: 2.3522}), geo.CellOf(geo.Point{Lat: -12.05, Lon: -77.04})} {
		text, err := json.Marshal(c)
		number, _ := json.Marshal(int64(c))
		if err != nil || !bytes.Equal(text, number) {
			t.Errorf("Marshal = %s, %v, want %s", text, err, number)
		}
		var back geo.Cell
		if err := json.Unmarshal(text, &back); err != nil || back != c {
			t.Errorf("Unmarshal(%s) = %d, %v", text, int64(back), err)
		}
	}
}
