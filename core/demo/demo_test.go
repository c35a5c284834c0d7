package demo

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core"
	"tocsin/core/gazetteer"
	"tocsin/core/geo"
	"tocsin/core/intake"
)

// morning is a Sunday in the week in which the clocks of Europe change.
var morning = time.Date(2027, 3, 21, 7, 12, 0, 0, time.UTC)

// campaign makes up a campaign in the places that the program knows.
func campaign(t *testing.T, now time.Time, seed uint64) (*Data, []core.Place) {
	t.Helper()
	places, err := gazetteer.Places()
	if err != nil {
		t.Fatal(err)
	}
	d, err := Campaign(now, places, seed)
	if err != nil {
		t.Fatal(err)
	}
	return d, places
}

func TestACampaignIsTheSameForASeed(t *testing.T) {
	t.Parallel()
	a, _ := campaign(t, morning, 7)
	b, _ := campaign(t, morning, 7)
	if diff := cmp.Diff(a, b); diff != "" {
		t.Error(diff)
	}
	c, _ := campaign(t, morning, 8)
	if cmp.Equal(a, c) {
		t.Error("another seed gives the same campaign")
	}
}

func TestActionsAreAtPlausibleHoursOfTheirPlace(t *testing.T) {
	t.Parallel()
	for hour := range 24 {
		now := morning.Add(time.Duration(hour) * time.Hour)
		d, _ := campaign(t, now, uint64(hour))
		for _, a := range d.Actions {
			start, end := a.Local(a.StartsAt), a.Local(a.EndsAt)
			if start.Hour() < 7 || start.Hour() > 20 || end.Day() != start.Day() {
				t.Fatalf("%s in %s from %s to %s", a.Kind, a.Zone, start, end)
			}
			if !a.StartsAt.After(now) || !a.StartsAt.Before(now.Add(ahead*24*time.Hour)) {
				t.Fatalf("at %s, an action begins at %s", now, a.StartsAt)
			}
		}
	}
}

func TestActionsAreOfAllKindsAndEverywhere(t *testing.T) {
	t.Parallel()
	d, places := campaign(t, morning, 1)
	if len(d.Actions) != actionCount {
		t.Fatalf("%d actions", len(d.Actions))
	}
	kinds, areas, sources := map[core.KindID]int{}, map[core.AreaID]int{}, map[string]bool{}
	full, limited, open, online := 0, 0, 0, 0
	for i, a := range d.Actions {
		kinds[a.Kind]++
		areas[a.Area]++
		sources[a.Source] = true
		free, limit := a.Free()
		limited += count(limit)
		full += count(limit && free == 0)
		open += count(a.Visibility == core.ForEveryone)
		online += count(a.Online)
		if a.State != core.Public || i > 0 && a.StartsAt.Before(d.Actions[i-1].StartsAt) {
			t.Errorf("action %d is not public, or before the last", i)
		}
		if a.Online != (a.Point == geo.Point{}) || a.Online != (a.Area == core.World) {
			t.Errorf("action %d: online %v, but it has a place or not", i, a.Online)
		}
	}
	for _, k := range core.DefaultKinds {
		if kinds[k.ID] < 30 {
			t.Errorf("%d of kind %s", kinds[k.ID], k.ID)
		}
	}
	missing := 0
	for _, p := range places {
		missing += count(p.Seat && areas[p.Area] == 0)
	}
	if missing > 12 || areas["FR/04/974"]+areas["FR/988"]+areas["FR/02/972"] == 0 {
		t.Errorf("%d départements have none", missing) // their own may be online
	}
	if len(sources) != actionCount || full < 20 || limited-full < 50 || open < 110 || open > 190 || online < 5 || online > 60 {
		t.Errorf("%d sources, %d full of %d with a limit, %d open to everyone, %d online", len(sources), full, limited, open, online)
	}
}

func TestPointsAreAroundAPlace(t *testing.T) {
	t.Parallel()
	d, places := campaign(t, morning, 3)
	for _, a := range d.Actions {
		near := a.Online
		for _, p := range places {
			near = near || geo.Distance(a.Point, p.Point) < 1.6
		}
		if !near || !a.Online && !a.Point.Valid() {
			t.Errorf("%s is around no place", a.Source)
		}
	}
}

// What is made up keeps the rules that an imported file must keep.
func TestTextsKeepTheRules(t *testing.T) {
	t.Parallel()
	d, _ := campaign(t, morning, 2)
	for _, a := range d.Actions {
		if n := len([]rune(a.Title)); n < 3 || n > 100 || len(a.Note) > 1000 || !core.Visible(a.Title+a.Place+a.Note) {
			t.Errorf("%s: a text breaks a rule", a.Source)
		}
		if a.Taken < 0 || a.Capacity > 0 && a.Taken > a.Capacity {
			t.Errorf("%s: %d of %d taken", a.Source, a.Taken, a.Capacity)
		}
	}
	names := map[string]bool{}
	for _, team := range d.Teams {
		names[team.Name] = true
		if _, err := core.CleanName(team.Name); err != nil {
			t.Errorf("a team's name: %v", err)
		}
	}
	if len(names) != 40 {
		t.Errorf("%d teams", len(names))
	}
	for _, s := range d.Sponsors {
		if c, err := intake.CanonicalEmail(string(s)); err != nil || c != s {
			t.Errorf("a sponsor's address is not canonical: %v", err)
		}
	}
	if len(d.Sponsors) != sponsorCount || d.Name == "" || d.SponsorURL == "" || d.PrivacyURL == "" {
		t.Errorf("%d sponsors of %q", len(d.Sponsors), d.Name)
	}
}

func TestNoPlaceNoCampaign(t *testing.T) {
	t.Parallel()
	if _, err := Campaign(morning, nil, 1); core.CodeOf(err) != core.Invalid {
		t.Errorf("got %v", err)
	}
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}
