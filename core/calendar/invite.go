package calendar

import (
	"errors"
	"io"
	"strings"

	"github.com/emersion/go-ical"

	"tocsin/core"
)

// product names us in each file.
const product = "-//tocsin//tocsin//EN"

// A Method says what a program is to do with a file (RFC 5546, 3.2).
type Method string

const (
	Publish Method = "PUBLISH" // take the events in, or change them
	Cancel  Method = "CANCEL"  // take them out
)

// MIME returns the media type of a file with that method, which it must repeat (RFC
// 5545, 8.1).
func (m Method) MIME() string { return "text/calendar; charset=utf-8; method=" + string(m) }

// WriteInvite writes a calendar with one event, to be saved or opened by the person
// who gets it, with the method of e. Times are in UTC, lines end in CRLF and have at
// most 75 bytes. Characters that cannot be seen are left out. There is no ORGANIZER,
// although RFC 5546 asks for one: calendars that sync refuse an event whose organiser
// is somebody else and has not invited their owner.
//
// It fails with Invalid, and writes nothing, if there is no UID, Stamp, StartsAt or
// Summary, or if EndsAt is there and not after StartsAt; with Unavailable if w fails.
func WriteInvite(w io.Writer, e Event) error { return write(w, e.Method(), e) }

// WriteAgenda writes all of es as WriteInvite does, in one calendar of the method
// Publish: in it, those that are Cancelled say so themselves (RFC 5546, 3.2.1). It also
// fails with Invalid if es is empty or one UID stands twice.
func WriteAgenda(w io.Writer, es []Event) error { return write(w, Publish, es...) }

func write(w io.Writer, m Method, es ...Event) error {
	if err := check(es); err != nil {
		return core.Wrap(core.Invalid, err, "calendar: write events")
	}
	c := ical.NewCalendar()
	c.Props.SetText(ical.PropVersion, "2.0")
	c.Props.SetText(ical.PropProductID, product)
	c.Props.SetText(ical.PropMethod, string(m))
	for i := range es {
		c.Children = append(c.Children, es[i].component())
	}
	var text strings.Builder
	if err := ical.NewEncoder(&text).Encode(c); err != nil {
		return core.Wrap(core.Internal, err, "calendar: encode events")
	}
	_, err := io.WriteString(w, fold(text.String()))
	return core.Wrap(core.Unavailable, err, "calendar: write events")
}

// check says what is wrong with a calendar of es.
func check(es []Event) error {
	seen := map[string]bool{}
	for i := range es {
		if err := es[i].check(); err != nil {
			return err
		}
		if seen[es[i].UID] {
			return errors.New("one UID twice")
		}
		seen[es[i].UID] = true
	}
	if len(es) == 0 {
		return errors.New("no event")
	}
	return nil
}
