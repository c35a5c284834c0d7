package telegram

import (
	"html"
	"strings"
	"unicode/utf16"

	"tocsin/core"
	"tocsin/core/locale"
)

// maxText is how long one text may be, in UTF-16 units. The server counts characters,
// of which there are never more.
const maxText = 4096

// tags are what the styles look like (Bot API, "HTML style").
var tags = map[locale.Style][2]string{
	locale.Strong:   {"<b>", "</b>"},
	locale.Emphasis: {"<i>", "</i>"},
	locale.Code:     {"<code>", "</code>"},
}

// htmlOf writes spans as the HTML that the server takes, with all text escaped.
func htmlOf(spans []core.Span) string {
	var b strings.Builder
	for _, s := range spans {
		text := html.EscapeString(s.Text)
		switch tag := tags[s.Style]; {
		case s.Text == "":
		case s.Style == locale.Link:
			b.WriteString(`<a href="` + html.EscapeString(s.URL) + `">` + text + "</a>")
		default:
			b.WriteString(tag[0] + text + tag[1])
		}
	}
	return b.String()
}

// split parts spans so that each part is at most limit units long, at the end of a
// paragraph, a line, a sentence or a word, in this order of preference. A style that is
// cut goes on in the next part.
func split(spans []core.Span, limit int) [][]core.Span {
	var parts [][]core.Span
	for units(spans) > limit {
		head, tail := cut(spans, limit)
		if text := strings.TrimSpace(plainText(head)); text != "" {
			parts = append(parts, head)
		}
		spans = tail
	}
	return append(parts, spans)
}

// plainText is the text of spans alone.
func plainText(spans []core.Span) string {
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.Text)
	}
	return b.String()
}

// units counts UTF-16 units.
func units(spans []core.Span) int {
	n := 0
	for _, r := range plainText(spans) {
		n += utf16.RuneLen(r)
	}
	return n
}

// ends are where a text is cut, the best first.
var ends = []string{"\n\n", "\n", ". ", " "}

// cut parts spans at the best place within the first limit units. White space at the
// cut is left out.
func cut(spans []core.Span, limit int) (head, tail []core.Span) {
	text := plainText(spans)
	most, n := 0, 0 // bytes and units that fit
	for _, r := range text {
		if n += utf16.RuneLen(r); n > limit {
			break
		}
		most += len(string(r))
	}
	at := most
	for _, end := range ends {
		if i := strings.LastIndex(text[:most], end); i > most/2 {
			at = i + len(end)
			break
		}
	}
	return trimRight(upTo(spans, at)), trimLeft(from(spans, at))
}

// upTo returns the first n bytes of spans.
func upTo(spans []core.Span, n int) []core.Span {
	var out []core.Span
	for _, s := range spans {
		if n <= 0 {
			break
		}
		s.Text = s.Text[:min(n, len(s.Text))]
		n -= len(s.Text)
		out = append(out, s)
	}
	return out
}

// from returns what is behind the first n bytes of spans.
func from(spans []core.Span, n int) []core.Span {
	var out []core.Span
	for _, s := range spans {
		skip := min(n, len(s.Text))
		n -= skip
		if s.Text = s.Text[skip:]; s.Text != "" {
			out = append(out, s)
		}
	}
	return out
}

func trimRight(spans []core.Span) []core.Span {
	for i := len(spans) - 1; i >= 0; i-- {
		spans[i].Text = strings.TrimRight(spans[i].Text, " \n")
		if spans[i].Text != "" {
			return spans[:i+1]
		}
	}
	return nil
}

func trimLeft(spans []core.Span) []core.Span {
	for i := range spans {
		spans[i].Text = strings.TrimLeft(spans[i].Text, " \n")
		if spans[i].Text != "" {
			return spans[i:]
		}
	}
	return nil
}

// withoutTags returns the text of our own HTML.
func withoutTags(s string) string {
	var b strings.Builder
	for s != "" {
		before, rest, found := strings.Cut(s, "<")
		b.WriteString(before)
		if !found {
			break
		}
		_, s, _ = strings.Cut(rest, ">")
	}
	return html.UnescapeString(b.String())
}
