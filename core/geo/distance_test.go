package geo_test

import (
	"math"
	"testing"

	"github.com/golang/geo/s2"
	"pgregory.net/rapid"

	"tocsin/core/geo"
)

// What differs by rounding alone differs by less than 1 m, even between antipodes.
const rounding geo.Km = 0.001

func abs(d geo.Km) geo.Km { return geo.Km(math.Abs(float64(d))) }

func TestDistanceOfKnownPlaces(t *testing.T) {
	t.Parallel()
	var (
		paris     = geo.Point{Lat: 48.8566, Lon: 2.3522}
		lyon      = geo.Point{Lat: 45.764, Lon: 4.8357}
		reunion   = geo.Point{Lat: -20.8789, Lon: 55.4481} // Saint-Denis
		newYork   = geo.Point{Lat: 40.7128, Lon: -74.006}
		suva      = geo.Point{Lat: -18.1416, Lon: 178.4419}
		apia      = geo.Point{Lat: -13.8333, Lon: -171.7667}
		ushuaia   = geo.Point{Lat: -54.8019, Lon: -68.303}
		hobart    = geo.Point{Lat: -42.8821, Lon: 147.3272}
		quito     = geo.Point{Lat: -0.1807, Lon: -78.4678}
		singapore = geo.Point{Lat: 1.3521, Lon: 103.8198}
		north     = geo.Point{Lat: 90}
		south     = geo.Point{Lat: -90}
	)
	for _, c := range []struct {
		name      string
		a, b      geo.Point
		sphere    geo.Km // by the vector formula
		ellipsoid geo.Km // WGS 84, by Vincenty's; 0 where it is not used
	}{
		{"Paris to Lyon", paris, lyon, 391.499, 391.713},
		{"Paris to Saint-Denis", paris, reunion, 9364.581, 9343.665},
		{"Paris to New York", paris, newYork, 5837.249, 5852.935},
		{"Suva to Apia over the antimeridian", suva, apia, 1150.704, 1151.052},
		{"Ushuaia to Hobart", ushuaia, hobart, 8641.499, 8666.210},
		{"Quito to Singapore, nearly antipodes", quito, singapore, 19729.359, 19743.446},
		{"pole to pole", north, south, 20015.115, 20003.931},
		{"north pole to Paris", north, paris, 4574.944, 0},
		{"a pole under two longitudes", north, geo.Point{Lat: 90, Lon: 120}, 0, 0},
		{"one degree over the antimeridian", geo.Point{Lon: 179.5}, geo.Point{Lon: -179.5}, 111.195, 111.319},
		{"the antimeridian under both signs", geo.Point{Lat: 5, Lon: 180}, geo.Point{Lat: 5, Lon: -180}, 0, 0},
		{"antipodes on the equator", geo.Point{Lon: 40}, geo.Point{Lon: -140}, 20015.115, 0},
		{"a place to itself", paris, paris, 0, 0},
	} {
		got := geo.Distance(c.a, c.b)
		if abs(got-c.sphere) > rounding {
			t.Errorf("%s: %.4f km, want %.3f km", c.name, got, c.sphere)
		}
		if c.ellipsoid != 0 && abs(got-c.ellipsoid) > c.ellipsoid*0.006 {
			t.Errorf("%s: %.4f km, over 0.6 %% from the ellipsoid's %.3f km", c.name, got, c.ellipsoid)
		}
	}
}

func TestDistanceIsAMetricAndAgreesWithVectors(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := point(t, "a"), point(t, "b"), point(t, "c")
		ab, bc, ac := geo.Distance(a, b), geo.Distance(b, c), geo.Distance(a, c)
		if d := abs(ab - geo.Distance(b, a)); d > rounding {
			t.Fatalf("there and back differ by %v km", d)
		}
		if geo.Distance(a, a) != 0 {
			t.Fatal("a point is away from itself")
		}
		if ab < 0 || ab > 20015.116 {
			t.Fatalf("%v km is longer than half a great circle", ab)
		}
		if ac > ab+bc+rounding {
			t.Fatalf("the detour %v + %v km is shorter than %v km", ab, bc, ac)
		}
		if d := abs(ab - geo.Km(vector(a).Distance(vector(b)))*geo.EarthRadius); d > rounding {
			t.Fatalf("vectors differ by %v km", d)
		}
	})
}

