package console

import (
	"regexp"
	"strings"

	"github.com/rivo/uniseg"
)

// widest is how wide a line of text is at most, in columns: longer ones are hard to read.
const widest = 100

// control is what styles look like on a terminal. It takes no room.
var control = regexp.MustCompile("\x1b\\[[0-9;]*m")

// wrapped breaks the lines of text between words, so that none is wider than columns
// where that can be; 0 breaks none. A word stays whole, and so does what a no-break
// space holds together.
func wrapped(text string, columns int) string {
	if columns <= 0 {
		return text
	}
	columns = min(columns, widest)
	var out strings.Builder
	for line := range strings.Lines(text) {
		at := 0
		for i, word := range strings.Split(line, " ") {
			width := uniseg.StringWidth(control.ReplaceAllString(strings.TrimSuffix(word, "\n"), ""))
			switch {
			case i == 0:
			case at > 0 && at+1+width > columns:
				out.WriteByte('\n')
				at = 0
			default:
				out.WriteByte(' ')
				at++
			}
			out.WriteString(word)
			at += width
		}
	}
	return out.String()
}
