package calendar_test

import (
	"errors"
	"mime"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-ical"

	"tocsin/core"
	"tocsin/core/calendar"
	"tocsin/core/geo"
	"tocsin/core/intake"
)

// leafleting is an action on 5 December 2026 in Lyon.
func leafleting() calendar.Event {
	lyon := time.FixedZone("CET", 3600)
	return calendar.Event{
		UID:         "action-42@exemple.fr",
		Sequence:    3,
		Stamp:       time.Date(2026, 11, 22, 9, 0, 0, 0, lyon),
		StartsAt:    time.Date(2026, 12, 5, 14, 0, 0, 0, lyon),
		EndsAt:      time.Date(2026, 12, 5, 16, 30, 0, 0, lyon),
		Summary:     "Tractage, marché",
		Location:    "Place Bellecour; Lyon",
		Description: "Rendez-vous au manège.\n\nPrenez des gants : il fait froid, très froid, et \\ n'est pas un signe. 👨‍👩‍👧",
		Point:       &geo.Point{Lat: 45.7578, Lon: 4.832},
	}
}

func written(t *testing.T, e calendar.Event) string {
	t.Helper()
	var b strings.Builder
	if err := calendar.WriteInvite(&b, e); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestAnInviteIsWrittenAsCalendarsExpect(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile("testdata/invite.ics")
	if err != nil {
		t.Fatal(err)
	}
	if got := written(t, leafleting()); got != string(want) {
		t.Errorf("got\n%s", got)
	}
}

func TestACancelledActionIsTakenOutOfTheCalendar(t *testing.T) {
	t.Parallel()
	e := leafleting()
	e.Status, e.Sequence = calendar.Cancelled, 4
	got := written(t, e)
	for _, line := range []string{"METHOD:CANCEL", "STATUS:CANCELLED", "SEQUENCE:4", "UID:action-42@exemple.fr"} {
		if !strings.Contains(got, "\r\n"+line+"\r\n") {
			t.Errorf("no %s in\n%s", line, got)
		}
	}
}

func TestWhoMayComeIsToldSo(t *testing.T) {
	t.Parallel()
	e := leafleting()
	e.Status = calendar.Tentative
	got := written(t, e)
	for _, line := range []string{"METHOD:PUBLISH", "STATUS:TENTATIVE"} {
		if !strings.Contains(got, "\r\n"+line+"\r\n") {
			t.Errorf("no %s in\n%s", line, got)
		}
	}
}

func TestTheMediaTypeRepeatsTheMethod(t *testing.T) {
	t.Parallel()
	e := leafleting()
	for _, e.Status = range []calendar.Status{calendar.Confirmed, calendar.Tentative, calendar.Cancelled} {
		kind, params, err := mime.ParseMediaType(e.Method().MIME())
		if err != nil || kind != "text/calendar" || params["charset"] != "utf-8" {
			t.Errorf("got %q, %v, %v", kind, params, err)
		}
		if line := "\r\nMETHOD:" + params["method"] + "\r\n"; !strings.Contains(written(t, e), line) {
			t.Errorf("no %q in\n%s", line, written(t, e))
		}
	}
}

func TestWhatAnActionLacksIsLeftOut(t *testing.T) {
	t.Parallel()
	e := leafleting()
	e.EndsAt, e.Location, e.Description, e.Point = time.Time{}, " ", "\n", nil
	got := written(t, e)
	for _, name := range []string{"DTEND", "LOCATION", "DESCRIPTION", "GEO"} {
		if strings.Contains(got, name) {
			t.Errorf("%s in\n%s", name, got)
		}
	}
}

func TestNothingIsWrittenOfAnEventThatCannotBe(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*calendar.Event){
		"UID":       func(e *calendar.Event) { e.UID = "" },
		"UID line":  func(e *calendar.Event) { e.UID = "a\r\nX:y" },
		"stamp":     func(e *calendar.Event) { e.Stamp = time.Time{} },
		"start":     func(e *calendar.Event) { e.StartsAt = time.Time{} },
		"end":       func(e *calendar.Event) { e.EndsAt = e.StartsAt },
		"summary":   func(e *calendar.Event) { e.Summary = " \u200b" },
		"no letter": func(e *calendar.Event) { e.Summary = "" },
	} {
		e := leafleting()
		change(&e)
		var b strings.Builder
		if err := calendar.WriteInvite(&b, e); core.CodeOf(err) != core.Invalid || b.Len() > 0 {
			t.Errorf("%s: got %v and %d bytes", name, err, b.Len())
		}
	}
}

