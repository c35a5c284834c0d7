package intake_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core"
	"tocsin/core/geo"
	"tocsin/core/intake"
)

// clock and instant are a time of December 2026.
func clock(day, hour, minute int) intake.LocalTime {
	return intake.LocalTime{Instant: instant(day, hour, minute).Instant, Wall: true}
}

func instant(day, hour, minute int) intake.LocalTime {
	return intake.LocalTime{Instant: time.Date(2026, 12, day, hour, minute, 0, 0, time.UTC)}
}

// same compares rows by all they hold: a point prints nothing, so it is not seen in
// the difference.
func same(t *testing.T, got, want []intake.ActionRow) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestActionsAreReadAsTheyAreAnnounced(t *testing.T) {
	t.Parallel()
	file, err := os.Open("testdata/actions.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var got []intake.ActionRow
	for a, err := range intake.Actions(file) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, a)
	}
	same(t, got, []intake.ActionRow{
		{
			Line: 2, ExternalID: "site-1", Title: "Tractage au marché", Kind: "leafleting",
			StartsAt: clock(5, 9, 0), EndsAt: clock(5, 12, 0),
			Place: "Place Bellecour; Lyon", Point: &geo.Point{Lat: 45.7578, Lon: 4.832},
			Capacity: 20, Visibility: core.ForEveryone,
			Note: "Rendez-vous au manège.\n\nPrenez des gants, il dit \"froid\".",
		},
		{
			Line: 5, ExternalID: "site-2", Title: "Réunion en ligne", Kind: "meeting", StartsAt: clock(5, 18, 30),
			Online: true, Place: "https://visio.exemple.fr/a", Visibility: core.ForSupporters,
		},
		{
			Line: 6, ExternalID: "site-3", Title: "Appels", Kind: "phoning",
			StartsAt: instant(5, 17, 0), EndsAt: instant(5, 19, 0), Online: true, Visibility: core.ForSupporters,
		},
		{
			Line: 7, Title: "Collage", Kind: intake.OtherKind, StartsAt: clock(6, 20, 0),
			Point: &geo.Point{Lat: 45.75, Lon: 4.83}, Visibility: core.ForSupporters,
		},
	})
}

// oneAction reads a file with one row, whose cells are those of a good one but for
// changes.
func oneAction(changes map[string]string) (a intake.ActionRow, err error) {
	cells := map[string]string{
		"title": "Tractage", "kind": "leafleting", "starts_at": "2026-12-05 14:00", "ends_at": "2026-12-05 16:00",
		"place": "Lyon", "lat": "45.75", "lon": "4.83", "capacity": "20", "visibility": "everyone", "note": "", "external_id": "1",
	}
	var names, values []string
	for name, cell := range cells {
		if change, ok := changes[name]; ok {
			cell = change
		}
		names = append(names, name)
		values = append(values, `"`+strings.ReplaceAll(cell, `"`, `""`)+`"`)
	}
	for a, err = range intake.Actions(strings.NewReader(strings.Join(names, ",") + "\n" + strings.Join(values, ","))) {
		return a, err
	}
	return a, errors.New("no row")
}

func TestTheLimitsOfAnActionAreWithinTheRules(t *testing.T) {
	t.Parallel()
	family := "👨‍👩‍👧" // one character, 18 bytes
	for _, change := range []map[string]string{
		{},
		{"title": "abc"}, {"title": strings.Repeat("é", 100)}, {"title": "Fête " + family}, {"title": "a  \t\u00a0 b"},
		{"kind": ""}, {"kind": strings.Repeat("a", 40)}, {"kind": "Porte-a-porte2"},
		{"ends_at": ""}, {"ends_at": "2026-12-12 14:00"}, {"ends_at": "2026-12-05 14:00:01"},
		{"place": "", "lat": "0", "lon": "0"}, {"lat": "", "lon": ""}, {"lat": "-90", "lon": "180"}, {"lat": "45,75", "lon": "4,83"},
		{"place": strings.Repeat("é", 200)}, {"place": "online", "lat": "", "lon": ""},
		{"capacity": ""}, {"capacity": "0"}, {"capacity": "100000"},
		{"visibility": ""}, {"visibility": "SUPPORTERS"},
		{"note": strings.Repeat("é", 1000)}, {"note": "a\tb\n\nc\rd"},
		{"external_id": ""}, {"external_id": strings.Repeat("é", 200)},
	} {
		if _, err := oneAction(change); err != nil {
			t.Errorf("%.60v: %v", change, err)
		}
	}
}

