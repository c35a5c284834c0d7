package matrix

import (
	"testing"

	"tocsin/core"
	"tocsin/core/geo"
)

func TestGeoURIsAreReadAsTheStandardHasThem(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]*geo.Point{
		"geo:45.7578,4.832":                 {Lat: 45.7578, Lon: 4.832},
		"geo:45.7578,4.832,120;u=35":        {Lat: 45.7578, Lon: 4.832},
		"GEO:-21.1,55.5;crs=WGS84;u=1":      {Lat: -21.1, Lon: 55.5},
		"geo:45%2E5,4.5":                    {Lat: 45.5, Lon: 4.5},
		"geo:90,180":                        {Lat: 90, Lon: 180},
		"geo:0,0;crs=Moon-2011":             nil,
		"geo:91,0":                          nil,
		"geo:0,180.5":                       nil,
		"geo:NaN,0":                         nil,
		"geo:1e1,0":                         nil,
		"geo:Inf,0":                         nil,
		"geo:1":                             nil,
		"geo:1,2,3,4":                       nil,
		"geo:1,%zz":                         nil,
		"https://example.org/?geo:45.0,4.0": nil,
		"":                                  nil,
	} {
		got, ok := parseGeo(uri)
		if ok != (want != nil) || ok && got != *want {
			t.Errorf("parseGeo(%q) = %v, %v", uri, got, ok)
		}
		if ok {
			if back, ok := parseGeo(geoURI(got)); !ok || back != got {
				t.Errorf("%q comes back as %v", uri, back)
			}
		}
	}
}

func FuzzGeoURI(f *testing.F) {
	f.Add("geo:45.7578,4.832,120;crs=wgs84;u=35")
	f.Fuzz(func(t *testing.T, uri string) {
		if p, ok := parseGeo(uri); ok && !p.Valid() {
			t.Errorf("%q is no point of the earth", uri)
		}
	})
}

func TestTheNewerFieldSaysWhereSomebodyIs(t *testing.T) {
	t.Parallel()
	old, unstable, stable := "geo:1,1", map[string]any{"uri": "geo:2,2"}, map[string]any{"uri": "geo:3,3"}
	for _, c := range []struct {
		content map[string]any
		want    core.Event
	}{
		{map[string]any{"geo_uri": old}, core.Position{Point: geo.Point{Lat: 1, Lon: 1}}},
		{map[string]any{"geo_uri": old, "org.matrix.msc3488.location": unstable}, core.Position{Point: geo.Point{Lat: 2, Lon: 2}}},
		{map[string]any{"geo_uri": old, "m.location": stable, "org.matrix.msc3488.location": unstable}, core.Position{Point: geo.Point{Lat: 3, Lon: 3}}},
		{map[string]any{"geo_uri": 7}, core.Media{Kind: core.Unknown}},
		{nil, core.Media{Kind: core.Unknown}},
	} {
		if got := position(c.content, false); got != c.want {
			t.Errorf("position(%v) = %v", c.content, got)
		}
	}
}
