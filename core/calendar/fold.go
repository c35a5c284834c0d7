package calendar

import (
	"strings"
	"unicode/utf8"
)

// maxLine is the longest line of a file, in bytes without its end (RFC 5545, 3.1).
const maxLine = 75

// fold cuts each line of s, which end in CRLF, into lines of at most maxLine bytes.
// Those that go on begin with a space. No character is cut.
func fold(s string) string {
	var b strings.Builder
	b.Grow(len(s) + len(s)/maxLine*3)
	for l := range strings.SplitAfterSeq(s, "\r\n") {
		for room := maxLine; len(strings.TrimSuffix(l, "\r\n")) > room; room = maxLine - 1 {
			end := room
			for !utf8.RuneStart(l[end]) {
				end--
			}
			b.WriteString(l[:end])
			b.WriteString("\r\n ")
			l = l[end:]
		}
		b.WriteString(l)
	}
	return b.String()
}
