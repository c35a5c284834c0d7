package calendar

import (
	"errors"
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
	Status      Status
}

// Status is how an event stands in the calendar of whoever gets the file (RFC 5545,
// 3.8.1.11).
type Status int

const (
	Confirmed Status = iota
	Tentative        // they may come
	Cancelled        // the action is, or they do not come
)

// statuses are the words of RFC 5545.
var statuses = [...]ical.EventStatus{
	Confirmed: ical.EventConfirmed, Tentative: ical.EventTentative, Cancelled: ical.EventCancelled,
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

// Method returns what a program is to do with the invite of e.
func (e *Event) Method() Method {
	if e.Status == Cancelled {
		return Cancel
	}
	return Publish
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
	v.SetStatus(statuses[e.Status])
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
