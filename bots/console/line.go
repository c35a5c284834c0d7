package console

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"unicode"

	"tocsin/core"
	"tocsin/core/geo"
)

// maxLine is the most bytes that a line may have.
const maxLine = 64 << 10

// A line is what was typed before Enter.
type line struct {
	text string // cut if long; without the line's end
	long bool   // there was more
	open bool   // the input ended before the line did
}

// A lineReader reads lines from anything but a terminal.
type lineReader struct {
	in   *bufio.Reader
	most int // bytes that a line may have
}

// next returns the next line. It fails with io.EOF at the end of the input.
func (r lineReader) next() (line, error) {
	var text strings.Builder
	l := line{}
	for {
		piece, err := r.in.ReadSlice('\n')
		ended := err == nil
		if ended {
			piece = piece[:len(piece)-1]
		}
		if room := r.most - text.Len(); len(piece) > room {
			piece, l.long = piece[:room], true
		}
		text.Write(piece)
		l.text = text.String()
		switch {
		case ended:
			return l, nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && (l.long || l.text != ""):
			l.open = true
			return l, nil
		default:
			return line{}, err
		}
	}
}

// end and abandon do nothing: what was opened elsewhere is closed there.
func (lineReader) end()     {}
func (lineReader) abandon() {}

// event returns what a line means, or nil if it says nothing.
func (l line) event() core.Event {
	if l.long {
		return core.Media{Kind: core.Unknown}
	}
	text := clean(l.text)
	if strings.TrimSpace(text) == "" {
		return nil
	}
	return meaning(text)
}

// clean returns text as valid UTF-8 without control characters; a tab is a space.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

// meaning returns the event that text is: a Command, a Position, else a Text.
func meaning(text string) core.Event {
	trimmed := strings.TrimSpace(text)
	if p, ok := position(trimmed); ok {
		return core.Position{Point: p}
	}
	if c, ok := command(trimmed); ok {
		return c
	}
	return core.Text{Body: text}
}

// position reads "(location 48.85 2.35)", "(position 48.85 2.35)" or a geo: URI.
func position(text string) (geo.Point, bool) {
	if inner, ok := strings.CutPrefix(text, "("); ok {
		word, at, _ := strings.Cut(strings.TrimSuffix(inner, ")"), " ")
		if !strings.HasSuffix(inner, ")") || word != "location" && word != "position" {
			return geo.Point{}, false
		}
		return geo.ParsePoint(at)
	}
	if len(text) > 4 && strings.EqualFold(text[:4], "geo:") {
		return geo.ParsePoint(text)
	}
	return geo.Point{}, false
}

// command reads "/near Lyon" or "!near Lyon". A name is made of letters, digits,
// hyphens and underscores.
func command(text string) (core.Command, bool) {
	if text == "" || text[0] != '/' && text[0] != '!' {
		return core.Command{}, false
	}
	name, arg := text[1:], ""
	if i := strings.IndexFunc(name, unicode.IsSpace); i >= 0 {
		name, arg = name[:i], strings.TrimSpace(name[i:])
	}
	strange := strings.ContainsFunc(name, func(r rune) bool {
		return r != '-' && r != '_' && !unicode.In(r, unicode.L, unicode.M, unicode.Nd)
	})
	if name == "" || strange {
		return core.Command{}, false
	}
	return core.Command{Name: strings.ToLower(name), Arg: arg}, true
}
