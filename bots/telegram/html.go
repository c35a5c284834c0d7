package telegram

import (
	"html"
	"strings"

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
// maxRaw bytes.
func split(spans []core.Span, limit int) [][]core.Span {
	return locale.Split(spans, limit, func(part []core.Span) bool { return len(htmlOf(part)) <= maxRaw })
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
