package intake

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin/core"
	"tocsin/core/geo"
)

// everywhere gives one time zone to every point.
type everywhere string

func (z everywhere) ZoneOf(geo.Point) string { return string(z) }

// gather reads all places of r and the bad rows as "line: reason".
func gather(t *testing.T, p PlaceReader, r io.Reader) (places []core.Place, bad []*RowError) {
	t.Helper()
	for place, err := range p.Places(r) {
		var row *RowError
		switch {
		case errors.As(err, &row):
			bad = append(bad, row)
		case err != nil:
			t.Fatal(err)
		default:
			places = append(places, place)
		}
	}
	return places, bad
}

// open opens a sample.
func open(t *testing.T, name string) io.Reader {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestAMainDumpIsRead(t *testing.T) {
	t.Parallel()
	got, bad := gather(t, PlaceReader{}, open(t, "geonames.txt"))
	want := []core.Place{
		{Source: "geonames:2996944", Name: "Lyon", Country: "FR", Area: "FR/84/69",
			Point: geo.Point{Lat: 45.74846, Lon: 4.84671}, Population: 522250, Zone: "Europe/Paris"},
		{Source: "geonames:2988507", Name: "Paris", Country: "FR", Area: "FR/11/75",
			Point: geo.Point{Lat: 48.85341, Lon: 2.3488}, Population: 2133111, Zone: "Europe/Paris"},
		{Source: "geonames:3038334", Name: "Ajaccio", Country: "FR", Area: "FR/94/2A",
			Point: geo.Point{Lat: 41.91886, Lon: 8.73812}, Population: 73822, Zone: "Europe/Paris"},
		{Source: "geonames:935264", Name: "Saint-Denis", Country: "FR", Area: "FR/04/974",
			Point: geo.Point{Lat: -20.88231, Lon: 55.4504}, Population: 154765, Zone: "Indian/Reunion"},
		{Source: "geonames:4034063", Name: "Hakahau", Country: "FR", Area: "FR/987",
			Point: geo.Point{Lat: -9.355, Lon: -140.05}, Population: 900, Zone: "Pacific/Marquesas"},
		{Source: "geonames:2800866", Name: "Brussels", Country: "BE", Area: "BE",
			Point: geo.Point{Lat: 50.85045, Lon: 4.34878}, Population: 1019022, Zone: "Europe/Brussels", Seat: true},
		{Source: "geonames:2994160", Name: "Metz", Country: "FR", Area: "FR/44/57",
			Point: geo.Point{Lat: 49.11911, Lon: 6.17269}, Zone: "Europe/Paris"},
	}
	if diff := cmp.Diff(want, got); diff != "" || bad != nil {
		t.Errorf("bad rows %v, places:\n%s", bad, diff)
	}
}

func TestAPostalFileIsRead(t *testing.T) {
	t.Parallel()
	want := []core.Place{
		{Source: "postal:FR:69001:lyon 1", Name: "Lyon 01", Country: "FR", Area: "FR/84/69",
			Postcodes: []string{"69001"}, Point: geo.Point{Lat: 45.7699, Lon: 4.8293}, Zone: "Europe/Paris"},
		{Source: "postal:FR:48250:laveyrune", Name: "Laveyrune", Country: "FR", Area: "FR/84/07",
			Postcodes: []string{"48250"}, Point: geo.Point{Lat: 44.6333, Lon: 3.9}, Zone: "Europe/Paris"},
		{Source: "postal:FR:20167:appietto", Name: "Appietto", Country: "FR", Area: "FR/94/2A",
			Postcodes: []string{"20167"}, Point: geo.Point{Lat: 42.0142, Lon: 8.7659}, Zone: "Europe/Paris"},
		{Source: "postal:FR:97460:saint paul", Name: "Saint-Paul", Country: "FR", Area: "FR/04/974",
			Postcodes: []string{"97460"}, Point: geo.Point{Lat: -21.0096, Lon: 55.2707}, Zone: "Indian/Reunion"},
		{Source: "postal:FR:97133:gustavia", Name: "Gustavia", Country: "FR", Area: "FR/977",
			Postcodes: []string{"97133"}, Point: geo.Point{Lat: 17.8962, Lon: -62.8498}, Zone: "America/St_Barthelemy"},
		{Source: "postal:BE:1000:bruxelles", Name: "Bruxelles", Country: "BE", Area: "BE",
			Postcodes: []string{"1000"}, Point: geo.Point{Lat: 50.8466, Lon: 4.3528}, Zone: "Europe/Brussels"},
	}
	got, bad := gather(t, PlaceReader{Zones: everywhere("Europe/Brussels")}, open(t, "postal.txt"))
	if diff := cmp.Diff(want, got); diff != "" || bad != nil {
		t.Errorf("bad rows %v, places:\n%s", bad, diff)
	}
	got, bad = gather(t, PlaceReader{}, open(t, "postal.txt"))
	if diff := cmp.Diff(want[:5], got); diff != "" {
		t.Errorf("without Zones:\n%s", diff)
	}
	if diff := cmp.Diff([]*RowError{{7, string(noZone)}}, bad); diff != "" {
		t.Errorf("without Zones, bad rows:\n%s", diff)
	}
}

// row returns line number of a sample with some columns replaced.
func row(t *testing.T, sample string, number int, replace map[int]string) string {
	t.Helper()
	b, err := io.ReadAll(open(t, sample))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Split(strings.Split(string(b), "\n")[number-1], "\t")
	for column, value := range replace {
		fields[column] = value
	}
	return strings.Join(fields, "\t") + "\n"
}

func TestABadRowIsNamedAndReadingGoesOn(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", longestName+1)
	dump := func(r map[int]string) string { return row(t, "geonames.txt", 1, r) }
	post := func(r map[int]string) string { return row(t, "postal.txt", 1, r) }
	abroad := func(r map[int]string) string { return row(t, "postal.txt", 7, r) }
	for _, c := range []struct {
		bad  string
		want string
	}{
		{"Lyon\n", string(badColumns)},
		{strings.Replace(dump(nil), "\n", "\tx\n", 1), string(badColumns)},
		{strings.Repeat("\t", 1<<19) + "\n", string(badColumns)},
		{dump(map[int]string{dumpID: "0"}), string(badID)},
		{dump(map[int]string{dumpID: "-4"}), string(badID)},
		{dump(map[int]string{dumpID: "99999999999999999999"}), string(badID)},
		{dump(map[int]string{dumpName: " "}), string(badName)},
		{dump(map[int]string{dumpName: "-'"}), string(badName)},
		{dump(map[int]string{dumpName: long}), string(badName)},
		{dump(map[int]string{dumpName: "Ly\x1bon"}), string(badName)},
		{dump(map[int]string{dumpName: "Ly\x00on"}), "a NUL character"},
		{dump(map[int]string{dumpName: "Ly\xe9on"}), "not UTF-8"},
		{dump(map[int]string{3: strings.Repeat("x", MaxLine)}), "longer than 1 MiB"},
		{dump(map[int]string{dumpLat: "91"}), string(badPoint)},
		{dump(map[int]string{dumpLat: "NaN"}), string(badPoint)},
		{dump(map[int]string{dumpLat: ""}), string(badPoint)},
		{dump(map[int]string{dumpLon: "181"}), string(badPoint)},
		{dump(map[int]string{dumpLon: "4,84"}), string(badPoint)},
		{dump(map[int]string{dumpCountry: ""}), string(badCountry)},
		{dump(map[int]string{dumpCountry: "fr"}), string(badCountry)},
		{dump(map[int]string{dumpCountry: "FRA"}), string(badCountry)},
		{dump(map[int]string{dumpDepartment: ""}), string(badDepartment)},
		{dump(map[int]string{dumpDepartment: "20"}), string(badDepartment)},
		{dump(map[int]string{dumpPopulation: "-1"}), string(badPopulation)},
		{dump(map[int]string{dumpPopulation: "1e3"}), string(badPopulation)},
		{dump(map[int]string{dumpZone: ""}), string(badZone)},
		{dump(map[int]string{dumpZone: "Local"}), string(badZone)},
		{dump(map[int]string{dumpZone: "Europe/Lyon"}), string(badZone)},
		{dump(map[int]string{dumpZone: "../Paris"}), string(badZone)},
		{post(map[int]string{postalName: ""}), string(badName)},
		{post(map[int]string{postalLat: "x"}), string(badPoint)},
		{post(map[int]string{postalCountry: "F"}), string(badCountry)},
		{post(map[int]string{postalCode: ""}), string(badPostcode)},
		{post(map[int]string{postalCode: "6900"}), string(badPostcode)},
		{post(map[int]string{postalCode: "69OO1"}), string(badPostcode)},
		{post(map[int]string{postalCode: "98000", postalDepartment: ""}), string(badDepartment)},
		{abroad(map[int]string{postalCode: "10:00"}), string(badPostcode)},
		{abroad(map[int]string{postalCode: strings.Repeat("1", longestPostcode+1)}), string(badPostcode)},
	} {
		in := dump(nil) + c.bad + post(nil)
		places, bad := gather(t, PlaceReader{Zones: everywhere("Europe/Brussels")}, strings.NewReader(in))
		if diff := cmp.Diff([]*RowError{{2, c.want}}, bad); diff != "" || len(places) != 2 {
			t.Errorf("%.60q: %d places, bad rows:\n%s", c.bad, len(places), diff)
		}
	}
}

func TestAReasonHoldsNothingOfTheRow(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		row(t, "geonames.txt", 1, map[int]string{dumpZone: "Secret"}),
		row(t, "geonames.txt", 1, map[int]string{dumpLat: "Secret"}),
		row(t, "geonames.txt", 1, map[int]string{dumpCountry: "Secret"}),
		row(t, "postal.txt", 1, map[int]string{postalCode: "Secret"}),
	} {
		_, bad := gather(t, PlaceReader{}, strings.NewReader(in))
		if len(bad) != 1 || strings.Contains(bad[0].Error(), "Secret") || strings.Contains(bad[0].Error(), "Lyon") {
			t.Errorf("%v", bad)
		}
	}
}

