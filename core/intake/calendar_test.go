package intake_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin/core"
	"tocsin/core/geo"
	"tocsin/core/intake"
)

// november is when the calendars of these tests are read.
var november = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestACalendarIsReadAsActions(t *testing.T) {
	t.Parallel()
	file, err := os.Open("testdata/calendar/plain.ics")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var got []intake.ActionRow
	for a, err := range intake.Calendar(file, november) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, a)
	}
	same(t, got, []intake.ActionRow{
		{
			Line: 13, ExternalID: "zone@exemple.fr", Title: "Tractage, marché", Kind: "leafleting",
			StartsAt: instant(5, 13, 0), EndsAt: instant(5, 15, 0),
			Place: "Place Bellecour Lyon", Point: &geo.Point{Lat: 45.7578, Lon: 4.832}, Visibility: core.ForSupporters,
			Note: "Rendez-vous au manège.\n\nPrenez des gants; il fait froid.", Sequence: 3,
		},
		{
			Line: 31, ExternalID: "utc@exemple.fr", Title: "Réunion, à distance", Kind: intake.OtherKind,
			StartsAt: instant(5, 14, 0), EndsAt: instant(6, 16, 30), Online: true, Place: "https://visio.exemple.fr/a",
			Visibility: core.ForSupporters,
		},
		{
			Line: 39, ExternalID: "floating@exemple.fr", Title: "Collage", Kind: intake.OtherKind,
			StartsAt: clock(5, 14, 0), Place: "Lyon", Visibility: core.ForSupporters,
		},
		{
			Line: 47, ExternalID: "outlook@exemple.fr", Title: "Stand", Kind: intake.OtherKind,
			StartsAt: instant(5, 13, 0), EndsAt: instant(5, 14, 0), Place: "Lyon", Visibility: core.ForSupporters,
		},
		{
			Line: 54, ExternalID: "cancelled@exemple.fr", Title: "x", Kind: intake.OtherKind,
			StartsAt: instant(5, 14, 0), Visibility: core.ForSupporters, Cancelled: true,
		},
	})
}

// toldCalendar reads a calendar and says what came, one line a row.
func toldCalendar(file string) (rows []string) {
	for a, err := range intake.Calendar(strings.NewReader(file), november) {
		row, broken := errors.AsType[*intake.RowError](err)
		switch {
		case broken:
			rows = append(rows, fmt.Sprintf("%d: %s", row.Line, row.Reason))
		case err != nil:
			rows = append(rows, err.Error())
		case a.Cancelled:
			rows = append(rows, a.ExternalID+" cancelled")
		case a.EndsAt.IsZero():
			rows = append(rows, a.ExternalID)
		default:
			end := a.EndsAt.Instant.Format("0215:04")
			rows = append(rows, a.ExternalID+" to "+end)
		}
	}
	return rows
}

func TestABrokenEventIsNamedByLineAndStopsNothing(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("testdata/calendar/broken.ics")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"2: DTSTART: a day without a time",
		"8: UID: missing",
		"11: DTSTART: missing",
		"15: DTSTART: a time zone that is not known",
		"19: DTSTART: a line that cannot be read",
		"23: SUMMARY: a line that cannot be read",
		"27: DTEND: with a time zone and DTSTART without, or the reverse",
		"32: DURATION: no length such as PT2H",
		"37: CLASS: not public",
		"44: no END:VEVENT",
		"good",
		"56: place: missing",
		"61: EXDATE: no time such as 20261205T140000",
		"67: RDATE: no time such as 20261205T140000",
		"72: RECURRENCE-ID: no time such as 20261205T140000",
		"77: no END:VEVENT",
		"78: no END:VCALENDAR: the file may be cut",
	}
	for _, text := range []string{string(file), strings.TrimSuffix(string(file), "\r\n")} {
		if got := toldCalendar(text); !slices.Equal(got, want) {
			t.Errorf("got\n%s", strings.Join(got, "\n"))
		}
	}
}

// inCalendar returns a calendar with one event, whose lines come after a good UID,
// SUMMARY and LOCATION.
func inCalendar(lines ...string) string {
	return "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:u\nSUMMARY:Tractage\nLOCATION:Lyon\n" +
		strings.Join(lines, "\n") + "\nEND:VEVENT\nEND:VCALENDAR\n"
}

func TestAWholeCalendarMayBeCancelled(t *testing.T) {
	t.Parallel()
	file := strings.Replace(inCalendar("DTSTART:20261123T140000Z"), "BEGIN:VEVENT", "METHOD:CANCEL\nBEGIN:VEVENT", 1)
	without := strings.Replace(file, "DTSTART:20261123T140000Z\n", "CLASS:PRIVATE\n", 1)
	second := inCalendar("DTSTART:20261123T140000Z")
	if got := toldCalendar(file + without + second); !slices.Equal(got, []string{"u cancelled", "u cancelled", "u"}) {
		t.Errorf("got %q", got)
	}
}

