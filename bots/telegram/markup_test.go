package telegram_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"pgregory.net/rapid"

	"tocsin/bots/telegram/telegramtest"
	"tocsin/core"
	"tocsin/core/locale"
)

// spansOf reads a message back: its text in runs of one style.
func spansOf(m telegramtest.Message) []core.Span {
	styles := map[string]locale.Style{"bold": locale.Strong, "italic": locale.Emphasis, "code": locale.Code, "text_link": locale.Link}
	text := utf16.Encode([]rune(m.Text))
	var out []core.Span
	at := 0
	for _, e := range m.Entities {
		style, ours := styles[e.Type]
		if !ours {
			continue // a link or a command that the server found by itself
		}
		if e.Offset > at {
			out = append(out, core.Span{Text: string(utf16.Decode(text[at:e.Offset]))})
		}
		at = e.Offset + e.Length
		out = append(out, core.Span{Text: string(utf16.Decode(text[e.Offset:at])), Style: style, URL: e.URL})
	}
	if at < len(text) {
		out = append(out, core.Span{Text: string(utf16.Decode(text[at:]))})
	}
	return joined(out)
}

// joined makes one run of neighbours of one style.
func joined(spans []core.Span) []core.Span {
	var out []core.Span
	for _, s := range spans {
		if n := len(out); n > 0 && out[n-1].Style == s.Style && out[n-1].URL == s.URL {
			out[n-1].Text += s.Text
		} else if s.Text != "" {
			out = append(out, s)
		}
	}
	return out
}

// sendable is text as the server keeps it: control characters are blanks to it.
func sendable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return -1
		case r < ' ' && r != '\n':
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

// The server's own parser reads exactly our spans out of the HTML, whatever they say.
func TestTheServerReadsOurSpansAsTheyAre(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	anna := p.person("Anna")
	styles := []locale.Style{locale.Plain, locale.Strong, locale.Emphasis, locale.Code, locale.Link}
	links := []string{"https://example.org/", `https://example.org/?a=1&b="2"&c=<3>`, "https://example.org/a'b#%3C"}
	rapid.Check(t, func(t *rapid.T) {
		spans := []core.Span{{Text: "«"}}
		for range rapid.IntRange(1, 6).Draw(t, "spans") {
			s := core.Span{
				Text:  rapid.StringOf(rapid.RuneFrom([]rune("ab é🗳<>&\"';/#0=.\u00a0\n"))).Draw(t, "text"),
				Style: rapid.SampledFrom(styles).Draw(t, "style"),
			}
			if s.Style == locale.Link {
				s.URL = rapid.SampledFrom(links).Draw(t, "link")
			}
			spans = append(spans, s, core.Span{Text: "·"})
		}
		spans = append(spans, core.Span{Text: "»"})
		p.send(p.to(anna, &core.Message{Body: spans}))
		got := spansOf(anna.Last())
		for i := range got {
			got[i].URL = unquoted(got[i].URL)
		}
		want := joined(spans)
		for i := range want {
			want[i].URL = unquoted(want[i].URL)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%q came as %q", want, got)
		}
	})
}

// unquoted is a link without the marks that a client may write as %22, %3C and %3E.
func unquoted(url string) string {
	return strings.NewReplacer(`"`, "", "<", "", ">", "", "'", "", "%22", "", "%3C", "", "%3E", "", "%27", "").Replace(url)
}

// No name can break a message, or add anything to it but itself.
func FuzzNoNameBreaksAMessage(f *testing.F) {
	for _, name := range []string{
		"Anna", "<b>", "</b></a>", "&lt;", "&#0;", "&#xD800;", "&amp", "<a href=\"tg://user?id=1\">x</a>", "\xff\xfe", "\u202eevil\u2069", "a\r\nb", "🗳️", "]]>", "<!--", "\x00",
	} {
		f.Add(name)
	}
	p := newPost(f)
	anna := p.person("Anna")
	f.Fuzz(func(t *testing.T, name string) {
		if strings.TrimSpace(sendable(name)) == "" || utf8.RuneCountInString(name) > 1000 {
			t.Skip()
		}
		if _, err := p.adapter.Send(t.Context(), p.to(anna, &core.Message{Body: []core.Span{
			{Text: "« "}, {Text: name, Style: locale.Strong}, {Text: " » est ici. "}, {Text: name}, {Text: "."},
		}})); err != nil {
			t.Fatal(err)
		}
		m := anna.Last()
		if want := "« " + sendable(name) + " » est ici. " + sendable(name) + "."; m.Text != want {
			t.Errorf("%q came as %q", want, m.Text)
		}
		strong := spansOf(m)
		if len(strong) != 3 || strong[1].Style != locale.Strong || strong[1].Text != sendable(name) {
			t.Errorf("%q came in the runs %q", name, strong)
		}
	})
}

// A long text comes in parts that each close and open its styles; only the last has the
// buttons.
func TestALongTextKeepsItsStylesInEveryPart(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	anna := p.person("Anna")
	m := offering("", "Oui", "Non")
	m.Body = []core.Span{
		{Text: strings.Repeat("Un mot et encore un. ", 150), Style: locale.Strong},
		{Text: strings.Repeat("🗳 voter & <agir> ", 400), Style: locale.Emphasis},
		{Text: "Fin."},
	}
	p.send(p.to(anna, m))
	var strong, emphasis strings.Builder
	parts := anna.Chat()
	for i, part := range parts {
		if n := len(utf16.Encode([]rune(part.Text))); n > 4096 {
			t.Errorf("part %d has %d units", i, n)
		}
		if last := i == len(parts)-1; last != (len(part.Labels()) == 2) {
			t.Errorf("part %d of %d has the buttons %q", i, len(parts), part.Labels())
		}
		for _, s := range spansOf(part) {
			switch s.Style {
			case locale.Strong:
				strong.WriteString(s.Text + " ")
			case locale.Emphasis:
				emphasis.WriteString(s.Text + " ")
			}
		}
	}
	for i, got := range []string{strong.String(), emphasis.String()} {
		if strings.Join(strings.Fields(got), " ") != strings.TrimSpace(m.Body[i].Text) {
			t.Errorf("the text of style %s has changed", m.Body[i].Style)
		}
	}
	if len(parts) != 3 {
		t.Errorf("it came in %d parts", len(parts))
	}
}

// The tags count too: a text that fits may be too long with them.
func TestATextFullOfTagsStaysBelowTheLimitOfItsBytes(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	anna := p.person("Anna")
	var m core.Message
	for i := range 2000 {
		m.Body = append(m.Body, core.Span{Text: string(rune('a' + i%26)), Style: locale.Link, URL: fmt.Sprintf("https://example.org/%d?%s", i, strings.Repeat("x", 40))}, core.Span{Text: " "})
	}
	m.Body = append(m.Body, core.Span{Text: "z", Style: locale.Link, URL: "https://example.org/" + strings.Repeat("x", 40_000)})
	p.send(p.to(anna, &m))
	letters := 0
	for _, c := range p.server.Calls("sendMessage") {
		if n := len(c.Params["text"]); n > 32_000 {
			t.Errorf("a text of %d bytes", n)
		}
	}
	for _, part := range anna.Chat() {
		letters += len(strings.Fields(part.Text))
	}
	if letters != 2001 {
		t.Errorf("%d of 2001 words came", letters)
	}
}
