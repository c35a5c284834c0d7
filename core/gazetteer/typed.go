package gazetteer

import (
	"regexp"
	"slices"
	"strings"

	"tocsin/core"
)

// A Typed is what somebody typed for a place, taken apart.
type Typed struct {
	Key      string // of the whole text, without postcode and CEDEX
	Name     string // the key of what stands before a comma or a bracket, or before the code of a département
	Within   string // the key of what stands behind it: a département, a region, a country
	Postcode string
}

var (
	// digitsAlone is a postcode of France or of a country whose codes are numbers,
	// perhaps with a space: "75 011", "1204".
	digitsAlone = regexp.MustCompile(`^(?:\d ?){4,7}$`)

	// frenchPostcode is one within a text, perhaps with the sign of the country.
	frenchPostcode = regexp.MustCompile(`(?i)(?:^|[^\pL\pN])(?:F-|FR-)?(\d{2} ?\d{3})(?:$|[^\pL\pN])`)

	// cedex is the post's mark for bulk mail, with the number of the office; in Paris,
	// Lyon and Marseille that is the arrondissement.
	cedex = regexp.MustCompile(`(?i)[\s,]*\bcedex\b\s*(\d{0,2})\b`)

	// behind is a name with what says where it lies: "Saint-Denis (93)", "Valence, Drôme".
	behind = regexp.MustCompile(`^([^(,;/]*)[(,;/]\s*([^(,;/)]*)\)?\s*$`)

	// coded is a name with the code of a département behind it: "Saint-Denis 93".
	coded = regexp.MustCompile(`^(.+?) (\d{2,3}|2[ab])$`)
)

// longestTyped is the most bytes of a text that are read.
const longestTyped = 500

// ReadTyped takes apart what somebody typed for a place: a name, a postcode, both, a
// line of an address. What is too long is none of it.
func ReadTyped(text string) Typed {
	if len(text) > longestTyped {
		return Typed{}
	}
	text = strings.Join(strings.Fields(text), " ")
	if digitsAlone.MatchString(text) {
		return Typed{Postcode: strings.ReplaceAll(text, " ", "")}
	}
	var t Typed
	if m := frenchPostcode.FindStringSubmatchIndex(text); m != nil {
		t.Postcode = strings.ReplaceAll(text[m[2]:m[3]], " ", "")
		text = strings.Trim(text[:m[0]]+" , "+text[m[1]:], " ,;")
	}
	text = withoutCedex(text)
	t.Key = Fold(text)
	t.Name = t.Key
	if m := behind.FindStringSubmatch(text); m != nil {
		t.Name, t.Within = Fold(m[1]), Fold(m[2])
	} else if m := coded.FindStringSubmatch(t.Key); m != nil {
		if _, district := districtOf(t.Key); !district {
			t.Name, t.Within = m[1], m[2]
		}
	}
	return t
}

// withoutCedex leaves out the mark for bulk mail; its number stays where it is that of
// an arrondissement.
func withoutCedex(text string) string {
	m := cedex.FindStringSubmatchIndex(text)
	if m == nil {
		return text
	}
	before, number, after := text[:m[0]], text[m[2]:m[3]], text[m[1]:]
	if district, ok := districtOf(Fold(before + " " + number)); ok {
		return district + after
	}
	return before + after
}

// Names reports whether the text has the name of p in it, in any of its languages.
func (t Typed) Names(p *core.Place) bool {
	keys := []string{Fold(p.Name)}
	if c := cityAt(p); c != nil {
		keys = c.keys
	}
	return slices.ContainsFunc(keys, func(key string) bool {
		return strings.Contains(" "+t.Key+" ", " "+key+" ")
	})
}

// Holds reports whether p lies where the text says. A text that does not say holds
// every place.
func (t Typed) Holds(p *core.Place) bool {
	if t.Within == "" {
		return true
	}
	if p.Country != "FR" {
		return t.Within == Fold(p.Country) || t.Within == Fold(CountryName(p.Country, "fr")) ||
			t.Within == Fold(CountryName(p.Country, "en"))
	}
	for area := p.Area; area != core.World; area = area.Parent() {
		if t.Within == strings.ToLower(codeOf(area)) && area == p.Area || t.Within == Fold(nameOf(area)) {
			return true
		}
	}
	return false
}

// nameOf returns the name of an area in France, or "".
func nameOf(id core.AreaID) string {
	for _, a := range france().areas {
		if a.ID == id {
			return a.Name
		}
	}
	return ""
}
