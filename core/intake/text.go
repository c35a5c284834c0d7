package intake

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"iter"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/transform"

	"tocsin/core"
)

// MaxLine is the longest line that is read, in bytes with its end; a longer one is
// a bad row.
const MaxLine = 1 << 20

// sniffed is how much of a file decides its encoding, in bytes.
const sniffed = 64 << 10

// byteOrderMark is U+FEFF in UTF-8, which spreadsheets put before their text.
var byteOrderMark = []byte("\uFEFF")

// Decode returns a reader of r's text as valid UTF-8 without byte order mark. Text
// whose first 64 KiB are not UTF-8 is read as Windows-1252, the encoding of older
// spreadsheets. In text that begins as UTF-8, each later byte that does not fit is
// read as Windows-1252; so are all such bytes after a byte order mark. The five
// bytes that Windows-1252 leaves undefined become U+FFFD.
//
// Decode itself does not read; a failure of r is returned by Read as it came.
func Decode(r io.Reader) io.Reader {
	return &decoded{source: bufio.NewReaderSize(r, sniffed)}
}

// decoded chooses its text's encoding at the first Read.
type decoded struct {
	source *bufio.Reader
	text   io.Reader // nil until chosen
}

// Read fills p with UTF-8. It fails as the source does.
func (d *decoded) Read(p []byte) (int, error) {
	if d.text == nil {
		d.text = d.choose()
	}
	return d.text.Read(p)
}

// choose looks at the first 64 KiB. A failure to read them comes after the text
// that was read before it.
func (d *decoded) choose() io.Reader {
	head, err := d.source.Peek(sniffed)
	var rest io.Reader = d.source
	if err != nil && !errors.Is(err, io.EOF) {
		rest = io.MultiReader(bytes.NewReader(head), failed{err})
	}
	switch {
	case bytes.HasPrefix(head, byteOrderMark):
		return transform.NewReader(rest, &mixed{start: true})
	case err == nil:
		head = withoutCutRune(head)
	}
	if utf8.Valid(head) {
		return transform.NewReader(rest, &mixed{})
	}
	return charmap.Windows1252.NewDecoder().Reader(rest)
}

// failed fails each Read with its error.
type failed struct{ error }

// Read fails.
func (f failed) Read([]byte) (int, error) { return 0, f.error }

// withoutCutRune returns b without the rune that its end cuts, if it cuts one.
func withoutCutRune(b []byte) []byte {
	for i := len(b) - 1; i >= 0 && i > len(b)-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) {
			if !utf8.FullRune(b[i:]) {
				return b[:i]
			}
			break
		}
	}
	return b
}

// mixed passes UTF-8 on and reads each byte that is none as Windows-1252.
type mixed struct {
	start bool // a byte order mark comes next
}

// Reset implements transform.Transformer; one reader uses a mixed once.
func (m *mixed) Reset() {}

// Transform implements transform.Transformer.
func (m *mixed) Transform(dst, src []byte, atEOF bool) (written, read int, err error) {
	for read < len(src) {
		if n := ascii(src[read:min(len(src), read+len(dst)-written)]); n > 0 && !m.start {
			written += copy(dst[written:], src[read:read+n])
			read += n
			continue
		}
		if !atEOF && !utf8.FullRune(src[read:]) {
			return written, read, transform.ErrShortSrc
		}
		r, size := utf8.DecodeRune(src[read:])
		if m.start {
			m.start = false
			read += size
			continue
		}
		if r == utf8.RuneError && size == 1 {
			r = charmap.Windows1252.DecodeByte(src[read])
		}
		if written+utf8.RuneLen(r) > len(dst) {
			return written, read, transform.ErrShortDst
		}
		written += utf8.EncodeRune(dst[written:], r)
		read += size
	}
	return written, read, nil
}

// A line is one line of a text without its end.
type line struct {
	Number int // from 1
	Text   string
}

// lines yields the lines of r that are not empty. A line that is longer than
// MaxLine, not UTF-8 or has a NUL in it is a *RowError. A failure of r ends the
// lines with an Unavailable error; the line that it cut is not yielded.
func lines(r io.Reader) iter.Seq2[line, error] {
	return func(yield func(line, error) bool) {
		source := bufio.NewReaderSize(r, sniffed)
		var text []byte
		for number := 1; ; number++ {
			var fault string
			var err error
			text, fault, err = nextLine(source, text[:0])
			if err != nil && !errors.Is(err, io.EOF) {
				yield(line{}, core.Wrap(core.Unavailable, err, "intake: read line"))
				return
			}
			more := true
			if fault != "" {
				more = yield(line{}, &RowError{Line: number, Reason: fault})
			} else if len(text) > 0 {
				more = yield(line{number, string(text)}, nil)
			}
			if !more || err != nil {
				return
			}
		}
	}
}

// nextLine appends one line of r without its end to text, and says what is wrong
// with it, "" if nothing. It holds at most MaxLine bytes of it in memory. It fails
// as r does, with io.EOF after the last line.
func nextLine(r *bufio.Reader, text []byte) (_ []byte, fault string, err error) {
	long := false
	for {
		part, err := r.ReadSlice('\n')
		long = long || len(text)+len(part) > MaxLine
		if !long {
			text = append(text, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if long {
			return text[:0], "longer than 1 MiB", err
		}
		text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
		return text, faultOf(text), err
	}
}

// faultOf says what of text no file may hold, "" if it is fine.
func faultOf(text []byte) string {
	switch {
	case !utf8.Valid(text):
		return "not UTF-8"
	case bytes.IndexByte(text, 0) >= 0:
		return "a NUL character"
	}
	return ""
}

// ascii returns how many bytes at the start of b are ASCII: most of a file is, and
// goes through as it is.
func ascii(b []byte) int {
	for i, c := range b {
		if c >= utf8.RuneSelf {
			return i
		}
	}
	return len(b)
}
