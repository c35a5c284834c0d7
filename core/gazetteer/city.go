package gazetteer

import (
	_ "embed" // the data files
	"encoding/csv"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"tocsin/core"
	"tocsin/core/geo"
)

// citiesFile has the columns ISO 3166-1 code of the country, "capital" for its capital,
// name in French, name in English, other names between slashes, IANA time zone, latitude,
// longitude and population.
//
//go:embed cities.csv
var citiesFile string

// A city is a place abroad with its names.
type city struct {
	place   core.Place // its name is the French one
	english string
	keys    []string // of all names, that of the French one first
}

// abroad reads citiesFile once. It fails with errRow.
var abroad = sync.OnceValues(func() ([]city, error) {
	rows, err := table(citiesFile, 9)
	if err != nil {
		return nil, err
	}
	cities := make([]city, len(rows))
	for i, row := range rows {
		if cities[i], err = cityOf(row); err != nil {
			return nil, err
		}
	}
	return cities, nil
})

// table returns the rows of a file below its head, each of so many columns.
func table(file string, columns int) ([][]string, error) {
	r := csv.NewReader(strings.NewReader(file))
	r.FieldsPerRecord = columns
	rows, err := r.ReadAll()
	if err != nil || len(rows) == 0 {
		return nil, errors.Join(errRow, err)
	}
	return rows[1:], nil
}

// cityOf reads one row of citiesFile. It fails with errRow.
func cityOf(row []string) (city, error) {
	lat, badLat := strconv.ParseFloat(row[6], 64)
	lon, badLon := strconv.ParseFloat(row[7], 64)
	point, badPoint := geo.NewPoint(lat, lon)
	population, badPopulation := strconv.Atoi(row[8])
	if len(row[0]) != 2 || errors.Join(badLat, badLon, badPoint, badPopulation) != nil {
		return city{}, errRow
	}
	c := city{english: row[3], place: core.Place{
		Source: "city:" + row[0] + ":" + Fold(row[3]), Name: row[2], Country: row[0], Area: core.AreaID(row[0]),
		Point: point, Population: population, Zone: row[5], Seat: row[1] == "capital",
	}}
	for name := range strings.SplitSeq(row[2]+"/"+row[3]+"/"+row[4], "/") {
		if key := Fold(name); key != "" && !slices.Contains(c.keys, key) {
			c.keys = append(c.keys, key)
		}
	}
	return c, nil
}

// Cities returns the cities abroad where many French people live, and most capitals,
// without ids, under their French names. It fails with Internal if the embedded file is
// broken.
func Cities() ([]core.Place, error) {
	cities, err := abroad()
	if err != nil {
		return nil, core.Wrap(core.Internal, err, "gazetteer: read cities")
	}
	out := make([]core.Place, len(cities))
	for i, c := range cities {
		out[i] = c.place
	}
	return out, nil
}

// Countries returns the countries of Cities as areas, under their French names.
func Countries() []core.Area { return slices.Clone(countries()) }

// countries makes Countries once.
var countries = sync.OnceValue(func() []core.Area {
	cities, err := abroad()
	if err != nil {
		return nil // Cities says so
	}
	var out []core.Area
	for _, c := range cities {
		if n := len(out); n == 0 || out[n-1].ID != c.place.Area {
			out = append(out, core.Area{ID: c.place.Area, Kind: core.Country, Name: CountryName(c.place.Country, "fr")})
		}
	}
	return out
})

// Exonyms returns the keys under which the cities are found that have another name with
// a given key: "london" is "londres". If there are none, they are those of cities that
// have another name which begins so.
func Exonyms(key string) []string {
	cities, err := abroad()
	if err != nil || key == "" {
		return nil
	}
	var same, begun []string
	for _, c := range cities {
		if slices.Contains(c.keys[1:], key) {
			same = append(same, c.keys[0])
		} else if slices.ContainsFunc(c.keys[1:], func(k string) bool { return strings.HasPrefix(k, key) }) {
			begun = append(begun, c.keys[0])
		}
	}
	if len(same) > 0 {
		return same
	}
	return begun
}

// OtherKeys returns the keys of all other names of cities, to be compared with what
// somebody typed. Each leads to a city by Exonyms.
func OtherKeys() []string {
	cities, err := abroad()
	if err != nil {
		return nil
	}
	var out []string
	for _, c := range cities {
		out = append(out, c.keys[1:]...)
	}
	return out
}

// NameIn returns the name of a place in a language: "London" to all but the French. A
// place that has one name only has it in every language.
func NameIn(p *core.Place, lang string) string {
	if c := cityAt(p); c != nil {
		if lang == "fr" {
			return c.place.Name
		}
		return c.english
	}
	return p.Name
}

// cityAt returns the city that p is, whatever the source and the language of p, or nil.
func cityAt(p *core.Place) *city {
	cities, err := abroad()
	if err != nil || p.Country == "FR" {
		return nil
	}
	key := Fold(p.Name)
	i := slices.IndexFunc(cities, func(c city) bool {
		return c.place.Country == p.Country && slices.Contains(c.keys, key) && geo.Distance(c.place.Point, p.Point) < sameCity
	})
	if i < 0 {
		return nil
	}
	return &cities[i]
}

// CountryName returns the name of a country in a language (CLDR), or its code.
func CountryName(iso, lang string) string {
	region, err := language.ParseRegion(iso)
	if err != nil {
		return iso
	}
	if names := display.Regions(language.Make(lang)); names != nil {
		if name := names.Name(region); name != "" {
			return name
		}
	}
	return iso
}

// ZoneName returns where the clocks of an IANA time zone hang, in a language: the
// overseas département or the city that gave the zone its name, else the largest of
// Cities in it, else what the zone is called.
func ZoneName(zone, lang string) string {
	for _, a := range france().areas {
		if z, ok := ZoneOf(a.ID); ok && z == zone && z != "Europe/Paris" {
			return a.Name
		}
	}
	name := strings.ReplaceAll(zone[strings.LastIndexByte(zone, '/')+1:], "_", " ")
	cities, err := abroad()
	if err != nil {
		return name
	}
	key, largest := Fold(name), (*city)(nil)
	for i, c := range cities {
		switch {
		case c.place.Zone != zone:
		case slices.Contains(c.keys, key):
			return NameIn(&c.place, lang)
		case largest == nil || c.place.Population > largest.place.Population:
			largest = &cities[i]
		}
	}
	if largest != nil && zone != "Europe/Paris" {
		return NameIn(&largest.place, lang)
	}
	return name
}
