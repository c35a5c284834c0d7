package intake

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"tocsin/core"
	"tocsin/core/gazetteer"
	"tocsin/core/geo"
)

// The columns of a main dump that are read.
const (
	dumpID = iota
	dumpName
	_ // the name in ASCII
	_ // other names
	dumpLat
	dumpLon
	dumpClass
	dumpCode
	dumpCountry
	_ // other countries
	_ // first division: in France the region
	dumpDepartment
	_ // third division
	_ // fourth division
	dumpPopulation
	_ // height
	_ // height by a terrain model
	dumpZone
	_ // date of the last change
	dumpColumns
)

// The columns of a postal file that are read.
const (
	postalCountry = iota
	postalCode
	postalName
	_ // name of the first division
	_ // its code
	_ // name of the second division
	postalDepartment
	_ // name of the third division
	_ // its code
	postalLat
	postalLon
	_ // how exact the coordinates are
	postalColumns
)

// deserted are the codes of populated places where nobody lives any more: abandoned,
// destroyed and historical ones (https://www.geonames.org/export/codes.html).
var deserted = map[string]bool{"PPLQ": true, "PPLW": true, "PPLH": true}

// readDump reads a row of a main dump. It keeps inhabited places.
func (r *placeRows) readDump(row []string) (_ core.Place, kept bool, _ reason) {
	if row[dumpClass] != "P" || deserted[row[dumpCode]] {
		return core.Place{}, false, ""
	}
	id, err := strconv.ParseUint(row[dumpID], 10, 63)
	if err != nil || id == 0 {
		return core.Place{}, false, badID
	}
	place, fault := placeAt(row[dumpName], row[dumpLat], row[dumpLon])
	if fault != "" {
		return core.Place{}, false, fault
	}
	where, fault := regionOf(row[dumpCountry], row[dumpDepartment])
	if fault != "" {
		return core.Place{}, false, fault
	}
	if where.area == "" {
		return core.Place{}, false, badDepartment
	}
	if place.Population, err = populationOf(row[dumpPopulation]); err != nil {
		return core.Place{}, false, badPopulation
	}
	if place.Zone = r.zone(row[dumpZone]); place.Zone == "" {
		return core.Place{}, false, badZone
	}
	place.Source = "geonames:" + strconv.FormatUint(id, 10)
	place.Country, place.Area = where.country, where.area
	place.Seat = row[dumpCode] == "PPLC" && where.country != "FR"
	return place, true, ""
}

// readPostal reads a row of a postal file. It keeps all but French CEDEX codes.
func (r *placeRows) readPostal(row []string) (_ core.Place, kept bool, _ reason) {
	where, fault := regionOf(row[postalCountry], row[postalDepartment])
	if fault != "" {
		return core.Place{}, false, fault
	}
	french := where.country == "FR"
	if french && (isCedex(row[postalCode]) || isCedex(row[postalName])) {
		return core.Place{}, false, ""
	}
	place, fault := placeAt(row[postalName], row[postalLat], row[postalLon])
	if fault != "" {
		return core.Place{}, false, fault
	}
	postcode, ok := postcodeOf(row[postalCode], french)
	if !ok {
		return core.Place{}, false, badPostcode
	}
	if where.area == "" {
		if where.area, ok = gazetteer.DepartmentOf(postcode); !ok {
			return core.Place{}, false, badDepartment
		}
	}
	if place.Zone = r.zoneIn(where, place.Point); place.Zone == "" {
		return core.Place{}, false, noZone
	}
	place.Source = "postal:" + where.country + ":" + postcode + ":" + gazetteer.Fold(place.Name)
	place.Country, place.Area = where.country, where.area
	place.Postcodes = []string{postcode}
	return place, true, ""
}

// longestName is the longest name that is taken, in runes; GeoNames has 200.
const longestName = 200

// placeAt returns a place with its name and point.
func placeAt(name, lat, lon string) (core.Place, reason) {
	name = strings.TrimSpace(name)
	if utf8.RuneCountInString(name) > longestName || strings.ContainsFunc(name, unicode.IsControl) ||
		gazetteer.Fold(name) == "" {
		return core.Place{}, badName
	}
	north, badNorth := strconv.ParseFloat(lat, 64)
	east, badEast := strconv.ParseFloat(lon, 64)
	point, badRange := geo.NewPoint(north, east)
	if badNorth != nil || badEast != nil || badRange != nil {
		return core.Place{}, badPoint
	}
	return core.Place{Name: strings.Clone(name), Point: point}, ""
}

// populationOf reads a number of people; none is 0.
func populationOf(field string) (int, error) {
	if field == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(field, 10, strconv.IntSize-1)
	return int(n), err
}

// longestPostcode is the longest postcode that is taken, in bytes, as in GeoNames.
const longestPostcode = 20

// postcodeOf returns the postcode in a field, in capitals. A French one has five
// digits; others have letters, digits, and spaces and hyphens between them.
func postcodeOf(field string, french bool) (string, bool) {
	code := strings.ToUpper(strings.TrimSpace(field))
	strange := func(c rune) bool { return !strings.ContainsRune("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ -", c) }
	if french {
		strange = func(c rune) bool { return c < '0' || c > '9' }
	}
	if code == "" || len(code) > longestPostcode || strings.ContainsFunc(code, strange) || french && len(code) != 5 {
		return "", false
	}
	return strings.Clone(code), true
}

// isCedex reports whether a field is of the post's service for bulk mail ("courrier
// d'entreprise à distribution exceptionnelle"), whose codes are of no place.
func isCedex(field string) bool {
	return strings.Contains(strings.ToUpper(field), "CEDEX")
}

// zoneIn returns the time zone of a place that its row does not name, or "".
func (r *placeRows) zoneIn(where region, point geo.Point) string {
	if zone, ok := gazetteer.ZoneOf(where.area); ok {
		return zone
	}
	if r.finder == nil {
		return ""
	}
	return r.zone(r.finder.ZoneOf(point))
}

// mostZones is how many names of zones are remembered; IANA has about 600.
const mostZones = 1000

// zone returns name if it is in the IANA database, else "".
func (r *placeRows) zone(name string) string {
	if found, ok := r.zones[name]; ok {
		return found
	}
	found := ""
	if _, err := time.LoadLocation(name); err == nil && name != "Local" {
		found = strings.Clone(name)
	}
	if len(r.zones) < mostZones {
		r.zones[strings.Clone(name)] = found
	}
	return found
}
