package intake

import (
	"strings"
	"time"
)

// A LocalTime is a time as a file writes it: an instant, or what the clocks at the
// action's place show, whose time zone the file does not tell. The zero LocalTime is
// none.
type LocalTime struct {
	Instant time.Time // with Wall: the clock's date and time, written as UTC
	Wall    bool
}

// IsZero reports whether t is none.
func (t LocalTime) IsZero() bool { return t.Instant.IsZero() }

// In returns the instant of t where the clocks are those of loc: the first at which
// they show that time or a later one. So a time that they skip in spring is the end
// of the gap, and one that they show twice in autumn is the first of the two. An
// instant stays what it is, in loc.
func (t LocalTime) In(loc *time.Location) time.Time {
	if !t.Wall {
		return t.Instant.In(loc)
	}
	guess := dateIn(t.Instant, loc)
	since, until := guess.ZoneBounds()
	switch shown := dateIn(guess, time.UTC); {
	case shown.Before(t.Instant): // guessed before a gap
		return until
	case shown.After(t.Instant): // guessed after it
		return since
	case since.IsZero(): // the clocks never changed before
		return guess
	}
	_, offset := guess.Zone()
	_, earlier := since.Add(-1).Zone()
	if first := guess.Add(time.Duration(offset-earlier) * time.Second); first.Before(since) {
		return first
	}
	return guess
}

// dateIn returns the time that has the date and the clock of t in loc.
func dateIn(t time.Time, loc *time.Location) time.Time {
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	return time.Date(year, month, day, hour, minute, second, t.Nanosecond(), loc)
}

// instants and clocks are the ways to write a time, after tidyTime.
var (
	instants = [...]string{
		time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04Z07:00",
	}
	clocks = [...]string{
		"2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02T15:04:05",
		"2/1/2006 15:04", "2/1/2006 15:04:05",
	}
)

// tidyTime brings the French "14 h 30" and "à 14h" to "14:30" and "14:00".
var tidyTime = strings.NewReplacer(" à ", " ", " h ", ":", " h", "h", "h ", "h", "H", "h")

// parseTime reads a time in RFC 3339 as an instant, and "2026-12-05 14:00",
// "05/12/2026 14:00" or "05/12/2026 14h30" as what clocks show; seconds may be there.
// It reports false if s is none of these, or not in the years 2000 to 2099.
func parseTime(s string) (LocalTime, bool) {
	s = tidyTime.Replace(strings.Join(strings.Fields(s), " "))
	if strings.HasSuffix(s, "h") {
		s += "00"
	}
	s = strings.Replace(s, "h", ":", 1)
	for _, layout := range instants {
		if t, err := time.Parse(layout, s); err == nil {
			return LocalTime{Instant: t.UTC().Truncate(time.Second)}, ourCentury(t)
		}
	}
	for _, layout := range clocks {
		if t, err := time.Parse(layout, s); err == nil {
			return LocalTime{Instant: t.Truncate(time.Second), Wall: true}, ourCentury(t)
		}
	}
	return LocalTime{}, false
}

// ourCentury reports whether an action may be at t: other years are slips.
func ourCentury(t time.Time) bool { return t.Year() >= 2000 && t.Year() < 2100 }
