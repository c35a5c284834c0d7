package locale

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// say fills source as the only sentence of a French catalogue.
func say(t *testing.T, source string, args Args) []Span {
	t.Helper()
	s, err := compile(source)
	if err != nil {
		t.Fatalf("compile %q: %v", source, err)
	}
	f := &filling{printer: mustLoad(t).Printer("fr"), args: args}
	f.fill(s)
	return f.spans
}

func TestMarkupBecomesSpans(t *testing.T) {
	t.Parallel()
	for source, want := range map[string][]Span{
		"":                             nil,
		"plain":                        {{Text: "plain"}},
		"a *b* c":                      {{Text: "a "}, {Text: "b", Style: Strong}, {Text: " c"}},
		"_a_`b`":                       {{Text: "a", Style: Emphasis}, {Text: "b", Style: Code}},
		"`a*b_[c]\\``":                 {{Text: "a*b_[c]`", Style: Code}},
		"(a) {b} c}":                   {{Text: "(a) {b} c}"}},
		`\*a\* \\ \[b\] \_`:            {{Text: `*a* \ [b] _`}},
		`\{{.Name}`:                    {{Text: "{{.Name}"}},
		"é*è*\n«":                      {{Text: "é"}, {Text: "è", Style: Strong}, {Text: "\n«"}},
		"[a b](https://e/_)":           {{Text: "a b", Style: Link, URL: "https://e/_"}},
		"[a](mailto:b@e.fr)":           {{Text: "a", Style: Link, URL: "mailto:b@e.fr"}},
		"[a](javascript:b)":            {{Text: "a"}},
		"[a](https://e)[b](https://f)": {{Text: "a", Style: Link, URL: "https://e"}, {Text: "b", Style: Link, URL: "https://f"}},
		"[a](/b)":                      {{Text: "a"}},
		"*a (b)*":                      {{Text: "a (b)", Style: Strong}},
	} {
		if diff := cmp.Diff(want, say(t, source, nil)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", source, diff)
		}
	}
}