func TestBandOf(t *testing.T) {
	t.Parallel()
	inf := geo.Km(math.Inf(1))
	for _, c := range []struct {
		d    geo.Km
		want geo.Band
	}{
		{-1, geo.Band{From: 0, To: 2}},
		{0, geo.Band{From: 0, To: 2}},
		{1.999, geo.Band{From: 0, To: 2}},
		{2, geo.Band{From: 2, To: 5}},
		{5, geo.Band{From: 5, To: 10}},
		{10, geo.Band{From: 10, To: 25}},
		{49.9, geo.Band{From: 25, To: 50}},
		{50, geo.Band{From: 50, To: 100}},
		{100, geo.Band{From: 100, To: inf}},
		{20015, geo.Band{From: 100, To: inf}},
		{inf, geo.Band{From: 100, To: inf}},
		{geo.Km(math.NaN()), geo.Band{From: 100, To: inf}},
	} {
		if got := geo.BandOf(c.d); got != c.want {
			t.Errorf("BandOf(%v) = %v, want %v", c.d, got, c.want)
		}
	}
}

func TestBandsLeaveNoGap(t *testing.T) {
	t.Parallel()
	for i, b := range geo.Bands[1:] {
		if b.From != geo.Bands[i].To || b.From >= b.To {
			t.Errorf("band %v follows %v", b, geo.Bands[i])
		}
	}
}

func BenchmarkDistance(b *testing.B) {
	paris, lyon := geo.Point{Lat: 48.8566, Lon: 2.3522}, geo.Point{Lat: 45.764, Lon: 4.8357}
	for b.Loop() {
		geo.Distance(paris, lyon)
	}
}

func vector(p geo.Point) s2.Point {
	return s2.PointFromLatLng(s2.LatLngFromDegrees(p.Lat, p.Lon))
}

func pointAt(v s2.Point) geo.Point {
	ll := s2.LatLngFromPoint(v)
	return geo.Point{Lat: ll.Lat.Degrees(), Lon: ll.Lng.Degrees()}
}

// point draws a point: anywhere, or at or near a pole, the antimeridian, or an edge,
// a corner or the middle of a face.
func point(t *rapid.T, name string) geo.Point {
	lat, lon := rapid.Float64Range(-90, 90), rapid.Float64Range(-180, 180)
	from := rapid.SampledFrom([]string{"anywhere", "pole", "antimeridian", "cube"}).Draw(t, name+" from")
	p := geo.Point{}
	switch from {
	case "anywhere":
		p = geo.Point{Lat: lat.Draw(t, name+" lat"), Lon: lon.Draw(t, name+" lon")}
	case "pole":
		p = geo.Point{Lat: rapid.SampledFrom([]float64{90, -90}).Draw(t, name+" lat"), Lon: lon.Draw(t, name+" lon")}
	case "antimeridian":
		p = geo.Point{Lat: lat.Draw(t, name+" lat"), Lon: rapid.SampledFrom([]float64{180, -180}).Draw(t, name+" lon")}
	case "cube": // on the cube that S2 projects on, -1, 0 and 1 are edges and middles
		side := rapid.SampledFrom([]float64{-1, 0, 1})
		x, y, z := side.Draw(t, name+" x"), side.Draw(t, name+" y"), side.Draw(t, name+" z")
		if x == 0 && y == 0 && z == 0 {
			x = 1
		}
		p = pointAt(s2.PointFromCoords(x, y, z))
	}
	step := rapid.SampledFrom([]float64{0, 1e-12, 1e-6, 0.01, 1}).Draw(t, name+" step")
	if p.Lat >= 0 {
		step = -step
	}
	p.Lat += step
	if p.Lon >= 0 {
		p.Lon -= math.Abs(step)
	} else {
		p.Lon += math.Abs(step)
	}
	return p
}
