package locale

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// paris reads "2026-03-14 14:00" as a time in Paris.
func paris(t *testing.T, text string) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// spaced shows a no-break space as "~", to be seen in a table.
func spaced(text string) string { return strings.ReplaceAll(text, "\u00A0", "~") }

func TestDatesReadAsPeopleSayThem(t *testing.T) {
	t.Parallel()
	now := paris(t, "2026-03-10 09:00")
	at := func(text string) time.Time { return paris(t, text) }
	for _, test := range []struct {
		value  Value
		fr, en string
	}{
		{Date{at("2026-03-14 14:00"), now}, "samedi 14 mars", "Saturday 14 March"},
		{Date{at("2026-05-01 14:00"), now}, "vendredi 1er mai", "Friday 1 May"},
		{Date{at("2027-01-03 14:00"), now}, "dimanche 3 janvier 2027", "Sunday 3 January 2027"},
		{Date{At: at("2026-03-14 14:00")}, "samedi 14 mars 2026", "Saturday 14 March 2026"},
		{Time{at("2026-03-14 14:00")}, "14~h", "2~pm"},
		{Time{at("2026-03-14 14:30")}, "14~h~30", "2.30~pm"},
		{Time{at("2026-03-14 09:05")}, "9~h~05", "9.05~am"},
		{Time{at("2026-03-14 00:00")}, "0~h", "12~midnight"},
		{Time{at("2026-03-14 00:15")}, "0~h~15", "12.15~am"},
		{Time{at("2026-03-14 12:00")}, "12~h", "12~noon"},
		{Time{at("2026-03-14 12:01")}, "12~h~01", "12.01~pm"},
		{Moment{at("2026-03-14 14:00"), now}, "samedi 14 mars à 14~h", "Saturday 14 March at 2~pm"},
		{ShortMoment{at("2026-03-14 14:00"), now}, "sam. 14~h", "Sat 2~pm"},
		{ShortMoment{at("2026-03-16 14:00"), now}, "lun. 14~h", "Mon 2~pm"},
		{ShortMoment{at("2026-03-17 14:00"), now}, "mar. 17 mars, 14~h", "Tue 17 Mar, 2~pm"},
		{ShortMoment{at("2026-03-09 14:00"), now}, "lun. 9 mars, 14~h", "Mon 9 Mar, 2~pm"},
		{ShortMoment{at("2027-09-01 14:30"), now}, "mer. 1er sept. 2027, 14~h~30", "Wed 1 Sept 2027, 2.30~pm"},
		{Day{at("2026-03-10 23:59"), now}, "aujourd’hui", "today"},
		{Day{at("2026-03-11 00:00"), now}, "demain", "tomorrow"},
		{Day{at("2026-03-13 08:00"), now}, "dans 3 jours", "in 3 days"},
		{Day{at("2026-03-30 08:00"), now}, "dans 20 jours", "in 20 days"}, // a day of 23 hours lies between
		{Day{at("2026-03-09 23:59"), now}, "hier", "yesterday"},
		{Day{at("2026-03-08 08:00"), now}, "il y a 2 jours", "2 days ago"},
		{Period{at("2026-03-14 14:00"), at("2026-03-14 16:30"), now},
			"samedi 14 mars de 14~h à 16~h~30", "Saturday 14 March from 2~pm to 4.30~pm"},
		{Period{at("2026-03-14 20:00"), at("2026-03-15 02:00"), now},
			"samedi 14 mars de 20~h à 2~h", "Saturday 14 March from 8~pm to 2~am"},
		{Period{at("2026-03-14 14:00"), at("2026-03-15 16:00"), now},
			"du samedi 14 mars à 14~h au dimanche 15 mars à 16~h",
			"from Saturday 14 March at 2~pm to Sunday 15 March at 4~pm"},
		{Period{Start: at("2026-03-14 14:00"), Now: now}, "samedi 14 mars à 14~h", "Saturday 14 March at 2~pm"},
		{Period{at("2026-03-14 14:00"), at("2026-03-14 14:00"), now}, "samedi 14 mars à 14~h", "Saturday 14 March at 2~pm"},
		{Duration(0), "1 minute", "1 minute"},
		{Duration(-time.Hour), "1 minute", "1 minute"},
		{Duration(10 * time.Second), "1 minute", "1 minute"},
		{Duration(14*time.Minute + time.Second), "15 minutes", "15 minutes"},
		{Duration(time.Hour), "1 heure", "1 hour"},
		{Duration(90 * time.Minute), "90 minutes", "90 minutes"},
		{Duration(2 * time.Hour), "2 heures", "2 hours"},
		{Duration(24 * time.Hour), "24 heures", "24 hours"},
		{Duration(71 * time.Hour), "3 jours", "3 days"},
	} {
		got := both(t, test.value)
		if fr, en := spaced(got[0]), spaced(got[1]); fr != test.fr || en != test.en {
			t.Errorf("%#v is %q and %q, want %q and %q", test.value, fr, en, test.fr, test.en)
		}
	}
}

