package intake

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"tocsin/core"
	"tocsin/core/gazetteer"
)

func FuzzPlaces(f *testing.F) {
	for _, name := range []string{"geonames.txt", "postal.txt"} {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
	}
	f.Add("FR\t69001\tLyon\t\t\t\t\t\t\t1\t1\t\nFR")
	f.Add("\x00\n\xff\n" + strings.Repeat("\t", 18))
	areas := map[core.AreaID]bool{}
	for _, a := range gazetteer.Areas() {
		areas[a.ID] = a.Kind == core.Department
	}
	f.Fuzz(func(t *testing.T, in string) {
		rows := 0
		last := 0
		for p, err := range (PlaceReader{Zones: everywhere("Asia/Tokyo")}).Places(strings.NewReader(in)) {
			rows++
			if err != nil {
				row, ok := errors.AsType[*RowError](err)
				if !ok || row.Line <= last || row.Reason == "" {
					t.Fatalf("%v after line %d", err, last)
				}
				last = row.Line
				continue
			}
			_, err := time.LoadLocation(p.Zone)
			if err != nil || p.Zone == "" || p.Source == "" || !p.Point.Valid() || p.Population < 0 ||
				gazetteer.Fold(p.Name) == "" || p.ID != 0 || len(p.Country) != 2 {
				t.Errorf("%+v, %v", p, err)
			}
			if p.Country == "FR" && !areas[p.Area] || p.Country != "FR" && string(p.Area) != p.Country {
				t.Errorf("%s in %s", p.Country, p.Area)
			}
		}
		if rows > strings.Count(in, "\n")+1 {
			t.Errorf("%d results", rows)
		}
	})
}
