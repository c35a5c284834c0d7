package locale

import (
	"strings"
	"unicode/utf16"
)

// Split parts spans so that each part is at most limit units long, at the end of a
// paragraph, a line, a sentence or a word, in this order of preference. A style that is
// cut goes on in the next part.
func Split(spans []Span, limit int) [][]Span {
	var parts [][]Span
	for units(spans) > limit {
		head, tail := cut(spans, limit)
		if text := strings.TrimSpace(bare(head)); text != "" {
			parts = append(parts, head)
		}
		spans = tail
	}
	return append(parts, spans)
}

// bare is the text of spans alone.
func bare(spans []Span) string {
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.Text)
	}
	return b.String()
}

// units counts UTF-16 units.
func units(spans []Span) int {
	n := 0
	for _, r := range bare(spans) {
		n += utf16.RuneLen(r)
	}
	return n
}

// ends are where a text is cut, the best first.
var ends = []string{"\n\n", "\n", ". ", " "}

// cut parts spans at the best place within the first limit units. White space at the
// cut is left out.
func cut(spans []Span, limit int) (head, tail []Span) {
	text := bare(spans)
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
