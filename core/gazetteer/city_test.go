package gazetteer

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringsaturn/tzf"

	"tocsin/core"
	"tocsin/core/geo"
)

// embedded returns what a function of the package returns, or ends the test.
func embedded(t *testing.T, read func() ([]core.Place, error)) []core.Place {
	t.Helper()
	all, err := read()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A map of the world's time zones says of each place whether its point is where its
// zone is. Two zones may share their rules: Paris and Monaco.
func TestEveryPlaceLiesInItsTimeZone(t *testing.T) {
	t.Parallel()
	world, err := tzf.NewDefaultFinder()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range embedded(t, All) {
		zone, err := time.LoadLocation(p.Zone)
		if err != nil {
			t.Errorf("%s: %v", p.Name, err)
			continue
		}
		there, err := time.LoadLocation(world.GetTimezoneName(p.Point.Lon, p.Point.Lat))
		if err != nil || !sameClock(zone, there) {
			t.Errorf("%s is said to be in %s, and lies in %s", p.Name, zone, there)
		}
	}
}

// sameClock reports whether two zones show the same time all through 2026 and 2027.
func sameClock(a, b *time.Location) bool {
	for day := range 730 {
		at := time.Date(2026, 1, 1+day, 12, 0, 0, 0, time.UTC)
		_, inA := at.In(a).Zone()
		_, inB := at.In(b).Zone()
		if inA != inB {
			return false
		}
	}
	return true
}

func TestEveryCityIsWhole(t *testing.T) {
	t.Parallel()
	cities := embedded(t, Cities)
	if len(cities) < 200 {
		t.Errorf("%d cities", len(cities))
	}
	areas, sources, capitals := map[core.AreaID]bool{}, map[string]bool{}, map[string]int{}
	for _, a := range Countries() {
		if a.Name == string(a.ID) || a.Kind != core.Country || areas[a.ID] {
			t.Errorf("%s has no name, or is there twice", a.ID)
		}
		areas[a.ID] = true
	}
	points := map[geo.Point]string{}
	for _, p := range cities {
		if !areas[p.Area] || p.Country == "FR" || p.Population < 5000 || sources[p.Source] || points[p.Point] != "" {
			t.Errorf("%s is in no country, too small or there twice", p.Name)
		}
		sources[p.Source], points[p.Point] = true, p.Name
		if p.Seat {
			capitals[p.Country]++
		}
		if capitals[p.Country] > 1 {
			t.Errorf("%s has two capitals", p.Country)
		}
		// The sun is at most two and a half hours from the clock, in winter (China, Spain).
		if lag := sunLag(p); lag > 2.5 {
			t.Errorf("%s: its clock and the sun are %.1f hours apart", p.Name, lag)
		}
	}
}

// No name leads to two cities, or to a city and a French commune that is not as well
// known: who writes "Valence" is asked which.
func TestNoNameLeadsToTwoCities(t *testing.T) {
	t.Parallel()
	cities, err := abroad()
	if err != nil {
		t.Fatal(err)
	}
	owner := map[string]string{}
	for _, c := range cities {
		for _, key := range c.keys {
			if other, taken := owner[key]; taken {
				t.Errorf("%q is %s and %s", key, c.place.Source, other)
			}
			owner[key] = c.place.Source
		}
	}
	for _, p := range append(places(t), embedded(t, Districts)...) {
		if other, taken := owner[Fold(p.Name)]; taken && p.Name != "Valence" {
			t.Errorf("%s is a commune, and %s", p.Name, other)
		}
	}
}

func TestACityIsFoundUnderItsOtherNames(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"london": "londres", "geneva": "geneve", "genf": "geneve", "koln": "cologne", "beijing": "pekin",
		"pondicherry": "pondichery", "mumbai": "bombay", "lisboa": "lisbonne", "vienna": "vienne", "copenh": "",
		"lisb": "lisbonne", "saigon": "ho chi minh ville", "new york city": "new york", "londres": "", "": "", "nowhere": "",
	} {
		got := strings.Join(Exonyms(key), " ")
		if want == "" && key != "copenh" && got != "" || want != "" && got != want {
			t.Errorf("Exonyms(%q) = %q, want %q", key, got, want)
		}
	}
	if keys := OtherKeys(); !slices.Contains(keys, "london") || slices.Contains(keys, "londres") {
		t.Error("the other names are not the other names")
	}
}

func TestNamesFollowTheLanguage(t *testing.T) {
	t.Parallel()
	imported := core.Place{Source: "geonames:2643743", Name: "London", Country: "GB", Point: geo.Point{Lat: 51.5085, Lon: -0.1257}}
	ontario := core.Place{Name: "London", Country: "CA", Point: geo.Point{Lat: 42.98, Lon: -81.23}}
	lyon := core.Place{Name: "Lyon", Country: "FR"}
	for _, c := range []struct{ got, want string }{
		{NameIn(&imported, "fr"), "Londres"}, {NameIn(&imported, "en"), "London"},
		{NameIn(&ontario, "fr"), "London"}, {NameIn(&lyon, "en"), "Lyon"},
		{CountryName("GB", "fr"), "Royaume-Uni"}, {CountryName("GB", "en"), "United Kingdom"}, {CountryName("??", "fr"), "??"},
		{ZoneName("Europe/Lisbon", "fr"), "Lisbonne"}, {ZoneName("Europe/Lisbon", "en"), "Lisbon"},
		{ZoneName("Indian/Reunion", "en"), "La Réunion"}, {ZoneName("America/New_York", "fr"), "New York"},
		{ZoneName("America/Indiana/Knox", "fr"), "Knox"}, {ZoneName("Europe/Paris", "fr"), "Paris"},
		{ZoneName("Atlantic/Canary", "fr"), "Las Palmas"}, {ZoneName("Asia/Kolkata", "en"), "New Delhi"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestOneCityOfTwoSourcesIsOne(t *testing.T) {
	t.Parallel()
	all := embedded(t, Cities)
	london := all[slices.IndexFunc(all, func(p core.Place) bool { return p.Name == "Londres" })]
	got := Distinct([]core.Place{
		london,
		{Name: "London", Country: "GB", Point: geo.Point{Lat: 51.5085, Lon: -0.1257}},
		{Name: "London", Country: "CA", Point: geo.Point{Lat: 42.98, Lon: -81.23}},
	})
	if len(got) != 2 || got[1].Country != "CA" {
		t.Errorf("%d are left", len(got))
	}
}

func TestABrokenCityIsAnError(t *testing.T) {
	t.Parallel()
	good := []string{"GB", "capital", "Londres", "London", "", "Europe/London", "51.5", "-0.1", "8870000"}
	if c, err := cityOf(good); err != nil || c.place.Source != "city:GB:london" {
		t.Fatalf("good row: %v", err)
	}
	for column, bad := range map[int]string{0: "UKX", 6: "91", 7: "east", 8: "many"} {
		row := slices.Clone(good)
		row[column] = bad
		if _, err := cityOf(row); err == nil {
			t.Errorf("column %d may be broken", column)
		}
	}
}
