package intake

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/teambition/rrule-go"
	"pgregory.net/rapid"
)

// ints returns "1,-3,5": a list of one to three numbers from -most to most.
func ints(t *rapid.T, most int) string {
	return strings.Trim(fmt.Sprint(rapid.SliceOfN(rapid.IntRange(-most, most), 1, 3).Draw(t, "list")), "[]")
}

// aRule draws a recurrence rule, often one that never comes true or that none may
// write.
func aRule(t *rapid.T) string {
	parts := []string{"FREQ=" + rapid.SampledFrom([]string{"YEARLY", "MONTHLY", "WEEKLY", "DAILY"}).Draw(t, "freq")}
	for _, part := range []struct{ name, value string }{
		{"INTERVAL", fmt.Sprint(rapid.IntRange(1, 1000).Draw(t, "interval"))},
		{"COUNT", fmt.Sprint(rapid.IntRange(1, 100).Draw(t, "count"))},
		{"UNTIL", rapid.SampledFrom([]string{"20261201", "20270101T100000Z", "20261202T100000"}).Draw(t, "until")},
		{"WKST", "SU"},
		{"BYDAY", rapid.SampledFrom([]string{"MO", "-1FR", "5SU,2TU", "53MO", "-53TU", "SA,SU"}).Draw(t, "day")},
		{"BYMONTHDAY", strings.ReplaceAll(ints(t, 31), " ", ",")},
		{"BYMONTH", strings.ReplaceAll(ints(t, 12), " ", ",")},
		{"BYSETPOS", strings.ReplaceAll(ints(t, 366), " ", ",")},
	} {
		if rapid.IntRange(0, 2).Draw(t, part.name) == 0 {
			parts = append(parts, part.name+"="+part.value)
		}
	}
	return strings.Join(parts, ";")
}

func TestARuleGivesTimesInOrderWithinItsWindow(t *testing.T) {
	t.Parallel()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	w := window{now, now.Add(horizon)}
	rapid.Check(t, func(t *rapid.T) {
		rule := aRule(t)
		start := moment{now.AddDate(0, 0, rapid.IntRange(-5000, 100).Draw(t, "days")), paris}
		starts, _ := repeat(rule, start, w)
		last := start.clock.Add(-1)
		for _, at := range starts {
			if at.Before(w.from) || at.After(w.until) || !at.After(last) {
				t.Errorf("%s from %v: %v", rule, start.clock, starts)
			}
			last = at
		}
		if len(starts) > maxInstances {
			t.Errorf("%s: %d times", rule, len(starts))
		}
		if len(starts) == 0 { // plain takes long to find nothing
			return
		}
		if want := plain(rule, start, w); !slices.Equal(starts, want) {
			t.Errorf("%s from %v: %v, want %v", rule, start.clock, starts, want)
		}
	})
}

// plain is repeat without its way to save time: the series is not moved.
func plain(rule string, start moment, w window) []time.Time {
	option, why := ruleOf(rule, start)
	if why != "" {
		return nil
	}
	option.Dtstart = start.clock
	if option.Until.IsZero() {
		option.Until = w.until
	}
	series, err := rrule.NewRRule(*option)
	if err != nil {
		return nil
	}
	starts := series.Between(w.from, w.until, true)
	return starts[:min(len(starts), maxInstances)]
}

func TestASeriesMayHaveBegunThirtyYearsAgo(t *testing.T) {
	t.Parallel()
	now := time.Date(2040, 12, 5, 14, 0, 0, 0, time.UTC)
	w := window{now, now.Add(horizon)}
	if starts, why := repeat("FREQ=DAILY", moment{now.AddDate(-30, 0, 0), nil}, w); why != "" || len(starts) != maxInstances {
		t.Errorf("30 years: %d times, %q", len(starts), why)
	}
	if _, why := repeat("FREQ=DAILY", moment{now.AddDate(-31, 0, 0), nil}, w); why != "began too long ago" {
		t.Errorf("31 years: %q", why)
	}
}
