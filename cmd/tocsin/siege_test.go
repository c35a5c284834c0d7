package main

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/uptrace/bun/driver/pgdriver"

	"tocsin/bots/telegram/telegramtest"
	"tocsin/scheduler"
	"tocsin/storage/pgtest"
)

// A scale is how large a siege is.
type scale struct{ kills, people, rounds int }

// updates are how many there are, without those that come twice.
func (c scale) updates() int { return c.people * c.rounds * len(rounds[0]) }

// scales are a siege with SOAK and one without.
var scales = map[bool]scale{true: {200, 400, 10}, false: {10, 100, 1}}

// The program that serves a bot on Telegram is killed again and again, at any moment,
// while updates arrive; one in ten comes twice, and once their ids begin anew. What is
// held of everybody and what everybody was told is what it is without all that, but
// for messages that were under way at a kill.
func TestAKilledBotOnTelegramLosesNothing(t *testing.T) {
	t.Parallel()
	size := scales[os.Getenv("SOAK") != ""]
	calm := besiege(t, sqliteFile(t), scale{0, size.people, size.rounds})
	for name, database := range map[string]func(*testing.T) string{
		"sqlite":   sqliteFile,
		"postgres": func(t *testing.T) string { return pgtest.New(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			besiege(t, database(t), size).compare(t, calm, size)
		})
	}
}

func sqliteFile(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "tocsin.db") }

// A siege is a campaign on Telegram whose program is killed again and again.
type siege struct {
	t       *testing.T
	server  *telegramtest.Server
	env     map[string]string
	random  *rand.Rand
	people  []*talker
	of      map[int64]*talker
	db      *sql.DB
	program *exec.Cmd
	log     journal // of the programs

	heard   int // of what the server's bots said
	said    int // updates
	repeats int // of them
	calm    bool
}

// A journal is what programs write.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// newSiege makes a campaign with a new database.
func newSiege(t *testing.T, database string, size scale) *siege {
	t.Helper()
	s := &siege{
		t: t, calm: size.kills == 0, of: map[int64]*talker{}, random: rand.New(rand.NewPCG(2027, uint64(size.kills))),
		server: telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real, Seed: 7}),
	}
	s.env = map[string]string{
		"DATABASE_URL": database, "SECRET_KEY_FILE": filepath.Join(t.TempDir(), "keys"), "LOG_LEVEL": "error", "HTTP_ADDR": "127.0.0.1:0",
		"TELEGRAM_TOKEN": s.server.Bot().Token, "TELEGRAM_API_URL": s.server.URL(),
		"SMTP_URL": "smtp://127.0.0.1:1", "MAIL_FROM": "bot@campagne.example", "CAMPAIGN_NAME": "Demain",
		"SPONSOR_URL": "https://parrainer.example/", "PRIVACY_URL": "https://demain.example/donnees",
	}
	s.populate(size)
	s.db = rawDB(t, database)
	return s
}

// besiege lets people talk to the bot while it is killed, and returns what came of it.
func besiege(t *testing.T, database string, size scale) *outcome {
	s := newSiege(t, database, size)
	for life := range size.kills + 1 {
		s.start()
		quota := size.updates() * (life + 1) / (size.kills + 1)
		switch {
		case life == size.kills:
			s.run("all is answered", quota, s.done)
		case life == size.kills/2: // Telegram begins its ids anew after a week without updates
			s.run("nothing waits", 0, func() bool { return s.server.Bot().Pending() == 0 })
			s.server.Bot().JumpIDs(1200)
			fallthrough
		default:
			death := time.Now().Add(s.lifetime())
			s.run("its death", quota, func() bool { return time.Now().After(death) })
			s.kill()
		}
	}
	s.stop()
	return s.outcome()
}

// lifetime is how long a program lives: one in five dies while it begins.
func (s *siege) lifetime() time.Duration {
	if s.random.IntN(5) == 0 {
		return time.Duration(s.random.Int64N(int64(400 * time.Millisecond)))
	}
	return time.Duration(200+s.random.IntN(1000)) * time.Millisecond
}

