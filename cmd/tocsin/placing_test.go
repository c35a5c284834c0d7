package main

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tocsin/core"
	"tocsin/core/geo"
	"tocsin/core/intake"
	"tocsin/storage"
)

// withPlaces returns a store with the places that the program knows, and some more.
func withPlaces(t *testing.T, more ...core.Place) *storage.Store {
	t.Helper()
	folder := t.TempDir()
	store, err := storage.Open(t.Context(), storage.Config{
		URL: "sqlite:" + filepath.Join(folder, "t.db"), KeyFile: filepath.Join(folder, "t.key"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	if err := furnish(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	err = store.Tx(t.Context(), func(tx core.Tx) error {
		_, err := tx.PutPlaces(t.Context(), named(more))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// village returns a place.
func village(source, name string, lat, lon float64, postcodes ...string) core.Place {
	return core.Place{
		Source: source, Name: name, Country: "FR", Area: "FR/84/69", Postcodes: postcodes,
		Point: geo.Point{Lat: lat, Lon: lon}, Population: 500, Zone: "Europe/Paris",
	}
}

func TestAPlaceIsFoundByItsAddress(t *testing.T) {
	t.Parallel()
	store := withPlaces(t,
		village("a:1", "Bellecour", 44, 1, "12345"), village("a:2", "Sainte-Foy", 45, 2, "69110"),
		village("a:3", "Ste Foy", 48, 3, "76590"), village("a:4", "Lyon", 45.76, 4.84),
	)
	for address, want := range map[string]string{
		"Lyon":                           "Lyon", // two sources of one town
		"Place Bellecour, Lyon":          "Lyon",
		"Bellecour, Lyon":                "Lyon", // what stands last is the town
		"Salle des fêtes, 69110 Ste-Foy": "Sainte-Foy",
		"76590, Sainte Foy":              "Ste Foy",
		"12 rue du Lac, 69110":           "Sainte-Foy", // by its postcode alone
		"Sainte-Foy":                     "several towns",
		"Salle des fêtes":                "no town",
		"99999 Nulle-Part":               "no town",
		"Lyo":                            "no town", // the beginning of a name is none
	} {
		got := ""
		err := store.Read(t.Context(), func(r core.Reader) error {
			p, err := namedPlace(t.Context(), r, &intake.ActionRow{Line: 3, Place: address})
			if err == nil {
				got = p.Name
			}
			return err
		})
		if row, ok := errors.AsType[*intake.RowError](err); ok && row.Line == 3 {
			got = row.Reason
		} else if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(got, want) {
			t.Errorf("%q: %s, want %s", address, got, want)
		}
	}
}

func TestAnActionIsOnTheClocksOfItsPlace(t *testing.T) {
	t.Parallel()
	store := withPlaces(t)
	evening := intake.LocalTime{Instant: time.Date(2027, 3, 10, 19, 0, 0, 0, time.UTC), Wall: true}
	p := placing{campaign: &core.Campaign{Kinds: core.DefaultKinds, Zone: "Europe/Paris"}}
	reunion := geo.Point{Lat: -20.9, Lon: 55.46}
	for name, c := range map[string]struct {
		row  intake.ActionRow
		want time.Time
		area core.AreaID
	}{
		"by its point":  {intake.ActionRow{Point: &reunion}, time.Date(2027, 3, 10, 15, 0, 0, 0, time.UTC), "FR/04/974"},
		"by its name":   {intake.ActionRow{Place: "Mairie, Nouméa"}, time.Date(2027, 3, 10, 8, 0, 0, 0, time.UTC), "FR/988"},
		"without place": {intake.ActionRow{Online: true}, time.Date(2027, 3, 10, 18, 0, 0, 0, time.UTC), core.World},
	} {
		c.row.StartsAt, c.row.Kind, c.row.Title = evening, "meeting", name
		err := store.Read(t.Context(), func(r core.Reader) error {
			a, err := p.action(t.Context(), r, &c.row)
			if err != nil {
				return err
			}
			if !a.StartsAt.Equal(c.want) || a.EndsAt.Sub(a.StartsAt) != usualLength || a.Area != c.area || a.State != core.Public {
				t.Errorf("%s: from %s to %s in %s", name, a.StartsAt, a.EndsAt, a.Area)
			}
			if !a.Online && (a.Place == "" || !a.Point.Valid() || a.Point == geo.Point{}) {
				t.Errorf("%s: it has no place", name)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestARowWithoutANameOfItsOwnIsKnownAgain(t *testing.T) {
	t.Parallel()
	row := intake.ActionRow{Title: "Collage", Place: "Lyon", StartsAt: intake.LocalTime{Instant: time.Unix(1e9, 0)}, Point: &geo.Point{Lat: 1}}
	seen := map[string]bool{}
	for _, change := range []func(*intake.ActionRow){
		func(*intake.ActionRow) {},
		func(r *intake.ActionRow) { r.Title = "Tractage" },
		func(r *intake.ActionRow) { r.Place = "Paris" },
		func(r *intake.ActionRow) { r.Point = &geo.Point{Lat: 2} },
		func(r *intake.ActionRow) { r.StartsAt.Instant = r.StartsAt.Instant.Add(time.Hour) },
		func(r *intake.ActionRow) { r.ExternalID = "site-1" },
	} {
		changed := row
		change(&changed)
		again := changed
		again.Line, again.Note, again.Capacity = 9, "a note", 9
		if s := sourceOf(&changed); seen[s] || s != sourceOf(&again) || !strings.HasPrefix(s, "import:") {
			t.Errorf("it is called %s", s)
		}
		seen[sourceOf(&changed)] = true
	}
}

func TestACountryHasItsNameInTheLanguageOfTheCampaign(t *testing.T) {
	t.Parallel()
	for want, c := range map[string][2]string{"Suisse": {"CH", "fr"}, "Switzerland": {"CH", "en"}, "QQ": {"QQ", "fr"}} {
		if got := countryName(c[0], c[1]); got != want {
			t.Errorf("%v is called %s", c, got)
		}
	}
}

// The places that the program knows are stored once: what an import has changed since
// stays changed.
func TestTheGazetteerIsStoredOnce(t *testing.T) {
	t.Parallel()
	lyon := village("insee:69123", "Lugdunum", 45.76, 4.84)
	store := withPlaces(t, lyon)
	if err := furnish(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	err := store.Read(t.Context(), func(r core.Reader) error {
		_, err := r.FindPlaces(t.Context(), core.PlaceText{Fold: "lugdunum"}, 1)
		if err != nil {
			return err
		}
		p, err := r.NearestPlace(t.Context(), geo.CellOf(lyon.Point))
		if err == nil && p.Name != "Lugdunum" {
			t.Errorf("it is called %s again", p.Name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAZoneIsFoundOnTheMap(t *testing.T) {
	t.Parallel()
	z := new(zoneFinder)
	for want, p := range map[string]geo.Point{
		"Europe/Brussels":  {Lat: 50.8466, Lon: 4.3528},
		"Asia/Tokyo":       {Lat: 35.68, Lon: 139.69},
		"America/New_York": {Lat: 40.71, Lon: -74.01},
	} {
		if got := z.ZoneOf(p); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
