package flows_test

import (
	"slices"
	"strings"
	"unicode/utf16"

	"tocsin/bots/telegram/telegramtest"
	"tocsin/core"
	"tocsin/core/locale"
)

// seen implements platform.
func (p *phones) seen() []string {
	var shown [][]telegramtest.Message // each as one
	last := map[int64]int{}            // of each chat, in shown
	for _, m := range p.server.Said(p.read) {
		p.read++
		if at, ok := last[m.Chat]; ok && continues(shown[at], m) {
			shown[at] = append(shown[at], m)
			continue
		}
		last[m.Chat] = len(shown)
		shown = append(shown, []telegramtest.Message{m})
	}
	out := make([]string, len(shown))
	for i, all := range shown {
		out[i] = p.stage.written(p.saying(all))
	}
	return out
}

// continues reports whether m is shown as one with what was before it in the chat: what
// takes the place of messages that were taken back, or the place and the file of a text.
func continues(before []telegramtest.Message, m telegramtest.Message) bool {
	if before[len(before)-1].Deleted {
		return m.Edited.IsZero() || m.Deleted
	}
	return m.Edited.IsZero() && !m.Deleted && m.Text == "" && (m.Venue != nil || m.File != nil)
}

// saying reads messages that are shown as one.
func (p *phones) saying(all []telegramtest.Message) saying {
	out := saying{who: "bot", chat: p.names[all[0].Chat]}
	shown := slices.DeleteFunc(slices.Clone(all), func(m telegramtest.Message) bool { return m.Deleted })
	switch {
	case len(shown) == 0:
		out.who, shown = "bot takes back", all
	case len(shown) < len(all), !all[0].Edited.IsZero():
		out.who = "bot edits"
	}
	var below, labels []string
	for _, m := range shown {
		out.text += visible(locale.PlainText(spans(m)))
		if m.Venue != nil {
			below = append(below, "<pin "+visible(m.Venue.Title)+">")
		}
		if m.File != nil {
			below = append(below, "<file "+m.File.Name+">")
		}
		labels = append(labels, p.choices(m)...)
	}
	if len(labels) > 0 {
		below = append(below, strings.Join(labels, " "))
	}
	out.text = strings.Join(append([]string{out.text}, below...), "\n")
	return out
}

// spans returns the text of a message, which has the addresses of its links beneath the
// words.
func spans(m telegramtest.Message) []core.Span {
	text := utf16.Encode([]rune(m.Text))
	var out []core.Span
	at := 0
	for _, e := range m.Entities {
		if e.Type != "text_link" {
			continue
		}
		out = append(out, core.Span{Text: string(utf16.Decode(text[at:e.Offset]))})
		at = e.Offset + e.Length
		out = append(out, core.Span{Text: string(utf16.Decode(text[e.Offset:at])), Style: locale.Link, URL: e.URL})
	}
	return append(out, core.Span{Text: string(utf16.Decode(text[at:]))})
}

// choices returns the buttons below a message as a transcript shows them, or the keys that
// are there instead. The key that asks for a position must say so in some language.
func (p *phones) choices(m telegramtest.Message) []string {
	var labels []string
	for _, b := range slices.Concat(m.Buttons...) {
		labels = append(labels, b.Text+opens(b.URL))
	}
	if m.Keyboard != nil {
		for _, key := range slices.Concat(m.Keyboard.Keys...) {
			switch {
			case !key.Location:
				labels = append(labels, key.Text)
			case !p.asks(key.Text):
				labels = append(labels, "a position: "+key.Text)
			}
		}
	}
	for i, l := range labels {
		labels[i] = "[" + strings.NewReplacer("\u2068", "", "\u2069", "").Replace(l) + "]"
	}
	return labels
}

// asks reports whether a label is the offer to share a position.
func (p *phones) asks(label string) bool {
	words := p.stage.bot.Locale
	for _, l := range words.Languages() {
		if words.Printer(l).Text("talk.here", nil) == label {
			return true
		}
	}
	return false
}
