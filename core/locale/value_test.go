package locale

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// both says value in French and in English.
func both(t *testing.T, v Value) [2]string {
	t.Helper()
	c := mustLoad(t)
	return [2]string{PlainText(v.spans(c.Printer("fr"))), PlainText(v.spans(c.Printer("en")))}
}

func TestNumbersListsAndDistances(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		value  Value
		fr, en string
	}{
		{Count(0), "0", "0"},
		{Count(999), "999", "999"},
		{Count(1000), "1\u202F000", "1,000"},
		{Count(-1234567), "-1\u202F234\u202F567", "-1,234,567"},
		{List{}, "", ""},
		{List{Raw("a")}, "a", "a"},
		{List{Raw("a"), Raw("b")}, "a et b", "a and b"},
		{List{Raw("a"), Raw("b"), Raw("c"), Count(4000)}, "a, b, c et 4\u202F000", "a, b, c and 4,000"},
		{Text("language.name"), "français", "English"},
		{Phrase{"date.relative.ahead", Args{"N": Count(3)}}, "dans 3 jours", "in 3 days"},
		{Raw("*a*\u2069"), "*a*\u2069", "*a*\u2069"},
	} {
		if got, want := both(t, test.value), [2]string{test.fr, test.en}; got != want {
			t.Errorf("%#v is %q, want %q", test.value, got, want)
		}
	}
}

func TestAListTakesThePatternOfItsLength(t *testing.T) {
	t.Parallel()
	c, err := load(catalogueFiles(map[Language]string{
		"fr": `"list.pair" = "{{.A}} & {{.B}}"` + "\n" + `"list.middle" = "{{.A}}; {{.B}}"` + "\n" + `"list.end" = "{{.A}} + {{.B}}"`,
	}))
	if err != nil {
		t.Fatal(err)
	}
	all := List{Raw("a"), Raw("b"), Raw("c"), Raw("d")}
	for n, want := range []string{"", "a", "a & b", "a; b + c", "a; b; c + d"} {
		if got := PlainText(all[:n].spans(c.Printer("fr"))); got != want {
			t.Errorf("%d values are %q, want %q", n, got, want)
		}
	}
}

func TestThePluralFollowsN(t *testing.T) {
	t.Parallel()
	const key = "date.duration.days"
	for n, want := range map[Count][2]string{
		0:         {"0 jour", "0 days"},
		1:         {"1 jour", "1 day"},
		2:         {"2 jours", "2 days"},
		1_000_000: {"1\u202F000\u202F000 de jours", "1,000,000 days"},
	} {
		if got := both(t, Phrase{key, Args{"N": n}}); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
	if got := both(t, Text(key)); got != [2]string{"[N] jours", "[N] days"} {
		t.Errorf("without N it is %q", got)
	}
	// A sentence with one form only takes an N as it comes.
	if got := both(t, Phrase{"language.name", Args{"N": Count(1)}}); got != [2]string{"français", "English"} {
		t.Errorf("a sentence without forms is %q", got)
	}
}

func TestWhatAPersonWroteIsIsolated(t *testing.T) {
	t.Parallel()
	p := mustLoad(t).Printer("fr")
	for in, want := range map[User]string{
		"":                            "",
		" \t\n":                       "",
		"Ada":                         "\u2068Ada\u2069",
		"  Ada \r\n B\u2028C ":        "\u2068Ada B C\u2069",
		"a\u2069\u202Eb\u2066\u202Ac": "\u2068abc\u2069",
		"a\x00\x1b[31m\u0085b\xff":    "\u2068a[31m b\uFFFD\u2069",
		"\u05D0\u05D1\u200F 👩\u200D👩\u200D👧": "\u2068\u05D0\u05D1\u200F 👩\u200D👩\u200D👧\u2069",
	} {
		if got := PlainText(in.spans(p)); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
	got := PlainText(UserLines("a \r\n\n  b\u2069\u2029c").spans(p))
	if want := "\u2068a\u2069\n\n\u2068  b\u2069\n\u2068c\u2069"; got != want {
		t.Errorf("lines are %q, want %q", got, want)
	}
}

func TestAnUnknownKeyIsShownAndDoesNotFail(t *testing.T) {
	t.Parallel()
	c := mustLoad(t)
	for _, lang := range c.Languages() {
		p := c.Printer(lang)
		if got := p.Text("no.such", Args{"N": Count(2)}); got != "[no.such]" {
			t.Errorf("%s says %q", lang, got)
		}
		if p.Has("no.such") || !p.Has("language.name") {
			t.Errorf("%s: Has is wrong", lang)
		}
		if got := p.Aliases("nosuch"); got != nil {
			t.Errorf("%s has the aliases %q for no command", lang, got)
		}
	}
}

func TestCommandsHaveTheWordsOfTheCatalogue(t *testing.T) {
	t.Parallel()
	c, err := load(catalogueFiles(map[Language]string{
		"fr": "\"command.near.aliases\" = \"près, proche ,autour\"\n\"command.near.description\" = \"Actions près de chez vous\"",
	}))
	if err != nil {
		t.Fatal(err)
	}
	p := c.Printer("fr")
	if diff := cmp.Diff([]string{"près", "proche", "autour"}, p.Aliases("near")); diff != "" {
		t.Errorf("aliases (-want +got):\n%s", diff)
	}
	if got := p.Description("near"); got != "Actions près de chez vous" {
		t.Errorf("description is %q", got)
	}
}

func TestSpansAreShortInJSON(t *testing.T) {
	t.Parallel()
	got, err := json.Marshal([]Span{{Text: "a"}, {Text: "b", Style: Link, URL: "https://e"}})
	if want := `[{"t":"a"},{"t":"b","s":"link","u":"https://e"}]`; err != nil || string(got) != want {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestAPrinterServesManyAtOnce(t *testing.T) {
	t.Parallel()
	c, err := Load() // fresh, so that the sentences are parsed under way
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for _, lang := range c.Languages() {
				for _, key := range c.Keys() {
					if got := c.Printer(lang).Text(key, Args{"N": Count(1)}); strings.Contains(got, string(key)) {
						t.Errorf("%s %s is %q", lang, key, got)
					}
				}
			}
		})
	}
	group.Wait()
}

func BenchmarkSpans(b *testing.B) {
	p := mustLoad(b).Printer("en")
	args := Args{"N": Count(3)}
	for b.Loop() {
		p.Spans("date.relative.ahead", args)
	}
}
