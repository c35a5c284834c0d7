//go:build goolm

package matrix_test

import (
	"testing"

	"maunium.net/go/mautrix/id"

	"tocsin/bots/matrix"
	"tocsin/core"
	"tocsin/storage/pgtest"
)

// tell sends something unasked to an account, wherever that is.
func (s *stage) tell(who id.UserID, text string) error {
	s.t.Helper()
	_, err := s.adapter.Send(s.t.Context(), core.Delivery{
		Key: core.SendKey(text), To: core.OpenAt(core.AccountRef{Bot: s.adapter.Bot(), ID: string(who)}), Kind: core.Private, Lane: core.Notice,
		Content: &core.Message{Body: []core.Span{{Text: text}}},
	})
	return err
}

// named returns the next name that is told of a chat with somebody.
func (s *stage) named(who id.UserID) id.RoomID {
	s.t.Helper()
	u := s.next()
	to, ok := u.Event.(core.Migrated)
	if account, opens := u.Chat.Opens(); !ok || !opens || account.ID != string(who) || u.Kind != core.Private {
		s.t.Fatalf("came %#v", u.Event)
	}
	return id.RoomID(to.To.Chat)
}

// Who has no chat gets one: encrypted, and read once they accept it. It is the only one,
// also after a restart, and it is theirs to leave.
func TestAChatIsOpenedOnceForWhoHasNone(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{"sqlite": "", "postgres": pgtest.New(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, func(c *matrix.Config) {
				if url != "" {
					c.Database = url
				}
			})
			s.run()
			anna := s.server.Human(t, "anna")
			if err := s.tell(anna.ID, "one"); err != nil {
				t.Fatal(err)
			}
			room := s.named(anna.ID)
			if err := s.tell(anna.ID, "two"); err != nil {
				t.Fatal(err)
			}
			if again := s.named(anna.ID); again != room {
				t.Error("a second room was made while the first waits")
			}
			chat := anna.Accept()
			for _, text := range []string{"one", "two"} {
				if m := chat.Hear(text); !m.Encrypted || m.Type != "m.text" {
					t.Errorf("%q is not encrypted, or does not ring", text)
				}
			}
			s.halt()
			s.run()
			if err := s.tell(anna.ID, "three"); err != nil {
				t.Fatal(err)
			}
			if again := s.named(anna.ID); again != room || chat.Room != room {
				t.Error("after a restart a second room was made")
			}
			chat.Hear("three")
			chat.Leave()
			for u := s.next(); u.Event != (core.Membership{Now: core.Removed}); u = s.next() {
				t.Logf("passed over: %T", u.Event)
			}
		})
	}
}

// A chat that the person opened is used, and not one that others have come into.
func TestAChatThatIsThereIsUsed(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run()
	anna, ben := s.server.Human(t, "anna"), s.server.Human(t, "ben")
	chat := anna.Direct(s.bot.ID)
	chat.Write("hello")
	s.hear()
	if err := s.tell(anna.ID, "one"); err != nil {
		t.Fatal(err)
	}
	if at := s.named(anna.ID); at != chat.Room {
		t.Error("another room was made")
	}
	chat.Hear("one")
	chat.Invite(ben.ID)
	if u := s.next(); u.Event != (core.Membership{Now: core.Added}) {
		t.Fatalf("came %#v", u.Event)
	}
	if err := s.tell(anna.ID, "two"); err != nil {
		t.Fatal(err)
	}
	if at := s.named(anna.ID); at == chat.Room {
		t.Error("it is said where others read it")
	}
	anna.Accept().Hear("two")
}

// Nobody but the one person is in a chat that is opened; what is for a group opens none.
func TestOnlyPrivateChatsAreOpened(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run()
	_, err := s.adapter.Send(t.Context(), core.Delivery{
		Key: "k", To: core.OpenAt(core.AccountRef{Bot: s.adapter.Bot(), ID: "@anna:localhost"}), Kind: core.Group, Lane: core.Notice,
		Content: &core.Message{Body: []core.Span{{Text: "?"}}},
	})
	if core.CodeOf(err) != core.Invalid {
		t.Errorf("Send = %v", err)
	}
}
