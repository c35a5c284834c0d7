//go:build goolm

package matrix_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tocsin/bots/matrix"
	"tocsin/bots/matrix/matrixtest"
	"tocsin/core"
)

// newGated makes a bot that somebody let into its account by a code.
func newGated(t *testing.T, life time.Duration) (*stage, *matrixtest.Gate) {
	t.Helper()
	server := matrixtest.Shared(t)
	g := server.Gate(t, life)
	s := &stage{t: t, server: server, bot: server.Register(t, "bot"), got: make(chan *core.Update, 1000), seen: map[string]bool{}}
	s.config = matrix.Config{
		Homeserver: g.URL(), User: string(s.bot.ID), Database: "sqlite:" + filepath.Join(t.TempDir(), "matrix.db"), Site: "https://demain.example/",
	}
	s.adapter = newAdapter(t, s.config)
	me, err := s.adapter.SetUp(t.Context(), s.letIn(g, s.bot))
	if err != nil {
		t.Fatal(err)
	}
	if s.me = me; !me.Verified {
		t.Error("nobody vouches for the device")
	}
	return s, g
}

// letIn is a set-up in which the owner of an account types the code.
func (s *stage) letIn(g *matrixtest.Gate, a matrixtest.Account) matrix.SetUp {
	return matrix.SetUp{
		Ask: func(p matrix.Pass) error {
			if p.URL == "" || p.For != 20*time.Minute {
				s.t.Errorf("asked with %+v", p)
			}
			g.Type(s.t, p.Code, a)
			return nil
		},
		Show: func(string) error { return nil },
	}
}

// Tokens that live for seconds are renewed while the bot works and at its next start, each
// stored before it is used: the one that renews is good once.
func TestABotThatWasLetInByACodeRenewsItsTokens(t *testing.T) {
	t.Parallel()
	s, g := newGated(t, 2*time.Second) // so each call renews: the library does 10 s before the end
	for range 2 {
		s.run()
		chat := s.server.Human(t, "anna").Direct(s.bot.ID)
		chat.Write("hello")
		if got := s.hear(); got != "hello" {
			t.Fatalf("got %q", got)
		}
		s.say(chat.Room, "an answer")
		chat.Hear("an answer")
		s.halt()
	}
	if renewed, refused := g.Renewals(); renewed < 2 || refused != 0 {
		t.Errorf("renewed %d times, refused %d times", renewed, refused)
	}
	if me, err := s.adapter.Identify(t.Context()); err != nil || me.Device != s.me.Device || me.Fingerprint != s.me.Fingerprint {
		t.Errorf("Identify = %+v, %v; it was %+v", me, err, s.me)
	}
}

// An end that comes while tokens are renewed waits for them: the old ones are good no more.
func TestTheEndWaitsForTokensThatAreRenewed(t *testing.T) {
	t.Parallel()
	s, g := newGated(t, 2*time.Second)
	renewing := make(chan struct{})
	g.Renews(func(gone <-chan struct{}) {
		s.stop()
		close(renewing)
		select {
		case <-gone:
		case <-time.After(100 * time.Millisecond): // whoever waits for the answer is still there
		}
	})
	s.begin()
	<-renewing
	s.halt()
	if me, err := s.adapter.Identify(t.Context()); err != nil || me.Device != s.me.Device {
		t.Errorf("Identify = %v, %v", me, err)
	}
}

// Whose tokens are refused for good asks at most three times, and waits for somebody; who
// is let in again is the same device.
func TestABotThatIsLetInNoMoreWaitsForSomebody(t *testing.T) {
	t.Parallel()
	s, g := newGated(t, time.Hour)
	s.run()
	g.Revoke()
	s.server.Human(t, "anna").Direct(s.bot.ID).Write("hello") // ends the sync that is under way
	s.becomes(matrix.NeedsCredentials)
	if _, refused := g.Renewals(); refused > 3 {
		t.Errorf("%d renewals were refused", refused)
	}
	s.halt()
	me, err := newAdapter(t, s.config).SetUp(t.Context(), s.letIn(g, s.bot))
	if err != nil || me.Device != s.me.Device || me.Fingerprint != s.me.Fingerprint {
		t.Fatalf("SetUp = %+v, %v; it was %+v", me, err, s.me)
	}
	s.run()
	if got := s.hear(); got != "hello" {
		t.Errorf("got %q", got)
	}
}

func TestNobodyIsAskedWhereTheServerCannotOrSomebodyElseSays(t *testing.T) {
	t.Parallel()
	server := matrixtest.Shared(t)
	bot, other := server.Register(t, "bot"), server.Register(t, "other")
	s := &stage{t: t, server: server, bot: bot}
	c := matrix.Config{Homeserver: server.URL(), User: string(bot.ID), Database: "sqlite:" + filepath.Join(t.TempDir(), "matrix.db")}
	_, err := newAdapter(t, c).SetUp(t.Context(), matrix.SetUp{Ask: func(matrix.Pass) error { t.Error("somebody is asked"); return nil }})
	if core.CodeOf(err) != core.Forbidden || !strings.Contains(err.Error(), "MATRIX_PASSWORD") {
		t.Errorf("without OAuth SetUp = %v", err)
	}
	if _, err := newAdapter(t, c).Identify(t.Context()); core.CodeOf(err) != core.Forbidden || !strings.Contains(err.Error(), "tocsin matrix setup") {
		t.Errorf("Identify = %v", err)
	}
	g := server.Gate(t, time.Hour)
	c.Homeserver = g.URL()
	if _, err = newAdapter(t, c).SetUp(t.Context(), s.letIn(g, other)); core.CodeOf(err) != core.Forbidden {
		t.Errorf("as somebody else SetUp = %v", err)
	}
	if _, err := newAdapter(t, c).SetUp(t.Context(), s.letIn(g, bot)); err != nil {
		t.Errorf("after that SetUp = %v", err)
	}
}
