package botstest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"tocsin/core"
	"tocsin/core/locale"
)

// hostile are texts that would be something else if they were taken for markup.
var hostile = []string{
	"<b>*_[x](y)",
	"</b></i></p></body>",
	"&lt;b&gt; &amp; &#60; &nbsp;",
	`"quoted" and 'quoted' and \escaped\*`,
	"**bold** __under__ ~~struck~~ ||hidden|| `code` ```block```",
	"[label](https://example.org/?a=1&b=2)",
	"<a href=\"https://example.org/\">label</a>",
	"{{.Name}} ${name} %s %d %%",
	"# not a title",
	"> not a quotation",
	"- not a list",
	"1) not a list",
	"@everyone @room @channel",
	"\u2068Anaïs\u2069 🗳\ufe0f naïve Ελληνικά עברית 日本語",
}

func textIsNotMarkup(t *testing.T, w World) {
	begin(t, w, accept)
	p := w.People()[0]
	for _, text := range append([]string{"first line\nsecond <line>\n\nfourth _line_"}, hostile...) {
		before := len(w.Shown(p))
		send(t, w, p, &core.Message{Body: []core.Span{
			{Text: "It says "}, {Text: text}, {Text: ", and again "}, {Text: text, Style: locale.Strong}, {Text: "."},
		}})
		want := "It says " + text + ", and again " + text + "."
		shown := w.Shown(p)
		if len(shown) != before+1 || shown[before].Text != want {
			t.Errorf("shown %+v, want %q", shown[before:], want)
		}
	}
}

func stylesAreShown(t *testing.T, w World) {
	begin(t, w, accept)
	p := w.People()[0]
	body := []core.Span{
		{Text: "Your "},
		{Text: "code", Style: locale.Strong},
		{Text: " is "},
		{Text: "1234 <5678>", Style: locale.Code},
		{Text: ", "},
		{Text: "soon", Style: locale.Emphasis},
		{Text: ". See "},
		{Text: "this page", Style: locale.Link, URL: "https://example.org/page?a=1&b=2"},
		{Text: "."},
	}
	send(t, w, p, &core.Message{Body: body})
	text, styled := locale.PlainText(body), []core.Span(nil)
	if s, ok := w.(Stylist); ok {
		text = ""
		for _, span := range body {
			link := span.Style == locale.Link && !slices.Contains(s.Styles(), locale.Link)
			if link {
				text += locale.PlainText([]core.Span{span})
				continue
			}
			text += span.Text
			if slices.Contains(s.Styles(), span.Style) {
				styled = append(styled, span)
			}
		}
	}
	shown := w.Shown(p)
	if len(shown) != 1 || shown[0].Text != text || !slices.Equal(shown[0].Styled, styled) {
		t.Errorf("shown %+v, want %q with %+v", shown, text, styled)
	}
}

// longText returns words that count up, several times as many as one message of at
// most limit UTF-16 units can hold; 0 is no limit.
func longText(limit int) string {
	const unlimited = 20_000
	var b strings.Builder
	for i, units := 0, 0; units < 3*max(limit, unlimited/3); i++ {
		n, _ := fmt.Fprintf(&b, "word%d&amp;<b>", i)
		b.WriteString(map[bool]string{true: "🗳\ufe0f\n\n", false: " "}[i%50 == 49])
		units += n + 1
	}
	return strings.TrimSpace(b.String())
}

func longTextIsNotLost(t *testing.T, w World) {
	begin(t, w, accept)
	p := w.People()[0]
	can := w.Adapter().Capabilities()
	text := longText(can.MaxText)
	m := say(text)
	if can.Buttons {
		m.Menu, m.Buttons = "abcdefghijklmn22", []core.Button{{Label: "Good", Do: core.Do{Verb: "good"}}}
	}
	receipt := send(t, w, p, m)
	var got []string
	shown := w.Shown(p)
	for i, s := range shown {
		got = append(got, strings.Fields(s.Text)...)
		if units := len(utf16.Encode([]rune(s.Text))); can.MaxText > 0 && units > can.MaxText {
			t.Errorf("part %d has %d UTF-16 units, the platform shows %d", i, units, can.MaxText)
		}
		if last := i == len(shown)-1; can.Buttons && last != (len(s.Buttons) == 1) {
			t.Errorf("part %d of %d has %d buttons; they go with the last", i, len(shown), len(s.Buttons))
		}
	}
	if want := strings.Fields(text); !slices.Equal(got, want) {
		t.Errorf("shown are %d words, want %d, in order", len(got), len(want))
	}
	if len(receipt) != len(shown) {
		t.Errorf("the receipt names %d parts, shown are %d", len(receipt), len(shown))
	}
}