func TestWhatIsNoPlaceIsLeftOut(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		row(t, "geonames.txt", 1, map[int]string{dumpClass: "A"}),
		row(t, "geonames.txt", 1, map[int]string{dumpClass: ""}),
		row(t, "geonames.txt", 1, map[int]string{dumpCode: "PPLQ"}),
		row(t, "geonames.txt", 1, map[int]string{dumpCode: "PPLW"}),
		row(t, "geonames.txt", 1, map[int]string{dumpCode: "PPLH"}),
		row(t, "postal.txt", 1, map[int]string{postalCode: "69201 cedex 01"}),
		row(t, "postal.txt", 1, map[int]string{postalName: "Lyon CEDEX 03"}),
		"\n", "",
	} {
		if places, bad := gather(t, PlaceReader{}, strings.NewReader(in)); places != nil || bad != nil {
			t.Errorf("%.60q: %d places, %d bad rows", in, len(places), len(bad))
		}
	}
}

func TestManyOtherNamesAreNoHindrance(t *testing.T) {
	t.Parallel()
	in := row(t, "geonames.txt", 1, map[int]string{3: strings.Repeat("Lugdunum,", 60_000)})
	places, bad := gather(t, PlaceReader{}, strings.NewReader(in))
	if len(places) != 1 || bad != nil {
		t.Errorf("%d places, bad rows %v", len(places), bad)
	}
}

