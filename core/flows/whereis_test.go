package flows

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"tocsin/core"
	"tocsin/core/gazetteer"
	"tocsin/storage"
)

// stored opens a database with the whole gazetteer and more places, and runs fn on it.
func stored(t *testing.T, more []core.Place, fn func(ctx context.Context, r core.Reader) error) {
	t.Helper()
	dir := t.TempDir()
	s, err := storage.Open(t.Context(), storage.Config{URL: "sqlite:" + filepath.Join(dir, "t.db"), KeyFile: filepath.Join(dir, "t.key")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	all, err := gazetteer.All()
	if err != nil {
		t.Fatal(err)
	}
	var named []core.NamedPlace
	for _, p := range append(all, more...) {
		named = append(named, core.NamedPlace{Place: p, Fold: gazetteer.Fold(p.Name)})
	}
	err = s.Tx(t.Context(), func(tx core.Tx) error {
		if err := tx.PutAreas(t.Context(), gazetteer.Areas()); err != nil {
			return err
		}
		_, err := tx.PutPlaces(t.Context(), named)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Read(t.Context(), func(r core.Reader) error { return fn(t.Context(), r) }); err != nil {
		t.Fatal(err)
	}
}

// names returns the names of places.
func names(places []core.Place) []string {
	var out []string
	for _, p := range places {
		out = append(out, p.Name)
	}
	return out
}

func TestEveryPlaceIsFoundByItsNameAndPostcode(t *testing.T) {
	t.Parallel()
	stored(t, nil, func(ctx context.Context, r core.Reader) error {
		all, err := gazetteer.All()
		if err != nil {
			return err
		}
		parts := map[string]bool{}
		for _, p := range all {
			if city, part := gazetteer.CityOf(&p); part {
				parts[city] = true
			}
		}
		for _, p := range all {
			texts := []string{p.Name, gazetteer.NameIn(&p, "en")}
			for _, code := range p.Postcodes {
				if !parts[gazetteer.Fold(p.Name)] { // there the arrondissement is found
					texts = append(texts, code, code+" "+p.Name, p.Name+" "+code)
				}
			}
			for _, text := range texts {
				found, _, err := findPlaces(ctx, r, text)
				if err != nil {
					return err
				}
				if !slices.ContainsFunc(found, func(q core.Place) bool { return q.Source == p.Source }) {
					t.Errorf("%q finds %q", text, names(found))
				}
			}
		}
		return nil
	})
}

func TestPlacesAreFoundAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	more := []core.Place{
		{Source: "geonames:1", Name: "London", Country: "GB", Area: "GB", Population: 8900000, Zone: "Europe/London"},
		{Source: "postal:1", Name: "Lyon 03", Country: "FR", Area: "FR/84/69", Postcodes: []string{"69003"}, Zone: "Europe/Paris"},
		{Source: "insee:1", Name: "Saint-Denis", Country: "FR", Area: "FR/76/11", Population: 500, Postcodes: []string{"11310"}, Zone: "Europe/Paris"},
		{Source: "postal:2", Name: "Westminster", Country: "GB", Area: "GB", Postcodes: []string{"SW1A 1AA"}, Zone: "Europe/London"},
		{Source: "insee:2", Name: "Vienne", Country: "FR", Area: "FR/84/38", Population: 30000, Postcodes: []string{"38200"}, Zone: "Europe/Paris"},
	}
	all, err := gazetteer.All()
	if err != nil {
		t.Fatal(err)
	}
	for i := range more { // two sources put them nearly at one point
		for _, p := range all {
			if gazetteer.Fold(p.Name) == gazetteer.Fold(more[i].Name) && p.Country == more[i].Country && p.Area == more[i].Area || p.Name == "Londres" && more[i].Name == "London" {
				more[i].Point = p.Point
				more[i].Point.Lat += 0.01
			}
		}
	}
	stored(t, more, func(ctx context.Context, r core.Reader) error {
		for _, c := range []struct {
			text string
			home core.AreaID
			want []string
		}{
			{"london", france, []string{"London"}}, // of two sources the larger
			{"Lyon 3", france, []string{"Lyon 3e"}},
			{"69003", france, []string{"Lyon 3e"}},
			{"69003 Lyon", france, []string{"Lyon 3e"}},
			{"Lyon", france, []string{"Lyon"}},
			{"Lyon 69", france, []string{"Lyon"}},
			{"69431 Lyon CEDEX 03", france, []string{"Lyon 3e"}},
			{"38040 Grenoble Cedex 9", france, []string{"Grenoble"}},
			{"10115 Berlin", france, []string{"Berlin"}},
			{"1204 Genève", france, []string{"Genève"}},
			{"sw1a 1aa", france, []string{"Westminster"}},
			{"Paris 42", france, []string{"Paris"}},
			{"pari", france, []string{"Paris"}}, // and none of its arrondissements
			{"12 rue de Lyon, 75012 Paris", france, []string{"Paris 12e"}},
			{"Saint-Denis (La Réunion)", france, []string{"Saint-Denis"}},
			{"Vienne", france, []string{"Vienne", "Vienne"}},
			{"Vienne, Autriche", france, []string{"Vienne"}},
			{"Atlantide", france, nil}, {"", france, nil}, {"…", france, nil}, {"1", france, nil}, {"99999", france, nil},
		} {
			found, _, err := lookUp(ctx, r, c.text, c.home)
			if err != nil {
				return err
			}
			if got := names(found); !slices.Equal(got, c.want) {
				t.Errorf("%q finds %q, want %q", c.text, got, c.want)
			}
		}
		for home, want := range map[core.AreaID]core.AreaID{
			france: "FR/04/974", "FR/76/11": "FR/76/11", "FR/11/93": "FR/11/93", "GB": "FR/04/974",
		} {
			found, _, err := lookUp(ctx, r, "saint denis", home)
			if err != nil || len(found) != 3 || found[0].Area != want {
				t.Errorf("for somebody of %s the first is in %s, want %s: %v", home, found[0].Area, want, err)
			}
		}
		return nil
	})
}

func TestAnUnknownPostcodeOfFranceIsItsPrefecture(t *testing.T) {
	t.Parallel()
	stored(t, nil, func(ctx context.Context, r core.Reader) error {
		for text, want := range map[string]string{"69999": "Lyon", "20 250": "Bastia", "97133": "Gustavia", "98765": "Papeete"} {
			found, fallback, err := findPlaces(ctx, r, text)
			if err != nil || len(found) != 1 || found[0].Name != want || fallback == (text == "97133") {
				t.Errorf("%q finds %q, %t, %v", text, names(found), fallback, err)
			}
		}
		return nil
	})
}

func TestASlipOfTheFingerIsUnderstood(t *testing.T) {
	t.Parallel()
	stored(t, nil, func(ctx context.Context, r core.Reader) error {
		for text, want := range map[string]string{
			"Lyno": "Lyon", "yLon": "Lyon", "kyon": "Lyon", "Marsielle": "Marseille", "Saint-Etiene": "Saint-Étienne", "Bordaux": "Bordeaux",
			"Grenobel": "Grenoble", "Clermont-Ferand": "Clermont-Ferrand", "Lodnon": "Londres", "Bruxeles": "Bruxelles",
			"Munchenn": "Munich", "Toulousse": "Toulouse", "Sidney": "Sydney", "Tokoy": "Tokyo",
		} {
			meant, err := suggestPlaces(ctx, r, text)
			if err != nil || !slices.Contains(names(meant), want) || len(meant) > mostMeant {
				t.Errorf("%q may mean %q, not %q: %v", text, names(meant), want, err)
			}
		}
		if meant, err := suggestPlaces(ctx, r, "Anvert"); err != nil || len(meant) < 2 || meant[0].Name != "Anvers" || !slices.Contains(names(meant), "Angers") {
			t.Errorf("fewer slips do not come first: %q, %v", names(meant), err)
		}
		for _, text := range []string{"69999", "75 011", "", "ly", "Atlantide", "1234"} {
			if meant, err := suggestPlaces(ctx, r, text); err != nil || len(meant) > 0 {
				t.Errorf("%q may mean %q, %v", text, names(meant), err)
			}
		}
		return nil
	})
}
