package geo

import "math"

// A Km is a distance in kilometres.
type Km float64

// EarthRadius is the mean radius R1 of the earth, (2a+b)/3 of the GRS 80 ellipsoid
// (H. Moritz, Geodetic Reference System 1980, Journal of Geodesy 74, 2000).
const EarthRadius Km = 6371.0088

// Distance returns the great-circle distance between a and b on a sphere of
// EarthRadius: at most 0.6 % from that on the ellipsoid.
func Distance(a, b Point) Km {
	return Km(a.latLng().Distance(b.latLng())) * EarthRadius
}

// A Band is a class of distances, From <= d < To: all that is ever said of how far
// something is. To is infinite in the last.
type Band struct{ From, To Km }

// Bands are all bands, from near to far.
var Bands = [...]Band{
	{0, 2}, {2, 5}, {5, 10}, {10, 25}, {25, 50}, {50, 100}, {100, Km(math.Inf(1))},
}

// BandOf returns the band that d lies in: the first if d is negative, the last if
// it is no number.
func BandOf(d Km) Band {
	for _, b := range Bands {
		if d < b.To {
			return b
		}
	}
	return Bands[len(Bands)-1]
}