func (s *siege) start() {
	s.t.Helper()
	self, err := os.Executable()
	if err != nil {
		s.t.Fatal(err)
	}
	s.program = &exec.Cmd{Path: self, Args: []string{"tocsin", "serve"}, Dir: s.t.TempDir(), Stderr: &s.log}
	s.program.Env = []string{"PATH=" + os.Getenv("PATH")}
	for name, value := range s.env {
		s.program.Env = append(s.program.Env, name+"="+value)
	}
	if err := s.program.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = s.program.Process.Kill() })
}

// kill ends the program as a crash does, and lets the time pass for which it had taken
// messages and the right to poll: nothing else happens in these 15 seconds.
func (s *siege) kill() {
	s.t.Helper()
	crash(s.program)
	passed := scheduler.DefaultLease.Microseconds()
	for _, change := range []string{
		fmt.Sprintf("UPDATE outbox SET next_at = next_at - %d WHERE state = 'queued' AND attempt > settled", passed),
		fmt.Sprintf("UPDATE leases SET expires = expires - %d", passed),
	} {
		if _, err := s.db.Exec(change); err != nil {
			s.t.Fatal(err)
		}
	}
}

func crash(program *exec.Cmd) {
	_ = program.Process.Kill()
	_ = program.Wait()
}

// stop ends the program as an operator does.
func (s *siege) stop() {
	s.t.Helper()
	began := time.Now()
	_ = s.program.Process.Signal(syscall.SIGTERM)
	if err := s.program.Wait(); err != nil {
		s.t.Errorf("the program ended with %v", err)
	}
	if errs := s.log.String(); errs != "" {
		s.t.Errorf("it logged errors:\n%s", errs)
	}
	if took := time.Since(began); took > 5*time.Second {
		s.t.Errorf("it took %s to end", took)
	}
}

// run lets people talk until something is true, but not beyond a number of updates in
// all. It fails if nothing is heard for a minute.
func (s *siege) run(until string, quota int, done func() bool) {
	s.t.Helper()
	const patience = time.Minute
	late := time.Now().Add(patience)
	for tick := time.NewTicker(10 * time.Millisecond); !done(); <-tick.C {
		if s.listen() {
			late = time.Now().Add(patience)
		}
		s.talk(quota)
		if time.Now().After(late) {
			s.t.Fatalf("%s never came: %s\n%s", until, s.stuck(), s.log.String())
		}
	}
}

// done reports whether everybody has heard all that they wait for, and nothing is left
// to be sent or confirmed.
func (s *siege) done() bool {
	for _, p := range s.people {
		if p.next < len(p.lines) || p.waits {
			return false
		}
	}
	return s.server.Bot().Pending() == 0 && s.count("SELECT count(*) FROM outbox WHERE state = 'queued'") == 0
}

// rawDB returns a connection of the test's own to a database.
func rawDB(t *testing.T, url string) *sql.DB {
	t.Helper()
	var db *sql.DB
	if path, is := strings.CutPrefix(url, "sqlite:"); is {
		var err error
		if db, err = sql.Open("sqlite", path+"?_pragma=busy_timeout(5000)"); err != nil {
			t.Fatal(err)
		}
	} else {
		db = sql.OpenDB(pgdriver.NewConnector(pgdriver.WithDSN(url)))
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func (s *siege) count(query string) (n int) {
	s.t.Helper()
	if err := s.db.QueryRow(query).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// inStore does something in the siege's store, while no program serves it.
func (s *siege) inStore(fn func(context.Context, *opened) error) {
	s.t.Helper()
	c, err := LoadConfig(set(s.env))
	if err == nil {
		err = withStore(s.t.Context(), c, slog.New(slog.DiscardHandler), func(o *opened) error { return fn(s.t.Context(), o) })
	}
	if err != nil {
		s.t.Fatal(err)
	}
}
