//go:build goolm

package matrix_test

import (
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"tocsin/bots/matrix"
	"tocsin/core"
	"tocsin/storage/pgtest"
)

// While the bot is away people write more than one sync gives, under more than one key.
func TestNothingIsMissedWhileTheBotIsAway(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.timeline = 20
	s.run()
	chat := s.server.Human(t, "anna").Direct(s.bot.ID)
	chat.Write("before")
	s.hear()
	s.halt()
	for i := range 60 {
		if i == 30 {
			chat.Rotate()
		}
		chat.Write(fmt.Sprint("message ", i))
	}
	s.run()
	for i := range 60 {
		if got := s.hear(); got != fmt.Sprint("message ", i) {
			t.Fatalf("got %q, want message %d", got, i)
		}
	}
	chat.Write("after")
	if got := s.hear(); got != "after" {
		t.Errorf("got %q, want what was said after that, and nothing twice", got)
	}
}

// What was handled when the program ended comes no more; what was not comes again, though
// later messages were handled.
func TestTheTokenIsThatOfTheOldestSyncThatIsHandled(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	refused := make(chan struct{})
	s.answer = func(u *core.Update) error {
		if e, ok := u.Event.(core.Text); ok && e.Body == "stuck" {
			select {
			case <-refused:
			default:
				close(refused)
			}
			return &core.Error{Code: core.Unavailable}
		}
		return nil
	}
	s.run()
	anna, ben := s.server.Human(t, "anna"), s.server.Human(t, "ben")
	hers, his := anna.Direct(s.bot.ID), ben.Direct(s.bot.ID)
	hers.Write("stuck")
	<-refused
	his.Write("goes on")
	if got := s.hear(); got != "goes on" {
		t.Fatalf("got %q", got)
	}
	s.halt()
	s.answer = nil
	s.run()
	if got := s.hear(); got != "stuck" {
		t.Errorf("got %q, want what was not handled", got)
	}
}

func TestOnPostgreSQLAllIsTheSame(t *testing.T) {
	t.Parallel()
	url := beside(t, pgtest.New(t))
	s := newStage(t, func(c *matrix.Config) { c.Database = url })
	s.run()
	chat := s.server.Human(t, "anna").Direct(s.bot.ID)
	chat.Write("one")
	if got := s.hear(); got != "one" {
		t.Fatalf("got %q", got)
	}
	chat.Withhold("two")
	chat.Reveal(s.bot.ID)
	if got := s.hear(); got != "two" {
		t.Fatalf("got %q", got)
	}
	s.halt()
	chat.Write("three")
	s.run()
	if got := s.hear(); got != "three" {
		t.Errorf("got %q", got)
	}
	s.say(chat.Room, "an answer")
	if m := chat.Hear("an answer"); !m.Encrypted {
		t.Error("the answer is not encrypted")
	}
}

// beside returns the URL of a database that nobody has made yet.
func beside(t *testing.T, made string) string {
	t.Helper()
	u, err := url.Parse(made)
	if err != nil {
		t.Fatal(err)
	}
	u.Path += "_matrix"
	return u.String()
}

func TestWhoMayMakeNoDatabaseIsToldWhatToDo(t *testing.T) {
	t.Parallel()
	made := pgtest.New(t)
	db, err := sql.Open("pgx", made)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("CREATE ROLE humble LOGIN PASSWORD 'secret'"); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(beside(t, made))
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("humble", "secret")
	a := newAdapter(t, matrix.Config{User: "@bot:localhost", Homeserver: "http://127.0.0.1:1", Password: "x", Database: u.String()})
	_, err = a.Identify(t.Context())
	if core.CodeOf(err) != core.Unavailable || !strings.Contains(err.Error(), "createdb -O humble ") || strings.Contains(err.Error(), "secret") {
		t.Errorf("Identify = %v", err)
	}
}
