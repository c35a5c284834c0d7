package gazetteer

import (
	"tocsin/core"
	"tocsin/core/geo"
)

// sameTown and sameCity are how far apart two sources put the middle of one town, and of
// one of Cities.
const (
	sameTown geo.Km = 5
	sameCity geo.Km = 30
)

// Distinct returns places without those that are another's town under another
// source: of one name, whatever its language, within a few kilometres. The first of each
// stays.
func Distinct(places []core.Place) []core.Place {
	type known struct {
		key  string
		city *city
	}
	var out []core.Place
	var all []known
	for _, p := range places {
		k := known{Fold(p.Name), cityAt(&p)}
		twin := false
		for i, other := range all {
			twin = twin || k.city != nil && k.city == other.city ||
				k.key == other.key && geo.Distance(p.Point, out[i].Point) < sameTown
		}
		if !twin {
			out, all = append(out, p), append(all, k)
		}
	}
	return out
}
