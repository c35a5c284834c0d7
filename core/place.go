package core

import (
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
