package intake

import (
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"
)

func TestTimesAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	clock := LocalTime{time.Date(2026, 12, 5, 14, 30, 0, 0, time.UTC), true}
	instant := LocalTime{Instant: clock.Instant}
	for given, want := range map[string]LocalTime{
		"2026-12-05 14:30": clock, "2026-12-05T14:30": clock, "2026-12-05 14:30:00": clock,
		"2026-12-05T14:30:00": clock, "05/12/2026 14:30": clock, "5/12/2026 14h30": clock,
		"05/12/2026 14 h 30": clock, "05/12/2026 à 14H30": clock, "2026-12-05 14h30": clock,
		"05/12/2026 14\u202fh\u202f30": clock, "05/12/2026 14:30:00": clock,
		"2026-12-05T14:30:00Z": instant, "2026-12-05T15:30:00+01:00": instant, "2026-12-05T14:30Z": instant,
		"2026-12-05 15:30:00+01:00": instant, "2026-12-05 15:30+01:00": instant, "2026-12-05T14:30:00.9Z": instant,
		"05/12/2026 14h": {time.Date(2026, 12, 5, 14, 0, 0, 0, time.UTC), true},
		"5/1/2026 9 h":   {time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC), true},
	} {
		if got, ok := parseTime(given); got != want || !ok {
			t.Errorf("%q: got %v and %v", given, got, ok)
		}
	}
	for _, given := range []string{
		"", "2026-12-05", "14:30", "2026-02-30 14:30", "2026-12-05 24:00", "2026-12-05 14:60", "12/13/2026 14:30",
		"05/12/26 14:30", "1026-12-05 14:30", "2126-12-05T14:30:00Z", "2026-12-05 14:30 Europe/Paris", "demain 14h",
		"2026-12-05 hh", "h",
	} {
		if got, ok := parseTime(given); ok {
			t.Errorf("%q: got %v", given, got)
		}
	}
}

func TestAClockTimeIsTheFirstInstantThatShowsItOrLater(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ zone, clock, want string }{
		{"Europe/Paris", "2026-12-05 14:30", "2026-12-05T13:30:00Z"},
		{"Europe/Paris", "2026-03-29 01:59", "2026-03-29T00:59:00Z"},
		{"Europe/Paris", "2026-03-29 02:00", "2026-03-29T01:00:00Z"}, // skipped
		{"Europe/Paris", "2026-03-29 02:59", "2026-03-29T01:00:00Z"},
		{"Europe/Paris", "2026-03-29 03:00", "2026-03-29T01:00:00Z"},
		{"Europe/Paris", "2026-10-25 02:30", "2026-10-25T00:30:00Z"}, // shown twice
		{"Europe/Paris", "2026-10-25 03:00", "2026-10-25T02:00:00Z"},
		{"Pacific/Apia", "2011-12-30 12:00", "2011-12-30T10:00:00Z"}, // a day that was not
		{"America/Sao_Paulo", "2018-11-04 00:10", "2018-11-04T03:00:00Z"},
		{"UTC", "2026-12-05 14:30", "2026-12-05T14:30:00Z"},
	} {
		loc, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		clock, _ := parseTime(c.clock)
		got := clock.In(loc)
		if s := got.UTC().Format(time.RFC3339); s != c.want || got.Location() != loc {
			t.Errorf("%s in %s: got %s in %s, want %s", c.clock, c.zone, s, got.Location(), c.want)
		}
	}
}

func TestAnInstantIsTheSameInEachZone(t *testing.T) {
	t.Parallel()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	given, _ := parseTime("2026-07-05T14:30:00Z")
	if got := given.In(paris); !got.Equal(given.Instant) || got.Hour() != 16 {
		t.Errorf("got %v", got)
	}
}

// The promise of In, checked at the instant and one second before it, around the
// changes of several zones.
func TestNoEarlierInstantShowsAClockTime(t *testing.T) {
	t.Parallel()
	zones := []string{"Europe/Paris", "America/Miquelon", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Noumea", "America/Havana"}
	rapid.Check(t, func(t *rapid.T) {
		loc, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(2020, 1, 1, 0, 0, 0, 0, loc).AddDate(0, rapid.IntRange(0, 120).Draw(t, "months"), 0)
		if _, change := at.ZoneBounds(); !change.IsZero() {
			at = change
		}
		clock := dateIn(at, time.UTC).Add(time.Duration(rapid.IntRange(-180, 180).Draw(t, "minutes")) * time.Minute)
		got := LocalTime{clock, true}.In(loc)
		if dateIn(got, time.UTC).Before(clock) {
			t.Errorf("%v shows an earlier time than %v", got, clock)
		}
		for _, before := range []time.Duration{time.Second, 30 * time.Minute, time.Hour, 2 * time.Hour} {
			if b := got.Add(-before); !dateIn(b, time.UTC).Before(clock) {
				t.Errorf("%v shows %v already, before %v", b, clock, got)
			}
		}
	})
}
