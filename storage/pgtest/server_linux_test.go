package pgtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func succeed(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAKilledServerComesBackWithWhatWasCommittedAlone(t *testing.T) {
	t.Parallel()
	s := Start(t)
	db := connect(t, s.URL())
	do(t, db, "CREATE TABLE letter AS SELECT 1 AS id")
	tx, err := db.BeginTx(t.Context(), nil)
	succeed(t, err)
	_, err = tx.ExecContext(t.Context(), "INSERT INTO letter VALUES (2)")
	succeed(t, err)

	pids := append(children(s.process.Pid), s.process.Pid)
	if len(pids) < 5 {
		t.Errorf("a running server has %d processes, want its helpers too", len(pids))
	}
	succeed(t, s.Kill())
	if !all("Z", pids...) {
		t.Error("a process outlived Kill")
	}
	if err := tx.Commit(); err == nil {
		t.Error("a killed server committed")
	}
	if err := db.PingContext(t.Context()); err == nil {
		t.Error("a killed server answers")
	}
	succeed(t, s.Kill()) // once more is no error
	url := s.URL()
	succeed(t, s.Restart())
	if s.URL() != url {
		t.Errorf("the URL changed from %s to %s", url, s.URL())
	}
	if n := ask[int](t, db, "SELECT count(*) FROM letter"); n != 1 {
		t.Errorf("%d rows came back, want the committed one", n)
	}
}

func TestAServerStopsAndRestartsOrSaysWhyNot(t *testing.T) {
	t.Parallel()
	s := StartWith(t, Settings{"fsync": "off"})
	db := connect(t, s.URL())
	do(t, db, "CREATE TABLE letter (id int)")
	succeed(t, s.Stop())
	if err := db.PingContext(t.Context()); err == nil {
		t.Error("a stopped server answers")
	}
	succeed(t, s.Restart())
	succeed(t, s.Restart()) // a running one too
	if n := ask[int](t, db, "SELECT count(*) FROM letter"); n != 0 {
		t.Errorf("%d rows came back, want none", n)
	}
	if got := ask[string](t, db, "SHOW fsync"); got != "off" {
		t.Errorf("fsync is %s, want off as set", got)
	}
	s.recipe.settings = Settings{"max_connections": "none"}
	if err := s.Restart(); !errors.Is(err, errEnded) || !strings.Contains(err.Error(), "max_connections") {
		t.Errorf("a server that gives up does not show its log: %v", err)
	}
}

func TestAPausedServerHangsAndThenGoesOn(t *testing.T) {
	t.Parallel()
	s := Start(t)
	db := connect(t, s.URL())
	session := ask[int](t, db, "SELECT pg_backend_pid()")
	succeed(t, s.Pause())
	short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := connect(t, s.URL()).PingContext(short); err == nil {
		t.Error("a paused server answers a new connection")
	}
	if pids := append(children(s.process.Pid), session); !all("TZ", pids...) {
		t.Error("a process of a paused server runs")
	}
	answer := make(chan int)
	go func() { answer <- ask[int](t, db, "SELECT pg_backend_pid()") }()
	succeed(t, s.Resume())
	if got := <-answer; got != session {
		t.Errorf("session %d went on as %d", session, got)
	}
	succeed(t, s.Pause())
	succeed(t, s.Kill()) // a paused server can be killed
	if err := s.Pause(); !errors.Is(err, errEnded) {
		t.Errorf("Pause of an ended server = %v", err)
	}
	succeed(t, s.Resume())
	succeed(t, s.Restart())
	succeed(t, s.Pause()) // and be removed
}

func TestARemovedServerLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	for name, ending := range map[string]func(*Server) error{
		"running": func(*Server) error { return nil },
		"killed":  (*Server).Kill,
	} {
		t.Run(name, func(t *testing.T) {
			s, err := newServer(recipe{})
			refuse(t, err)
			segment := segmentOf(t, s)
			succeed(t, ending(s))
			succeed(t, s.remove())
			gone(t, s.folder.path)
			if !s.process.ended() {
				t.Error("the server still runs")
			}
			var desc unix.SysvShmDesc
			if _, err := unix.SysvShmCtl(segment, unix.IPC_STAT, &desc); err == nil {
				t.Error("its shared memory is still there")
			}
		})
	}
}

func segmentOf(t *testing.T, s *Server) (id int) {
	t.Helper()
	text, err := os.ReadFile(s.folder.file("data/postmaster.pid"))
	succeed(t, err)
	var key int
	_, err = fmt.Sscan(strings.Split(string(text), "\n")[6], &key, &id)
	succeed(t, err)
	return id
}

func gone(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is still there (%v)", err)
	}
}

// holds is set in a child of the tests below: it starts a server, says where it is, and
// waits to be killed.
const holds = "PGTEST_HOLDS"

func TestHoldAServer(t *testing.T) {
	mood := os.Getenv(holds)
	if mood == "" {
		t.Skip("runs as the child of another test")
	}
	s := Start(t)
	pid := s.process.Pid
	if mood == "paused" {
		// A server frozen in the midst of work may look at its frozen children again
		// only a minute after it was told to end.
		succeed(t, until(t.Context(), func() (bool, error) { return all("S", append(children(pid), pid)...), nil }))
		succeed(t, s.Pause())
	}
	pids := fmt.Sprint(append(children(pid), pid))
	fmt.Printf("\nholding %s %s %s\n", s.address(), s.folder.path, strings.Trim(pids, "[]"))
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func TestAServerDiesWithAKilledProcessAndItsFolderIsSwept(t *testing.T) {
	t.Parallel()
	_, err := find()
	refuse(t, err)
	for _, mood := range []string{"running", "paused"} {
		t.Run(mood, func(t *testing.T) {
			t.Parallel()
			child := hold(t, mood)
			sweep(os.TempDir())
			if _, err := os.Stat(child.folder); err != nil {
				t.Errorf("a sweep touched a folder in use: %v", err)
			}
			succeed(t, child.cmd.Process.Kill())
			_ = child.cmd.Wait()
			ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
			defer cancel()
			succeed(t, until(ctx, child.isGone))
			if c, err := net.Dial("tcp", child.address); err == nil {
				c.Close()
				t.Error("the server still listens")
			}
			sweep(os.TempDir())
			gone(t, child.folder)
		})
	}
}

type held struct {
	cmd     *exec.Cmd
	address string
	folder  string
	pids    []int
}

// isGone reports whether every process of the server has ended.
func (h held) isGone() (bool, error) {
	return all("Z", h.pids...), nil
}

func hold(t *testing.T, mood string) held {
	t.Helper()
	h := held{cmd: exec.Command(os.Args[0], "-test.run=^TestHoldAServer$")}
	h.cmd.Env = append(os.Environ(), holds+"="+mood)
	h.cmd.Stderr = os.Stderr
	_, err := h.cmd.StdinPipe()
	succeed(t, err)
	out, err := h.cmd.StdoutPipe()
	succeed(t, err)
	succeed(t, h.cmd.Start())
	t.Cleanup(func() { _ = h.cmd.Process.Kill() })
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || fields[0] != "holding" {
			continue
		}
		h.address, h.folder = fields[1], fields[2]
		for _, field := range fields[3:] {
			var pid int
			_, err := fmt.Sscan(field, &pid)
			succeed(t, err)
			h.pids = append(h.pids, pid)
		}
		return h
	}
	t.Fatalf("the child said nothing: %v", lines.Err())
	return h
}