func TestAFailureToWriteIsUnavailable(t *testing.T) {
	t.Parallel()
	gone := errors.New("gone")
	if err := calendar.WriteInvite(failing{gone}, leafleting()); !errors.Is(err, gone) || core.CodeOf(err) != core.Unavailable {
		t.Errorf("got %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// sameRead checks that what was written of e is read as e by us and as one event by
// another reader.
func sameRead(t *testing.T, e calendar.Event, text string) {
	t.Helper()
	rows := 0
	for a, err := range intake.Calendar(strings.NewReader(text), e.Stamp) {
		if rows++; err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if a.ExternalID != e.UID || a.Title != e.Summary || a.Place != e.Location || a.Note != e.Description {
			t.Errorf("got %q, %q, %q, %q of\n%s", a.ExternalID, a.Title, a.Place, a.Note, text)
		}
		if a.Sequence != e.Sequence || a.Cancelled != (e.Status == calendar.Cancelled) || a.StartsAt.Wall || !a.StartsAt.Instant.Equal(e.StartsAt) {
			t.Errorf("got %+v of\n%s", a, text)
		}
		if !a.EndsAt.Instant.Equal(e.EndsAt) || a.Point == nil || *a.Point != *e.Point {
			t.Errorf("got %+v of\n%s", a, text)
		}
	}
	if rows != 1 {
		t.Errorf("%d events in\n%s", rows, text)
	}
	c, err := ical.NewDecoder(strings.NewReader(text)).Decode()
	if err != nil || len(c.Events()) != 1 {
		t.Fatalf("%v in\n%s", err, text)
	}
	if s, err := c.Events()[0].Props.Text(ical.PropSummary); s != e.Summary || err != nil {
		t.Errorf("another reader got %q and %v of\n%s", s, err, text)
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	e := leafleting()
	sameRead(t, e, written(t, e))
	for _, e.Status = range []calendar.Status{calendar.Tentative, calendar.Cancelled} {
		sameRead(t, e, written(t, e))
	}
}

func FuzzWriteInvite(f *testing.F) {
	f.Add("Tractage, marché", "Place Bellecour; Lyon", "Un\nDeux\\n\nTrois")
	f.Add("a\r\nEND:VEVENT", "\u2067x", strings.Repeat("é", 200))
	f.Add("x", strings.Repeat("x", 300), "a\r\nEND:VEVENT\rb")
	f.Add("\xff\x00", ":;\"", "👨‍👩‍👧"+strings.Repeat("\u0301", 90))
	f.Fuzz(func(t *testing.T, summary, location, description string) {
		e := leafleting()
		e.Summary, e.Location, e.Description = summary, location, description
		var b strings.Builder
		if err := calendar.WriteInvite(&b, e); err != nil {
			if core.CodeOf(err) != core.Invalid {
				t.Error(err)
			}
			return
		}
		for line := range strings.SplitSeq(b.String(), "\r\n") {
			if len(line) > 75 || !utf8.ValidString(line) || strings.ContainsAny(line, "\r\n") {
				t.Errorf("the line %q", line)
			}
		}
		if n := strings.Count(b.String(), "\r\nEND:"); n != 2 {
			t.Errorf("%d ends in\n%s", n, b.String())
		}
	})
}
