package matrix

import (
	"html"
	"strings"

	"maunium.net/go/mautrix/event"

	"tocsin/core"
	"tocsin/core/locale"
)

// tags are what the styles look like: a few of the elements that the specification lets
// messages have.
var tags = map[locale.Style][2]string{
	locale.Strong:   {"<strong>", "</strong>"},
	locale.Emphasis: {"<em>", "</em>"},
	locale.Code:     {"<code>", "</code>"},
}

// htmlOf writes spans as HTML, with all text escaped.
func htmlOf(spans []core.Span) string {
	var b strings.Builder
	for _, s := range spans {
		text := strings.ReplaceAll(html.EscapeString(s.Text), "\n", "<br>")
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

// textOf returns spans as the content of a message: plain text, and HTML too if there is
// a style. It names nobody, so nobody's name in it rings.
func textOf(kind event.MessageType, spans []core.Span) *event.MessageEventContent {
	c := &event.MessageEventContent{MsgType: kind, Body: locale.PlainText(spans), Mentions: &event.Mentions{}}
	for _, s := range spans {
		if s.Style != locale.Plain && s.Text != "" {
			c.Format, c.FormattedBody = event.FormatHTML, htmlOf(spans)
			break
		}
	}
	return c
}
