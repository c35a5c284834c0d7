package conversation

import (
	"slices"
	"strings"
	"unicode"

	"github.com/rivo/uniseg"

	"tocsin/core"
)

// A Display is how a person wants to read.
type Display string

const (
	Usual    Display = "usual"
	TextMode Display = "text" // no emoji, numbers instead of buttons, one fact a line
)

// Display changes how the rest of the turn is shown, and what comes after it. Who calls
// it stores the supporter.
func (t *Turn) Display(d Display) {
	t.Conversation.Plain = d == TextMode
	if t.Supporter != nil {
		t.Supporter.Settings.Plain = d == TextMode
	}
	t.Can = t.bot.Can(t.Update.Chat.Bot)
	t.wish(t.Conversation.Plain)
}

// plain returns m in text mode: what a screen reader or an old phone shows well. It has
// no emoji, and one fact a line: in the catalogue " · " parts facts that stand in a row,
// and nothing else does, since a comma may also be of a sentence, an address or a title.
func plain(m *core.Message) *core.Message {
	out := *m
	texts := make([]string, len(m.Body))
	for i, s := range m.Body {
		texts[i] = s.Text
	}
	out.Body = nil
	for i, text := range withoutEmoji(texts...) {
		if text == "" {
			continue
		}
		s := m.Body[i]
		s.Text = strings.ReplaceAll(text, " · ", "\n")
		out.Body = append(out.Body, s)
	}
	out.Buttons = slices.Clone(m.Buttons)
	for i, b := range out.Buttons {
		out.Buttons[i].Label = withoutEmoji(b.Label)[0]
	}
	return &out
}

// A sign is what a reader takes for one character, and of which text it is.
type sign struct {
	text int
	s    string
}

// withoutEmoji returns texts that follow each other without their emoji, and without the
// space that parted each from the rest: the one behind it, or before a sign that closes a
// line or a clause the one before it.
func withoutEmoji(texts ...string) []string {
	var kept []sign
	gap := false // after an emoji that stood by itself
	for i, text := range texts {
		for g := uniseg.NewGraphemes(text); g.Next(); {
			s := unpictured(g.Runes())
			n := lastSeen(kept)
			switch {
			case s == "":
				gap = gap || n < 0 || strings.ContainsAny(kept[n].s, " \n(«“\u00a0")
			case isIsolate(s) || !gap:
				kept = append(kept, sign{i, s})
			case s == " ":
				gap = false
			default:
				kept = append(closeUp(kept, s), sign{i, s})
				gap = false
			}
		}
	}
	if gap {
		kept = closeUp(kept, "\n")
	}
	out := make([]string, len(texts))
	for i := range out {
		var b strings.Builder
		for _, k := range kept {
			if k.text == i {
				b.WriteString(k.s)
			}
		}
		out[i] = b.String()
	}
	return out
}

// closeUp takes away the space before next, where next stands close.
func closeUp(signs []sign, next string) []sign {
	n := lastSeen(signs)
	if n >= 0 && signs[n].s == " " && strings.ContainsAny(next, "\n,.;:!?)»”\u00a0") {
		return slices.Delete(signs, n, n+1)
	}
	return signs
}

// lastSeen returns the index of the last sign that can be seen, or -1.
func lastSeen(signs []sign) int {
	n := len(signs) - 1
	for n >= 0 && isIsolate(signs[n].s) {
		n--
	}
	return n
}

// isIsolate reports whether s is one of the characters around what people wrote.
func isIsolate(s string) bool { return s == "\u2068" || s == "\u2069" }

// unpictured returns what is left of a character where there are no pictures: nothing of
// an emoji; the digit of a keycap; the letter, arrow or sign that was asked to look like one.
func unpictured(rs []rune) string {
	rs = slices.DeleteFunc(rs, func(r rune) bool { return r == '\ufe0e' || r == '\ufe0f' || r == '\u20e3' })
	if len(rs) == 0 || unicode.Is(pictures, rs[0]) {
		return ""
	}
	return string(rs)
}

// pictures are the characters that are shown as pictures, or on some phones are: of
// Unicode's Extended_Pictographic all but letters, arrows, ©, ®, ™ and the plain shapes.
// A tick like ✓ is none.
var pictures = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x231a, 0x231b, 1}, {0x23cf, 0x23cf, 1}, {0x23e9, 0x23f3, 1}, {0x23f8, 0x23fa, 1}, {0x25fd, 0x25fe, 1},
		{0x2600, 0x26ff, 1}, {0x2702, 0x2702, 1}, {0x2705, 0x2705, 1}, {0x2708, 0x270d, 1}, {0x270f, 0x270f, 1},
		{0x2712, 0x2712, 1}, {0x2714, 0x2714, 1}, {0x2716, 0x2716, 1}, {0x271d, 0x271d, 1}, {0x2721, 0x2721, 1},
		{0x2728, 0x2728, 1}, {0x2733, 0x2734, 1}, {0x2744, 0x2744, 1}, {0x2747, 0x2747, 1}, {0x274c, 0x274c, 1},
		{0x274e, 0x274e, 1}, {0x2753, 0x2755, 1}, {0x2757, 0x2757, 1}, {0x2763, 0x2767, 1}, {0x2795, 0x2797, 1},
		{0x27b0, 0x27b0, 1}, {0x27bf, 0x27bf, 1}, {0x2b1b, 0x2b1c, 1}, {0x2b50, 0x2b50, 1}, {0x2b55, 0x2b55, 1},
	},
	R32: []unicode.Range32{{0x1f000, 0x1faff, 1}},
}