func TestFoldsWithinACharacterAndOldEncodingsAreRead(t *testing.T) {
	t.Parallel()
	base := inCalendar("DTSTART:20261123T140000Z")
	for name, file := range map[string]string{
		"fold within a character": strings.Replace(base, "Tractage", "March\xc3\r\n \xa9", 1),
		"Windows-1252":            strings.Replace(base, "Tractage", "March\xe9", 1),
		"byte order mark":         "\uFEFF" + strings.Replace(base, "Tractage", "March\n\t\u00e9", 1),
		"blank lines":             strings.ReplaceAll(strings.Replace(base, "Tractage", "Marché", 1), "\n", "\n\n"),
		"lower case":              strings.Replace(strings.Replace(base, "SUMMARY", "summary", 1), "Tractage", "Marché", 1),
		"escapes":                 strings.Replace(base, "Tractage", `Marc\h\N\é\`, 1),
	} {
		for a, err := range intake.Calendar(strings.NewReader(file), november) {
			want := "Marché"
			if name == "escapes" {
				want = `March é\`
			}
			if err != nil || a.Title != want {
				t.Errorf("%s: got %q and %v", name, a.Title, err)
			}
		}
	}
}

func TestWhatIsNoCalendarIsInvalid(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"":                        "the file is empty",
		"\n\n":                    "the file is empty",
		"title,starts_at\n":       "the file does not begin with BEGIN:VCALENDAR",
		"PK\x00\x00":              "the file does not begin with BEGIN:VCALENDAR",
		"BEGIN:VEVENT\nUID:a\n":   "the file does not begin with BEGIN:VCALENDAR",
		strings.Repeat(" x", 9e5): "the file does not begin with BEGIN:VCALENDAR",
	} {
		if got := toldCalendar(file); !slices.Equal(got, []string{"invalid: intake: read calendar: " + want}) {
			t.Errorf("%.20q: got %q", file, got)
		}
	}
	gone := errors.New("gone")
	for _, err := range intake.Calendar(failing{gone}, november) {
		if !errors.Is(err, gone) || core.CodeOf(err) != core.Unavailable {
			t.Errorf("got %v", err)
		}
	}
}

func TestAnEventThatIsTooLargeLosesItselfAlone(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("DESCRIPTION:"+strings.Repeat("x", 500)+"\n", 2100)
	long := "DESCRIPTION:" + strings.Repeat(strings.Repeat("x", 500)+"\n ", 2100)
	good := strings.TrimSuffix(inCalendar("DTSTART:20261123T140000Z"), "END:VCALENDAR\n")
	for lines, want := range map[string]string{
		large: "11: larger than 1 MiB", long: "11: longer than 1 MiB", "SUMMARY:\x00": "11: a NUL character",
	} {
		file := good + "END:VCALENDAR\n\n" + inCalendar(lines) + inCalendar("DTSTART:20261123T140000Z")
		if got := toldCalendar(file); !slices.Equal(got, []string{"u", want, "u"}) {
			t.Errorf("%.20q: got %q", lines, got)
		}
	}
}

func TestADescriptionIsCutToTheLengthOfANote(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		strings.Repeat("é", 1000):                          strings.Repeat("é", 1000),
		strings.Repeat("é", 1001):                          strings.Repeat("é", 999) + "…",
		"a\u202eb\u200bc\ad\re":                            "abcde",
		"a" + strings.Repeat("\u0333", 9000):               "…",
		strings.Repeat("e\u0301", 999) + " x":              strings.Repeat("é", 999) + "…",
		strings.Repeat("ж\u0333\u0333\u0333\u0333", 900):   strings.Repeat("ж\u0333\u0333\u0333\u0333", 799) + "…",
		strings.Repeat("x", 990) + strings.Repeat(" ", 20): strings.Repeat("x", 990),
	} {
		for a, err := range intake.Calendar(strings.NewReader(inCalendar("DTSTART:20261123T140000Z", "DESCRIPTION:"+given)), november) {
			if err != nil || a.Note != want {
				t.Errorf("%.20q: got %.30q and %v", given, a.Note, err)
			}
		}
	}
}

func FuzzCalendar(f *testing.F) {
	for _, name := range []string{"plain.ics", "broken.ics"} {
		file, err := os.ReadFile("testdata/calendar/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(file))
	}
	f.Add(inCalendar("DTSTART;TZID=Europe/Paris:20261123T140000", "DURATION:P1DT2H", "RRULE:FREQ=YEARLY;BYDAY=-53MO,2TU;BYSETPOS=366,-1;WKST=SU", "EXDATE:20261124T140000Z", "RDATE:20261125T140000Z/PT1H"))
	f.Add(inCalendar("DTSTART:20261123T140000", "RRULE:FREQ=MONTHLY;BYMONTHDAY=31,-31;BYMONTH=2;COUNT=9;UNTIL=20270101;INTERVAL=12"))
	f.Fuzz(func(t *testing.T, file string) {
		for a, err := range intake.Calendar(strings.NewReader(file), november) {
			if err == nil {
				sound(t, a)
			} else if code := core.CodeOf(err); code != core.Invalid {
				t.Errorf("got %v", err)
			}
		}
	})
}
