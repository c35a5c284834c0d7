package gazetteer

import (
	"strings"
	"testing"
	"time"

	"tocsin/core"
)

// regions are the regions of 2016 with the number of their départements.
var regions = map[core.AreaID]int{
	"FR/01": 1, "FR/02": 1, "FR/03": 1, "FR/04": 1, "FR/06": 1,
	"FR/11": 8, "FR/24": 6, "FR/27": 8, "FR/28": 5, "FR/32": 5, "FR/44": 10,
	"FR/52": 5, "FR/53": 4, "FR/75": 12, "FR/76": 13, "FR/84": 12, "FR/93": 6, "FR/94": 2,
}

func TestFranceHas18RegionsAnd101Departments(t *testing.T) {
	t.Parallel()
	count := map[core.AreaID]int{}
	total, direct := 0, 0
	for _, a := range Areas() {
		switch {
		case a.Kind == core.Department && a.ID.Parent() == "FR":
			direct++
		case a.Kind == core.Department:
			count[a.ID.Parent()]++
			total++
		case a.Kind == core.Region:
			if _, ok := regions[a.ID]; !ok {
				t.Errorf("no region has the code of %s", a.ID)
			}
		}
	}
	for region, want := range regions {
		if count[region] != want {
			t.Errorf("%s has %d départements, want %d", region, count[region], want)
		}
	}
	if total != 101 || direct != 7 {
		t.Errorf("%d départements and %d territories, want 101 and 7", total, direct)
	}
}

func TestEveryAreaComesAfterTheOneItLiesIn(t *testing.T) {
	t.Parallel()
	seen := map[core.AreaID]bool{core.World: true}
	names := map[string]bool{}
	for _, a := range Areas() {
		if !seen[a.ID.Parent()] || seen[a.ID] {
			t.Errorf("%s comes before %s, or twice", a.ID, a.ID.Parent())
		}
		seen[a.ID] = true
		key := string(a.Kind) + a.Name
		if a.Name == "" || names[key] {
			t.Errorf("%s has no name of its own", a.ID)
		}
		names[key] = true
	}
}

func TestEveryRowOfAreasHasFourColumns(t *testing.T) {
	t.Parallel()
	rows := strings.Split(strings.TrimSpace(areasFile), "\n")
	for i, row := range rows {
		if n := strings.Count(row, ","); n != 3 {
			t.Errorf("line %d has %d commas", i+1, n)
		}
	}
	if n := len(Areas()) - len(Countries()); len(rows)-1 != n {
		t.Errorf("%d rows, %d areas", len(rows)-1, n)
	}
}

func TestEveryDepartmentHasATimeZone(t *testing.T) {
	t.Parallel()
	overseas := map[string]string{
		"971": "America/Guadeloupe", "972": "America/Martinique", "973": "America/Cayenne",
		"974": "Indian/Reunion", "975": "America/Miquelon", "976": "Indian/Mayotte",
		"977": "America/St_Barthelemy", "978": "America/Marigot", "984": "Indian/Kerguelen",
		"986": "Pacific/Wallis", "987": "Pacific/Tahiti", "988": "Pacific/Noumea",
	}
	for _, a := range Areas() {
		zone, ok := ZoneOf(a.ID)
		if ok != (a.Kind == core.Department) {
			t.Errorf("ZoneOf(%s) = %q, %v", a.ID, zone, ok)
		}
		if !ok {
			continue
		}
		want, far := overseas[codeOf(a.ID)]
		if !far {
			want = "Europe/Paris"
		}
		if zone != want {
			t.Errorf("ZoneOf(%s) = %q, want %q", a.ID, zone, want)
		}
		if _, err := time.LoadLocation(zone); err != nil {
			t.Errorf("%s: %v", a.ID, err)
		}
	}
}

func TestTerritoryKnowsTheFrenchCountryCodesAlone(t *testing.T) {
	t.Parallel()
	for iso, want := range map[string]core.AreaID{
		"FR": "FR", "GP": "FR/01/971", "MQ": "FR/02/972", "GF": "FR/03/973", "RE": "FR/04/974",
		"YT": "FR/06/976", "PM": "FR/975", "BL": "FR/977", "MF": "FR/978", "TF": "FR/984",
		"WF": "FR/986", "PF": "FR/987", "NC": "FR/988", "MC": "", "BE": "", "": "", "fr": "",
	} {
		if got, ok := Territory(iso); got != want || ok != (want != "") {
			t.Errorf("Territory(%q) = %q, %v, want %q", iso, got, ok, want)
		}
	}
}

func TestAreasMayBeChangedByTheCaller(t *testing.T) {
	t.Parallel()
	Areas()[0].Name = "Gaule"
	if got := Areas()[0].Name; got != "France" {
		t.Errorf("the next caller sees %q", got)
	}
}
