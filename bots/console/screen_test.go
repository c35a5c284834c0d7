//go:build unix

package console_test

import (
	"errors"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// A display is the far end of a terminal: what it shows, and a keyboard.
type display struct {
	t    *testing.T
	ptmx *os.File
	tty  *os.File

	mu      sync.Mutex
	raw     string // all bytes that came
	changed chan struct{}
}

// newDisplay opens a terminal of so many columns.
func newDisplay(t *testing.T, columns uint16) *display {
	t.Helper()
	ptmx, tty, err := pty.Open()
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal("no pseudoterminal here:", err)
	}
	if err != nil {
		t.Skip("no pseudoterminal here:", err)
	}
	d := &display{t: t, ptmx: nonBlocking(t, ptmx), tty: tty, changed: make(chan struct{})}
	d.resize(columns)
	var wg sync.WaitGroup
	wg.Go(d.read)
	t.Cleanup(func() {
		d.tty.Close()
		d.ptmx.Close()
		wg.Wait()
	})
	return d
}

func (d *display) read() {
	b := make([]byte, 1024)
	for {
		n, err := d.ptmx.Read(b)
		d.mu.Lock()
		d.raw += string(b[:n])
		close(d.changed)
		d.changed = make(chan struct{})
		d.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// nonBlocking returns f as a file whose Close ends a Read.
func nonBlocking(t *testing.T, f *os.File) *os.File {
	t.Helper()
	defer f.Close()
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		t.Fatal(err)
	}
	return os.NewFile(uintptr(fd), f.Name())
}

// resize changes how wide the terminal is.
func (d *display) resize(columns uint16) {
	d.t.Helper()
	c, err := d.ptmx.SyscallConn()
	if err != nil {
		d.t.Fatal(err)
	}
	var failed error
	err = c.Control(func(fd uintptr) {
		failed = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns})
	})
	if err := errors.Join(err, failed); err != nil {
		d.t.Fatal(err)
	}
}

// press types keys.
func (d *display) press(keys string) {
	d.t.Helper()
	if _, err := d.ptmx.WriteString(keys); err != nil {
		d.t.Fatal(err)
	}
}

// wait waits until what came makes ok true, and fails the test if it never does.
func (d *display) wait(what string, ok func(raw string) bool) {
	d.t.Helper()
	late := time.After(10 * time.Second)
	for {
		d.mu.Lock()
		raw, changed := d.raw, d.changed
		d.mu.Unlock()
		if ok(raw) {
			return
		}
		select {
		case <-changed:
		case <-late:
			d.t.Fatalf("waited for %s; got %q", what, raw)
		}
	}
}

// shows waits until the display shows these lines, with "_" where the cursor is.
func (d *display) shows(columns int, lines ...string) {
	d.t.Helper()
	want := strings.Join(lines, "\n")
	d.wait(want, func(raw string) bool { return drawn(raw, columns) == want })
}

// bytes returns all that came.
func (d *display) bytes() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.raw
}

var control = regexp.MustCompile(`^\x1b\[(\d*)(?:;\d+)*([A-Za-z])`)

// drawn returns what a terminal of so many columns shows after raw: its lines without
// the spaces at their ends, with "_" where the cursor is unless it is on a character.
func drawn(raw string, columns int) string {
	g := grid{columns: columns}
	for raw != "" {
		if m := control.FindStringSubmatch(raw); m != nil {
			n, _ := strconv.Atoi(m[1]) // none is 0
			g.control(m[2], max(n, 1))
			raw = raw[len(m[0]):]
			continue
		}
		r, size := utf8.DecodeRuneInString(raw)
		g.put(r)
		raw = raw[size:]
	}
	if under := g.at(); *under == ' ' {
		*under = '_'
	}
	var lines []string
	for _, l := range g.lines {
		lines = append(lines, strings.TrimRight(string(l), " "))
	}
	return strings.Join(lines, "\n")
}

// A grid is the characters that a terminal shows, and its cursor.
type grid struct {
	columns int
	lines   [][]rune
	x, y    int
}

// at returns the character under the cursor.
func (g *grid) at() *rune {
	for len(g.lines) <= g.y {
		g.lines = append(g.lines, nil)
	}
	for len(g.lines[g.y]) <= g.x {
		g.lines[g.y] = append(g.lines[g.y], ' ')
	}
	return &g.lines[g.y][g.x]
}

// put shows a character, and goes on to the next line after the last column.
func (g *grid) put(r rune) {
	switch r {
	case '\r':
		g.x = 0
		return
	case '\n':
		g.y++
		return
	}
	if g.x == g.columns {
		g.x, g.y = 0, g.y+1
	}
	*g.at() = r
	g.x++
}

// control obeys what a line editor needs of ECMA-48.
func (g *grid) control(name string, n int) {
	switch name {
	case "A":
		g.y = max(g.y-n, 0)
	case "B":
		g.y += n
	case "C":
		g.x = min(g.x+n, g.columns-1)
	case "D":
		g.x = max(g.x-n, 0)
	case "K":
		g.at()
		g.lines[g.y] = g.lines[g.y][:g.x]
	}
}
