package scheduler_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"tocsin/core"
	"tocsin/scheduler"
)

func line(t testing.TB, s string) scheduler.Line {
	t.Helper()
	l, err := scheduler.ParseLine(s)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestParseLineRefusesWhatWouldHarm(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "TZ=0", "TZ= * * * * *", "CRON_TZ=UTC", "CRON_TZ=UTC 0 9 * * *", "TZ=Europe/Paris 0 9 * * *",
		"0 0 31 2 *", "60 * * * *", "* * * *", "* * * * * *", "@every 1s", "@reboot", "é",
	} {
		if _, err := scheduler.ParseLine(s); core.CodeOf(err) != core.Invalid {
			t.Errorf("%q: %v, want Invalid", s, err)
		}
	}
}

func TestSkippedTimeComesAtTheEndOfTheGap(t *testing.T) {
	t.Parallel()
	paris := zone(t, "Europe/Paris")
	eve := time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC)
	p := line(t, "30 2 * * *").Next(eve, paris)
	if want := time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC); !p.At.Equal(want) || p.Local != "2026-03-29T02:30 Europe/Paris" {
		t.Errorf("%s (%s), want %s", p.At.UTC(), p.Local, want)
	}
}

func TestDoubledTimeComesOnce(t *testing.T) {
	t.Parallel()
	paris := zone(t, "Europe/Paris")
	l := line(t, "30 2 * * *")
	p := l.Next(time.Date(2026, 10, 24, 12, 0, 0, 0, time.UTC), paris)
	if want := time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC); !p.At.Equal(want) {
		t.Errorf("%s, want %s", p.At.UTC(), want)
	}
	if q := l.Next(p.At, paris); q.Local != "2026-10-26T02:30 Europe/Paris" {
		t.Errorf("then %s", q.Local)
	}
}

func TestADayThatDoesNotExistIsMadeUpFor(t *testing.T) {
	t.Parallel()
	apia := zone(t, "Pacific/Apia") // had no 30 December 2011
	p := line(t, "0 9 30 12 *").Next(time.Date(2011, 12, 29, 0, 0, 0, 0, apia), apia)
	if p.Local != "2011-12-30T09:00 Pacific/Apia" || p.At.In(apia).Format(time.DateOnly) != "2011-12-31" {
		t.Errorf("%s, %s", p.Local, p.At.In(apia))
	}
}

// Whatever the zone and the line, the times go on, none is named twice, and none is
// more than the gap away from what the clocks say.
func TestPlannedTimesAreUniqueOverEveryChangeOfClocks(t *testing.T) {
	t.Parallel()
	zones := []string{"Europe/Paris", "Europe/London", "Australia/Lord_Howe", "Pacific/Apia", "America/Cayenne", "UTC"}
	lines := []string{"30 2 * * *", "*/15 * * * *", "0 0 * * *", "15 1-3 * * 0", "59 23 31 * *"}
	rapid.Check(t, func(t *rapid.T) {
		loc, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		l, err := scheduler.ParseLine(rapid.SampledFrom(lines).Draw(t, "line"))
		if err != nil {
			t.Fatal(err)
		}
		at := time.Unix(rapid.Int64Range(1704067200, 1924992000).Draw(t, "from"), 0)
		seen := map[string]bool{}
		for range 200 {
			p := l.Next(at, loc)
			if !p.At.After(at) || seen[p.Local] {
				t.Fatalf("after %s comes %s (%s)", at, p.At, p.Local)
			}
			wall, err := time.Parse("2006-01-02T15:04", p.Local[:16])
			if err != nil {
				t.Fatal(err)
			}
			shown := p.At.In(loc)
			_, offset := shown.Zone()
			if drift := shown.Add(time.Duration(offset) * time.Second).Sub(wall); drift < 0 || drift > 25*time.Hour {
				t.Fatalf("%s comes at %s", p.Local, shown)
			}
			seen[p.Local], at = true, p.At
		}
	})
}

func FuzzParseLine(f *testing.F) {
	for _, s := range []string{"17 4 * * *", "TZ=0", "@daily", "CRON_TZ= 1 1 1 1 1", "*/0 * * * *"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		l, err := scheduler.ParseLine(s)
		if err == nil && l.Next(noon, time.UTC).At.IsZero() {
			t.Errorf("%q never comes due", s)
		}
	})
}
