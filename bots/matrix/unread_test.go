//go:build goolm

package matrix_test

import (
	"testing"

	"tocsin/bots/matrix/matrixtest"
)

func TestAMessageIsReadOnceItsKeyComes(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run()
	anna := s.server.Human(t, "anna")
	chat := anna.Direct(s.bot.ID)
	chat.Write("one")
	if got := s.hear(); got != "one" {
		t.Fatalf("got %q", got)
	}
	chat.Withhold("two")
	chat.Rotate()
	chat.Write("three")
	if got := s.hear(); got != "three" {
		t.Fatalf("got %q", got)
	}
	chat.Withhold("four")
	chat.Reveal(s.bot.ID)
	if got := s.hear(); got != "four" {
		t.Errorf("got %q, want what was kept until its key came", got)
	}
}

// A key that was refused and comes later makes the message readable: in an older version
// of the library the refusal stood in its way.
func TestAKeyThatWasRefusedIsTakenWhenItComes(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run()
	chat := s.server.Human(t, "anna").Direct(s.bot.ID)
	chat.Write("one")
	s.hear()
	chat.Withhold("two")
	chat.Refuse(s.bot.ID)
	chat.Reveal(s.bot.ID)
	if got := s.hear(); got != "two" {
		t.Errorf("got %q, want what was refused at first", got)
	}
}

// What is kept outlives the program.
func TestAKeyMayComeWhileTheProgramIsDown(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run()
	chat := s.server.Human(t, "anna").Direct(s.bot.ID)
	chat.Write("one")
	s.hear()
	chat.Withhold("two")
	withheld := chat
	chat.Until("the message is in the room", func([]matrixtest.Message) bool { return true })
	s.halt()
	withheld.Reveal(s.bot.ID)
	s.run()
	if got := s.hear(); got != "two" {
		t.Errorf("got %q, want what was kept", got)
	}
}
