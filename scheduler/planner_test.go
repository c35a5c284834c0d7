package scheduler_test

import (
	"testing"
	"time"

	"tocsin/core"
	"tocsin/scheduler"
)

func TestThePlannerRefusesLinesThatComeTooOften(t *testing.T) {
	t.Parallel()
	var p scheduler.Planner
	for line, key := range map[core.CronLine]string{
		"0 18 * * *":                     "",
		"0,15,30,45 * * * *":             "",
		"*/15 9-20 * * 1-5":              "",
		"0 0 29 2 *":                     "",
		"59 23 * * *":                    "",
		"*/10 * * * *":                   "line.often",
		"0,14 18 * * *":                  "line.often",
		"50 23,0 * * *":                  "",
		"0,55 0,23 * * *":                "line.often", // 23:55 and midnight
		"0,1 0 29 2 *":                   "line.often",
		"* * * * *":                      "line.often",
		"18 h":                           "line.form",
		"TZ=0 0 18 * * *":                "line.form",
		"@every 1m":                      "line.form",
		"0 0 31 2 *":                     "line.form",
		core.CronLine(make([]byte, 100)): "line.form",
	} {
		if err := p.Check(line); core.KeyOf(err) != key {
			t.Errorf("%q: %v, want %q", line, err, key)
		}
	}
}

func TestThePlannerNamesTimesOnThePersonsOwnClock(t *testing.T) {
	t.Parallel()
	var p scheduler.Planner
	after := time.Date(2027, 3, 27, 18, 0, 0, 0, time.UTC) // the clocks change in the night
	for range 2 {                                          // the second answer is remembered
		for zone, want := range map[string]string{
			"Europe/Paris":   "2027-03-28T16:00:00Z",
			"Indian/Reunion": "2027-03-28T14:00:00Z",
			"Nowhere/Atall":  "2027-03-28T18:00:00Z",
		} {
			at, err := p.Next("0 18 * * *", zone, after)
			if err != nil || at.Format(time.RFC3339) != want {
				t.Errorf("%s: %s, %v", zone, at, err)
			}
		}
	}
	if _, err := p.Next("nonsense", "UTC", after); core.CodeOf(err) != core.Invalid {
		t.Errorf("nonsense: %v", err)
	}
}

func TestALineHasARhythmAndNextDates(t *testing.T) {
	p := new(scheduler.Planner)
	now := time.Date(2027, 3, 10, 8, 0, 0, 0, time.UTC)
	for line, want := range map[core.CronLine]core.Often{
		"0 18 * * 4": core.Weekly, "0 18 * * *": core.Daily, "0 9 1 * *": core.Weekly, "0 9 * * 1,4": core.Daily, "0 9,18 * * 6": core.Daily,
	} {
		dates, err := core.NextDates(p, line, "Europe/Paris", now, 3)
		if err != nil || len(dates) != 3 || !dates[0].After(now) || !dates[1].After(dates[0]) || !dates[2].After(dates[1]) {
			t.Fatalf("%s: %v, %v", line, dates, err)
		}
		if got := core.RhythmOf(dates); got != want {
			t.Errorf("%s is %s", line, got)
		}
		s := core.Supporter{Often: core.Never}
		if s.SetLine(want, line); s.Line() != line || s.Often != want {
			t.Errorf("%s is kept as %q", line, s.Line())
		}
		if usual := core.UsualLine(want) == line; usual != s.Settings.Untouched() {
			t.Errorf("%s: the usual line is a choice: %t", line, !usual)
		}
	}
	if _, err := core.NextDates(p, "0 0 31 2 *", "Europe/Paris", now, 3); core.KeyOf(err) != core.LineForm {
		t.Errorf("a line that never comes: %v", err)
	}
}
