package flows

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core"
	"tocsin/core/locale"
)

// usualWords are those of all catalogues and of a campaign that names no kinds.
func usualWords(t testing.TB) *nearWords {
	t.Helper()
	all, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	var printers []*locale.Printer
	for _, l := range all.Languages() {
		printers = append(printers, all.Printer(l))
	}
	return readWords(printers, core.DefaultKinds)
}

func TestWordsBehindNear(t *testing.T) {
	t.Parallel()
	w := usualWords(t)
	kinds := func(ks ...core.KindID) []core.KindID { return ks }
	for text, want := range map[string]nearRequest{
		"":                              {},
		"Lyon":                          {Place: "Lyon"},
		"Lyon demain tractage":          {Place: "Lyon", When: spanTomorrow, Kinds: kinds("leafleting")},
		"weekend canvassing":            {When: spanWeekend, Kinds: kinds("canvassing")},
		"ce week-end":                   {When: spanWeekend},
		"ce week end à Lyon":            {Place: "à Lyon", Bare: "Lyon", When: spanWeekend},
		"porte-à-porte Villeurbanne":    {Place: "Villeurbanne", Kinds: kinds("canvassing")},
		"PORTE A PORTE villeurbanne":    {Place: "villeurbanne", Kinds: kinds("canvassing")},
		"Villeurbanne portes-à-portes":  {Place: "Villeurbanne", Kinds: kinds("canvassing")},
		"samedi":                        {When: "6"},
		"on Saturdays":                  {When: "6"},
		"samedi prochain, Lyon":         {Place: "Lyon", When: "6"},
		"samedi et dimanche":            {When: spanWeekend},
		"jeudi soir Brest":              {Place: "Brest", When: "4"},
		"69003 cette semaine":           {Place: "69003", When: spanWeek},
		"dans les 7 jours":              {When: spanWeek},
		"semaine prochaine":             {When: spanNext},
		"next week in York":             {Place: "in York", Bare: "York", When: spanNext},
		"ce mois":                       {},
		"aujourd'hui":                   {When: spanToday},
		"aujourd’hui Aix-en-Provence":   {Place: "Aix-en-Provence", When: spanToday},
		"today":                         {When: spanToday},
		"this evening":                  {When: spanTonight},
		"après-demain":                  {When: spanAfter},
		"the day after tomorrow":        {When: spanAfter},
		"en ligne":                      {Online: true},
		"online phone bank":             {Online: true, Kinds: kinds("phoning")},
		"Lyon 10 km":                    {Place: "Lyon", Radius: 10},
		"10km autour de Lyon":           {Place: "autour de Lyon", Bare: "Lyon", Radius: 10},
		"Lyon à moins de 10 kilomètres": {Place: "Lyon", Radius: 10},
		"within 5 km of Lyon":           {Place: "of Lyon", Bare: "Lyon", Radius: 5},
		"9999 km":                       {Radius: widest},
		"0 km":                          {Radius: 1},
		"tractage, collage":             {Kinds: kinds("leafleting", "postering")},
		"stand au marché":               {Kinds: kinds("stall")},
		"toutes les actions":            {},
		"La Réunion":                    {Place: "La Réunion", Bare: "Réunion"},
		"Le Havre demain":               {Place: "Le Havre", Bare: "Havre", When: spanTomorrow},
		"Les Ponts de Cé demain":        {Place: "Les Ponts de Cé", Bare: "Ponts de Cé", When: spanTomorrow},
		"45.75, 4.85 demain":            {Place: "45.75, 4.85", When: spanTomorrow},
		"99999999999999999999 km":       {Place: "99999999999999999999 km"},
	} {
		if want.Bare == "" {
			want.Bare = want.Place
		}
		if d := cmp.Diff(want, parseNear(text, w)); d != "" {
			t.Errorf("%q (-want +got):\n%s", text, d)
		}
	}
}

