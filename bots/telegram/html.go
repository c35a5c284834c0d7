package telegram

import (
	"html"
	"strings"
	"unicode/utf16"

	"github.com/rivo/uniseg"

	"tocsin/core"
	"tocsin/core/locale"
)

// maxText is how long one text may be, in UTF-16 units. The server counts characters,
// of which there are never more.
const maxText = 4096

// maxRaw is how many bytes one text may have with its tags, some below what the server
// takes (32 KiB); maxURL is how long a link may be.
const (
	maxRaw = 32_000
	maxURL = 2048
)

// tags are what the styles look like (Bot API, "HTML style").
var tags = map[locale.Style][2]string{
	locale.Strong:   {"<b>", "</b>"},
	locale.Emphasis: {"<i>", "</i>"},
	locale.Code:     {"<code>", "</code>"},
}

// clean returns spans as the server can take them: its strings are UTF-8. A link that
// is too long to be one is left as its text.
func clean(spans []core.Span) []core.Span {
	out := make([]core.Span, 0, len(spans))
	for _, s := range spans {
		s.Text, s.URL = strings.ToValidUTF8(s.Text, "\uFFFD"), strings.ToValidUTF8(s.URL, "")
		if s.Style == locale.Link && (s.URL == "" || len(s.URL) > maxURL) {
			s.Style, s.URL = locale.Plain, ""
		}
		out = append(out, s)
	}
	return out
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

// split parts spans so that each part is at most limit units long, and its HTML at most
// maxRaw bytes, at the end of a paragraph, a line, a sentence or a word, in this order of
// preference. A style that is cut goes on in the next part.
func split(spans []core.Span, limit int) [][]core.Span {
	const least = 64
	var parts [][]core.Span
	for units(spans) > limit || len(htmlOf(spans)) > maxRaw {
		n := limit
		head, tail := cut(spans, n)
		for len(htmlOf(head)) > maxRaw && n > least {
			n /= 2
			head, tail = cut(spans, n)
		}
		if !blank(head) {
			parts = append(parts, head)
		}
		spans = tail
	}
	if len(parts) > 0 && blank(spans) {
		return parts
	}
	return append(parts, spans)
}

// blank reports whether spans show nothing.
func blank(spans []core.Span) bool { return strings.TrimSpace(plainText(spans)) == "" }

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

// ends are where a text is cut: those of a paragraph, a line, a sentence, a word.
var ends = [][]string{{"\n\n"}, {"\n"}, {". ", "! ", "? ", "… "}, {" "}}

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
	at := 0
	for _, these := range ends {
		for _, end := range these {
			if i := strings.LastIndex(text[:most], end); i > most/2 {
				at = max(at, i+len(end))
			}
		}
		if at > 0 {
			break
		}
	}
	if at == 0 {
		at = wholeLetters(text, most)
	}
	return trimRight(upTo(spans, at)), trimLeft(from(spans, at))
}

// wholeLetters returns where text can be cut within its first most bytes so that no
// letter, with its accents, and no emoji is cut in two; most if there is no such place.
func wholeLetters(text string, most int) int {
	at := 0
	for g := uniseg.NewGraphemes(text); g.Next(); {
		_, to := g.Positions()
		if to > most {
			break
		}
		at = to
	}
	if at == 0 {
		return most
	}
	return at
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
