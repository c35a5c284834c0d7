package intake

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"tocsin/core"
)

// decode reads s through Decode, in one piece.
func decode(t *testing.T, s string) string {
	t.Helper()
	b, err := io.ReadAll(Decode(strings.NewReader(s)))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestDecodeGivesUTF8(t *testing.T) {
	t.Parallel()
	page := strings.Repeat("0123456789abcdef", sniffed/16)
	for _, c := range []struct{ name, in, want string }{
		{"nothing", "", ""},
		{"UTF-8", "Ménès;€\n", "Ménès;€\n"},
		{"a byte order mark", "\uFEFFnom;né\n", "nom;né\n"},
		{"only a byte order mark", "\uFEFF", ""},
		{"a second mark is text", "\uFEFF\uFEFFa", "\uFEFFa"},
		{"Windows-1252", "M\xe9n\xe8s;\x80\n", "Ménès;€\n"},
		{"Windows-1252 with an undefined byte", "\xe9\x81", "é\uFFFD"},
		{"Windows-1252 that ends like UTF-8 cut short", "caf\xe9", "café"},
		{"all of Windows-1252 if its start is", "\xe9" + page + "\xc3\xa9", "é" + page + "Ã©"},
		{"a mark makes it UTF-8", "\uFEFF\xe9 é", "é é"},
		{"one Windows-1252 byte late in UTF-8", "é" + page + "\xe9 é", "é" + page + "é é"},
		{"UTF-8 late, after only ASCII", page + "é", page + "é"},
		{"a rune over the border", page[1:] + "é" + page, page[1:] + "é" + page},
		{"a long rune over the border", page[3:] + "😀", page[3:] + "😀"},
		{"a rune cut by the end", page + "\xf0\x9f\x98", page + "ðŸ˜"},
	} {
		if got := decode(t, c.in); got != c.want {
			t.Errorf("%s: got %d bytes ending in %q, want %d ending in %q",
				c.name, len(got), got[max(0, len(got)-8):], len(c.want), c.want[max(0, len(c.want)-8):])
		}
	}
}

func TestDecodeIsTheSameByteByByte(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"\uFEFFé😀", "\xe9a", "a" + strings.Repeat("é", sniffed), strings.Repeat("é", sniffed) + "\xe9"} {
		b, err := io.ReadAll(iotest.OneByteReader(Decode(iotest.OneByteReader(strings.NewReader(in)))))
		if err != nil || string(b) != decode(t, in) {
			t.Errorf("differs: %v", err)
		}
	}
}

func TestDecodePassesFailuresOnAfterTheText(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for _, size := range []int{0, 1, 10, sniffed, 3 * sniffed} {
		// The reader fails once and then goes on: what follows must not be joined on.
		in := io.MultiReader(strings.NewReader(strings.Repeat("a", size)), &failOnce{err: broken}, strings.NewReader("more"))
		b, err := io.ReadAll(Decode(in))
		if !errors.Is(err, broken) || len(b) != size {
			t.Errorf("after %d bytes: %d bytes, %v", size, len(b), err)
		}
	}
}

// failOnce fails its first Read and is at its end after.
type failOnce struct{ err error }

func (f *failOnce) Read([]byte) (int, error) {
	if err := f.err; err != nil {
		f.err = nil
		return 0, err
	}
	return 0, io.EOF
}

func TestLinesAreNumberedAndWithoutTheirEnds(t *testing.T) {
	t.Parallel()
	in := "a\n\r\n\nb\r\n" + strings.Repeat("c", MaxLine-1) + "\n" + strings.Repeat("d", MaxLine+1) + "\ne\x00\n\xff\nlast"
	type result struct {
		number int
		length int
		fault  string
	}
	want := []result{
		{1, 1, ""}, {4, 1, ""}, {5, MaxLine - 1, ""}, {6, 0, "longer than 1 MiB"},
		{7, 0, "a NUL character"}, {8, 0, "not UTF-8"}, {9, 4, ""},
	}
	var got []result
	for l, err := range lines(strings.NewReader(in)) {
		var row *RowError
		if errors.As(err, &row) {
			got = append(got, result{row.Line, 0, row.Reason})
		} else if err != nil {
			t.Fatal(err)
		} else {
			got = append(got, result{l.Number, len(l.Text), ""})
		}
	}
	if len(got) != len(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("line %d: got %v, want %v", i, got[i], want[i])
		}
	}
}

func TestAFailureEndsTheLinesAndKeepsTheCutOneBack(t *testing.T) {
	t.Parallel()
	in := io.MultiReader(strings.NewReader("whole\ncut"), &failOnce{err: io.ErrUnexpectedEOF}, strings.NewReader("joined\n"))
	var got []string
	var last error
	for l, err := range lines(in) {
		if last != nil {
			t.Fatal("lines go on after a failure")
		}
		if last = err; err == nil {
			got = append(got, l.Text)
		}
	}
	if len(got) != 1 || got[0] != "whole" || core.CodeOf(last) != core.Unavailable || !errors.Is(last, io.ErrUnexpectedEOF) {
		t.Errorf("got %q, then %v", got, last)
	}
}

func TestLinesStopWhenAskedTo(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"a\nb\n", "\x00\nb\n"} {
		count := 0
		for range lines(strings.NewReader(in)) {
			count++
			break
		}
		if count != 1 {
			t.Errorf("%d lines", count)
		}
	}
}

func TestARowErrorIsInvalid(t *testing.T) {
	t.Parallel()
	err := &RowError{Line: 7, Reason: "not UTF-8"}
	if core.CodeOf(err) != core.Invalid {
		t.Errorf("its code is %s", core.CodeOf(err))
	}
	if got, want := err.Error(), "intake: read row at line 7: not UTF-8"; got != want {
		t.Errorf("it reads %q, want %q", got, want)
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{"", "é", "\xe9", "\uFEFFa", "\xef\xbb", "\xf0\x9f\x98", "a\x81\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		out, err := io.ReadAll(Decode(bytes.NewReader(in)))
		if err != nil || !utf8.Valid(out) {
			t.Fatalf("%q, %v", out, err)
		}
		body := bytes.TrimPrefix(in, byteOrderMark)
		if utf8.Valid(in) && !bytes.Equal(out, body) {
			t.Errorf("UTF-8 came out changed: %q", out)
		}
		if len(body) < len(in) || utf8.Valid(in) {
			return
		}
		if want, _ := charmap.Windows1252.NewDecoder().Bytes(in); !bytes.Equal(out, want) {
			t.Errorf("Windows-1252 came out as %q, want %q", out, want)
		}
	})
}
