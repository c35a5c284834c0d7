package main

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"tocsin/bots/mail/mailtest"
	"tocsin/bots/matrix/matrixtest"
	"tocsin/storage/pgtest"
)

func TestMain(m *testing.M) {
	testscript.Main(matrixtest.Wrap(pgtest.Wrap(m)), map[string]func(){"tocsin": main})
}

// The scripts in testdata/script run the program as an operator does, on SQLite.
func TestScript(t *testing.T) {
	t.Parallel()
	scripts(t, "script", func(*testing.T) []string { return nil })
}

// Those in testdata/both say nothing about the database, so they run on each.
func TestScriptOnSQLite(t *testing.T) {
	t.Parallel()
	scripts(t, "both", func(*testing.T) []string { return nil })
}

func TestScriptOnPostgreSQL(t *testing.T) {
	t.Parallel()
	scripts(t, "both", func(t *testing.T) []string {
		return []string{"DATABASE_URL=" + pgtest.New(t)}
	})
}

// scripts runs each script of a folder, with variables of its own.
func scripts(t *testing.T, folder string, variables func(*testing.T) []string) {
	files, err := filepath.Glob(filepath.Join("testdata", folder, "*.txtar"))
	if err != nil || files == nil {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			vars := append(variables(t), "LANG=fr_FR.UTF-8", "HTTP_ADDR=127.0.0.1:0")
			stage := &stage{mail: mailtest.Start(t)}
			testscript.Run(t, testscript.Params{
				Files: []string{file},
				Setup: func(e *testscript.Env) error {
					e.Vars = append(e.Vars, append(vars, "MAIL="+stage.mail.URL())...)
					e.Values[stageKey{}] = stage
					return nil
				},
				Cmds: map[string]func(*testscript.TestScript, bool, []string){
					"open": opens, "say": says, "hear": hears, "leave": leaves, "letter": letter,
					"code": keepCode, "sql": changes, "terminate": terminates, "wrong": wrong, "heard": heard, "dates": dates,
				},
			})
		})
	}
}

type stageKey struct{}

// A stage is what a script has beside its files: a mail server, and a program that it
// talks to.
type stage struct {
	mail    *mailtest.Server
	process *exec.Cmd
	input   interface{ Close() error }
	write   func(string) error
	letters int
	code    string

	mu    sync.Mutex
	heard bytes.Buffer // what the program said that was not waited for yet
	more  chan struct{}
	ended chan error
}

func stageOf(ts *testscript.TestScript) *stage { return ts.Value(stageKey{}).(*stage) }

// Write takes what the program says.
func (s *stage) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard.Write(p)
	select {
	case s.more <- struct{}{}:
	default:
	}
	return len(p), nil
}

// opens starts a program that the script talks to: open tocsin chat.
func opens(ts *testscript.TestScript, _ bool, args []string) {
	s := stageOf(ts)
	var path string
	for _, folder := range filepath.SplitList(ts.Getenv("PATH")) {
		if _, err := os.Stat(filepath.Join(folder, args[0])); err == nil && path == "" {
			path = filepath.Join(folder, args[0])
		}
	}
	s.process = exec.Command(path, args[1:]...)
	s.process.Dir = ts.MkAbs(".")
	for _, name := range []string{"PATH", "TMPDIR", "LANG", "DATABASE_URL", "SMTP_URL", "MAIL_FROM", "CAMPAIGN_NAME"} {
		s.process.Env = append(s.process.Env, name+"="+ts.Getenv(name))
	}
	s.more, s.ended = make(chan struct{}, 1), make(chan error, 1)
	s.process.Stdout, s.process.Stderr = s, s
	in, err := s.process.StdinPipe()
	ts.Check(err)
	s.input, s.write = in, func(line string) error {
		_, err := fmt.Fprintln(in, line)
		return err
	}
	ts.Check(s.process.Start())
	go func() { s.ended <- s.process.Wait() }()
	ts.Defer(func() { _ = s.process.Process.Kill() })
}

