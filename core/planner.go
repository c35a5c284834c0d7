package core

import "time"

// A CronLine is five fields, "30 18 * * 4": minute, hour, day of the month, month and
// day of the week.
type CronLine string

// LeastApart is the shortest time between two digests.
const LeastApart = 15 * time.Minute

// A Planner reads cron lines. It is for any number of goroutines.
type Planner interface {
	// Next returns the first instant after t that a line names on the clocks of a zone
	// (IANA; one that is not known is UTC). A time that a change of clocks skips comes at
	// the first instant after the gap, and one that comes twice the first time only. It
	// fails with Invalid if the line is none, or never comes due again.
	Next(l CronLine, zone string, after time.Time) (time.Time, error)

	// Check fails with Invalid, with a key for the person, if l is no line, or names
	// times that are less than LeastApart from each other.
	Check(l CronLine) error
}

// What a Planner says to a person of a line that is none, and of one that comes too often.
const (
	LineForm  = "line.form"
	LineOften = "line.often"
)

// NextDates returns the next n instants that a line names on the clocks of a zone; fewer
// if it names no more. It fails with Invalid if it names none.
func NextDates(p Planner, l CronLine, zone string, after time.Time, n int) ([]time.Time, error) {
	var out []time.Time
	for range n {
		at, err := p.Next(l, zone, after)
		if err != nil && len(out) == 0 {
			return nil, Fail(Invalid, LineForm)
		}
		if err != nil {
			break
		}
		out, after = append(out, at), at
	}
	return out, nil
}

// RhythmOf returns the rhythm that instants in their order have: Weekly if all lie six
// days or more apart, else Daily.
func RhythmOf(dates []time.Time) Often {
	for i := 1; i < len(dates); i++ {
		if dates[i].Sub(dates[i-1]) < 6*24*time.Hour {
			return Daily
		}
	}
	return Weekly
}

// UsualLine returns when digests come to who did not choose; "" if none come.
func UsualLine(o Often) CronLine {
	switch o {
	case Daily:
		return "0 18 * * *"
	case Weekly:
		return "0 18 * * 4"
	}
	return ""
}
