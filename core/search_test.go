package core_test

import (
	"testing"
	"time"

	"tocsin/core"
)

func TestAWeekBeginsOnItsMonday(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]core.Day{
		"2027-03-08T00:00:00Z":      "2027-03-08", // a Monday
		"2027-03-10T12:00:00Z":      "2027-03-08",
		"2027-03-14T23:59:59Z":      "2027-03-08", // a Sunday
		"2027-03-15T00:30:00+01:00": "2027-03-08", // still Sunday in UTC
		"2027-01-01T12:00:00Z":      "2026-12-28",
	} {
		day, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := core.WeekOf(day); got != want {
			t.Errorf("the week of %s begins on %s, want %s", at, got, want)
		}
	}
}
