package locale

import (
	"strings"
	"unicode/utf16"

	"github.com/rivo/uniseg"
)

// least is below what a part is not made shorter, whatever fits says of it.
const least = 64

// Split parts spans so that each part is at most limit units long and, unless fits is nil,
// fits; at the end of a paragraph, a line, a sentence or a word, in this order of
// preference. A style that is cut goes on in the next part. No part but an only one is
// blank.
func Split(spans []Span, limit int, fits func([]Span) bool) [][]Span {
	if fits == nil {
		fits = func([]Span) bool { return true }
	}
	var parts [][]Span
	for Units(spans) > limit || !fits(spans) {
		n := limit
		head, tail := cut(spans, n)
		for !fits(head) && n > least {
			n /= 2
			head, tail = cut(spans, n)
		}
		if !Blank(head) {
			parts = append(parts, head)
		}
		spans = tail
	}
	if len(parts) > 0 && Blank(spans) {
		return parts
	}
	return append(parts, spans)
}

// Bare returns the text of spans alone, without the addresses of links.
func Bare(spans []Span) string {
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.Text)
	}
	return b.String()
}

// Blank reports whether spans show nothing.
func Blank(spans []Span) bool { return strings.TrimSpace(Bare(spans)) == "" }

// Units counts the UTF-16 units of the text of spans.
func Units(spans []Span) int {
	n := 0
	for _, r := range Bare(spans) {
		n += utf16.RuneLen(r)
	}
	return n
}

// ends are where a text is cut: those of a paragraph, a line, a sentence, a word.
var ends = [][]string{{"\n\n"}, {"\n"}, {". ", "! ", "? ", "… "}, {" "}}

// cut parts spans at the best place within the first limit units. White space at the
// cut is left out.
func cut(spans []Span, limit int) (head, tail []Span) {
	text := Bare(spans)
	most, n := len(text), 0 // bytes and units that fit
	for i, r := range text {
		if n += utf16.RuneLen(r); n > limit {
			most = i
			break
		}
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
func upTo(spans []Span, n int) []Span {
	var out []Span
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
func from(spans []Span, n int) []Span {
	var out []Span
	for _, s := range spans {
		skip := min(n, len(s.Text))
		n -= skip
		if s.Text = s.Text[skip:]; s.Text != "" {
			out = append(out, s)
		}
	}
	return out
}

func trimRight(spans []Span) []Span {
	for i := len(spans) - 1; i >= 0; i-- {
		spans[i].Text = strings.TrimRight(spans[i].Text, " \n")
		if spans[i].Text != "" {
			return spans[:i+1]
		}
	}
	return nil
}

func trimLeft(spans []Span) []Span {
	for i := range spans {
		spans[i].Text = strings.TrimLeft(spans[i].Text, " \n")
		if spans[i].Text != "" {
			return spans[i:]
		}
	}
	return nil
}
