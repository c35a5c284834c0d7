package console

import (
	"io"
	"unicode/utf8"
)

// A keyboard passes on what is typed to the line editor, without the bytes at which
// that would stop listening: a byte that is no UTF-8 becomes a question mark, an
// escape sequence that does not end is left out, and so are the marks around pasted
// text, between which the editor knows neither Ctrl-C nor Ctrl-D.
type keyboard struct {
	in     io.Reader
	ready  []byte // to be read
	cut    []byte // the beginning of a character whose rest is to come
	escape []byte // an escape sequence that has not ended
	buffer [256]byte
}

// maxEscape is longer than any escape sequence that a key sends, in bytes.
const maxEscape = 32

// The marks around pasted text (xterm, bracketed paste mode).
const (
	pasteBegins = "\x1b[200~"
	pasteEnds   = "\x1b[201~"
)

// Read implements io.Reader.
func (k *keyboard) Read(p []byte) (int, error) {
	for len(k.ready) == 0 {
		n, err := k.in.Read(k.buffer[:])
		k.take(k.buffer[:n])
		if err != nil && len(k.ready) == 0 {
			return 0, err
		}
	}
	n := copy(p, k.ready)
	k.ready = k.ready[n:]
	return n, nil
}

// take makes typed bytes ready.
func (k *keyboard) take(typed []byte) {
	bytes := append(k.cut, typed...)
	for len(bytes) > 0 && utf8.FullRune(bytes) {
		r, size := utf8.DecodeRune(bytes)
		bytes = bytes[size:]
		if r == utf8.RuneError {
			r = '?'
		}
		k.press(r)
	}
	k.cut = append([]byte(nil), bytes...)
}

// press makes one character ready, or the escape sequence that it ends. Any letter
// or "~" ends one for the editor; a control character breaks it off.
func (k *keyboard) press(r rune) {
	const escape = 0x1b
	switch {
	case r == escape:
		k.escape = []byte{escape}
		return
	case len(k.escape) == 0 || r < ' ':
		k.escape = nil
		k.ready = utf8.AppendRune(k.ready, r)
		return
	}
	k.escape = utf8.AppendRune(k.escape, r)
	ended := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '~'
	if s := string(k.escape); ended && s != pasteBegins && s != pasteEnds {
		k.ready = append(k.ready, s...)
	}
	if ended || len(k.escape) >= maxEscape {
		k.escape = nil
	}
}
