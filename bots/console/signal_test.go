//go:build unix

package console_test

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/term"
)

// child runs a chat in a program of its own, whose terminal d is.
func (d *display) child() *exec.Cmd {
	d.t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), childChat+"=1", "TERM=xterm")
	c.Stdin, c.Stdout, c.Stderr = d.tty, d.tty, d.tty
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := c.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = c.Process.Kill() }) // it has usually ended
	d.shows(20, "› _")
	return c
}

func TestSignalEndsTheChatPolitely(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			d := newDisplay(t, 20)
			before := d.state()
			c := d.child()
			if d.state() == before {
				t.Error("the terminal is not raw while a line is edited")
			}
			if err := c.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			if err := c.Wait(); err != nil {
				t.Errorf("the program ended with %v", err)
			}
			if d.state() != before {
				t.Error("the terminal is not as it was")
			}
			d.shows(20, "›", "the end", "", "_")
		})
	}
}

func TestTerminalIsResized(t *testing.T) {
	t.Parallel()
	d := newDisplay(t, 20)
	c := d.child()
	d.press("0123456789")
	d.shows(20, "› 0123456789_")
	n := len(d.bytes())
	d.resize(8)
	redrawn := func(want string) func(string) bool {
		return func(raw string) bool { return strings.HasSuffix(drawn(raw[n:], 8), want) }
	}
	d.wait("the line to be drawn anew", redrawn("› 012345\n6789_"))
	d.press("abc")
	d.wait("the line to go on", redrawn("› 012345\n6789abc_"))
	d.press("\r\x04")
	if err := c.Wait(); err != nil {
		t.Errorf("the program ended with %v", err)
	}
}

func TestSuspendedChatGoesOn(t *testing.T) {
	t.Parallel()
	d := newDisplay(t, 20)
	before := d.state()
	c := d.child()
	raw := d.state()
	if err := c.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := term.Restore(int(d.tty.Fd()), &before); err != nil { // as a shell does
		t.Fatal(err)
	}
	n := len(d.bytes())
	if err := c.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	d.wait("the prompt", func(raw string) bool { return strings.Contains(raw[n:], "›") })
	if d.state() != raw {
		t.Error("the terminal is not raw again")
	}
	d.press("\x04")
	if err := c.Wait(); err != nil {
		t.Errorf("the program ended with %v", err)
	}
	if d.state() != before {
		t.Error("the terminal is not as it was")
	}
}
