//go:build goolm

package matrix_test

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"tocsin/bots/matrix"
	"tocsin/bots/matrix/matrixtest"
)

// policy is a stage with a policy for invitations.
func policy(t *testing.T, p matrix.Invites) *stage {
	t.Helper()
	s := newStage(t, func(c *matrix.Config) { c.Invites = p })
	return s
}

// Whose invitation is not accepted is refused, and not left without an answer.
func TestAnInvitationIsAnsweredByThePolicy(t *testing.T) {
	t.Parallel()
	server := matrixtest.Shared(t)
	anna, ben := server.Human(t, "anna"), server.Human(t, "ben")
	for name, c := range map[string]struct {
		policy matrix.Invites
		open   func(*stage) *matrixtest.Chat
		comes  bool
	}{
		"a listed person": {
			matrix.Invites{Users: []string{string(anna.ID)}}, func(s *stage) *matrixtest.Chat { return anna.Direct(s.bot.ID) }, true,
		},
		"somebody else": {
			matrix.Invites{Users: []string{string(anna.ID)}}, func(s *stage) *matrixtest.Chat { return ben.Direct(s.bot.ID) }, false,
		},
		"nobody": {
			matrix.Invites{Nobody: true}, func(s *stage) *matrixtest.Chat { return ben.Direct(s.bot.ID) }, false,
		},
		"a room that is called a direct chat": {
			matrix.Invites{}, func(s *stage) *matrixtest.Chat {
				room := anna.Open(matrixtest.ChatOptions{}, ben.ID)
				ben.Accept()
				room.Joined(ben.ID)
				room.InviteDirect(s.bot.ID)
				return room
			}, false,
		},
		"a room with too many people": {
			matrix.Invites{Rooms: true, MaxMembers: 2}, func(s *stage) *matrixtest.Chat {
				room := anna.Open(matrixtest.ChatOptions{Group: true}, ben.ID)
				ben.Accept()
				room.Joined(ben.ID)
				room.Invite(s.bot.ID)
				return room
			}, false,
		},
	} {
		s := policy(t, c.policy)
		s.run()
		room := c.open(s)
		if c.comes {
			room.Joined(s.bot.ID)
		} else {
			room.Gone(s.bot.ID)
		}
		if s.halt(); t.Failed() {
			t.Fatal(name)
		}
	}
}

// Members of the campaign's space may invite the bot, once it is in the space: whoever asks
// it into the space itself, since the operator has named it.
func TestMembersOfASpaceMayInvite(t *testing.T) {
	t.Parallel()
	server := matrixtest.Shared(t)
	anna, ben, chloe := server.Human(t, "anna"), server.Human(t, "ben"), server.Human(t, "chloe")
	space := anna.Open(matrixtest.ChatOptions{Group: true, Space: true, Plain: true}, ben.ID)
	ben.Accept()
	space.Joined(ben.ID)
	s := policy(t, matrix.Invites{MembersOf: string(space.Room), Servers: []string{"elsewhere.org"}})
	s.run()
	chloe.Direct(s.bot.ID).Gone(s.bot.ID)
	space.Invite(s.bot.ID)
	space.Joined(s.bot.ID)
	chat := ben.Direct(s.bot.ID)
	chat.Joined(s.bot.ID)
	chloe.Direct(s.bot.ID).Gone(s.bot.ID)
	chat.Write("hello")
	if got := s.hear(); got != "hello" {
		t.Errorf("got %q", got)
	}
}

// In more rooms than the policy has the bot does not come; direct chats do not count.
func TestTheBotIsInSoManyRoomsAtMost(t *testing.T) {
	t.Parallel()
	s := policy(t, matrix.Invites{Rooms: true, MaxRooms: 1})
	s.run()
	anna, ben := s.server.Human(t, "anna"), s.server.Human(t, "ben")
	anna.Direct(s.bot.ID).Joined(s.bot.ID)
	anna.Open(matrixtest.ChatOptions{Group: true}, s.bot.ID, ben.ID).Joined(s.bot.ID)
	s.next()
	anna.Open(matrixtest.ChatOptions{Group: true}, s.bot.ID, ben.ID).Gone(s.bot.ID)
	ben.Direct(s.bot.ID).Joined(s.bot.ID)
}

// What could not be answered when the program ended is answered at the next start.
func TestAnInvitationWaitsForTheNextStart(t *testing.T) {
	t.Parallel()
	proxy := matrixtest.Shared(t).Proxy(t)
	s := newStage(t, func(c *matrix.Config) { c.Homeserver = proxy.URL() })
	s.run()
	proxy.Fail(matrixtest.Fault{Paths: []string{"localhost/join"}, Status: 503})
	chat := s.server.Human(t, "anna").Direct(s.bot.ID)
	until(t, "the bot tries to come", func() bool { return proxy.Calls("localhost/join") > 0 })
	s.halt()
	db, err := sql.Open("sqlite", strings.TrimPrefix(s.config.Database, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	waiting := func() (n int) {
		if err := db.QueryRow("SELECT count(*) FROM tocsin_invite").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := waiting(); n != 1 {
		t.Errorf("%d invitations wait", n)
	}
	proxy.Heal()
	s.run()
	chat.Joined(s.bot.ID)
	until(t, "nothing waits any more", func() bool { return waiting() == 0 })
}

// until waits until ok says so.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	late := time.After(20 * time.Second)
	for !ok() {
		select {
		case <-late:
			t.Fatalf("this did not come: %s", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}
