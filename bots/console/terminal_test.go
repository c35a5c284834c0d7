//go:build unix

package console_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/term"

	"tocsin/bots/console"
	"tocsin/core"
	"tocsin/core/locale"
)

// A sitting is an adapter that runs on a display.
type sitting struct {
	*display
	adapter *console.Adapter
	stop    context.CancelFunc
	ended   chan error
	events  func() []core.Event
	before  term.State
}

// sit runs an adapter on a terminal of so many columns.
func sit(t *testing.T, columns uint16, getenv func(string) string) *sitting {
	t.Helper()
	s := &sitting{display: newDisplay(t, columns), ended: make(chan error, 1)}
	s.before = s.state()
	s.adapter = &console.Adapter{ID: "console:terminal", In: s.tty, Out: s.tty, Getenv: getenv}
	ctx, stop := context.WithCancel(t.Context())
	s.stop = stop
	queue, got := events()
	s.events = got
	var wg sync.WaitGroup
	wg.Go(func() { s.ended <- s.adapter.Run(ctx, queue) })
	t.Cleanup(func() { stop(); wg.Wait() })
	return s
}

// state returns how the terminal is set.
func (d *display) state() term.State {
	d.t.Helper()
	s, err := term.GetState(int(d.tty.Fd()))
	if err != nil {
		d.t.Fatal(err)
	}
	return *s
}

// end waits until Run has returned, and looks at how it left the terminal.
func (s *sitting) end() {
	s.t.Helper()
	select {
	case err := <-s.ended:
		if err != nil {
			s.t.Errorf("Run = %v, want nil", err)
		}
	case <-time.After(10 * time.Second):
		s.t.Fatal("Run has not returned")
	}
	if s.state() != s.before {
		s.t.Error("the terminal is not as it was")
	}
}

func (s *sitting) say(text string) {
	s.t.Helper()
	if _, err := s.adapter.Send(s.t.Context(), delivery("k", say(text))); err != nil {
		s.t.Error(err)
	}
}

func TestMessageIsShownAboveTheLineThatIsTyped(t *testing.T) {
	t.Parallel()
	s := sit(t, 20, xterm)
	s.shows(20, "› _")
	if s.state() == s.before {
		t.Error("the terminal is not raw while a line is edited")
	}
	s.press("hel")
	s.shows(20, "› hel_")
	s.say("Good day,\nLyon.")
	s.shows(20, "Good day,", "Lyon.", "", "› hel_")
	s.press("lo\r")
	s.shows(20, "Good day,", "Lyon.", "", "› hello", "› _")
	s.press("/near a town far from here")
	s.shows(20, "Good day,", "Lyon.", "", "› hello", "› /near a town far f", "rom here_")
	fmt.Fprintln(s.adapter.Screen(), "a line of a log")
	s.shows(20, "Good day,", "Lyon.", "", "› hello", "a line of a log", "› /near a town far f", "rom here_")
	s.press("\r\x04")
	s.end()
	want := []core.Event{core.Text{Body: "hello"}, core.Command{Name: "near", Arg: "a town far from here"}}
	if got := s.events(); len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %#v, want %#v", got, want)
	}
}

func TestEarlierLinesComeBack(t *testing.T) {
	t.Parallel()
	s := sit(t, 40, xterm)
	s.shows(40, "› _")
	s.press("one\rtwo\r\x1b[A\x1b[A\x1b[H+ \r\x03")
	s.end()
	if got := s.events(); len(got) != 3 || got[2] != (core.Text{Body: "+ one"}) {
		t.Errorf("got %#v, want the first line again", got)
	}
}

func TestChatOnATerminalEnds(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*sitting){
		"AtCtrlC":      func(s *sitting) { s.press("half a line\x03") },
		"AtCtrlD":      func(s *sitting) { s.press("\x04") },
		"WithItsText":  func(s *sitting) { s.stop() },
		"InAnEscape":   func(s *sitting) { s.press("\x1b\x03") },
		"InPastedText": func(s *sitting) { s.press("\x1b[200~pasted\x03") },
		"AfterStrangeBytes": func(s *sitting) {
			s.press("\xff\xfe\x1b[" + strings.Repeat("1;", 300) + "\x03")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sit(t, 40, xterm)
			s.shows(40, "› _")
			end(s)
			s.end()
			s.say("Goodbye.")
			s.wait("the last message, on a line of its own", func(raw string) bool {
				return strings.HasSuffix(drawn(raw, 40), "\nGoodbye.\n\n_")
			})
		})
	}
}

