package core

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"tocsin/core/geo"
)

// A Cell is an S2 cell of level 13, about 1.3 km²: the finest that we ever store
// of where a person is. It is kept as the int64 bit pattern of the S2 id, so a third
// of the world's cells are negative; 0 is no cell.
type Cell = geo.Cell

// PlaceID names a place of the gazetteer. Ids are given by the store, from 1.
type PlaceID int64

// A Place is a town or village of the gazetteer.
type Place struct {
	ID         PlaceID
	Source     string // who names it, and how: "insee:69123", "geonames:2996944"; unique
	Name       string // as written on a map: "Saint-Étienne"
	Country    string // ISO 3166-1 alpha-2: "FR"
	Area       AreaID // the département, or the country where it has none
	Postcodes  []string
	Point      geo.Point
	Population int
	Zone       string // IANA time zone: "Europe/Paris"
	Seat       bool   // the prefecture of its Area
}

// Location returns the time zone of the place. It fails with Invalid if the zone
// is not in the IANA database.
func (p *Place) Location() (*time.Location, error) {
	loc, err := time.LoadLocation(p.Zone)
	return loc, Wrap(Invalid, err, "core: load zone of place")
}

// A Radius is how far from their place a person wants to hear of actions, in km.
type Radius int

// Radii are the choices that are offered; others may be typed, from 1 to MaxRadius.
var Radii = [...]Radius{2, 5, 10, 25, 50, 100}

// MaxRadius is the widest radius, in km.
const MaxRadius Radius = 100

// DefaultRadius is what a person has who does not choose.
const DefaultRadius Radius = 25

// PlacesPerHour is how often a person may say anew where they are. Nobody moves so often,
// and with each move what they hear of is chosen anew.
var PlacesPerHour = Quota{Kind: "places", Max: 6, Window: time.Hour}

// A distanceUnit is how many kilometres a unit has, and whether it was written.
type distanceUnit struct {
	km      float64
	written bool
}

// distanceUnits are the units of a typed radius; the mile is the international one.
var distanceUnits = map[string]distanceUnit{
	"": {1, false}, "km": {1, true}, "kms": {1, true}, "kilomètre": {1, true}, "kilomètres": {1, true},
	"kilometre": {1, true}, "kilometres": {1, true}, "kilometer": {1, true}, "kilometers": {1, true},
	"m": {0.001, true}, "mètres": {0.001, true}, "metres": {0.001, true}, "meters": {0.001, true},
	"mi": {1.609344, true}, "mile": {1.609344, true}, "miles": {1.609344, true},
}

// radiusForm is a number, and perhaps a unit.
var radiusForm = regexp.MustCompile(`^(\d{1,6}(?:[.,]\d{1,3})?) ?(\pL*)\.?$`)

// ParseRadius reads what a person types for a radius: "15", "15 km", "10 miles", "7,5km".
// It is rounded to a kilometre, what is less than one to one. It returns false for all
// that is none from 1 to MaxRadius; unit says whether a unit was written.
func ParseRadius(text string) (r Radius, unit, ok bool) {
	m := radiusForm.FindStringSubmatch(strings.ToLower(strings.Join(strings.Fields(text), " ")))
	if m == nil {
		return 0, false, false
	}
	u, known := distanceUnits[m[2]]
	n, err := strconv.ParseFloat(strings.Replace(m[1], ",", ".", 1), 64)
	if !known || err != nil || n <= 0 {
		return 0, u.written, false
	}
	r = Radius(math.Round(max(n*u.km, 1)))
	return r, u.written, r <= MaxRadius
}

// Class returns the offered radius that r is rounded up to: "who is near this
// action" is one index walk per class.
func (r Radius) Class() Radius {
	for _, c := range Radii {
		if r <= c {
			return c
		}
	}
	return MaxRadius
}
