package console_test

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"tocsin/bots/console"
	"tocsin/core"
)

func TestMain(m *testing.M) {
	if chat := os.Getenv(childChat); chat != "" {
		os.Exit(beChild(chat))
	}
	goleak.VerifyTestMain(m)
}

// childChat is the variable that makes the test program a chat on its terminal.
const childChat = "CONSOLE_TEST_CHAT"

// beChild runs a chat and returns the status of the program: 0 if it ended well.
func beChild(string) int {
	queue, _ := events()
	a := &console.Adapter{ID: "console:terminal", In: os.Stdin, Out: os.Stdout}
	if err := a.Run(context.Background(), queue); err != nil {
		return 1
	}
	if _, err := a.Send(context.Background(), delivery("k", say("the end"))); err != nil {
		return 1
	}
	return 0
}

// xterm is an environment with a terminal.
func xterm(name string) string { return map[string]string{"TERM": "xterm"}[name] }

// A paper is an output that keeps what was written, piece by piece, and can break.
type paper struct {
	mu     sync.Mutex
	pieces []string
	broken breakage
	wrote  func(piece string) // called after each piece, if set
}

// breakage says how writing fails.
type breakage string

const (
	sound    breakage = ""
	closed   breakage = "nothing is written"
	cut      breakage = "half is written"
	tooLate  breakage = "all is written, and then an error"
	tooShort breakage = "half is written, and no error"
)

var errPaper = errors.New("paper: broken")

func (p *paper) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, err := len(b), error(nil)
	switch p.broken {
	case closed:
		return 0, errPaper
	case cut:
		n, err = len(b)/2, errPaper
	case tooLate:
		err = errPaper
	case tooShort:
		n = len(b) / 2
	}
	p.pieces = append(p.pieces, string(b[:n]))
	if p.wrote != nil && err == nil {
		p.wrote(string(b[:n]))
	}
	return n, err
}

// breakOff makes writing fail from now on.
func (p *paper) breakOff(b breakage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken = b
}

// written returns the pieces so far.
func (p *paper) written() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.pieces...)
}

func (p *paper) String() string { return strings.Join(p.written(), "") }

// A desk is a core.Queue that handles each update at once.
type desk func(context.Context, *core.Update) error

func (d desk) Submit(ctx context.Context, u *core.Update) <-chan error {
	done := make(chan error, 1)
	go func() { done <- d(ctx, u) }()
	return done
}

// events returns a desk that notes events, and what it noted.
func events() (desk, func() []core.Event) {
	var mu sync.Mutex
	var got []core.Event
	return func(_ context.Context, u *core.Update) error {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, u.Event)
			return nil
		}, func() []core.Event {
			mu.Lock()
			defer mu.Unlock()
			return got
		}
}

// nobody writes nothing, and waits until it is closed.
func nobody() io.ReadCloser {
	r, _ := io.Pipe()
	return r
}
