package gazetteer_test

import (
	"testing"

	"tocsin/core"
	"tocsin/core/gazetteer"
	"tocsin/core/geo"
)

func TestOneTownOfTwoSourcesIsOne(t *testing.T) {
	t.Parallel()
	got := gazetteer.Distinct([]core.Place{
		{ID: 1, Name: "Saint-Denis", Point: geo.Point{Lat: 48.9362, Lon: 2.3574}},
		{ID: 2, Name: "Saint-Denis", Point: geo.Point{Lat: -20.8789, Lon: 55.4481}},
		{ID: 3, Name: "St Denis", Point: geo.Point{Lat: 48.9333, Lon: 2.3667}},
		{ID: 4, Name: "Saint-Ouen", Point: geo.Point{Lat: 48.9333, Lon: 2.3667}},
	})
	if len(got) != 3 || got[0].ID != 1 || got[1].ID != 2 || got[2].ID != 4 {
		t.Errorf("left: %v", got)
	}
}
