package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// A scripted is a campaign that is driven by numbered lines, and that survives the
// death of the programs which serve it.
type scripted struct {
	t    testing.TB
	dir  string
	env  []string
	more chan struct{} // something was heard

	mu       sync.Mutex
	answered map[string]bool     // by the number of a line: Handle has answered nil
	heard    map[string][]string // by chat: the messages, each key once
	keys     map[string]int      // by key: how often it was heard
	waiting  map[string]string   // by number: lines that are not answered
	lines    map[string]string   // by number: all that was said
	last     int
}

func newScripted(t testing.TB, env ...string) *scripted {
	t.Helper()
	s := &scripted{
		t: t, dir: t.TempDir(), more: make(chan struct{}, 1), answered: map[string]bool{},
		heard: map[string][]string{}, keys: map[string]int{}, waiting: map[string]string{}, lines: map[string]string{},
	}
	s.env = append([]string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + s.dir, "LANG=fr_FR.UTF-8", "CAMPAIGN_NAME=Demain"}, env...)
	return s
}

// command returns a call of the program, in the folder of the campaign.
func (s *scripted) command(args ...string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		s.t.Fatal(err)
	}
	return &exec.Cmd{Path: self, Args: append([]string{"tocsin"}, args...), Dir: s.dir, Env: s.env, Stderr: os.Stderr}
}

// call runs the program to its end with something on its standard input.
func (s *scripted) call(input string, args ...string) {
	s.t.Helper()
	c := s.command(args...)
	c.Stdin = strings.NewReader(input)
	if err := c.Run(); err != nil {
		s.t.Fatalf("%q: %v", args, err)
	}
}

// A server is one process that serves the campaign.
type server struct {
	*exec.Cmd
	in    io.WriteCloser
	ended chan struct{}
}

// serve starts a process. It gives it again what was never answered, and the last
// lines that were: a platform may not have heard that they had been.
func (s *scripted) serve() *server {
	s.t.Helper()
	p := &server{Cmd: s.command("chat", "--numbered"), ended: make(chan struct{})}
	in, err := p.StdinPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	out, err := p.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	p.in = in
	if err := p.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = p.Process.Kill() })
	go func() {
		defer close(p.ended)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			s.hear(lines.Text())
		}
		_ = p.Wait()
	}()
	s.mu.Lock()
	defer s.mu.Unlock()
	const unheard = 4
	for n := 1; n <= s.last; n++ {
		number := fmt.Sprint(n)
		if _, waits := s.waiting[number]; waits || n > s.last-unheard {
			_, _ = fmt.Fprintf(p.in, "%s\t%s\n", number, s.lines[number])
		}
	}
	return p
}

// kill ends a process as a crash does.
func (p *server) kill() {
	_ = p.Process.Kill()
	<-p.ended
}

// leave ends the input and waits for the process.
func (p *server) leave() {
	_ = p.in.Close()
	<-p.ended
}

// hear takes one line of the protocol: an answer, or a message with its key.
func (s *scripted) hear(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() {
		select {
		case s.more <- struct{}{}:
		default:
		}
	}()
	key, rest, _ := strings.Cut(line, "\t")
	switch key {
	case "=":
		s.answered[rest] = true
		delete(s.waiting, rest)
		return
	case "!", "?", "#":
		return
	}
	chat := ""
	if strings.HasPrefix(rest, "@") {
		chat, rest, _ = strings.Cut(rest[1:], "\t")
	}
	var text string
	if json.Unmarshal([]byte(rest), &text) != nil {
		return // cut short by a kill
	}
	if s.keys[key]++; s.keys[key] == 1 {
		s.heard[chat] = append(s.heard[chat], text)
	}
}

// say gives a line to a process. It is given again until it is answered.
func (s *scripted) say(p *server, chat, text string) {
	s.mu.Lock()
	s.last++
	number, line := fmt.Sprint(s.last), "@"+chat+"\t"+text
	s.waiting[number], s.lines[number] = line, line
	s.mu.Unlock()
	_, _ = fmt.Fprintf(p.in, "%s\t%s\n", number, line)
}

// until waits until something is true of what was heard.
func (s *scripted) until(what string, done func() bool) {
	s.t.Helper()
	late := time.After(90 * time.Second)
	for {
		s.mu.Lock()
		ok := done()
		s.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-s.more:
		case <-late:
			s.mu.Lock()
			defer s.mu.Unlock()
			s.t.Fatalf("it never happened: %s; %d lines wait, heard %d messages", what, len(s.waiting), len(s.keys))
		}
	}
}
