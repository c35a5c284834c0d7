package intake

import (
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/rivo/uniseg"
	"golang.org/x/text/unicode/norm"

	"tocsin/core"
)

// Calendar yields the events of an iCalendar file (RFC 5545) as actions, under the
// rules of Actions. UID becomes ExternalID; DESCRIPTION the note, cut at 1000
// characters; the first of CATEGORIES that may name a kind, the kind. An event that
// the calendar cancels (STATUS or METHOD) is Cancelled; one that is not public
// (CLASS), or that has a day and no time, is refused. A time without a zone is a
// clock's; that of a zone is an instant.
//
// Of a repeating event, the instances that are not over at now and start within 60
// days come as rows of their own, 50 at most. Each is called UID#start; one that was
// moved keeps the start that it had, and one that was taken out (EXDATE) is Cancelled.
// If a name comes twice, the later row stands.
//
// An event that cannot be used is a *RowError at its first line, and reading goes on.
// A file that is no calendar is an Invalid error, and a failure of r an Unavailable
// one; both end the rows. One event, of 1 MiB at most, is in memory at a time.
func Calendar(r io.Reader, now time.Time) iter.Seq2[ActionRow, error] {
	return func(yield func(ActionRow, error) bool) {
		c := calendar{now: now, zones: zones{}, moved: map[string]bool{}}
		for e, err := range events(r) {
			if err != nil {
				if !yield(ActionRow{}, err) {
					return
				}
				continue
			}
			rows, why := c.rows(e)
			if why != "" && !yield(ActionRow{}, &RowError{e.Line, string(why)}) {
				return
			}
			for _, row := range rows {
				if !yield(checked(row)) {
					return
				}
			}
		}
	}
}

// calendar is what is known of a calendar beyond the event that is being read.
type calendar struct {
	now    time.Time
	zones  zones
	moved  map[string]bool // instances that an event of their own has replaced
	series int             // repeating events so far
}

// rows returns an event as rows that are not checked yet.
func (c *calendar) rows(e *event) ([]ActionRow, slip) {
	a := rowOf(e)
	if a.ExternalID == "" {
		return nil, "UID: missing"
	}
	if class := strings.ToUpper(e.Value("CLASS")); class != "" && class != "PUBLIC" && !a.Cancelled {
		return nil, "CLASS: not public"
	}
	if a.Cancelled && len(e.Props["DTSTART"]) == 0 {
		return []ActionRow{a}, ""
	}
	start, why := c.momentOf(e, "DTSTART")
	if why != "" {
		return nil, why
	}
	long, why := c.lengthOf(e, start)
	if why != "" {
		return nil, why
	}
	switch {
	case len(e.Props["RECURRENCE-ID"]) > 0:
		instance, why := c.momentOf(e, "RECURRENCE-ID")
		if why != "" {
			return nil, why
		}
		a.ExternalID += "#" + instance.id()
		if len(c.moved) < maxMoved {
			c.moved[a.ExternalID] = true
		}
	case len(e.Props["RRULE"])+len(e.Props["RDATE"]) > 0:
		return c.instances(e, a, start, long)
	}
	return []ActionRow{a.at(start, long)}, ""
}

// momentOf reads a property that holds one time.
func (c *calendar) momentOf(e *event, name string) (moment, slip) {
	ps := e.Props[name]
	if len(ps) == 0 {
		return moment{}, slip(name + ": missing")
	}
	m, why := c.zones.momentOf(ps[0], ps[0].Value)
	if why != "" {
		why = slip(name+": ") + why
	}
	return m, why
}

// lengthOf reads how long an event is; zero if it does not tell.
func (c *calendar) lengthOf(e *event, start moment) (length, slip) {
	if d := e.Value("DURATION"); d != "" {
		long, ok := lengthOf(d)
		if !ok {
			return length{}, "DURATION: no length such as PT2H"
		}
		return long, ""
	}
	if len(e.Props["DTEND"]) == 0 {
		return length{}, ""
	}
	end, why := c.momentOf(e, "DTEND")
	if why == "" && (start.zone == nil) != (end.zone == nil) {
		why = "DTEND: with a time zone and DTSTART without, or the reverse"
	}
	return length{exact: end.local().Instant.Sub(start.local().Instant)}, why
}

// at returns a with the times of an instance. What ends as it starts tells no end.
func (a ActionRow) at(start moment, long length) ActionRow {
	a.StartsAt = start.local()
	if long != (length{}) {
		a.EndsAt = long.after(start)
	}
	return a
}

// rowOf returns an event without its times.
func rowOf(e *event) ActionRow {
	a := ActionRow{
		Line:       e.Line,
		ExternalID: strings.TrimSpace(unescaped(e.Value("UID"))),
		Title:      tidy(unescaped(e.Value("SUMMARY"))),
		Kind:       kindOf(e.Props["CATEGORIES"]),
		Place:      tidy(unescaped(e.Value("LOCATION"))),
		Note:       noteOf(unescaped(e.Value("DESCRIPTION"))),
		Cancelled:  e.Off || strings.EqualFold(e.Value("STATUS"), "CANCELLED"),
	}
	if n, err := strconv.Atoi(e.Value("SEQUENCE")); err == nil {
		a.Sequence = max(n, 0)
	}
	lat, lon, _ := strings.Cut(e.Value("GEO"), ";")
	if p, ok := pointOf(lat, lon); ok && p != nil && (p.Lat != 0 || p.Lon != 0) {
		a.Point = p // 0;0 is what programs write that know none
	}
	return a
}

// kindOf returns the first category that may name a kind, or OtherKind.
func kindOf(categories []property) core.KindID {
	for _, p := range categories {
		for name := range strings.SplitSeq(p.Value, ",") {
			if name = strings.ToLower(strings.TrimSpace(name)); slug(name) {
				return core.KindID(name)
			}
		}
	}
	return OtherKind
}

// noteOf returns a description without what cannot be seen, cut to the length of a
// note.
func noteOf(s string) string {
	s = strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && !core.Visible(string(r)) {
			return -1
		}
		return r
	}, strings.ReplaceAll(s, "\r\n", "\n"))
	s = strings.TrimSpace(norm.NFC.String(s))
	if !longer(s, maxNote) {
		return s
	}
	end, rest, state := 0, s, -1
	for range maxNote - 1 {
		var character string
		character, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if end+len(character) > maxNote*maxCharacter-len("…") {
			break
		}
		end += len(character)
	}
	return strings.TrimSpace(s[:end]) + "…"
}
