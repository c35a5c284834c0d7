package core

import "strings"

// An AreaID names an area of the tree country > region > département, as a path of
// ISO 3166 and INSEE codes: "FR", "FR/84", "FR/84/69". A team hangs below the area
// that it works in: "FR/84/69/team-12".
type AreaID string

// AreaKind says how high in the tree an area stands.
type AreaKind string

const (
	Country    AreaKind = "country"
	Region     AreaKind = "region"
	Department AreaKind = "department"
	TeamArea   AreaKind = "team"
)

// An Area is a part of the world that roles, silence windows and audiences speak of.
type Area struct {
	ID   AreaID
	Kind AreaKind
	Name string
}

// World is the root of the tree: it holds every area.
const World AreaID = ""

// Parent returns the area that a is directly in; that of a country is World.
func (a AreaID) Parent() AreaID {
	i := strings.LastIndexByte(string(a), '/')
	if i < 0 {
		return World
	}
	return a[:i]
}

// Holds reports whether b is a or lies in it.
func (a AreaID) Holds(b AreaID) bool {
	return a == World || a == b || strings.HasPrefix(string(b), string(a)+"/")
}
