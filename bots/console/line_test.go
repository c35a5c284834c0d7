package console

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"

	"tocsin/core"
	"tocsin/core/geo"
)

func TestLinesMean(t *testing.T) {
	t.Parallel()
	at := func(lat, lon float64) core.Position { return core.Position{Point: geo.Point{Lat: lat, Lon: lon}} }
	text := func(s string) core.Text { return core.Text{Body: s} }
	for in, want := range map[string]core.Event{
		"":                               nil,
		" \t\r":                          nil,
		"\x1b\x07":                       nil,
		"Lyon":                           text("Lyon"),
		" Lyon ":                         text(" Lyon "),
		"/near":                          core.Command{Name: "near"},
		"  !Near   Lyon 3e ":             core.Command{Name: "near", Arg: "Lyon 3e"},
		"/équipes\u00a0Lyon":             core.Command{Name: "équipes", Arg: "Lyon"},
		"/to_do-2":                       core.Command{Name: "to_do-2"},
		"/":                              text("/"),
		"!":                              text("!"),
		"!!":                             text("!!"),
		"/ near":                         text("/ near"),
		"//near":                         text("//near"),
		"/home/ada":                      text("/home/ada"),
		"!?":                             text("!?"),
		"(location 48.85 2.35)":          at(48.85, 2.35),
		"(position 48,85 ; 2,35)":        at(48.85, 2.35),
		" (location -21.115, 55.536) ":   at(-21.115, 55.536),
		"geo:48.85,2.35;u=35":            at(48.85, 2.35),
		"GEO:48.85,2.35":                 at(48.85, 2.35),
		"(location)":                     text("(location)"),
		"(location 75 011)":              text("(location 75 011)"),
		"(location 91.5 2.5)":            text("(location 91.5 2.5)"),
		"(location 48.85 2.35":           text("(location 48.85 2.35"),
		"(somewhere 48.85 2.35)":         text("(somewhere 48.85 2.35)"),
		"(edits) hello":                  text("(edits) hello"),
		"geo:":                           text("geo:"),
		"geo:Lyon":                       text("geo:Lyon"),
		"48.85, 2.35":                    text("48.85, 2.35"),
		"a\xf0\x9fb":                     text("a\uFFFDb"),
		"a\tb\u0085c\u2028d\u2068e\r":    text("a bc\u2028d\u2068e"),
		"\x1b]8;;https://x\x07/near\x07": text("]8;;https://x/near"),
	} {
		if got := (line{text: in}).event(); got != want {
			t.Errorf("%q means %#v, want %#v", in, got, want)
		}
	}
}

func FuzzLine(f *testing.F) {
	for _, s := range []string{
		"Lyon", "/near Lyon", "!x", "(location 48.85 2.35)", "geo:48.85,2.35", "\xff\x1b[31m", "7\thello", "8\t@ada\tgeo:1.5,2", "9\t@\t",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		sound(t, line{text: text}.event())
		if n, ok := (line{text: text}).parse("main"); ok {
			sound(t, n.event)
			if n.event == nil || !n.chat.valid() || strings.Trim(n.number, "0123456789") != "" || n.number == "" {
				t.Errorf("%q was read as number %q of %q: %#v", text, n.number, n.chat, n.event)
			}
		}
	})
}

// sound fails the test if an event is not what core may be given.
func sound(t *testing.T, e core.Event) {
	t.Helper()
	harmless := func(s string) bool { return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl) }
	switch e := e.(type) {
	case core.Text:
		if !harmless(e.Body) {
			t.Errorf("the text %q holds a control character", e.Body)
		}
	case core.Command:
		if e.Name == "" || e.Name != strings.ToLower(e.Name) || strings.ContainsFunc(e.Name, unicode.IsSpace) || !harmless(e.Arg) {
			t.Errorf("the command is %+v", e)
		}
	case core.Position:
		if !e.Point.Valid() {
			t.Error("the point is not on the earth")
		}
	}
}