// says writes a line to the program; {code} is the last code that was read.
func says(ts *testscript.TestScript, _ bool, args []string) {
	s := stageOf(ts)
	ts.Check(s.write(strings.ReplaceAll(strings.Join(args, " "), "{code}", s.code)))
}

// hears waits until the program has said something, and keeps the code in it.
func hears(ts *testscript.TestScript, _ bool, args []string) {
	s := stageOf(ts)
	want := regexp.MustCompile(args[0])
	late := time.After(time.Minute)
	for {
		s.mu.Lock()
		said := s.heard.String()
		if at := want.FindStringIndex(said); at != nil {
			s.heard.Next(at[1])
			s.keep(said)
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		select {
		case <-s.more:
		case <-late:
			ts.Fatalf("%q is not in what was said:\n%s", args[0], said)
		}
	}
}

// heard fails unless the program said something that was not waited for: ! heard.
func heard(ts *testscript.TestScript, not bool, args []string) {
	s := stageOf(ts)
	s.mu.Lock()
	defer s.mu.Unlock()
	if regexp.MustCompile(args[0]).MatchString(s.heard.String()) == not {
		ts.Fatalf("%q: it said:\n%s", args[0], s.heard.String())
	}
}

var codeShown = regexp.MustCompile(`\b\d{4} \d{4}\b`)

func (s *stage) keep(text string) {
	if code := codeShown.FindString(text); code != "" {
		s.code = code
	}
}

// leaves ends the input and waits for the program to end, without an error.
func leaves(ts *testscript.TestScript, _ bool, _ []string) {
	s := stageOf(ts)
	ts.Check(s.input.Close())
	s.wait(ts)
}

// terminates sends the program a signal that asks it to end, and waits for that.
func terminates(ts *testscript.TestScript, _ bool, _ []string) {
	s := stageOf(ts)
	ts.Check(s.process.Process.Signal(syscall.SIGTERM))
	s.wait(ts)
}

func (s *stage) wait(ts *testscript.TestScript) {
	select {
	case err := <-s.ended:
		if err != nil {
			ts.Fatalf("the program ended with %v, and said:\n%s", err, s.heard.String())
		}
	case <-time.After(time.Minute):
		ts.Fatalf("the program does not end; it said:\n%s", s.heard.String())
	}
}

// letter waits for the next letter that was sent and keeps its code.
func letter(ts *testscript.TestScript, _ bool, _ []string) {
	s := stageOf(ts)
	late := time.Now().Add(time.Minute)
	for len(s.mail.Letters()) == s.letters {
		if time.Now().After(late) {
			ts.Fatalf("no letter")
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.keep(s.mail.Letters()[s.letters].Text)
	s.letters++
}

// keepCode keeps the code in what the last command said.
func keepCode(ts *testscript.TestScript, _ bool, _ []string) {
	stageOf(ts).keep(ts.ReadFile("stdout"))
}

// wrong calls the program wrongly: it must end with code 2 and one line on stderr.
func wrong(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec("tocsin", args...)
	if e, ok := errors.AsType[*exec.ExitError](err); !ok || e.ExitCode() != calledWrong {
		ts.Fatalf("it ended with %v", err)
	}
	if said := ts.ReadFile("stderr"); strings.Count(said, "\n") != 1 || ts.ReadFile("stdout") != "" {
		ts.Fatalf("it said %q", said)
	}
}

// dates writes a day that is ten days ahead into files, for {date} and {compact}.
func dates(ts *testscript.TestScript, _ bool, args []string) {
	day := time.Now().AddDate(0, 0, 10)
	for _, name := range args {
		text := strings.NewReplacer("{date}", day.Format("2006-01-02"), "{compact}", day.Format("20060102")).Replace(ts.ReadFile(name))
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
	}
}

// changes runs a statement on a SQLite file: sql tocsin.db 'DELETE FROM …'.
func changes(ts *testscript.TestScript, _ bool, args []string) {
	db, err := sql.Open("sqlite", ts.MkAbs(args[0]))
	ts.Check(err)
	defer db.Close()
	_, err = db.Exec(args[1])
	ts.Check(err)
}