func TestHangUpEndsTheChat(t *testing.T) {
	t.Parallel()
	s := sit(t, 40, xterm)
	s.shows(40, "› _")
	s.ptmx.Close()
	select {
	case err := <-s.ended:
		if err != nil {
			t.Errorf("Run = %v, want nil", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("Run has not returned")
	}
	if _, err := s.adapter.Send(t.Context(), delivery("k", say("hello"))); core.CodeOf(err) != core.Unavailable {
		t.Errorf("Send = %v to a terminal that is gone, want Unavailable", err)
	}
}

func TestTerminalThatTakesNothingDoesNotHoldRun(t *testing.T) {
	t.Parallel()
	ptmx, tty, err := pty.Open()
	if err != nil {
		t.Skip("no pseudoterminal here:", err)
	}
	defer tty.Close()
	before, err := term.GetState(int(tty.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	a := &console.Adapter{ID: "console:terminal", In: tty, Out: tty, Getenv: xterm}
	ctx, stop := context.WithCancel(t.Context())
	queue := desk(func(context.Context, *core.Update) error { return nil })
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, queue) }()
	if _, err := io.ReadFull(ptmx, make([]byte, len("› "))); err != nil {
		t.Fatal(err)
	}
	sent := make(chan error, 1)
	go func() {
		_, err := a.Send(ctx, delivery("k", say(strings.Repeat("more than anyone reads\n", 10_000))))
		sent <- err
	}()
	if _, err := io.ReadFull(ptmx, make([]byte, 10)); err != nil { // so it has begun
		t.Fatal(err)
	}
	stop()
	if err := <-sent; core.CodeOf(err) != core.Uncertain {
		t.Errorf("Send = %v, want Uncertain", err)
	}
	if err := <-ended; err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
	if after, err := term.GetState(int(tty.Fd())); err != nil || *after != *before {
		t.Errorf("the terminal is not as it was (%v)", err)
	}
	ptmx.Close() // frees who writes
}

func TestPanicLeavesTheTerminalAsItWas(t *testing.T) {
	t.Parallel()
	d := newDisplay(t, 40)
	before := d.state()
	a := &console.Adapter{ID: "console:terminal", In: d.tty, Out: d.tty, Getenv: xterm}
	ended := make(chan any)
	go func() {
		defer func() { ended <- recover() }()
		_ = a.Run(t.Context(), panics{})
	}()
	d.shows(40, "› _")
	d.press("hello\r")
	if got := <-ended; got != "a panic" {
		t.Errorf("recovered %v", got)
	}
	if d.state() != before {
		t.Error("the terminal is not as it was")
	}
}

// panics is a core.Queue that fails as badly as one can.
type panics struct{}

func (panics) Submit(context.Context, *core.Update) <-chan error { panic("a panic") }

func TestStylesAreShownWhereWanted(t *testing.T) {
	t.Parallel()
	m := &core.Message{Body: []core.Span{
		{Text: "a "}, {Text: "b", Style: locale.Strong}, {Text: "c", Style: locale.Emphasis}, {Text: "d", Style: locale.Code},
		{Text: "e", Style: locale.Link, URL: "https://example.org/"},
	}}
	const plain, styled = "a bcde (https://example.org/)", "a \x1b[1mb\x1b[22m\x1b[4mc\x1b[24m\x1b[1md\x1b[22me (https://example.org/)"
	for name, c := range map[string]struct {
		env  map[string]string
		want string
	}{
		"Terminal": {map[string]string{"TERM": "xterm"}, styled},
		"NoColor":  {map[string]string{"TERM": "xterm", "NO_COLOR": "1"}, plain},
		"Dumb":     {map[string]string{"TERM": "dumb"}, plain},
		"Unknown":  {nil, plain},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sit(t, 80, func(name string) string { return c.env[name] })
			if _, err := s.adapter.Send(t.Context(), delivery("k", m)); err != nil {
				t.Error(err)
			}
			s.wait("the message", func(raw string) bool { return strings.Contains(raw, c.want) })
			asks := c.env["TERM"] == "xterm"
			s.wait("the prompt, if any", func(raw string) bool { return !asks || strings.Contains(raw, "›") })
			s.press("hello\r")
			s.wait("the line", func(raw string) bool { return strings.Contains(raw, "hello") })
			s.press("\x04")
			s.end()
			if strings.Contains(s.bytes(), "›") != asks {
				t.Errorf("got %q, want a prompt: %v", s.bytes(), asks)
			}
			if got := s.events(); len(got) != 1 || got[0] != (core.Text{Body: "hello"}) {
				t.Errorf("got %#v", got)
			}
		})
	}
}
