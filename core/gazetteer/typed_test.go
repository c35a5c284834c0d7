package gazetteer

import (
	"testing"

	"tocsin/core"
)

func TestReadTypedTakesApartWhatPeopleWrite(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Typed{
		"Lyon":                        {Key: "lyon", Name: "lyon"},
		"  lyon  3 ":                  {Key: "lyon 3", Name: "lyon 3"},
		"Paris, 11e":                  {Key: "paris 11", Name: "paris", Within: "11e"},
		"69003":                       {Postcode: "69003"},
		"75 011":                      {Postcode: "75011"},
		"1204":                        {Postcode: "1204"},
		"69001 Lyon":                  {Key: "lyon", Name: "lyon", Postcode: "69001"},
		"Lyon 69001":                  {Key: "lyon", Name: "lyon", Postcode: "69001"},
		"F-69001 LYON":                {Key: "lyon", Name: "lyon", Postcode: "69001"},
		"42000 St-Étienne":            {Key: "saint etienne", Name: "saint etienne", Postcode: "42000"},
		"69431 LYON CEDEX 03":         {Key: "lyon 3", Name: "lyon 3", Postcode: "69431"},
		"Lyon Cedex 3":                {Key: "lyon 3", Name: "lyon 3"},
		"Marseille CEDEX 20":          {Key: "marseille", Name: "marseille"},
		"38040 Grenoble Cedex 9":      {Key: "grenoble", Name: "grenoble", Postcode: "38040"},
		"GRENOBLE CEDEX":              {Key: "grenoble", Name: "grenoble"},
		"12 rue X, 69002 Lyon":        {Key: "12 rue x lyon", Name: "", Within: "", Postcode: "69002"},
		"Saint-Denis (La Réunion)":    {Key: "saint denis la reunion", Name: "saint denis", Within: "la reunion"},
		"Saint-Denis, 93":             {Key: "saint denis 93", Name: "saint denis", Within: "93"},
		"saint denis 93":              {Key: "saint denis 93", Name: "saint denis", Within: "93"},
		"Ajaccio 2A":                  {Key: "ajaccio 2a", Name: "ajaccio", Within: "2a"},
		"Lyon 69":                     {Key: "lyon 69", Name: "lyon", Within: "69"},
		"Valence (Espagne)":           {Key: "valence espagne", Name: "valence", Within: "espagne"},
		"L'Haÿ-les-Roses":             {Key: "lhay les roses", Name: "lhay les roses"},
		"":                            {},
		"…":                           {},
		"3e arrondissement de Lyon":   {Key: "lyon 3", Name: "lyon 3"},
		"Paris XIe":                   {Key: "paris 11", Name: "paris 11"},
		"Cedex":                       {},
		"12345678":                    {Key: "12345678", Name: "12345678"},
		"Saint-Denis (Seine (Saint))": {Key: "saint denis seine saint", Name: "saint denis seine saint"},
	} {
		got := ReadTyped(text)
		if want.Postcode == "69002" {
			got.Name, got.Within = "", "" // of an address only the postcode and the key count
		}
		if got != want {
			t.Errorf("ReadTyped(%q) = %+v, want %+v", text, got, want)
		}
	}
}

func TestATextSaysWhereAPlaceLies(t *testing.T) {
	t.Parallel()
	reunion := core.Place{Name: "Saint-Denis", Country: "FR", Area: "FR/04/974"}
	corsica := core.Place{Name: "Ajaccio", Country: "FR", Area: "FR/94/2A"}
	valencia := core.Place{Name: "Valencia", Country: "ES", Area: "ES"}
	for _, c := range []struct {
		text  string
		place core.Place
		want  bool
	}{
		{"Saint-Denis", reunion, true}, {"Saint-Denis (La Réunion)", reunion, true}, {"Saint-Denis 974", reunion, true},
		{"Saint-Denis, France", reunion, true}, {"Saint-Denis 93", reunion, false}, {"Saint-Denis, 04", reunion, false},
		{"Ajaccio 2a", corsica, true}, {"Ajaccio, Corse", corsica, true}, {"Ajaccio, Corse-du-Sud", corsica, true},
		{"Valence, Espagne", valencia, true}, {"Valencia, Spain", valencia, true}, {"Valencia (ES)", valencia, true},
		{"Valence, Drôme", valencia, false},
	} {
		if got := ReadTyped(c.text).Holds(&c.place); got != c.want {
			t.Errorf("%q holds %s in %s: %t", c.text, c.place.Name, c.place.Area, got)
		}
	}
}

func FuzzReadTyped(f *testing.F) {
	for _, s := range []string{"69001 Lyon CEDEX 03", "F-75 011", "Saint-Denis (93)", "cedex 3", "\xff 69001", "Lyon 69001 Lyon 69002"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := ReadTyped(s)
		for _, key := range []string{got.Key, got.Name, got.Within} {
			if Fold(key) != key {
				t.Errorf("ReadTyped(%q) has %q, whose key is %q", s, key, Fold(key))
			}
		}
		if n := len(got.Postcode); n != 0 && (n < 4 || n > 7) {
			t.Errorf("ReadTyped(%q) has the postcode %q", s, got.Postcode)
		}
	})
}
