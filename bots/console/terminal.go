package console

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"syscall"

	"golang.org/x/term"
)

// prompt stands before the line that is typed.
const prompt = "› "

// An editor reads lines from a person at a terminal, which is raw meanwhile.
type editor struct {
	screen   *screen
	terminal *term.Terminal
	in, out  *os.File
	before   *term.State // how the terminal was
	once     sync.Once
	asking   bool // the prompt is shown
}

// interactive reports whether a person types at one end and reads at the other, on a
// terminal that can move its cursor.
func (a *Adapter) interactive() bool {
	return !a.Numbered && isTerminal(a.In) && isTerminal(a.Out) && a.moves()
}

// styled reports whether messages are shown with styles (no-color.org).
func (a *Adapter) styled() bool {
	return !a.Numbered && isTerminal(a.Out) && a.moves() && a.env("NO_COLOR") == ""
}

// moves reports whether the terminal knows control sequences.
func (a *Adapter) moves() bool {
	name := a.env("TERM")
	return name != "" && name != "dumb"
}

// isTerminal reports whether v is a terminal.
func isTerminal(v any) bool {
	f, ok := v.(*os.File)
	return ok && term.IsTerminal(descriptor(f))
}

// descriptor returns the file descriptor of f, or -1 if f is closed. Unlike File.Fd
// it leaves f as it is, blocking or not.
func descriptor(f *os.File) int {
	fd := -1
	if c, err := f.SyscallConn(); err == nil {
		_ = c.Control(func(n uintptr) { fd = int(n) }) // fails if f is closed
	}
	return fd
}

// edit makes the terminal raw. From then on, what is shown goes above the line that
// is typed.
func (a *Adapter) edit(in io.Reader) (*editor, error) {
	e := &editor{screen: &a.screen, in: a.In.(*os.File), out: a.Out.(*os.File)}
	var err error
	if e.before, err = term.MakeRaw(descriptor(e.in)); err != nil {
		return nil, err
	}
	e.terminal = term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{&keyboard{in: in}, a.Out}, prompt)
	e.resize()
	if err := a.screen.enter(context.Background()); err != nil {
		e.restore()
		return nil, err
	}
	a.screen.editor = e.terminal
	a.screen.leave()
	return e, nil
}

// next implements source. Ctrl-C and Ctrl-D end the input, and so does a terminal
// that is gone (EIO).
func (e *editor) next() (line, error) {
	e.asking = true
	text, err := e.terminal.ReadLine()
	if errors.Is(err, syscall.EIO) {
		err = io.EOF
	}
	if err != nil {
		return line{}, err
	}
	e.asking = false
	return line{text: text}, nil
}

// end gives the terminal back as it was, with the cursor on a line of its own.
func (e *editor) end() {
	ctx, cancel := context.WithTimeout(context.Background(), patience/2)
	defer cancel()
	err := e.screen.enter(ctx) // whoever writes for longer is left behind
	if err == nil {
		defer e.screen.leave()
		e.screen.editor = nil
		if e.asking {
			_, _ = io.WriteString(e.out, "\r\n") // a terminal that is gone needs no end of line
		}
	}
	e.restore()
}

// abandon gives the terminal back though it takes no output.
func (e *editor) abandon() { e.restore() }

// restore sets the terminal to how it was, once.
func (e *editor) restore() {
	e.once.Do(func() { _ = term.Restore(descriptor(e.in), e.before) }) // it may be gone
}

// resize tells the editor how wide the terminal is.
func (e *editor) resize() {
	if width, height, err := term.GetSize(descriptor(e.out)); err == nil && width > 0 {
		_ = e.terminal.SetSize(width, height) // fails only if the terminal is gone
		e.screen.columns.Store(int64(width))
	}
}

// resume makes the terminal raw again after the program was suspended, and shows the
// line that is typed.
func (e *editor) resume() {
	if _, err := term.MakeRaw(descriptor(e.in)); err == nil {
		_, _ = e.terminal.Write(nil) // fails only if the terminal is gone
	}
}