func TestADayIsCountedWhereTheActionIs(t *testing.T) {
	t.Parallel()
	reunion, err := time.LoadLocation("Indian/Reunion")
	if err != nil {
		t.Fatal(err)
	}
	// 23:30 in Paris is the next day on Réunion already.
	now := paris(t, "2026-12-31 23:30")
	start := time.Date(2027, 1, 1, 10, 0, 0, 0, reunion)
	if got, want := both(t, Day{start, now}), [2]string{"aujourd’hui", "today"}; got != want {
		t.Errorf("the day is %q, want %q", got, want)
	}
	if got, want := both(t, Date{start, now}), [2]string{"vendredi 1er janvier", "Friday 1 January"}; got != want {
		t.Errorf("the date is %q, want %q", got, want)
	}
	end := start.Add(2 * time.Hour).UTC()
	if got, want := spaced(both(t, Period{start, end, now})[0]), "vendredi 1er janvier de 10~h à 12~h"; got != want {
		t.Errorf("the period is %q, want %q", got, want)
	}
}

func TestEveryMonthAndWeekdayHasItsName(t *testing.T) {
	t.Parallel()
	c := mustLoad(t)
	for _, lang := range c.Languages() {
		p, seen := c.Printer(lang), map[string]bool{}
		for m := time.January; m <= time.December; m++ {
			seen[p.Month(m)] = true
		}
		for d := time.Sunday; d <= time.Saturday; d++ {
			seen[p.Weekday(d)] = true
		}
		if len(seen) != 19 {
			t.Errorf("%s has %d names for 12 months and 7 days", lang, len(seen))
		}
	}
}

// TestAnyInstantIsSaid draws instants: each is said whole, with its day, and in
// another minute otherwise.
func TestAnyInstantIsSaid(t *testing.T) {
	t.Parallel()
	c := mustLoad(t)
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "at"), 0).UTC()
		now := time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "now"), 0).UTC()
		for _, lang := range c.Languages() {
			p := c.Printer(lang)
			text := PlainText(Moment{at, now}.spans(p))
			if strings.ContainsAny(text, "[]") || !strings.Contains(text, fmt.Sprint(at.Day())) {
				t.Fatalf("%s says %q", lang, text)
			}
			if text == PlainText(Moment{at.Add(time.Minute), now}.spans(p)) {
				t.Fatalf("%s says two minutes alike: %q", lang, text)
			}
			for _, v := range []Value{ShortMoment{at, now}, Day{at, now}, Period{at, now, now}, Duration(at.Sub(now))} {
				if text := PlainText(v.spans(p)); text == "" || strings.ContainsAny(text, "[]") {
					t.Fatalf("%s says %#v as %q", lang, v, text)
				}
			}
		}
	})
}

func BenchmarkMoment(b *testing.B) {
	p := mustLoad(b).Printer("en")
	now := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	m := Moment{now.Add(100 * time.Hour), now}
	for b.Loop() {
		m.spans(p)
	}
}
