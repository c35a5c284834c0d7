package intake

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"iter"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"tocsin/core"
)

// maxEvent is the largest VEVENT that is read, in bytes.
const maxEvent = 1 << 20

// An event is a VEVENT of a calendar (RFC 5545, 3.6.1): the properties of it that an
// action is made of, each as often as it stands there.
type event struct {
	Line  int // of its BEGIN
	Props map[string][]property
	Off   bool   // the calendar cancels all that is in it (RFC 5546, 3.2.5)
	fault string // why it cannot be used
	size  int    // in bytes
}

// Value returns the first value of a property, without escapes undone; "" if there is
// none.
func (e *event) Value(name string) string {
	if ps := e.Props[name]; len(ps) > 0 {
		return ps[0].Value
	}
	return ""
}

// wanted are the properties that are kept.
var wanted = map[string]bool{
	"UID": true, "SUMMARY": true, "DTSTART": true, "DTEND": true, "DURATION": true, "LOCATION": true, "GEO": true,
	"DESCRIPTION": true, "CATEGORIES": true, "STATUS": true, "CLASS": true, "SEQUENCE": true, "RRULE": true,
	"RDATE": true, "EXDATE": true, "RECURRENCE-ID": true,
}

// events yields the events of a calendar, each as it ends. One that is larger than
// 1 MiB, not closed, or has a line that cannot be read is a *RowError. A file that is
// no calendar is an Invalid error, and the last; a failure of r an Unavailable one.
//
// It takes the place of go-ical's decoder, which stops at the first fault, panics on a
// line that ends within its parameters, and needs quadratic time for long ones.
func events(r io.Reader) iter.Seq2[*event, error] {
	return func(yield func(*event, error) bool) {
		u := unfolder{source: bufio.NewReaderSize(r, sniffed)}
		s := splitter{yield: yield}
		for {
			number, text, fault, err := u.next()
			if err != nil && !errors.Is(err, io.EOF) {
				yield(nil, core.Wrap(core.Unavailable, err, "intake: read calendar"))
				return
			}
			if !s.read(number, text, fault) {
				return
			}
			if err != nil {
				s.end(u.number)
				return
			}
		}
	}
}

// splitter is the state of events.
type splitter struct {
	yield  func(*event, error) bool
	inside bool   // of a VCALENDAR
	begun  bool   // one was seen
	off    bool   // its method is CANCEL
	event  *event // that is open
	inner  string // the component in the event whose lines are passed over
}

// read takes a content line. It reports whether to go on, as close does.
func (s *splitter) read(number int, text, fault string) bool {
	upper := ""
	if len(text) < 100 {
		upper = strings.ToUpper(strings.TrimSpace(text))
	}
	switch {
	case text == "" && fault == "":
		return true
	case upper == "BEGIN:VCALENDAR":
		s.inside, s.begun, s.off = true, true, false
		return s.close("no END:VEVENT")
	case !s.begun:
		s.yield(nil, core.Wrap(core.Invalid, errors.New("the file does not begin with BEGIN:VCALENDAR"), "intake: read calendar"))
		return false
	case upper == "END:VCALENDAR":
		s.inside = false
		return s.close("no END:VEVENT")
	case upper == "BEGIN:VEVENT":
		more := s.close("no END:VEVENT")
		s.event = &event{Line: number, Props: map[string][]property{}, Off: s.off}
		return more
	case upper == "END:VEVENT":
		return s.close("")
	case s.event != nil:
		s.readProperty(text, upper, fault)
	case upper == "METHOD:CANCEL":
		s.off = true
	}
	return true
}

// readProperty takes a line of the event that is open.
func (s *splitter) readProperty(text, upper, fault string) {
	e := s.event
	if e.size += len(text); e.size > maxEvent {
		e.fault, e.Props = "larger than 1 MiB", nil
	}
	switch {
	case e.fault != "":
	case fault != "":
		e.fault = fault
	case s.inner != "":
		if upper == "END:"+s.inner {
			s.inner = ""
		}
	case strings.HasPrefix(upper, "BEGIN:"):
		s.inner = upper[len("BEGIN:"):]
	default:
		name := strings.ToUpper(text[:max(0, strings.IndexAny(text, ";:"))])
		if !wanted[name] {
			return
		}
		p, ok := parseProperty(text[len(name):])
		if !ok {
			e.fault = name + ": a line that cannot be read"
		}
		e.Props[name] = append(e.Props[name], p)
	}
}

// close yields the event that is open, if one is; fault says what is wrong with it
// besides, "" if nothing.
func (s *splitter) close(fault string) bool {
	e := s.event
	s.event, s.inner = nil, ""
	switch {
	case e == nil:
		return true
	case fault == "" && e.fault == "":
		return s.yield(e, nil)
	case e.fault != "":
		fault = e.fault
	}
	return s.yield(nil, &RowError{e.Line, fault})
}

// end takes the end of the file, at its last line.
func (s *splitter) end(number int) {
	switch {
	case !s.begun:
		s.yield(nil, core.Wrap(core.Invalid, errors.New("the file is empty"), "intake: read calendar"))
	case s.close("no END:VEVENT") && s.inside:
		s.yield(nil, &RowError{number, "no END:VCALENDAR: the file may be cut"})
	}
}

// unfolder reads content lines.
type unfolder struct {
	source *bufio.Reader
	number int // lines read
}

// next returns a content line without its folds (RFC 5545, 3.1), and the number of
// its first line. Lines are joined before they are decoded, as a fold may be within a
// character; one that is not UTF-8 then is read as Windows-1252. A line that is too
// long or has a NUL in it is a fault. It fails as the source does, with io.EOF
// together with the last line.
func (u *unfolder) next() (number int, text, fault string, err error) {
	number = u.number + 1
	var raw []byte
	for folded := true; folded && err == nil; {
		var part []byte
		part, err = u.source.ReadSlice('\n')
		if len(part) > 0 && part[len(part)-1] == '\n' || errors.Is(err, io.EOF) && len(part) > 0 {
			u.number++
		}
		if len(raw)+len(part) > maxEvent {
			fault, part = "longer than 1 MiB", nil
		}
		raw = append(raw, part...)
		if errors.Is(err, bufio.ErrBufferFull) {
			err = nil
			continue
		}
		raw = bytes.TrimSuffix(bytes.TrimSuffix(raw, []byte("\n")), []byte("\r"))
		ahead, _ := u.source.Peek(1)
		if folded = len(ahead) == 1 && (ahead[0] == ' ' || ahead[0] == '\t'); folded {
			_, err = u.source.Discard(1)
		}
	}
	if number == 1 {
		raw = bytes.TrimPrefix(raw, byteOrderMark)
	}
	if bytes.IndexByte(raw, 0) >= 0 {
		fault = "a NUL character"
	}
	if !utf8.Valid(raw) {
		raw, _ = charmap.Windows1252.NewDecoder().Bytes(raw) // never fails
	}
	return number, string(raw), fault, err
}