func TestABrokenRuleNamesItsColumn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		change map[string]string
		want   string
	}{
		{map[string]string{"title": ""}, "title: shorter than 3 characters"},
		{map[string]string{"title": " ab "}, "title: shorter than 3 characters"},
		{map[string]string{"title": "e\u0301\u0301e\u0301\u0301"}, "title: shorter than 3 characters"},
		{map[string]string{"title": strings.Repeat("é", 101)}, "title: longer than 100 characters"},
		{map[string]string{"title": "abc" + strings.Repeat("\u0333", 500)}, "title: longer than 100 characters"},
		{map[string]string{"title": "abc\u202edef"}, "title: a character that cannot be seen"},
		{map[string]string{"title": "abc\adef"}, "title: a character that cannot be seen"},
		{map[string]string{"kind": "porte à porte"}, "kind: not of letters a to z, digits and hyphens, or too long"},
		{map[string]string{"kind": strings.Repeat("a", 41)}, "kind: not of letters a to z, digits and hyphens, or too long"},
		{map[string]string{"starts_at": ""}, "starts_at: no time such as 2026-12-05 14:00"},
		{map[string]string{"starts_at": "samedi"}, "starts_at: no time such as 2026-12-05 14:00"},
		{map[string]string{"ends_at": "2026-12-05"}, "ends_at: no time such as 2026-12-05 14:00"},
		{map[string]string{"ends_at": "2026-12-05 14:00"}, "ends_at: not after starts_at"},
		{map[string]string{"ends_at": "2026-12-05T16:00:00Z"}, "ends_at: with an offset and starts_at without, or the reverse"},
		{map[string]string{"ends_at": "2026-12-12 14:01"}, "ends_at: more than 7 days after starts_at"},
		{map[string]string{"lat": ""}, "lat, lon: not both there, or no degrees"},
		{map[string]string{"lon": ""}, "lat, lon: not both there, or no degrees"},
		{map[string]string{"lat": "91"}, "lat, lon: not both there, or no degrees"},
		{map[string]string{"lon": "NaN"}, "lat, lon: not both there, or no degrees"},
		{map[string]string{"lat": "1,000.5"}, "lat, lon: not both there, or no degrees"},
		{map[string]string{"lat": "", "lon": "", "place": " "}, "place: missing"},
		{map[string]string{"place": strings.Repeat("é", 201)}, "place: longer than 200 characters"},
		{map[string]string{"place": "Lyon\u200b"}, "place: a character that cannot be seen"},
		{map[string]string{"capacity": "many"}, "capacity: no whole number"},
		{map[string]string{"capacity": "-1"}, "capacity: not from 0 to 100000"},
		{map[string]string{"capacity": "100001"}, "capacity: not from 0 to 100000"},
		{map[string]string{"visibility": "private"}, "visibility: neither supporters nor everyone"},
		{map[string]string{"note": strings.Repeat("é", 1001)}, "note: longer than 1000 characters"},
		{map[string]string{"note": "a\u2067b"}, "note: a character that cannot be seen"},
		{map[string]string{"external_id": strings.Repeat("é", 201)}, "external_id: longer than 200 characters"},
		{map[string]string{"external_id": "a\nb"}, "external_id: a character that cannot be seen"},
	} {
		_, err := oneAction(c.change)
		row, ok := errors.AsType[*intake.RowError](err)
		if !ok || row.Reason != c.want || row.Line != 2 || core.CodeOf(err) != core.Invalid {
			t.Errorf("%.60v: got %v, want %s", c.change, err, c.want)
		}
	}
}

