package scheduler

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"tocsin/core"
)

// A Line is a parsed cron line: five fields, read on the clocks of a time zone.
type Line struct{ schedule cron.Schedule }

// ParseLine reads a cron line of five fields, or "@daily" and the like. It fails
// with Invalid if it is none, names a zone of its own, or never comes due. The
// parser panics on some zone prefixes; that ends here.
func ParseLine(s string) (l Line, err error) {
	defer func() {
		if recover() != nil {
			l, err = Line{}, badLine("is not a cron line")
		}
	}()
	if strings.Contains(s, "=") {
		return Line{}, badLine("must not name a time zone")
	}
	if strings.HasPrefix(strings.TrimSpace(s), "@every") {
		return Line{}, badLine("must name times, not a distance")
	}
	schedule, err := cron.ParseStandard(s)
	if err != nil {
		return Line{}, badLine("is not a cron line such as 17 4 * * *")
	}
	l = Line{schedule}
	if schedule.Next(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return Line{}, badLine("never comes due")
	}
	return l, nil
}

func badLine(why string) error {
	return core.Wrap(core.Invalid, fmt.Errorf("it %s", why), "scheduler: parse cron line")
}

// A Planned is one time that a Line names: Local is what the clocks show, which is
// unique; At is the instant at which it comes due.
type Planned struct {
	Local string
	At    time.Time
}

// Next returns the first time after t that l names in loc. The line is read on the
// wall clock: a time that a change of clocks skips comes due at the first instant
// after the gap, and one that comes twice comes due the first time only.
func (l Line) Next(t time.Time, loc *time.Location) Planned {
	wall := onWall(t.In(loc))
	if before := t.Add(-reach).In(loc); !sameOffset(before, t.In(loc)) {
		wall = wall.Add(-reach) // a time that the gap swallowed may be due still
	}
	for {
		wall = l.schedule.Next(wall)
		if wall.IsZero() {
			return Planned{}
		}
		if at := instant(wall, loc); at.After(t) {
			return Planned{Local: wall.Format("2006-01-02T15:04 ") + loc.String(), At: at}
		}
	}
}

// reach is the largest change of clocks, a whole day, and some.
const reach = 26 * time.Hour

func sameOffset(a, b time.Time) bool {
	_, x := a.Zone()
	_, y := b.Zone()
	return x == y
}

// onWall returns what the clocks show at t, as if they were those of UTC.
func onWall(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// instant returns when the clocks of loc first show wall, or the first instant
// after the gap that swallowed it.
func instant(wall time.Time, loc *time.Location) time.Time {
	t := wall.Add(-reach).In(loc)
	for t.Before(wall.Add(reach)) {
		_, offset := t.Zone()
		at := wall.Add(-time.Duration(offset) * time.Second)
		_, end := t.ZoneBounds()
		if !end.IsZero() && !end.After(t) {
			end = t.Add(time.Hour) // the library ends a leap year of the far future a day too early
		}
		if end.IsZero() || at.Before(end) {
			if at.Before(t) {
				return t // the gap ended just here
			}
			return at.In(loc)
		}
		t = end.In(loc)
	}
	return wall.In(loc)
}
