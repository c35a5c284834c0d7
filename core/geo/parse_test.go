package geo_test

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"tocsin/core/geo"
)

// points are texts that are read, each with its latitude and longitude.
var points = []struct {
	text     string
	lat, lon float64
}{
	{"48.8566, 2.3522", 48.8566, 2.3522},
	{"48.8566,2.3522", 48.8566, 2.3522},
	{"48.8566 ; 2.3522", 48.8566, 2.3522},
	{"  48.8566\t2.3522\n", 48.8566, 2.3522},
	{"48,8566 ; 2,3522", 48.8566, 2.3522},
	{"48,8566;2,3522", 48.8566, 2.3522},
	{"48,8566, 2,3522", 48.8566, 2.3522},
	{"48,8566 2,3522", 48.8566, 2.3522},
	{"48,8566\u00a0;\u202f2,3522", 48.8566, 2.3522},
	{"48,5 2", 48.5, 2},
	{"48, 2,5", 48, 2.5},
	{"+48.5 -2.5", 48.5, -2.5},
	{"−33.86, 151.21", -33.86, 151.21},
	{"48°, 2°", 48, 2},
	{"48.8566°, -2.3522°", 48.8566, -2.3522},
	{"48°51′24″N 2°21′07″E", 48 + 51.0/60 + 24.0/3600, 2 + 21.0/60 + 7.0/3600},
	{"48°51'24\"N, 2°21'07\"E", 48 + 51.0/60 + 24.0/3600, 2 + 21.0/60 + 7.0/3600},
	{"48º 51’ 24,5’’ N ; 2º 21’ 7” O", 48 + 51.0/60 + 24.5/3600, -(2 + 21.0/60 + 7.0/3600)},
	{"48° 51.4′ N 2° 21′ E", 48 + 51.4/60, 2 + 21.0/60},
	{"-0°30′, 10°0′", -0.5, 10},
	{"48.8566 N 2.3522 W", 48.8566, -2.3522},
	{"48.8566n, 2.3522o", 48.8566, -2.3522},
	{"S 33.86 E 151.21", -33.86, 151.21},
	{"E 2.3522 N 48.8566", 48.8566, 2.3522},
	{"2°21′07″O 48°51′24″S", -(48 + 51.0/60 + 24.0/3600), -(2 + 21.0/60 + 7.0/3600)},
	{"48 N 2 E", 48, 2},
	{"90.0, 12", 90, 0},
	{"0.5, -180", 0.5, 180},
	{"geo:48.85,2.35;u=35", 48.85, 2.35},
	{"geo:48.85,2.35", 48.85, 2.35},
	{"GEO:-48.85,-2.35,120.5;crs=WGS84;u=0;x=y", -48.85, -2.35},
	{"geo:48%2E85,2.35", 48.85, 2.35},
	{"geo:48,2", 48, 2},
	{"geo:0,0", 0, 0},
	{"geo:90,-22.43;crs=WGS84", 90, 0},
	{"geo:48.85,2.35?z=17", 48.85, 2.35},
	{"geo:0,0?q=48.85,-2.35(Chez%20moi)", 48.85, -2.35},
	{"geo:0,0?z=3&q=48.85,2.35", 48.85, 2.35},
	{"https://www.openstreetmap.org/#map=15/45.7578/4.8320", 45.7578, 4.8320},
	{"https://www.openstreetmap.org/#map=15.5/45.7578/-4.8320&layers=N", 45.7578, -4.8320},
	{"https://www.openstreetmap.org/?mlat=45.7&mlon=4.8#map=15/48.85/2.35", 45.7, 4.8},
	{"http://osm.org/?mlat=-45.7&mlon=4.8&zoom=12", -45.7, 4.8},
	{"https://www.openstreetmap.org/node/1234#map=19/45.7578/4.8320", 45.7578, 4.8320},
	{"https://www.google.com/maps/@45.7578,4.8320,15z", 45.7578, 4.8320},
	{"https://www.google.fr/maps/place/Lyon/@45.7,4.7,12z/data=!3m1!4b1!4m6!3m5!1s0x4!8m2!3d45.764!4d4.8357!16zL20?entry=ttu", 45.764, 4.8357},
	{"https://www.google.co.uk/maps/search/?api=1&query=45.75%2C4.83", 45.75, 4.83},
	{"https://www.google.com/maps/search/45.75,+4.83", 45.75, 4.83},
	{"https://maps.google.com/?q=45.75,4.83", 45.75, 4.83},
	{"https://maps.google.com/maps?q=loc:45.75,4.83+(Lyon)", 45.75, 4.83},
	{"https://www.google.com/maps/dir/?api=1&destination=45.75,4.83", 45.75, 4.83},
	{"https://maps.apple.com/?ll=45.75,4.83&q=Lyon", 45.75, 4.83},
	{"https://maps.apple.com/place?coordinate=45.75,4.83&name=Lyon", 45.75, 4.83},
	{"https://maps.apple.com/?q=45.75,4.83", 45.75, 4.83},
	{"https://waze.com/ul?ll=45.75%2C4.83&navigate=yes", 45.75, 4.83},
	{"https://www.geoportail.gouv.fr/carte?c=4.83,45.75&z=15", 45.75, 4.83},
	{"Rendez-vous ici : <https://maps.apple.com/?ll=45.75,4.83>", 45.75, 4.83},
	{"https://example.org/1 https://osm.org/#map=9/45.75/4.83", 45.75, 4.83},
}