// Whatever is written, what is left for the place is some of its words, in their order,
// and the rest is known.
func FuzzParseNear(f *testing.F) {
	w := usualWords(f)
	for _, text := range []string{"Lyon demain tractage", "à moins de 10 km de Lyon", "ce week-end, porte-à-porte", "\u2068 12km"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := parseNear(text, w)
		words := strings.Fields(text)
		for word := range strings.FieldsSeq(r.Place) {
			i := slices.Index(words, word)
			if i < 0 {
				t.Fatalf("%q is none of the words of %q", word, text)
			}
			words = words[i+1:]
		}
		if !strings.Contains(r.Place, r.Bare) || (r.Place == "") != (r.Bare == "") {
			t.Fatalf("%q is not in %q", r.Bare, r.Place)
		}
		if !r.When.known() || r.Radius < 0 || r.Radius > widest {
			t.Fatalf("%+v is no request", r)
		}
	})
}

// zonesOf have clocks that change at midnight, forwards and backwards, by half an hour,
// and not at all.
var zonesOf = []string{"Europe/Paris", "America/Santiago", "America/Havana", "Asia/Beirut", "Africa/Cairo",
	"Australia/Lord_Howe", "Indian/Reunion", "America/Asuncion", "Pacific/Auckland", "Atlantic/Azores"}

func TestADayBeginsAtItsFirstInstant(t *testing.T) {
	t.Parallel()
	for _, name := range zonesOf {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Date(2026, 1, 1, 12, 0, 0, 0, zone)
		for n := range 5 * 366 { // every change of the clocks in these years
			first := midnight(start, n)
			want := time.Date(2026, 1, 1+n, 12, 0, 0, 0, time.UTC).Format(time.DateOnly)
			if got, before := first.Format(time.DateOnly), first.Add(-time.Nanosecond).Format(time.DateOnly); got != want || before == want {
				t.Errorf("%s: %s begins at %v", name, want, first)
			}
		}
	}
}

func TestSpansAreDaysOfTheCalendar(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zone, now string
		span      span
		from, to  string
	}{
		{"Europe/Paris", "2027-03-10 09:00", spanAny, "2027-03-10 09:00", "2027-04-09 00:00"}, // over the change of the clocks
		{"Europe/Paris", "2027-03-10 09:00", spanToday, "2027-03-10 09:00", "2027-03-11 00:00"},
		{"Europe/Paris", "2027-03-10 09:00", spanTonight, "2027-03-10 17:00", "2027-03-11 00:00"},
		{"Europe/Paris", "2027-03-10 21:00", spanTonight, "2027-03-10 21:00", "2027-03-11 00:00"},
		{"Europe/Paris", "2027-03-27 12:00", spanTomorrow, "2027-03-28 00:00", "2027-03-29 00:00"}, // 23 hours
		{"Europe/Paris", "2027-03-10 09:00", spanAfter, "2027-03-12 00:00", "2027-03-13 00:00"},
		{"Europe/Paris", "2027-03-10 09:00", spanWeekend, "2027-03-13 00:00", "2027-03-15 00:00"},
		{"Europe/Paris", "2027-03-13 09:00", spanWeekend, "2027-03-13 09:00", "2027-03-15 00:00"},
		{"Europe/Paris", "2027-03-14 23:00", spanWeekend, "2027-03-14 23:00", "2027-03-15 00:00"},
		{"Europe/Paris", "2027-03-10 09:00", spanWeek, "2027-03-10 09:00", "2027-03-17 00:00"},
		{"Europe/Paris", "2027-03-14 09:00", spanNext, "2027-03-15 00:00", "2027-03-22 00:00"},
		{"Europe/Paris", "2027-03-10 09:00", "3", "2027-03-10 09:00", "2027-03-11 00:00"}, // a Wednesday
		{"Europe/Paris", "2027-03-10 09:00", "2", "2027-03-16 00:00", "2027-03-17 00:00"},
		{"Europe/Paris", "2027-03-10 09:00", "7", "2027-03-14 00:00", "2027-03-15 00:00"},
		{"Indian/Reunion", "2027-03-11 00:30", spanToday, "2027-03-11 00:30", "2027-03-12 00:00"}, // the 10th in Paris
		{"America/Santiago", "2027-09-04 12:00", spanTomorrow, "2027-09-05 01:00", "2027-09-06 00:00"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		at := func(s string) time.Time {
			when, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
			if err != nil {
				t.Fatal(err)
			}
			return when
		}
		from, to := c.span.window(at(c.now).UTC(), zone)
		if !from.Equal(at(c.from)) || !to.Equal(at(c.to)) {
			t.Errorf("%q from %s in %s: %v to %v, want %s to %s", c.span, c.now, c.zone, from, to, c.from, c.to)
		}
	}
}
