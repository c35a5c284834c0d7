package intake

import (
	"io"
	"iter"
	"strings"

	"tocsin/core"
	"tocsin/core/gazetteer"
	"tocsin/core/geo"
)

// Zones finds time zones by coordinates.
type Zones interface {
	// ZoneOf returns the IANA name of the time zone at p, "" if it knows none.
	ZoneOf(p geo.Point) string
}

// A PlaceReader reads places from the files of GeoNames.
type PlaceReader struct {
	// Zones finds the zone of a row of a postal file outside France. Where it is nil
	// such a row is a bad row.
	Zones Zones
}

// Places reads r without Zones: as PlaceReader.Places does for all that is French,
// and for the main dumps of every country.
func Places(r io.Reader) iter.Seq2[core.Place, error] { return PlaceReader{}.Places(r) }

// Places yields the places of a file of GeoNames, UTF-8 with tabs, in either form:
// a main dump (https://download.geonames.org/export/dump/, 19 columns) or a postal
// file (https://download.geonames.org/export/zip/, 12 columns). Each row is taken
// for what its number of columns says.
//
// A place in France lies in its département, also where GeoNames gives an overseas
// département or collectivity as a country; any other place lies in its country. A
// main dump names no seat but capitals abroad: the gazetteer knows the prefectures.
// Rows that are no inhabited place, and French postcodes for bulk mail (CEDEX), are
// left out without a word.
//
// A row that is not of either form, lacks or breaks a value, or whose time zone is
// not found, is yielded as a *RowError and reading goes on. A failure of r is
// yielded as Unavailable and ends the iteration.
func (p PlaceReader) Places(r io.Reader) iter.Seq2[core.Place, error] {
	return func(yield func(core.Place, error) bool) {
		rows := placeRows{finder: p.Zones, zones: map[string]string{}}
		for l, err := range lines(r) {
			var place core.Place
			if err == nil {
				var kept bool
				var fault reason
				place, kept, fault = rows.read(l.Text)
				if fault != "" {
					place, err = core.Place{}, &RowError{Line: l.Number, Reason: string(fault)}
				} else if !kept {
					continue
				}
			}
			if !yield(place, err) {
				return
			}
		}
	}
}

// A reason says why a row is bad, "" if it is not.
type reason string

const (
	badColumns    reason = "neither 12 nor 19 columns"
	badID         reason = "the id is no number above 0"
	badName       reason = "the name is empty, too long or unprintable"
	badPoint      reason = "the coordinates are not on the earth"
	badPopulation reason = "the population is no number"
	badCountry    reason = "the country is not two capital letters"
	badDepartment reason = "the département is unknown"
	badPostcode   reason = "the postcode is malformed"
	badZone       reason = "the time zone is unknown"
	noZone        reason = "no time zone can be found"
)

// placeRows reads one row after another.
type placeRows struct {
	finder Zones
	zones  map[string]string // names that were looked up: themselves, or "" if unknown
}

// read reads one row. It is not kept if it is none of ours.
func (r *placeRows) read(row string) (_ core.Place, kept bool, _ reason) {
	switch fields := strings.SplitN(row, "\t", dumpColumns+1); len(fields) {
	case dumpColumns:
		return r.readDump(fields)
	case postalColumns:
		return r.readPostal(fields)
	}
	return core.Place{}, false, badColumns
}

// region is where a row lies in the tree of areas.
type region struct {
	country string // ISO 3166-1 alpha-2; "FR" also overseas
	area    core.AreaID
}

// regionOf finds the area of a row by its country and the INSEE code of its
// département. A French row without either has no area yet and is no fault.
func regionOf(country, department string) (region, reason) {
	if len(country) != 2 || !isCapital(country[0]) || !isCapital(country[1]) {
		return region{}, badCountry
	}
	area, french := gazetteer.Territory(country)
	switch {
	case !french:
		country = strings.Clone(country)
		return region{country, core.AreaID(country)}, ""
	case country == "FR":
		area, _ = gazetteer.Department(department)
	}
	return region{"FR", area}, ""
}

func isCapital(c byte) bool { return 'A' <= c && c <= 'Z' }
