package intake

import (
	"strings"
	"time"
)

// A moment is a time of a calendar: what the clocks show, and where; nowhere (nil) is
// at the action's place, whose zone the calendar does not tell.
type moment struct {
	clock time.Time // written as UTC
	zone  *time.Location
}

// local returns m as an action row has it.
func (m moment) local() LocalTime {
	t := LocalTime{Instant: m.clock, Wall: true}
	if m.zone == nil {
		return t
	}
	return LocalTime{Instant: t.In(m.zone).UTC()}
}

// seenAt returns what the clocks of a zone show at m. It reports false if one of both
// is nowhere.
func (m moment) seenAt(zone *time.Location) (time.Time, bool) {
	if zone == nil || m.zone == nil {
		return m.clock, zone == m.zone
	}
	return dateIn(m.local().Instant.In(zone), time.UTC), true
}

// id returns m as part of the name of an instance.
func (m moment) id() string {
	if m.zone == nil {
		return m.clock.Format(basicTime)
	}
	return m.local().Instant.Format(basicTime + "Z")
}

// The forms of dates and times in a calendar (RFC 5545, 3.3.4 and 3.3.5).
const (
	basicDate = "20060102"
	basicTime = "20060102T150405"
)

// A slip says why a value cannot be used; "" says that it can.
type slip string

// momentOf reads a DATE-TIME of one property; value is all of its own or one of a list.
func (z zones) momentOf(p property, value string) (moment, slip) {
	if len(value) == len(basicDate) {
		return moment{}, "a day without a time"
	}
	plain, utc := strings.CutSuffix(strings.ToUpper(value), "Z")
	clock, err := time.Parse(basicTime, plain)
	if err != nil || !ourCentury(clock) {
		return moment{}, "no time such as 20261205T140000"
	}
	if utc {
		return moment{clock, time.UTC}, ""
	}
	if p.Zone == "" {
		return moment{clock, nil}, ""
	}
	zone, ok := z.find(p.Zone)
	if !ok {
		return moment{}, "a time zone that is not known"
	}
	return moment{clock, zone}, ""
}

// A length is how long an event is: days of the calendar, and what comes on top.
type length struct {
	days  int
	exact time.Duration
}

// after returns the end of an event that starts at m. A length of days keeps the time
// of day when the clocks change (RFC 5545, 3.3.6).
func (l length) after(m moment) LocalTime {
	t := moment{m.clock.AddDate(0, 0, l.days), m.zone}.local()
	t.Instant = t.Instant.Add(l.exact)
	return t
}

// lengthOf reads a DURATION (RFC 5545, 3.3.6). It reports false if s is none, is
// negative, or has a number of more than four digits.
func lengthOf(s string) (l length, ok bool) {
	s, ok = strings.CutPrefix(strings.TrimPrefix(strings.ToUpper(s), "+"), "P")
	date, clock, timed := strings.Cut(s, "T")
	if !ok || s == "" || timed && clock == "" {
		return length{}, false
	}
	for date != "" {
		n, unit, rest, ok := amount(date)
		switch {
		case ok && unit == 'W':
			l.days += 7 * n
		case ok && unit == 'D':
			l.days += n
		default:
			return length{}, false
		}
		date = rest
	}
	for clock != "" {
		n, unit, rest, ok := amount(clock)
		step, known := map[byte]time.Duration{'H': time.Hour, 'M': time.Minute, 'S': time.Second}[unit]
		if !ok || !known {
			return length{}, false
		}
		l.exact += time.Duration(n) * step
		clock = rest
	}
	return l, l.days <= 10_000 && l.exact <= 10_000*time.Hour
}

// amount reads a number of one to four digits and the letter after it.
func amount(s string) (n int, unit byte, rest string, ok bool) {
	i := 0
	for i < len(s) && i < 5 && s[i] >= '0' && s[i] <= '9' {
		n = 10*n + int(s[i]-'0')
		i++
	}
	if i == 0 || i == 5 || i == len(s) {
		return 0, 0, "", false
	}
	return n, s[i], s[i+1:], true
}