func TestBrokenMarkupIsRefused(t *testing.T) {
	t.Parallel()
	for _, source := range []string{
		"*a", "a*", "_a", "`a", "**", "__", "``", "*a _b_ c*", "_a *b* c_", "*[a](https://e)*",
		"[a]", "[a] (https://e)", "[a](https://e", "[](https://e)", "[a]()", "[a", "]", "[a](https://e /)",
		"[*a*](https://e)", "{{", "{{}}", "{{Name}}", "{{.name}}", "{{ .Name }}", "{{.A.B}}", "{{.Name", "}}",
		`\`, `\a`, "[[a](https://e)](https://f)",
	} {
		if _, err := compile(source); err == nil {
			t.Errorf("%q was compiled", source)
		}
	}
}

func TestAValueStaysInItsPlace(t *testing.T) {
	t.Parallel()
	hostile := "*b* _c_ `d` [e](https://evil.example) {{.Other}} \\ {{"
	got := say(t, "a {{.X}} *s {{.X}}* `{{.X}}` [l {{.X}}](https://e/?{{.U}})", Args{"X": Raw(hostile), "U": Raw("q=1)*")})
	want := []Span{
		{Text: "a " + hostile + " "},
		{Text: "s " + hostile, Style: Strong},
		{Text: " "},
		{Text: hostile, Style: Code},
		{Text: " "},
		{Text: "l " + hostile, Style: Link, URL: "https://e/?q=1)*"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestALinkLeadsOnlyWhereALinkMay(t *testing.T) {
	t.Parallel()
	for address, want := range map[Value]string{
		Raw("https://e.example/a"):          "https://e.example/a",
		Raw("http://e.example"):             "http://e.example",
		Raw("mailto:a@e.example"):           "mailto:a@e.example",
		User("https://e.example/a"):         "https://e.example/a",
		Raw("javascript:alert(1)"):          "",
		Raw("data:text/html,x"):             "",
		Raw("https:///a"):                   "",
		Raw("https://e.example/a b"):        "",
		Raw("https://e.example/\u00A0evil"): "",
		Raw("e.example"):                    "",
		Raw("%zz"):                          "",
		Raw(""):                             "",
	} {
		got := say(t, "[l]({{.U}})", Args{"U": address})
		if len(got) != 1 || got[0].Text != "l" || got[0].URL != want || (got[0].Style == Link) != (want != "") {
			t.Errorf("%q gives %+v, want the address %q", address, got, want)
		}
	}
}

func TestASpanOfAValueKeepsItsStyleInPlainText(t *testing.T) {
	t.Parallel()
	inner := ready{{Text: "i", Style: Strong}, {Text: "j", Style: Link, URL: "https://e"}}
	got := say(t, "a{{.X}}_{{.X}}_", Args{"X": inner})
	want := []Span{{Text: "a"}, inner[0], inner[1], {Text: "ij", Style: Emphasis}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAMissingValueShowsItsName(t *testing.T) {
	t.Parallel()
	if got := PlainText(say(t, "a {{.Town}}", Args{"Other": nil})); got != "a [Town]" {
		t.Errorf("got %q", got)
	}
	if got := PlainText(say(t, "a {{.Town}}", Args{"Town": nil})); got != "a [Town]" {
		t.Errorf("got %q for a nil value", got)
	}
}

func TestPlainTextKeepsTheAddressOfALink(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"a *b* [c](https://e)":      "a b c (https://e)",
		"[https://e](https://e)":    "https://e",
		"[a@e.fr](mailto:a@e.fr) b": "a@e.fr b",
	} {
		if got := PlainText(say(t, source, nil)); got != want {
			t.Errorf("%q is %q, want %q", source, got, want)
		}
	}
}

// escape writes text so that compile reads it as itself.
func escape(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		if strings.IndexByte(special, c) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	return b.String()
}

func FuzzSpans(f *testing.F) {
	c := mustLoad(f)
	for _, source := range []string{
		"a *b* {{.X}}", "[l {{.X}}](https://e/{{.X}})", "`{{.X}}`", "*a", `\{{.X}}`, "_é_ \\* }}", "{{.X}}{{.X}}", "[a](b", "\xff*\xff*",
	} {
		f.Add(source, "*_`[x](y){{.X}}\\\u2069\u202E\n")
	}
	f.Fuzz(func(t *testing.T, source, value string) {
		text := func(source string, v Value) (spans []Span, ok bool) {
			s, err := compile(source)
			if err != nil {
				return nil, false
			}
			args := Args{}
			for _, name := range s.names() {
				args[name] = v
			}
			fill := &filling{printer: c.Printer("fr"), args: args}
			fill.fill(s)
			return fill.spans, true
		}
		joined := func(spans []Span) string {
			var b strings.Builder
			for _, s := range spans {
				b.WriteString(s.Text)
			}
			return b.String()
		}
		const mark = "\uE000"
		if marked, ok := text(source, Raw(mark)); ok && !strings.Contains(source, mark) {
			spans, _ := text(source, Raw(value))
			if got, want := joined(spans), strings.ReplaceAll(joined(marked), mark, value); got != want {
				t.Errorf("%q with %q reads %q, want %q", source, value, got, want)
			}
			spans, _ = text(source, User(value))
			if all := joined(spans); strings.Count(all, firstStrongIsolate) != strings.Count(all, popDirectionalIsolate) &&
				!strings.ContainsAny(source, firstStrongIsolate+popDirectionalIsolate) {
				t.Errorf("%q with %q is not balanced: %q", source, value, all)
			}
		}
		spans, ok := text(escape(value), nil)
		if !ok || joined(spans) != value || slices.ContainsFunc(spans, func(s Span) bool { return s.Style != Plain }) {
			t.Errorf("escaped %q reads %+v", value, spans)
		}
	})
}
