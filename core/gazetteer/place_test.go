package gazetteer

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"tocsin/core"
	"tocsin/core/geo"
)

// places returns the embedded places, or ends the test.
func places(t *testing.T) []core.Place {
	t.Helper()
	all, err := Places()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// seats returns the seat of each area.
func seats(all []core.Place) map[core.AreaID]core.Place {
	found := map[core.AreaID]core.Place{}
	for _, p := range all {
		if p.Seat {
			found[p.Area] = p
		}
	}
	return found
}

// reach is how far a place may lie from its prefecture. Only in Guyane does anything
// that the file holds lie beyond 130 km.
func reach(area core.AreaID) geo.Km {
	if area == "FR/03/973" {
		return 210 // Saint-Laurent-du-Maroni
	}
	return 130
}

// faults lists in what p disagrees with itself and its prefecture.
func faults(p, seat core.Place) []string {
	var found []string
	fault := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	code := strings.TrimPrefix(p.Source, "insee:")
	department := codeOf(p.Area)
	if !strings.HasPrefix(code, department) || len(code) != 5 {
		fault("code %s in département %s", code, department)
	}
	if len(p.Postcodes) == 0 {
		fault("no postcode")
	}
	for _, postcode := range p.Postcodes {
		if area, ok := DepartmentOf(postcode); !ok || area != p.Area {
			fault("postcode %s is of %q, not of %s", postcode, area, p.Area)
		}
	}
	if zone, ok := ZoneOf(p.Area); !ok || zone != p.Zone {
		fault("zone %s, but that of the département is %q", p.Zone, zone)
	}
	if hours := sunLag(p); hours > 1.5 {
		fault("its clock and the sun are %.1f hours apart", hours)
	}
	if d := geo.Distance(p.Point, seat.Point); d > reach(p.Area) {
		fault("%.0f km from its prefecture", float64(d))
	}
	if p.Population <= 0 || p.Country != "FR" || p.Name == "" {
		fault("no population, country or name")
	}
	return found
}

// sunLag returns by how many hours the winter time of p's zone differs from the mean
// sun at its longitude.
func sunLag(p core.Place) float64 {
	loc, err := p.Location()
	if err != nil {
		return math.Inf(1)
	}
	_, seconds := time.Date(2026, time.January, 1, 12, 0, 0, 0, loc).Zone()
	lag := float64(seconds)/3600 - p.Point.Lon/15
	return math.Abs(math.Remainder(lag, 24))
}

func TestPostcodeDepartmentZoneAndDistanceAgree(t *testing.T) {
	t.Parallel()
	all := places(t)
	seat := seats(all)
	for _, p := range all {
		for _, fault := range faults(p, seat[p.Area]) {
			t.Errorf("%s (%s): %s", p.Name, p.Source, fault)
		}
	}
}

func TestARowInTheWrongPlaceIsNoticed(t *testing.T) {
	t.Parallel()
	all := places(t)
	seat := seats(all)
	for i, p := range all {
		next := all[(i+1)%len(all)]
		if next.Area == p.Area {
			continue
		}
		moved := p
		moved.Area, moved.Zone = next.Area, next.Zone
		if len(faults(moved, seat[moved.Area])) == 0 {
			t.Errorf("%s may be moved to %s", p.Name, moved.Area)
		}
		posted := p
		posted.Postcodes = next.Postcodes
		if len(faults(posted, seat[p.Area])) == 0 {
			t.Errorf("%s may have the post of %s", p.Name, next.Name)
		}
		flipped := p
		flipped.Point = geo.Point{Lat: p.Point.Lon, Lon: p.Point.Lat}
		if len(faults(flipped, seat[p.Area])) == 0 {
			t.Errorf("%s may have latitude and longitude swapped", p.Name)
		}
	}
}

func TestEveryDepartmentHasOneSeat(t *testing.T) {
	t.Parallel()
	count := map[core.AreaID]int{"FR/984": 1} // nobody lives there; it is run from La Réunion
	for _, p := range places(t) {
		if p.Seat {
			count[p.Area]++
		}
	}
	for _, a := range Areas() {
		want := 0
		if a.Kind == core.Department {
			want = 1
		}
		if count[a.ID] != want {
			t.Errorf("%s has %d seats, want %d", a.ID, count[a.ID], want)
		}
	}
}

func TestNoTwoPlacesAreOne(t *testing.T) {
	t.Parallel()
	type named struct {
		area core.AreaID
		key  string
	}
	points, names, sources := map[geo.Point]string{}, map[named]bool{}, map[string]bool{}
	for _, p := range places(t) {
		if other, taken := points[p.Point]; taken {
			t.Errorf("%s and %s lie on one point", p.Name, other)
		}
		key := named{p.Area, Fold(p.Name)}
		if names[key] {
			t.Errorf("two places of %s are called %s", p.Area, p.Name)
		}
		if sources[p.Source] {
			t.Errorf("two places have the source %s", p.Source)
		}
		points[p.Point], names[key], sources[p.Source] = p.Name, true, true
	}
}

func TestTheLargestCommunesAreThere(t *testing.T) {
	t.Parallel()
	large, small := 0, 0
	for _, p := range places(t) {
		if p.Population >= 44_000 {
			large++
		} else if p.Seat {
			small++
		}
	}
	if large < 150 || small < 30 {
		t.Errorf("%d communes have 44,000 people or more, want 150; %d smaller seats, want 30", large, small)
	}
}

func TestEveryMainArrondissementHasItsPostcode(t *testing.T) {
	t.Parallel()
	count := map[string]int{"Paris": 21, "Lyon": 9, "Marseille": 16} // 75116 is the second of the 16th
	for _, p := range places(t) {
		if want, ok := count[p.Name]; ok && len(p.Postcodes) != want {
			t.Errorf("%s has %d postcodes, want %d", p.Name, len(p.Postcodes), want)
		}
	}
}

func TestABrokenRowIsAnError(t *testing.T) {
	t.Parallel()
	good := []string{"69123", "Lyon", "69", "seat", "45.7676", "4.8358", "522300", "69001"}
	if _, err := placeOf(good); err != nil {
		t.Fatalf("good row: %v", err)
	}
	for column, bad := range map[int]string{2: "20", 4: "91", 5: "east", 6: "many"} {
		row := append([]string(nil), good...)
		row[column] = bad
		if _, err := placeOf(row); err == nil {
			t.Errorf("column %d may be broken", column)
		}
	}
}
