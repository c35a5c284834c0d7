package core_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tocsin/core"
)

// clock returns a time on the clock of a zone.
func clock(t *testing.T, zone, at string) time.Time {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	out, err := time.ParseInLocation("2006-01-02 15:04", at, loc)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAWeekHasDaysEveningsAndAWeekend(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]core.Times{
		"2027-03-08 00:00": core.Weekdays, // Monday
		"2027-03-12 16:59": core.Weekdays, // Friday
		"2027-03-12 17:00": core.Evenings,
		"2027-03-12 23:59": core.Evenings,
		"2027-03-13 00:00": core.Weekends,
		"2027-03-14 20:00": core.Weekends, // an evening of the weekend is the weekend
		"2027-03-15 00:00": core.Weekdays,
	} {
		if got := core.TimesOf(clock(t, "Europe/Paris", at)); got != want {
			t.Errorf("%s is of %s, want %s", at, got, want)
		}
	}
}

func TestTheWeekIsThatOfThePersonsOwnClock(t *testing.T) {
	t.Parallel()
	at := clock(t, "Europe/Paris", "2027-03-12 23:30") // Friday
	reunion, err := time.LoadLocation("Indian/Reunion")
	if err != nil {
		t.Fatal(err)
	}
	weekend := core.Settings{Times: []core.Times{core.Weekends}}
	if weekend.Fits(at) || !weekend.Fits(at.In(reunion)) {
		t.Error("Friday 23:30 in Paris is not Saturday 2:30 in Saint-Denis")
	}
}

func TestWhoChoseNothingTakesAll(t *testing.T) {
	t.Parallel()
	var s core.Settings
	for _, p := range core.AllTimes {
		s.Come(p, core.Off)
	}
	s.Like("stall", core.Off)
	if !s.Likes("stall") || !s.Fits(clock(t, "Europe/Paris", "2027-03-12 18:00")) || !s.Untouched() {
		t.Error("a person who chose nothing is left out")
	}
}

// The last word on each kind and each part of the week holds, in whatever order, and no
// other choice moves with it.
func TestTheLastWordOnAChoiceHolds(t *testing.T) {
	t.Parallel()
	kinds := []core.KindID{"stall", "meeting", "other"}
	rapid.Check(t, func(t *rapid.T) {
		var s core.Settings
		likes, comes := map[core.KindID]bool{}, map[core.Times]bool{}
		for range rapid.IntRange(0, 12).Draw(t, "taps") {
			on := rapid.Bool().Draw(t, "on")
			before := slices.Clone(s.Kinds)
			seen := s.Kinds
			if k := rapid.SampledFrom(kinds).Draw(t, "kind"); rapid.Bool().Draw(t, "a kind") {
				s.Like(k, core.Switch(on))
				likes[k] = on
			} else {
				p := rapid.SampledFrom(core.AllTimes[:]).Draw(t, "part")
				s.Come(p, core.Switch(on))
				comes[p] = on
			}
			if !slices.Equal(seen, before) {
				t.Fatal("what was read before has changed")
			}
		}
		none := func(on bool, rest ...bool) bool { return !on && !slices.Contains(rest, true) }
		all := none(likes["stall"], likes["meeting"], likes["other"])
		for _, k := range kinds {
			if s.Likes(k) != (all || likes[k]) {
				t.Fatalf("%s: %v, after %v", k, s.Likes(k), likes)
			}
		}
		always := none(comes[core.Weekdays], comes[core.Evenings], comes[core.Weekends])
		for i, p := range core.AllTimes {
			at := time.Date(2027, 3, []int{10, 10, 13}[i], []int{9, 18, 9}[i], 0, 0, 0, time.UTC)
			if s.Fits(at) != (always || comes[p]) {
				t.Fatalf("%s: %v, after %v", p, s.Fits(at), comes)
			}
		}
		b, err := json.Marshal(&s)
		var back core.Settings
		if err != nil || json.Unmarshal(b, &back) != nil || !reflect.DeepEqual(back, s) {
			t.Fatalf("%v comes back as %v", s, back)
		}
	})
}

func TestTheStateOfAConsentIsThatOfTheLastChange(t *testing.T) {
	t.Parallel()
	at := time.Date(2027, 3, 10, 9, 0, 0, 0, time.UTC)
	answer := func(p core.Purpose, given bool, days int) core.Consent {
		return core.Consent{Purpose: p, Given: given, At: at.AddDate(0, 0, days)}
	}
	history := []core.Consent{
		answer(core.ToMessages, true, 0), answer(core.ToArea, false, 0), answer(core.ToMessages, false, 1),
		answer(core.ToMessages, true, 2), answer(core.ToMessages, true, 3),
	}
	c, ok := core.StateOf(history, core.ToMessages)
	if !ok || !c.Given || !c.At.Equal(at.AddDate(0, 0, 2)) {
		t.Errorf("messages: %v since %s", c.Given, c.At)
	}
	if c, ok := core.StateOf(history, core.ToArea); !ok || c.Given {
		t.Error("a refusal is not the state")
	}
	if _, ok := core.StateOf(history, core.ToTeam); ok {
		t.Error("there is a state without an answer")
	}
}
