package flows

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/gazetteer"
)

// mostPlaces is how many places are offered for one name.
const mostPlaces = 7

// mostRead is how many places of one name are read, so that the person's own
// département is among them, and one town under several sources is still one.
const mostRead = 60

// france is where somebody is at home whose area is not known: most names that are
// typed are of communes.
const france core.AreaID = "FR"

// findPlaces looks a text up by postcode or name. fallback says that a French
// postcode is not known, and that its prefecture stands for it.
func findPlaces(ctx context.Context, r core.Reader, text string) (found []core.Place, fallback bool, err error) {
	return lookUp(ctx, r, text, france)
}

// lookUp is findPlaces for somebody who is at home in an area: what lies there comes
// first, then what lies in their country, then the largest.
func lookUp(ctx context.Context, r core.Reader, text string, home core.AreaID) (found []core.Place, fallback bool, err error) {
	typed := gazetteer.ReadTyped(text)
	if typed.Postcode != "" {
		found, fallback, err = placesOfPostcode(ctx, r, typed)
	} else {
		found, err = placesNamed(ctx, r, typed, text)
	}
	if err != nil {
		return nil, false, err
	}
	country, _, _ := strings.Cut(string(home), "/")
	rank := func(p core.Place) int {
		switch {
		case p.Area == home:
			return 0
		case p.Country == country:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(found, func(a, b core.Place) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(b.Population, a.Population))
	})
	found = gazetteer.Distinct(found)
	return found[:min(len(found), mostPlaces)], fallback, nil
}

// placesOfPostcode returns the places of a postcode; if a name stands beside it, those
// of them that it names. Of a city and its arrondissement it is the arrondissement.
func placesOfPostcode(ctx context.Context, r core.Reader, typed gazetteer.Typed) (found []core.Place, fallback bool, err error) {
	if found, err = r.FindPlaces(ctx, core.PlaceText{Postcode: typed.Postcode}, mostRead); err != nil {
		return nil, false, err
	}
	if len(found) > 0 {
		found = withoutCities(found)
		named := slices.DeleteFunc(slices.Clone(found), func(p core.Place) bool {
			city, part := gazetteer.CityOf(&p)
			return !typed.Names(&p) && !(part && strings.Contains(" "+typed.Key+" ", " "+city+" "))
		})
		if len(named) > 0 {
			found = named
		}
		return found, false, nil
	}
	area, french := gazetteer.DepartmentOf(typed.Postcode)
	if typed.Key != "" { // a CEDEX, a postcode abroad
		if found, err = placesNamed(ctx, r, typed, ""); err != nil {
			return nil, false, err
		}
		there := slices.DeleteFunc(slices.Clone(found), func(p core.Place) bool { return p.Area != area })
		if len(there) > 0 {
			found = there
		}
		if len(found) > 0 {
			return found, false, nil
		}
	}
	if !french {
		return nil, false, nil
	}
	seat, err := r.SeatOf(ctx, area)
	switch core.CodeOf(err) {
	case "":
		return []core.Place{*seat}, true, nil
	case core.NotFound:
		return nil, false, nil
	}
	return nil, false, err
}

// withoutCities leaves out each city of which an arrondissement is there.
func withoutCities(places []core.Place) []core.Place {
	divided := map[string]bool{}
	for _, p := range places {
		if city, part := gazetteer.CityOf(&p); part {
			divided[city] = true
		}
	}
	return slices.DeleteFunc(places, func(p core.Place) bool { return p.Country == "FR" && divided[gazetteer.Fold(p.Name)] })
}

// placesNamed returns the places that a text names: by all of it, by what stands before
// a comma or a code, by what is left without its numbers, or by a postcode with letters.
func placesNamed(ctx context.Context, r core.Reader, typed gazetteer.Typed, text string) ([]core.Place, error) {
	found, err := placesOfKey(ctx, r, typed.Key)
	if err != nil || len(found) > 0 {
		return found, err
	}
	if typed.Name != typed.Key {
		if found, err = placesOfKey(ctx, r, typed.Name); err != nil {
			return nil, err
		}
		there := slices.DeleteFunc(slices.Clone(found), func(p core.Place) bool { return !typed.Holds(&p) })
		if len(there) > 0 {
			return there, nil
		}
		if len(found) > 0 {
			return found, nil
		}
	}
	if !strings.ContainsFunc(typed.Key, unicode.IsDigit) {
		return nil, nil
	}
	if code := strings.ToUpper(strings.TrimSpace(text)); code != "" {
		if found, err = r.FindPlaces(ctx, core.PlaceText{Postcode: code}, mostRead); err != nil || len(found) > 0 {
			return found, err
		}
	}
	words := slices.DeleteFunc(strings.Fields(typed.Key), func(w string) bool { return strings.ContainsFunc(w, unicode.IsDigit) })
	return placesOfKey(ctx, r, strings.Join(words, " "))
}

