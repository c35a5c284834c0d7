package conversation

import (
	"strings"

	"github.com/rivo/uniseg"

	"tocsin/core"
)

// plain returns m in text mode: what a screen reader or an old phone shows well. It has
// no emoji, and one thing a line where a line held several.
func plain(m *core.Message) *core.Message {
	out := *m
	out.Body = make([]core.Span, len(m.Body))
	for i, s := range m.Body {
		out.Body[i] = s
		out.Body[i].Text = strings.ReplaceAll(withoutEmoji(s.Text), " · ", "\n")
	}
	out.Buttons = make([]core.Button, len(m.Buttons))
	for i, b := range m.Buttons {
		out.Buttons[i] = b
		out.Buttons[i].Label = withoutEmoji(b.Label)
	}
	return &out
}

// withoutEmoji leaves out each emoji and the space behind it.
func withoutEmoji(s string) string {
	var out strings.Builder
	skipped := false
	for g := uniseg.NewGraphemes(s); g.Next(); {
		if isEmoji(g.Runes()) {
			skipped = true
			continue
		}
		if skipped && g.Str() == " " {
			skipped = false
			continue
		}
		skipped = false
		out.WriteString(g.Str())
	}
	return out.String()
}

// isEmoji reports whether a grapheme is shown as a picture: it begins with a symbol
// of the blocks that hold them, or asks for that presentation (U+FE0F).
func isEmoji(rs []rune) bool {
	for _, r := range rs {
		if r == '\ufe0f' || r == '\u20e3' {
			return true
		}
	}
	r := rs[0]
	return r >= 0x1f000 && r <= 0x1faff || r >= 0x2600 && r <= 0x27bf || r >= 0x2b00 && r <= 0x2bff
}
