//go:build bench

package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// The figures of the program's start.
const (
	startAnswer Name = "start/answer"
	startMemory Name = "start/memory"
)

const (
	startRounds = 9
	idleAfter   = 2 * time.Second
)

// echo is what a start is compared with: the least that a Go program can do for a line.
const echo = `package main

import (
	"io"
	"os"
)

func main() { _, _ = io.Copy(os.Stdout, os.Stdin) }
`

// echoProgram builds the reference and returns its name.
func echoProgram(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	source, name := filepath.Join(folder, "echo.go"), filepath.Join(folder, "echo")
	must(t, os.WriteFile(source, []byte(echo), 0o600))
	if out, err := exec.Command("go", "build", "-o", name, source).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return name
}

// A started is a program that was given one line, and has answered.
type started struct {
	t       *testing.T
	command *exec.Cmd
	began   time.Time
	stdin   io.WriteCloser
	stdout  *bufio.Reader
	stderr  bytes.Buffer
	answer  time.Duration // from its start to the first byte of its answer
}

// start starts c on pipes, with a line that waits for it there.
func start(t *testing.T, c *exec.Cmd) *started {
	t.Helper()
	s := &started{t: t, command: c}
	in, err := c.StdinPipe()
	must(t, err)
	out, err := c.StdoutPipe()
	must(t, err)
	c.Stderr = &s.stderr
	s.stdin, s.stdout, s.began = in, bufio.NewReader(out), time.Now()
	must(t, c.Start())
	t.Cleanup(func() { _ = c.Process.Kill() })
	_, err = io.WriteString(in, "/help\n")
	must(t, err)
	if _, err = s.stdout.ReadByte(); err != nil {
		_ = c.Wait()
		t.Fatalf("no answer: %v\n%s", err, s.stderr.Bytes())
	}
	s.answer = time.Since(s.began)
	return s
}

// end ends the input and waits for the end of the program.
func (s *started) end() {
	s.t.Helper()
	must(s.t, s.stdin.Close())
	_, err := io.Copy(io.Discard, s.stdout)
	must(s.t, err)
	if err := s.command.Wait(); err != nil {
		s.t.Fatalf("%v\n%s", err, s.stderr.Bytes())
	}
}

// resident returns how much memory the program has when it has been idle, in MB.
func (s *started) resident() float64 {
	s.t.Helper()
	time.Sleep(time.Until(s.began.Add(idleAfter)))
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.command.Process.Pid))
	if err != nil {
		s.t.Skipf("resident memory: %v", err)
	}
	_, after, _ := bytes.Cut(status, []byte("VmRSS:"))
	var kB float64
	_, err = fmt.Sscan(string(after), &kB)
	must(s.t, err)
	return kB / 1024
}

func TestBenchStart(t *testing.T) {
	if !Wanted(t, startAnswer, startMemory) {
		t.Skip("not picked")
	}
	tocsin, least, folder := program(t), echoProgram(t), t.TempDir()
	chat := func() *exec.Cmd {
		c := exec.Command(tocsin, "chat")
		c.Dir = folder
		c.Env = append(os.Environ(), "DATABASE_URL=sqlite:tocsin.db", "SECRET_KEY_FILE=keys")
		return c
	}
	start(t, chat()).end() // makes the database
	var ours, theirs []time.Duration
	for range startRounds {
		for _, side := range []struct {
			command *exec.Cmd
			took    *[]time.Duration
		}{{chat(), &ours}, {exec.Command(least), &theirs}} {
			s := start(t, side.command)
			s.end()
			*side.took = append(*side.took, s.answer)
		}
	}
	Settings(startAnswer, "from the start of `tocsin chat` to its answer to /help, on an existing SQLite database with the built-in places; median of %d, longest %.3g ms; reference: a Go program that echoes a line",
		startRounds, Millis(Quantile(ours, 1)))
	Report(t, Line{Name: startAnswer, Unit: "ms", Ours: Millis(Quantile(ours, 0.5)), Reference: Millis(Quantile(theirs, 0.5)),
		Goal: Goal{Of: Ours, AtMost: 300}})
	idle, empty := start(t, chat()), start(t, exec.Command(least))
	Settings(startMemory, "VmRSS %v after the start, one answer given", idleAfter)
	Report(t, Line{Name: startMemory, Unit: "MB", Ours: idle.resident(), Reference: empty.resident(), Goal: Goal{Of: Ours, AtMost: 40}})
	idle.end()
	empty.end()
}