// others are texts that are no point.
var others = []string{
	"", " ", ",", ";", "°", "N", "geo:", "geo", "-", "48.85", "48,85", "Lyon 3", "69003", "75 011", "75, 011", "69,38",
	"48,85,2,35", "48,5,2", "48.85 2,35", "1.5 2.5 3.5", "1,2,3,4", "48.85, 2.35 Paris", "48° 51′ 24″ Nord 2° Est", "Paris 48.85, 2.35",
	"91.5, 2.35", "48.85, 181.5", "148.85, 2.35", "NaN, NaN", "Inf 0.5", "1e1, 2.5", "0x1p4, 2.5", "48.85.2 2.35",
	"48.85N 2.35", "48.85 2.35E", "48.85N 2.35S", "2.35E 3.35W", "N48.85N 2.35E", "-48.85S 2.35E", "48.85N +2.35E",
	"48°60′N 2°21′E", "48°51′60″N 2°21′07″E", "48.5°30′N 2°21′E", "48°51.5′24″N 2°21′07″E", "48°51 2°21", "48′ 2′",
	"--48.85, 2.35", "48.85,, 2.35", "48., 2.", ".5, .5", "12.05.2026", "14.30, 190.5",
	"geo:48.85", "geo:48.85,", "geo:48.85,2.35,", "geo:48.85, 2.35", "geo:91,0", "geo:0,181", "geo:1e1,2", "geo:+1,2",
	"geo:48,85;2,35", "geo:48.85,2.35;crs=nad27", "geo:48.85,2.35,1,2", "geo:NaN,0", "geo:%zz,2", "geo:0,0?q=Lyon",
	"geo:0,0?q=95.85,2.35", "geo:0,0?q=48.85", "geo:0,0?%zz",
	"https://maps.app.goo.gl/AbCdEf", "https://www.google.com/maps/place/Lyon", "https://www.google.com/search?q=45.75,4.83x",
	"https://www.openstreetmap.org/#map=15/95.7/4.8", "https://www.openstreetmap.org/#map=15/45.7", "https://osm.org/?mlat=45.7",
	"https://osm.org/?mlat=1e1&mlon=0x1p4", "https://maps.apple.com/?ll=Lyon", "https://maps.apple.com.example.org/?ll=45.75,4.83",
	"https://notgoogle.com/maps/@45.75,4.83,15z", "https://google.com.example/maps/@45.75,4.83,15z", "ftp://osm.org/?mlat=45&mlon=4",
	"https://user@example.org/?ll=45.75,4.83", "javascript://osm.org/?mlat=45&mlon=4", "https://maps.apple.com/?ll=45.75,4.83%zz",
	"https://%zz/", "://", "https://osm.org:99999999/?mlat=45&mlon=4;x",
	"https://example.org/48.85,2.35", "48.85, 2.35" + strings.Repeat(" ", 1000),
}

func TestParsePointReadsWhatPeopleWrite(t *testing.T) {
	t.Parallel()
	for _, c := range points {
		p, ok := geo.ParsePoint(c.text)
		if !ok || math.Abs(p.Lat-c.lat) > 1e-12 || math.Abs(p.Lon-c.lon) > 1e-12 {
			t.Errorf("ParsePoint(%q) = %v, %v, %v, want %v, %v", c.text, p.Lat, p.Lon, ok, c.lat, c.lon)
		}
	}
}

func TestParsePointRefusesTheRest(t *testing.T) {
	t.Parallel()
	for _, text := range others {
		if p, ok := geo.ParsePoint(text); ok || p != (geo.Point{}) {
			t.Errorf("ParsePoint(%q) = %v, %v, %v, want none", text, p.Lat, p.Lon, ok)
		}
	}
}

func FuzzParsePoint(f *testing.F) {
	for _, c := range points {
		f.Add(c.text)
	}
	for _, text := range others {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, ok := geo.ParsePoint(text)
		if !ok {
			if p != (geo.Point{}) {
				t.Errorf("refused, but %v, %v", p.Lat, p.Lon)
			}
			return
		}
		if !p.Valid() || !geo.CellOf(p).Valid() {
			t.Errorf("%v, %v is not on the earth", p.Lat, p.Lon)
		}
		decimal := func(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
		again, ok := geo.ParsePoint("geo:" + decimal(p.Lat) + "," + decimal(p.Lon))
		if !ok || again != p {
			t.Errorf("written again, %v, %v is read as %v, %v", p.Lat, p.Lon, again.Lat, again.Lon)
		}
	})
}
