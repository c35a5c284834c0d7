package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

const (
	superuser = "postgres"
	loopback  = "127.0.0.1"

	dataFolder = "data"
	logFile    = "log"

	grace = 10 * time.Second // for an orderly end, before it is killed
)

// errEnded says that a server is not running.
var errEnded = errors.New("it has ended")

// usual are the settings of every server. Shared memory that would be named in
// /dev/shm lies in the server's folder, and goes with it.
func (s *Server) usual() Settings {
	return Settings{
		"port":                       strconv.Itoa(s.port),
		"listen_addresses":           loopback,
		"unix_socket_directories":    "",
		"dynamic_shared_memory_type": "mmap",
		"max_connections":            "300",
		"timezone":                   "UTC",
	}
}

// initialise makes the data folder.
func (s *Server) initialise() error {
	cmd := s.command("initdb", "--no-sync", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
		"-U", superuser, "-D", s.folder.file(dataFolder))
	p, err := s.run(cmd)
	if err != nil {
		return err
	}
	<-p.gone
	if !p.state.Success() {
		return fmt.Errorf("initdb: %v: %s", p.state, tail(s.folder.file(logFile)))
	}
	return nil
}

// launch starts the server and returns once it accepts connections. It fails with
// errEnded, and the end of the log, if the server gives up.
func (s *Server) launch() error {
	args := []string{"-D", s.folder.file(dataFolder)}
	for _, settings := range []Settings{s.usual(), s.encryption(), s.recipe.settings} {
		for name, value := range settings {
			args = append(args, "-c", name+"="+value)
		}
	}
	p, err := s.run(s.command("postgres", args...))
	if err != nil {
		return err
	}
	s.process = p
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.ready(ctx); err != nil {
		return fmt.Errorf("%w: %s", err, tail(s.folder.file(logFile)))
	}
	return nil
}

// ready waits till this server, and not another on the same port, answers a query.
func (s *Server) ready(ctx context.Context) error {
	db := s.open()
	defer db.Close()
	var refusal error // the last
	err := until(ctx, func() (bool, error) {
		if s.process.ended() {
			return false, errEnded
		}
		var folder string
		refusal = db.QueryRowContext(ctx, "SHOW data_directory").Scan(&folder)
		return refusal == nil && folder == s.folder.file(dataFolder), nil
	})
	if err != nil {
		return errors.Join(err, refusal)
	}
	return nil
}

// command is a program of the installation, run by its owner, in the server's folder,
// with an environment that holds no PGPORT or the like.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.install.bin, name), args...)
	cmd.Dir = s.folder.path
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "TZ=UTC"}
	cmd.SysProcAttr = attributes(s.install.owner)
	return cmd
}

// run starts cmd with its output in the server's log.
func (s *Server) run(cmd *exec.Cmd) (*process, error) {
	log, err := os.OpenFile(s.folder.file(logFile), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	return start(cmd)
}

// forgetMemory removes the shared memory that a killed server leaves, and that its next
// start would have taken over. Line 7 of postmaster.pid is the segment's key and id
// (miscadmin.h of PostgreSQL, LOCK_FILE_LINE_SHMEM_KEY).
func (s *Server) forgetMemory() error {
	text, err := os.ReadFile(filepath.Join(s.folder.file(dataFolder), "postmaster.pid"))
	if errors.Is(err, os.ErrNotExist) {
		return nil // it ended in good order
	}
	if err != nil {
		return err
	}
	lines := strings.Split(string(text), "\n")
	if len(lines) < 7 {
		return nil // it was killed before it had any
	}
	var key, id int
	if _, err := fmt.Sscan(lines[6], &key, &id); err != nil {
		return fmt.Errorf("read postmaster.pid: %w", err)
	}
	return removeSegment(id)
}

// process is a child that ends when we do.
type process struct {
	*os.Process
	gone  chan struct{} // closed once it has ended
	state *os.ProcessState
}

// start starts cmd. The kernel ties a child's life to the thread that made it, not to
// the process: so one goroutine holds that thread till the child has ended.
func start(cmd *exec.Cmd) (*process, error) {
	p := &process{gone: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		p.Process = cmd.Process
		started <- err
		if err != nil {
			return
		}
		_ = cmd.Wait() // its state says how it ended
		p.state = cmd.ProcessState
		close(p.gone)
	}()
	return p, <-started
}

func (p *process) ended() bool {
	select {
	case <-p.gone:
		return true
	default:
		return false
	}
}

// end sends signal and waits till the process has ended. One that takes longer than
// grace is killed, and that is an error.
func (p *process) end(ctx context.Context, signal os.Signal) error {
	if p.ended() {
		return nil
	}
	if err := p.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.gone:
		return nil
	case <-time.After(grace):
		return errors.Join(errors.New("it did not end in time"), killAll(ctx, p))
	}
}
