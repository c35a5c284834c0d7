package gazetteer

import (
	_ "embed" // the data files
	"slices"
	"strings"
	"sync"

	"tocsin/core"
)

// areasFile has the columns id, ISO 3166-1 code where the area has one, IANA time
// zone and name, without quotes. The rows with a time zone are départements.
//
//go:embed areas.csv
var areasFile string

// An atlas is areasFile, ready to be asked.
type atlas struct {
	areas       []core.Area
	departments map[string]core.AreaID // by INSEE code
	territories map[string]core.AreaID // by ISO code
	zones       map[core.AreaID]string
}

// france reads areasFile once.
var france = sync.OnceValue(func() atlas {
	a := atlas{
		departments: map[string]core.AreaID{},
		territories: map[string]core.AreaID{},
		zones:       map[core.AreaID]string{},
	}
	_, rows, _ := strings.Cut(areasFile, "\n")
	for row := range strings.Lines(rows) {
		a.add(strings.Split(strings.TrimSpace(row), ","))
	}
	return a
})

// add takes one row of areasFile.
func (a *atlas) add(row []string) {
	id, iso, zone, name := core.AreaID(row[0]), row[1], row[2], row[3]
	kind := core.Region
	switch {
	case zone != "":
		kind = core.Department
		a.zones[id] = zone
		a.departments[codeOf(id)] = id
	case id.Parent() == core.World:
		kind = core.Country
	}
	if iso != "" {
		a.territories[iso] = id
	}
	a.areas = append(a.areas, core.Area{ID: id, Kind: kind, Name: name})
}

// codeOf returns the last part of an id: the INSEE code of a département.
func codeOf(id core.AreaID) string {
	return string(id[strings.LastIndexByte(string(id), '/')+1:])
}

// Areas returns France, its regions, its départements and its overseas
// collectivities (as départements), each after the area that it lies in, and then
// Countries.
func Areas() []core.Area { return slices.Concat(france().areas, countries()) }

// Department returns the area of a département or overseas collectivity by its INSEE
// code: "69", "2A", "974". It reports false for any other text.
func Department(code string) (core.AreaID, bool) {
	id, ok := france().departments[code]
	return id, ok
}

// Territory returns the area with a given ISO 3166-1 code within France: "FR" is the
// country itself, "RE" the département La Réunion, which has a code of its own. It
// reports false for the codes of other countries.
func Territory(iso string) (core.AreaID, bool) {
	id, ok := france().territories[iso]
	return id, ok
}

// ZoneOf returns the IANA time zone of a département or overseas collectivity. For
// French Polynesia, which has three, it is that of Tahiti. It reports false for
// every other area.
func ZoneOf(department core.AreaID) (string, bool) {
	zone, ok := france().zones[department]
	return zone, ok
}
