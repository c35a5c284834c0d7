package gazetteer

import (
	"slices"

	"tocsin/core"
	"tocsin/core/geo"
)

// sameTown is how far apart two sources put the middle of one town.
const sameTown geo.Km = 5

// Distinct returns places without those that are another's town under another
// source: of one name, within a few kilometres. The first of each stays.
func Distinct(places []core.Place) []core.Place {
	var out []core.Place
	for _, p := range places {
		fold := Fold(p.Name)
		if !slices.ContainsFunc(out, func(q core.Place) bool {
			return Fold(q.Name) == fold && geo.Distance(p.Point, q.Point) < sameTown
		}) {
			out = append(out, p)
		}
	}
	return out
}