func TestAForeignPostcodeKeepsItsLetters(t *testing.T) {
	t.Parallel()
	in := row(t, "postal.txt", 7, map[int]string{postalCode: " sw1a 1aa", postalCountry: "GB"})
	places, bad := gather(t, PlaceReader{Zones: everywhere("Europe/London")}, strings.NewReader(in))
	if len(places) != 1 || bad != nil || places[0].Postcodes[0] != "SW1A 1AA" || places[0].Source != "postal:GB:SW1A 1AA:bruxelles" {
		t.Errorf("%+v, bad rows %v", places, bad)
	}
}

func TestAZoneThatZonesInventsIsABadRow(t *testing.T) {
	t.Parallel()
	for zone, want := range map[everywhere]string{"": string(noZone), "Europe/Atlantis": string(noZone), "Local": string(noZone)} {
		_, bad := gather(t, PlaceReader{Zones: zone}, strings.NewReader(row(t, "postal.txt", 7, nil)))
		if diff := cmp.Diff([]*RowError{{1, want}}, bad); diff != "" {
			t.Errorf("zone %q:\n%s", zone, diff)
		}
	}
}

func TestAFailureOfTheReaderEndsThePlaces(t *testing.T) {
	t.Parallel()
	in := io.MultiReader(strings.NewReader(row(t, "geonames.txt", 1, nil)), &failOnce{err: os.ErrClosed}, open(t, "geonames.txt"))
	count, code := 0, core.Code("")
	for _, err := range Places(in) {
		if count++; err != nil {
			code = core.CodeOf(err)
		}
	}
	if count != 2 || code != core.Unavailable {
		t.Errorf("%d results, the last %q", count, code)
	}
}

func TestPlacesStopWhenAskedTo(t *testing.T) {
	t.Parallel()
	for range Places(open(t, "geonames.txt")) {
		break
	}
	for range Places(strings.NewReader("bad\nbad\n")) {
		break
	}
}