// placesOfKey returns the places with a key, in any of their languages; if there are
// none, those whose key begins with it.
func placesOfKey(ctx context.Context, r core.Reader, key string) ([]core.Place, error) {
	var found []core.Place
	for _, k := range append([]string{key}, gazetteer.Exonyms(key)...) {
		some, err := r.FindPlaces(ctx, core.PlaceText{Fold: k}, mostRead)
		if err != nil {
			return nil, err
		}
		found = append(found, some...)
	}
	typed := gazetteer.Typed{Key: key}
	exact := slices.DeleteFunc(slices.Clone(found), func(p core.Place) bool { return !typed.Names(&p) })
	if len(exact) > 0 {
		return exact, nil
	}
	cities := map[string]bool{}
	for _, p := range found {
		cities[gazetteer.Fold(p.Name)] = true
	}
	return slices.DeleteFunc(found, func(p core.Place) bool {
		city, part := gazetteer.CityOf(&p)
		return part && cities[city]
	}), nil
}

// mostMeant is how many names are offered for one that is not known.
const mostMeant = 5

// suggestPlaces returns the places that somebody may have meant whose text names none,
// those of the fewest slips of the finger first, then the largest. Of a postcode there
// are none.
func suggestPlaces(ctx context.Context, r core.Reader, text string) ([]core.Place, error) {
	typed := gazetteer.ReadTyped(text)
	if utf8.RuneCountInString(typed.Name) < 3 {
		return nil, nil
	}
	names, err := r.SimilarNames(ctx, typed.Name)
	if err != nil {
		return nil, err
	}
	var meant []core.Place
	for _, name := range core.Nearest(typed.Name, append(names, gazetteer.OtherKeys()...), mostMeant) {
		found, err := placesOfKey(ctx, r, name)
		if err != nil {
			return nil, err
		}
		meant = append(meant, found...)
	}
	meant = gazetteer.Distinct(meant)
	return meant[:min(len(meant), mostMeant)], nil
}

// homeOf returns the area of the person, or the country of the campaign.
func homeOf(t *conversation.Turn) core.AreaID {
	if t.Supporter != nil && t.Supporter.Area != core.World && t.Chat.Kind == core.Private {
		return t.Supporter.Area
	}
	return core.AreaID(t.Campaign.Country)
}

// nameOf returns the name of a place in the person's language, with its country if that
// is not France: "Lyon", "Vienne (Autriche)".
func nameOf(s *conversation.Scene, p *core.Place) string {
	lang := string(s.Language.Language())
	name := gazetteer.NameIn(p, lang)
	if p.Country == "FR" {
		return name
	}
	country := gazetteer.CountryName(p.Country, lang)
	if strings.Contains(gazetteer.Fold(country), gazetteer.Fold(name)) {
		return name // Singapour, Hong Kong
	}
	return name + " (" + country + ")"
}

// placeButtons are places to choose from, told apart by their département or country,
// and where that is not enough by their postcode.
func placeButtons(ctx context.Context, t *conversation.Turn, places []core.Place) ([]core.Button, error) {
	labels, count := make([]string, len(places)), map[string]int{}
	for i := range places {
		p := &places[i]
		labels[i] = nameOf(&t.Scene, p)
		if p.Country == "FR" {
			area, err := t.Tx.Area(ctx, p.Area)
			if err != nil && core.CodeOf(err) != core.NotFound {
				return nil, err
			}
			if err == nil && area.Name != p.Name {
				labels[i] += " (" + area.Name + ")"
			}
		}
		count[labels[i]]++
	}
	buttons := make([]core.Button, len(places))
	for i, p := range places {
		if count[labels[i]] > 1 && len(p.Postcodes) > 0 {
			labels[i] += " " + p.Postcodes[0]
		}
		buttons[i] = core.Button{Label: labels[i], Do: core.Do{Verb: "place", Arg: itoa(int64(p.ID))}}
	}
	return buttons, nil
}
