package gazetteer

import (
	"math"
	"testing"

	"tocsin/core"
	"tocsin/core/geo"
)

func TestEveryDistrictIsPartOfItsCity(t *testing.T) {
	t.Parallel()
	cities := map[string]core.Place{}
	for _, p := range places(t) {
		if _, ok := divided[Fold(p.Name)]; ok {
			cities[Fold(p.Name)] = p
		}
	}
	people, count, post := map[string]int{}, map[string]int{}, map[string]int{}
	for _, p := range embedded(t, Districts) {
		name, ok := CityOf(&p)
		city := cities[name]
		if !ok || city.Area != p.Area || city.Zone != p.Zone || geo.Distance(city.Point, p.Point) > 11 {
			t.Errorf("%s is no part of its city", p.Name)
		}
		for _, code := range p.Postcodes {
			if area, ok := DepartmentOf(code); !ok || area != p.Area {
				t.Errorf("%s has the post of another département", p.Name)
			}
		}
		people[name] += p.Population
		count[name]++
		post[name] += len(p.Postcodes)
	}
	for name, want := range divided {
		city := cities[name]
		if count[name] != want || post[name] != len(city.Postcodes) {
			t.Errorf("%s has %d arrondissements with %d postcodes", name, count[name], post[name])
		}
		if off := math.Abs(float64(people[name])/float64(city.Population) - 1); off > 0.02 {
			t.Errorf("in the arrondissements of %s live %d people, in all of it %d", name, people[name], city.Population)
		}
	}
	for _, p := range places(t) {
		if _, ok := CityOf(&p); ok {
			t.Errorf("%s is no arrondissement", p.Name)
		}
	}
}

func TestEachWayToCountADistrictHasOneKey(t *testing.T) {
	t.Parallel()
	for key, ways := range map[string][]string{
		"lyon 3": {"Lyon 3", "Lyon 3e", "Lyon 03", "LYON 3EME", "Lyon 3ème arrondissement", "Lyon-3e", "Lyon III", "lyon iiie",
			"3e arrondissement de Lyon", "Lyon 3ᵉ", "Lyon 3 e", "Lyon 3rd"},
		"paris 1":      {"Paris 1er", "Paris 1", "paris 01", "Paris Ier", "1er arr. Paris"},
		"paris 20":     {"Paris 20e", "Paris XX", "paris xxe"},
		"marseille 16": {"Marseille 16ème", "Marseille 16e arrt"},
		"paris 21":     {"Paris 21"},
		"lyon 10e":     {"Lyon 10e"},
		"lyon":         {"Lyon"},
		"lyon 0":       {"Lyon 0"},
		"nice 3e":      {"Nice 3e"},
		"paris plage":  {"Paris-Plage"},
		"lyons 3":      {"Lyons 3"},
	} {
		for _, s := range ways {
			if got := Fold(s); got != key {
				t.Errorf("Fold(%q) = %q, want %q", s, got, key)
			}
		}
	}
}
