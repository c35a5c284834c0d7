package pgtest

import (
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/uptrace/bun/driver/pgdriver"
)

// face is how a server meets its clients.
type face int

const (
	bare      face = iota // without TLS
	encrypted             // with TLS and nothing else
)

// recipe is what one server differs in from another.
type recipe struct {
	settings Settings
	face     face
}

// A Server is one PostgreSQL server with a folder and a port of its own. Its methods
// may be called from any goroutine; each takes at most a minute and then fails.
type Server struct {
	recipe  recipe
	install installation
	folder  *folder
	port    int
	roots   *tls.Config // how to reach an encrypted server
	made    atomic.Int64

	mu      sync.Mutex
	process *process // the last one started
}

// newServer makes a server and returns once it accepts connections. It fails with
// errNotInstalled if the machine has no PostgreSQL.
func newServer(r recipe) (*Server, error) {
	install, err := find()
	if err != nil {
		return nil, err
	}
	folder, err := newFolder(install.owner)
	if err != nil {
		return nil, fmt.Errorf("pgtest: make folder: %w", err)
	}
	s := &Server{recipe: r, install: install, folder: folder}
	if err := s.build(); err != nil {
		return nil, errors.Join(fmt.Errorf("pgtest: start server: %w", err), s.remove())
	}
	return s, nil
}

// build fills the folder and starts the server on a free port. Another process may take
// that port first, so a server that ends at once is tried on a few others.
func (s *Server) build() error {
	if err := s.initialise(); err != nil {
		return err
	}
	if s.recipe.face == encrypted {
		if err := s.encrypt(); err != nil {
			return err
		}
	}
	for attempt := 1; ; attempt++ {
		port, err := freePort()
		if err != nil {
			return err
		}
		s.port = port
		err = s.launch()
		if err == nil || attempt == 3 || !errors.Is(err, errEnded) {
			return err
		}
	}
}

// URL returns the URL of the server's own database, "postgres". It stays the same when
// the server restarts.
func (s *Server) URL() string { return s.urlOf("postgres") }

// Stop ends the server in good order: open transactions are undone, connections closed.
func (s *Server) Stop() error { return s.locked("stop", s.stop) }

// Kill ends the server and all its processes at once and without a word, as a power
// cut would: only what was flushed to disk is there after Restart.
func (s *Server) Kill() error { return s.locked("kill", s.kill) }

// Restart starts the server again after Stop or Kill, on the same port and data, and
// returns once it accepts connections. A server that runs is stopped first.
func (s *Server) Restart() error { return s.locked("restart", s.restart) }

// Pause freezes the server: it neither answers nor closes a connection until Resume.
// The kernel still accepts new connections, as it does for a server that hangs.
func (s *Server) Pause() error { return s.locked("pause", s.pause) }

// Resume lets a paused server go on where it was.
func (s *Server) Resume() error { return s.locked("resume", s.resume) }

// locked runs do alone and gives its failure a name.
func (s *Server) locked(verb string, do func(context.Context) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := do(ctx); err != nil {
		return fmt.Errorf("pgtest: %s server: %w", verb, err)
	}
	return nil
}

func (s *Server) stop(ctx context.Context) error {
	if err := s.resume(ctx); err != nil {
		return err
	}
	return s.process.end(ctx, syscall.SIGINT)
}

func (s *Server) kill(ctx context.Context) error {
	if s.process.ended() {
		return nil
	}
	return killAll(ctx, s.process)
}

func (s *Server) restart(ctx context.Context) error {
	if err := s.stop(ctx); err != nil {
		return err
	}
	return s.launch()
}

func (s *Server) pause(ctx context.Context) error {
	if s.process.ended() {
		return errEnded
	}
	return freeze(ctx, s.process)
}

func (s *Server) resume(context.Context) error {
	if s.process.ended() {
		return nil
	}
	return thaw(s.process)
}

// remove ends the server without ceremony and deletes its folder. The server cannot be
// used again.
func (s *Server) remove() error { return s.locked("remove", s.discard) }

func (s *Server) discard(ctx context.Context) error {
	var err error
	if s.process != nil {
		err = errors.Join(s.resume(ctx), s.process.end(ctx, syscall.SIGQUIT), s.forgetMemory())
	}
	return errors.Join(err, s.folder.remove())
}

// newDatabase creates a database for t, drops it when t ends, and returns its URL.
func (s *Server) newDatabase(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("test_%d", s.made.Add(1))
	if err := s.exec("CREATE DATABASE " + name + " TEMPLATE template0"); err != nil {
		t.Fatalf("pgtest: create database: %v", err)
	}
	t.Cleanup(func() {
		if err := s.exec("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)"); err != nil {
			t.Errorf("pgtest: drop database: %v", err)
		}
	})
	return s.urlOf(name)
}

func (s *Server) exec(statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	db := s.open()
	defer db.Close()
	_, err := db.ExecContext(ctx, statement)
	return err
}

// open returns a pool on the server's own database; it connects when first used.
func (s *Server) open() *sql.DB {
	return sql.OpenDB(pgdriver.NewConnector(
		pgdriver.WithAddr(s.address()),
		pgdriver.WithUser(superuser),
		pgdriver.WithDatabase("postgres"),
		pgdriver.WithTLSConfig(s.roots),
		pgdriver.WithTimeout(0), // the context says how long
	))
}

func (s *Server) urlOf(database string) string {
	mode := "disable"
	if s.recipe.face == encrypted {
		mode = "verify-full"
	}
	return (&url.URL{
		Scheme:   "postgres",
		User:     url.User(superuser),
		Host:     s.address(),
		Path:     "/" + database,
		RawQuery: "sslmode=" + mode,
	}).String()
}

func (s *Server) address() string {
	host := loopback
	if s.recipe.face == encrypted {
		host = certificateHost
	}
	return net.JoinHostPort(host, strconv.Itoa(s.port))
}

// freePort returns a loopback port that nobody listens on now.
func freePort() (int, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(loopback, "0"))
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// until asks done every ten milliseconds till it says true, fails or ctx ends.
func until(ctx context.Context, done func() (bool, error)) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := done()
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// tail returns the end of a log, for an error message.
func tail(path string) string {
	const most = 2000
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-most):])
}