func TestAnOpenQuoteLosesItsLineAlone(t *testing.T) {
	t.Parallel()
	const good = "Collage,2026-12-05 14:00,Lyon\n"
	for name, c := range map[string]struct {
		file string
		want []string
	}{
		"at the end":           {good + "\"Tractage,x,y\n" + good, []string{"ok 2", "3", "ok 4"}},
		"before a quote":       {"\"Tractage,x,y\n" + good + "\"Collage\",2026-12-05 14:00,Lyon\n", []string{"2", "ok 3", "ok 4"}},
		"several":              {"\"a,x\n\"b,x\n\"c,x\n" + good, []string{"2", "3", "4", "ok 5"}},
		"over 100 lines":       {"\"a\n" + strings.Repeat(good, 120), []string{"2"}},
		"before a bad line":    {"\"a\n" + good + "x\x00\n" + good, []string{"2", "ok 3", "4", "ok 5"}},
		"closed after 99":      {"Collage,2026-12-05 14:00,\"Lyon\n" + strings.Repeat("a\n", 98) + "b\"\n" + good, []string{"2", "ok 102"}},
		"closed after 100":     {"Collage,2026-12-05 14:00,\"Lyon\n" + strings.Repeat("a\n", 99) + "b\"\n" + good, []string{"2"}},
		"larger than a record": {"Collage,2026-12-05 14:00,\"Lyon\n" + strings.Repeat("a", 1<<20-9) + "\nb\"\n" + good, []string{"2", "3", "4", "ok 5"}},
	} {
		var got []string
		for a, err := range intake.Actions(strings.NewReader("title,starts_at,place\n" + c.file)) {
			if row, ok := errors.AsType[*intake.RowError](err); ok {
				got = append(got, fmt.Sprint(row.Line))
			} else if err != nil {
				t.Error(err)
			} else {
				got = append(got, fmt.Sprint("ok ", a.Line))
			}
		}
		if name == "over 100 lines" {
			for i := range 120 {
				c.want = append(c.want, fmt.Sprint("ok ", i+3))
			}
		}
		if name == "closed after 100" { // its lines are then rows themselves
			for i := range 100 {
				c.want = append(c.want, fmt.Sprint(i+3))
			}
			c.want = append(c.want, "ok 103")
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestAListOfActionsNeedsTitlesAndTimes(t *testing.T) {
	t.Parallel()
	for _, err := range intake.Actions(strings.NewReader("title,when\nx,y\n")) {
		if err == nil || !strings.Contains(err.Error(), `no column "starts_at"; found: title, when; known: title,kind,`) {
			t.Errorf("got %v", err)
		}
	}
}

func FuzzActions(f *testing.F) {
	good, err := os.ReadFile("testdata/actions.csv")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(good))
	f.Add("title,starts_at,lat,lon\n\"a\n\"\"b\",2026-12-05T14:00:00Z,1,NaN\n\"c\n")
	f.Fuzz(func(t *testing.T, file string) {
		line := 0
		for a, err := range intake.Actions(strings.NewReader(file)) {
			row, broken := errors.AsType[*intake.RowError](err)
			switch {
			case broken:
				a.Line = row.Line
			case err != nil:
				return
			default:
				sound(t, a)
			}
			if a.Line <= line {
				t.Errorf("line %d after line %d", a.Line, line)
			}
			line = a.Line
		}
	})
}

// sound checks what a caller relies on in every row.
func sound(t *testing.T, a intake.ActionRow) {
	t.Helper()
	switch {
	case a.Cancelled:
	case len(a.Title) < 3 || !core.Visible(a.Title) || a.Kind == "" || a.Visibility == "" || a.StartsAt.IsZero():
		t.Errorf("%+v", a)
	case !a.EndsAt.IsZero() && (a.EndsAt.Wall != a.StartsAt.Wall || !a.EndsAt.Instant.After(a.StartsAt.Instant)):
		t.Errorf("%+v", a)
	case a.Point != nil && (!a.Point.Valid() || a.Online), a.Point == nil && a.Place == "" && !a.Online:
		t.Errorf("%+v", a)
	}
}
