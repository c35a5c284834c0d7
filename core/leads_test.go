package core_test

import (
	"testing"

	"tocsin/core"
)

func TestLeadsAreReadAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]core.Leads{
		"3 h": {Last: 3}, "3h avant": {Last: 3}, "24 heures": {First: 24}, "1 jour": {First: 24}, "48h et 3h": {First: 48, Last: 3},
		"2 hours and 2 days": {First: 48, Last: 2}, "7 jours": {First: 168}, "1 h": {Last: 1}, "1 day, 1 hour": {First: 24, Last: 1},
	} {
		if got, err := core.ParseLeads(text); err != nil || got != want {
			t.Errorf("%q is %+v, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"": "leads.form", "demain": "leads.form", "3": "leads.form", "1h 2h 3h": "leads.form", "24 h et 1 jour": "leads.range",
		"0 h": "leads.range", "169 h": "leads.range", "8 jours": "leads.range", "a long tale of 3 h that I tell": "leads.form",
	} {
		if got, err := core.ParseLeads(text); core.KeyOf(err) != want {
			t.Errorf("%q is %+v, %v", text, got, err)
		}
	}
}

func TestTimesOfDayAreFoundInAText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]core.Clock{
		"jeudi 18h30": {{18, 30}}, "8 am": {{8, 0}}, "7.30 pm": {{19, 30}}, "à midi": {{12, 0}}, "minuit": {{0, 0}},
		"9h et 18h": {{9, 0}, {18, 0}}, "8 heures du soir": {{20, 0}}, "lundi": nil, "18:05": {{18, 5}},
	} {
		got, _, ok := core.ReadClocks(text)
		if !ok || len(got) != len(want) {
			t.Errorf("%q names %v, %t", text, got, ok)
			continue
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%q names %v", text, got)
			}
		}
	}
	for _, text := range []string{"25h", "18h75", "13 am"} {
		if got, _, ok := core.ReadClocks(text); ok {
			t.Errorf("%q names %v", text, got)
		}
	}
}
