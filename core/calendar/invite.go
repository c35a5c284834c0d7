package calendar

import (
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-ical"
	"golang.org/x/text/unicode/norm"

	"tocsin/core"
	"tocsin/core/geo"
)

// An Event is an action as a calendar program shows it.
type Event struct {
	UID         string    // of the action, the same in each file and unlike all others in the world
	Sequence    int       // grows with each change: a program takes the file with the highest
	Stamp       time.Time // when this is said (DTSTAMP)
	StartsAt    time.Time
	EndsAt      time.Time // zero if not known
	Summary     string
	Location    string     // may be empty
	Description string     // may be empty; lines end in \n
	Point       *geo.Point // nil if there is none; written with 6 decimals, 0.1 m
	Cancelled   bool
}

// product names us in each file.
const product = "-//tocsin//tocsin//EN"

// WriteInvite writes a calendar with one event, to be saved or opened by the person
// who gets it: METHOD PUBLISH, or CANCEL if it is cancelled. Times are in UTC, lines
// end in CRLF and have at most 75 bytes. Characters that cannot be seen are left out.
//
// It fails with Invalid, and writes nothing, if there is no UID, Stamp, StartsAt or
// Summary, or if EndsAt is there and not after StartsAt; with Unavailable if w fails.
func WriteInvite(w io.Writer, e Event) error {
	if err := e.check(); err != nil {
		return core.Wrap(core.Invalid, err, "calendar: write invite")
	}
	c := ical.NewCalendar()
	c.Props.SetText(ical.PropVersion, "2.0")
	c.Props.SetText(ical.PropProductID, product)
	c.Props.SetText(ical.PropMethod, e.method())
	c.Children = append(c.Children, e.component())

	var text strings.Builder
	if err := ical.NewEncoder(&text).Encode(c); err != nil {
		return core.Wrap(core.Internal, err, "calendar: encode invite")
	}
	_, err := io.WriteString(w, fold(text.String()))
	return core.Wrap(core.Unavailable, err, "calendar: write invite")
}

// check says what no file can do without.
func (e *Event) check() error {
	switch {
	case e.UID == "" || !core.Visible(e.UID):
		return errors.New("no UID")
	case e.Stamp.IsZero():
		return errors.New("no stamp")
	case e.StartsAt.IsZero():
		return errors.New("no start")
	case !e.EndsAt.IsZero() && !e.EndsAt.After(e.StartsAt):
		return errors.New("an end that is not after the start")
	case line(e.Summary) == "":
		return errors.New("no summary")
	}
	return nil
}

// method returns what a program is to do with the file (RFC 5546, 3.2).
func (e *Event) method() string {
	if e.Cancelled {
		return "CANCEL"
	}
	return "PUBLISH"
}

// status returns how the action stands.
func (e *Event) status() ical.EventStatus {
	if e.Cancelled {
		return ical.EventCancelled
	}
	return ical.EventConfirmed
}

// component returns e as a VEVENT.
func (e *Event) component() *ical.Component {
	v := ical.NewEvent()
	v.Props.SetText(ical.PropUID, e.UID)
	v.Props.Set(&ical.Prop{Name: ical.PropSequence, Value: strconv.Itoa(e.Sequence)})
	v.Props.SetDateTime(ical.PropDateTimeStamp, e.Stamp.UTC())
	v.Props.SetDateTime(ical.PropDateTimeStart, e.StartsAt.UTC())
	if !e.EndsAt.IsZero() {
		v.Props.SetDateTime(ical.PropDateTimeEnd, e.EndsAt.UTC())
	}
	v.Props.SetText(ical.PropSummary, line(e.Summary))
	if place := line(e.Location); place != "" {
		v.Props.SetText(ical.PropLocation, place)
	}
	if note := visible(e.Description); note != "" {
		v.Props.SetText(ical.PropDescription, note)
	}
	if e.Point != nil {
		v.Props.Set(&ical.Prop{Name: ical.PropGeo, Value: degrees(e.Point.Lat) + ";" + degrees(e.Point.Lon)})
	}
	v.SetStatus(e.status())
	return v.Component
}

// degrees writes a coordinate as RFC 5545, 3.8.1.6 advises.
func degrees(x float64) string { return strconv.FormatFloat(x, 'f', 6, 64) }

// line returns s on one line, with single spaces.
func line(s string) string { return strings.Join(strings.Fields(visible(s)), " ") }

// visible returns s in NFC without what cannot be seen, but for the ends of lines.
func visible(s string) string {
	return strings.TrimSpace(norm.NFC.String(strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case !core.Visible(string(r)):
			return -1
		}
		return r
	}, s)))
}
