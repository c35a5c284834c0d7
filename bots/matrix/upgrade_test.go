//go:build goolm

package matrix_test

import (
	"testing"

	"maunium.net/go/mautrix/id"

	"tocsin/bots/matrix"
	"tocsin/bots/matrix/matrixtest"
	"tocsin/core"
)

// group opens a room with two people, and waits until the bot is in it.
func (s *stage) group(by *matrixtest.Human, with id.UserID) *matrixtest.Chat {
	s.t.Helper()
	room := by.Open(matrixtest.ChatOptions{Group: true}, s.bot.ID, with)
	room.Joined(s.bot.ID)
	if u := s.next(); u.Event != (core.Membership{Now: core.Added}) {
		s.t.Fatalf("the first is %v", u.Event)
	}
	return room
}

// moves expects that a chat goes on as another.
func (s *stage) moves(from, to id.RoomID) {
	s.t.Helper()
	u := s.next()
	for u.Event == (core.Membership{Now: core.Added}) && u.Chat.Chat == string(from) {
		u = s.next() // each who came makes it a group
	}
	if want := (core.Migrated{To: core.ChatRef{Bot: s.adapter.Bot(), Chat: string(to)}}); u.Event != want || u.Chat.Chat != string(from) || u.Sender != nil {
		s.t.Fatalf("came %#v in %s", u.Event, u.Chat)
	}
}

// post sends an answer into a room.
func (s *stage) post(room id.RoomID, key string) error {
	_, err := s.adapter.Send(s.t.Context(), core.Delivery{
		Key: core.SendKey(key), To: core.ChatRef{Bot: s.adapter.Bot(), Chat: string(room)}, Kind: core.Group, Lane: core.Talk,
		Content: &core.Message{Body: []core.Span{{Text: key}}},
	})
	return err
}

// A room that is upgraded goes on where it goes, whatever the policy for invitations says of
// the new one; nothing is sent into the old one, and the group is not greeted anew.
func TestARoomIsFollowedWhereItGoesOn(t *testing.T) {
	t.Parallel()
	s := policy(t, matrix.Invites{Rooms: true, MaxRooms: 1})
	s.run()
	anna, ben := s.server.Human(t, "anna"), s.server.Human(t, "ben")
	old := s.group(anna, ben.ID)
	fresh := old.Upgrade("11")
	fresh.Invite(s.bot.ID)
	s.moves(old.Room, fresh.Room)
	fresh.Joined(s.bot.ID)
	if err := s.post(old.Room, "into the old"); core.CodeOf(err) != core.Unavailable {
		t.Errorf("Send into the old room = %v", err)
	}
	fresh.Write("!near Lyon")
	if u := s.next(); u.Event != (core.Command{Name: "near", Arg: "Lyon"}) || u.Chat.Chat != string(fresh.Room) || u.Rank != core.Manager {
		t.Errorf("came %#v in %s", u.Event, u.Chat)
	}
	if err := s.post(fresh.Room, "into the new"); err != nil {
		t.Error(err)
	}
	fresh.Hear("into the new")

	// Once more, and the program does not hear of it.
	s.halt()
	last := fresh.Upgrade("10")
	last.Invite(s.bot.ID)
	s.run()
	s.moves(fresh.Room, last.Room)
}

// A start finds what no sync told of.
func TestAStartSeeksRoomsThatGoOn(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run()
	anna, ben := s.server.Human(t, "anna"), s.server.Human(t, "ben")
	old := s.group(anna, ben.ID)
	fresh := old.Upgrade("11")
	fresh.Invite(s.bot.ID)
	s.moves(old.Room, fresh.Room)
	s.halt()
	s.alter("DELETE FROM tocsin_upgrade")
	clear(s.seen)
	s.run()
	s.moves(old.Room, fresh.Room)
}

// A direct chat goes on as a direct chat, and nowhere else.
func TestADirectChatIsFollowedIntoADirectChat(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run()
	anna, ben := s.server.Human(t, "anna"), s.server.Human(t, "ben")
	chat := anna.Direct(s.bot.ID)
	chat.Write("hello")
	s.hear()
	fresh := chat.Upgrade("11")
	fresh.InviteDirect(s.bot.ID)
	s.moves(chat.Room, fresh.Room)
	s.say(fresh.Room, "here I am")
	fresh.Hear("here I am")

	crowd := anna.OpenPublic(fresh.Room)
	ben.Join(crowd)
	fresh.Close(crowd.Room)
	crowd.Gone(s.bot.ID)
	until(t, "nothing is sent into the old chat", func() bool {
		return core.CodeOf(s.trySay(fresh.Room, "secret")) == core.Unreachable
	})
}

// A new room that does not name the old one, or was made by somebody without power in it, is
// left again; what leads back is not followed at all.
func TestARoomIsNotFollowedWhereNobodyMayLead(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run()
	anna, ben := s.server.Human(t, "anna"), s.server.Human(t, "ben")
	there := s.group(anna, ben.ID)
	back := there.Upgrade("11")
	back.Invite(s.bot.ID)
	s.moves(there.Room, back.Room)
	back.Close(there.Room)
	until(t, "nothing is sent where a room leads back", func() bool {
		return core.CodeOf(s.post(back.Room, "back")) == core.Unreachable
	})
	for name, to := range map[string]func(old id.RoomID) *matrixtest.Chat{
		"it names no predecessor":        func(id.RoomID) *matrixtest.Chat { return anna.OpenPublic("") },
		"it names another":               func(id.RoomID) *matrixtest.Chat { return anna.OpenPublic("!other:localhost") },
		"somebody without power made it": func(old id.RoomID) *matrixtest.Chat { return ben.OpenPublic(old) },
	} {
		old := s.group(anna, ben.ID)
		fresh := to(old.Room)
		old.Close(fresh.Room)
		fresh.Joined(s.bot.ID)
		fresh.Gone(s.bot.ID)
		until(t, name+": nothing is sent into the old room", func() bool {
			return core.CodeOf(s.post(old.Room, name)) == core.Unreachable
		})
		for len(s.got) > 0 {
			if u := s.next(); u.Event != (core.Membership{Now: core.Added}) && u.Event != (core.Membership{Now: core.Removed}) {
				t.Errorf("%s: came %#v", name, u.Event)
			}
		}
	}
}
