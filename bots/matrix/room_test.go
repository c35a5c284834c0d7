//go:build goolm

package matrix_test

import (
	"database/sql"
	"strings"
	"testing"

	"maunium.net/go/mautrix/id"

	"tocsin/bots/matrix/matrixtest"
	"tocsin/core"
	"tocsin/core/locale"
)

// say sends an answer into a private chat.
func (s *stage) say(room id.RoomID, text string) {
	s.t.Helper()
	if err := s.trySay(room, text); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) trySay(room id.RoomID, text string) error {
	_, err := s.adapter.Send(s.t.Context(), core.Delivery{
		Key: core.SendKey(text), To: core.ChatRef{Bot: s.adapter.Bot(), Chat: string(room)}, Kind: core.Private, Lane: core.Talk,
		Content: &core.Message{Body: []core.Span{{Text: text, Style: locale.Strong}}},
	})
	return err
}

// alter changes what is stored, while the adapter does not run.
func (s *stage) alter(statements string) {
	s.t.Helper()
	db, err := sql.Open("sqlite", strings.TrimPrefix(s.config.Database, "sqlite:"))
	if err == nil {
		_, err = db.Exec(statements)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		s.t.Fatal(err)
	}
}

// Where the room's state is lost nothing goes out in clear.
func TestALostRoomStateIsLearntBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run()
	chat := s.server.Human(t, "anna").Direct(s.bot.ID)
	chat.Write("hello")
	s.hear()
	s.halt()
	s.alter("DELETE FROM mx_room_state; DELETE FROM mx_user_profile; DELETE FROM tocsin_room")
	s.run()
	chat.Write("again")
	s.hear()
	s.say(chat.Room, "in secret")
	if m := chat.Hear("in secret"); !m.Encrypted || m.Mentions() == nil {
		t.Error("the answer is not encrypted, or does not say whom it names")
	}
}

// A private chat into which somebody else is invited is private no more.
func TestNothingPersonalIsSaidOnceOthersAreInvited(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run()
	anna, ben := s.server.Human(t, "anna"), s.server.Human(t, "ben")
	chat := anna.Direct(s.bot.ID)
	chat.Write("hello")
	if u := s.next(); u.Kind != core.Private {
		t.Fatalf("the chat is %s", u.Kind)
	}
	chat.Invite(ben.ID)
	if u := s.next(); u.Kind != core.Group || u.Event != (core.Membership{Now: core.Added}) || u.Sender != nil {
		t.Fatalf("the chat is %s, the event %v", u.Kind, u.Event)
	}
	chat.Write("!near Lyon")
	if u := s.next(); u.Kind != core.Group || u.Event != (core.Command{Name: "near", Arg: "Lyon"}) {
		t.Errorf("the chat is %s, the event %v", u.Kind, u.Event)
	}
	if err := s.trySay(chat.Room, "your code"); core.CodeOf(err) != core.Unreachable {
		t.Errorf("Send = %v, want Unreachable", err)
	}
	chat.Kick(ben.ID) // who was there has read what is there, and may come again
	chat.Write("!near Paris")
	if u := s.next(); u.Kind != core.Group || u.Event != (core.Command{Name: "near", Arg: "Paris"}) {
		t.Errorf("after the other has gone the chat is %s, the event %v", u.Kind, u.Event)
	}
}

// In a room only what is said to the bot is heard.
func TestInARoomOnlyWhatIsSaidToTheBotIsHeard(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run()
	anna, ben := s.server.Human(t, "anna"), s.server.Human(t, "ben")
	room := anna.Open(matrixtest.ChatOptions{Group: true}, s.bot.ID, ben.ID)
	room.Joined(s.bot.ID)
	if u := s.next(); u.Event != (core.Membership{Now: core.Added}) || u.Kind != core.Group {
		t.Fatalf("the first is %v in a %s", u.Event, u.Kind)
	}
	room.Write("between ourselves")
	name, _, _ := s.bot.ID.Parse()
	room.Write(name + ": what now?")
	if got := s.hear(); got != "what now?" {
		t.Errorf("got %q", got)
	}
	room.Kick(s.bot.ID)
	if u := s.next(); u.Event != (core.Membership{Now: core.Removed}) || u.Kind != core.Group {
		t.Errorf("after a kick came %v in a %s", u.Event, u.Kind)
	}
}

// Who leaves their chat is written to no more.
func TestWhoLeavesIsWrittenToNoMore(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run()
	anna := s.server.Human(t, "anna")
	chat := anna.Direct(s.bot.ID)
	chat.Write("hello")
	s.hear()
	chat.Leave()
	u := s.next()
	if u.Event != (core.Membership{Now: core.Removed}) || u.Sender == nil || u.Sender.ID != string(anna.ID) || u.Kind != core.Private {
		t.Errorf("the update is %v of %v", u.Event, u.Kind)
	}
	if err := s.trySay(chat.Room, "still there?"); core.CodeOf(err) != core.Unreachable {
		t.Errorf("Send = %v, want Unreachable", err)
	}
}
