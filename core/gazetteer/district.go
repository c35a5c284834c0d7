package gazetteer

import (
	_ "embed" // the data files
	"regexp"
	"slices"
	"strconv"
	"strings"

	"tocsin/core"
)

// districtsFile has the columns of placesFile, but for the INSEE code of the commune in
// the place of the département and none for the prefecture: the arrondissements of
// Paris, Lyon and Marseille.
//
//go:embed districts.csv
var districtsFile string

// divided says how many arrondissements the communes have whose arrondissements have an
// INSEE code and a postcode of their own, by the key of their name.
var divided = map[string]int{"paris": 20, "lyon": 9, "marseille": 16}

// Districts returns the arrondissements of Paris, Lyon and Marseille without ids. It
// fails with Internal if the embedded file is broken.
func Districts() ([]core.Place, error) {
	rows, err := table(districtsFile, 7)
	if err != nil {
		return nil, core.Wrap(core.Internal, err, "gazetteer: read districts")
	}
	out := make([]core.Place, len(rows))
	for i, row := range rows {
		out[i], err = placeOf([]string{row[0], row[1], row[2][:2], "", row[3], row[4], row[5], row[6]})
		if err != nil {
			return nil, core.Wrap(core.Internal, err, "gazetteer: read districts")
		}
	}
	return out, nil
}

// All returns all that is embedded: Places, Districts and Cities. It fails with Internal
// if an embedded file is broken.
func All() ([]core.Place, error) {
	var all []core.Place
	for _, read := range []func() ([]core.Place, error){Places, Districts, Cities} {
		some, err := read()
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// CityOf returns the key of the commune that a place is an arrondissement of. It
// reports false for all other places.
func CityOf(p *core.Place) (string, bool) {
	if p.Country != "FR" {
		return "", false
	}
	name, _, found := strings.Cut(Fold(p.Name), " ")
	_, ok := districtOf(Fold(p.Name))
	return name, found && ok
}

// The ways to write an arrondissement within a key.
var (
	numbered = regexp.MustCompile(`^(paris|lyon|marseille) (\d{1,2}|[ivx]{1,5}) ?` + ordinal + `$`)
	numberOf = regexp.MustCompile(`^(\d{1,2}|[ivx]{1,5}) ?` + ordinal + ` (?:de |a |d)?(paris|lyon|marseille)$`)
)

const ordinal = `(?:er|re|nd|nde|e|eme|ieme|st|rd|th)?(?: arr| arrt| ardt| arrdt| arrondissement)?`

// districtOf returns the key of an arrondissement, "lyon 3", for each way to write it:
// "lyon 03", "lyon 3eme", "lyon iii", "3e arrondissement de lyon". It reports false for
// all that is none.
func districtOf(key string) (string, bool) {
	if !strings.Contains(key, "paris") && !strings.Contains(key, "lyon") && !strings.Contains(key, "marseille") {
		return "", false // as a file of places does 36,000 times
	}
	name, number := "", ""
	if m := numbered.FindStringSubmatch(key); m != nil {
		name, number = m[1], m[2]
	} else if m := numberOf.FindStringSubmatch(key); m != nil {
		name, number = m[2], m[1]
	}
	n, err := strconv.Atoi(number)
	if err != nil {
		n = slices.Index(romans, number)
	}
	if n < 1 || n > divided[name] {
		return "", false
	}
	return name + " " + strconv.Itoa(n), true
}

// romans are the Roman numbers in small letters, from 0, which has none.
var romans = []string{"", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x",
	"xi", "xii", "xiii", "xiv", "xv", "xvi", "xvii", "xviii", "xix", "xx"}