func FuzzLineReader(f *testing.F) {
	f.Add([]byte("one\ntwo\r\n\nthree"), uint8(3))
	f.Add(bytes.Repeat([]byte("long "), 20), uint8(50))
	f.Add([]byte("0"), uint8(0))
	f.Fuzz(func(t *testing.T, in []byte, most uint8) {
		const buffer = 16
		r := lineReader{bufio.NewReaderSize(iotest.HalfReader(bytes.NewReader(in)), buffer), int(most)}
		want := strings.Split(string(in), "\n")
		for i, text := range want {
			l, err := r.next()
			last := i == len(want)-1
			if last && text == "" {
				if !errors.Is(err, io.EOF) {
					t.Fatalf("the end is %v, want io.EOF", err)
				}
				return
			}
			cut := text[:min(len(text), int(most))]
			if err != nil || l.open != last || l.long != (cut != text) || l.text != cut {
				t.Fatalf("line %d is %+v (%v), want %q of %d bytes", i, l, err, cut, len(text))
			}
		}
	})
}

func TestKeyboardPassesOnWhatTheEditorCanRead(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"hello\r":                                   "hello\r",
		"caf\xc3\xa9 \U0001F5F3\r":                  "café \U0001F5F3\r",
		"a\xff\xc3b\uFFFD":                          "a??b?",
		"\x1b[A\x1b[1;3C\x1b[3~\x1bb":               "\x1b[A\x1b[1;3C\x1b[3~\x1bb",
		"\x1b[200~pasted\x1b[201~":                  "pasted",
		"\x1b\x1b[A":                                "\x1b[A",
		"\x1b\x03":                                  "\x03",
		"\x1b[1;\r":                                 "\r",
		"\x1b" + strings.Repeat("1", 40):            strings.Repeat("1", 9),
		"\x1b" + strings.Repeat("1", 40) + "\x1b[A": strings.Repeat("1", 9) + "\x1b[A",
	} {
		got, err := io.ReadAll(&keyboard{in: iotest.OneByteReader(strings.NewReader(typed))})
		if err != nil || string(got) != want {
			t.Errorf("%q is passed on as %q (%v), want %q", typed, got, err, want)
		}
	}
}

func TestTerminalThatIsGoneIsAnEnd(t *testing.T) {
	t.Parallel()
	gone := iotest.ErrReader(&fs.PathError{Op: "read", Path: "/dev/tty", Err: syscall.EIO})
	e := editor{terminal: term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{gone, io.Discard}, prompt)}
	if _, err := e.next(); !errors.Is(err, io.EOF) {
		t.Errorf("next = %v, want io.EOF", err)
	}
}

// FuzzKeyboard shows that whatever is typed, the line editor reads all of it.
func FuzzKeyboard(f *testing.F) {
	f.Add([]byte("hello\r\x1b[A\r"))
	f.Add([]byte("caf\xc3\xa9 \xff\xfe \xf0\x9f\x97\xb3 \xef\xbf\xbd\r"))
	f.Add(append([]byte{0x1b, '['}, bytes.Repeat([]byte("1;"), 400)...))
	f.Add(append([]byte("\x1b[200~pasted"), bytes.Repeat([]byte{0x1b}, 600)...))
	f.Fuzz(func(t *testing.T, typed []byte) {
		typed = bytes.Map(func(r rune) rune {
			if r == 3 || r == 4 { // Ctrl-C and Ctrl-D end the input
				return -1
			}
			return r
		}, typed)
		done := make(chan string)
		go edited(io.MultiReader(bytes.NewReader(typed), strings.NewReader("\r\x15last\r")), done)
		last := ""
		for {
			select {
			case text, more := <-done:
				if !more {
					if last != "last" {
						t.Errorf("the last line is %q", last)
					}
					return
				}
				last = text
			case <-time.After(10 * time.Second):
				t.Fatal("the editor does not read on")
			}
		}
	})
}

// edited reads lines with the line editor, until the end of what is typed.
func edited(typed io.Reader, done chan<- string) {
	defer close(done)
	e := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{&keyboard{in: iotest.HalfReader(typed)}, io.Discard}, prompt)
	for {
		text, err := e.ReadLine()
		if err != nil {
			return
		}
		done <- text
	}
}
