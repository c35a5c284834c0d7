//go:build goolm

package matrix_test

import (
	"path/filepath"
	"testing"

	"tocsin/bots/matrix"
	"tocsin/bots/matrix/matrixtest"
	"tocsin/core"
)

// setUp gives the bot its identity, and returns the recovery key that was shown, "" if
// none was.
func (s *stage) setUp(reset bool) (key string) {
	s.t.Helper()
	_, err := newAdapter(s.t, s.config).SetUp(s.t.Context(), matrix.SetUp{Reset: reset, Show: func(k string) error {
		key = k
		return nil
	}})
	if err != nil {
		s.t.Fatal(err)
	}
	return key
}

// Who sends keys only to devices that somebody vouches for is read once the bot has an
// identity; what was said before stays closed.
func TestWhoExcludesUnverifiedDevicesIsReadOnceTheBotHasAnIdentity(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run()
	anna := s.server.HumanWith(t, "anna", matrixtest.HumanOptions{OnlyVerified: true})
	chat := anna.Direct(s.bot.ID)
	chat.Joined(s.bot.ID)
	chat.Write("unheard")
	s.halt()
	if s.setUp(false) == "" {
		t.Error("no recovery key was shown")
	}
	s.run()
	anna.Knows(s.bot.ID)
	chat.Rotate()
	chat.Write("heard")
	if got := s.hear(); got != "heard" {
		t.Errorf("got %q", got)
	}
}

// A second device needs the recovery key; without it the identity is left alone, and with
// it nobody has to be told anything.
func TestANewDeviceIsVouchedForWithTheRecoveryKey(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	key := s.setUp(false)
	if s.setUp(false) != "" {
		t.Error("a second setup showed a recovery key")
	}
	s.config.Database = "sqlite:" + filepath.Join(t.TempDir(), "another.db")
	me, err := newAdapter(t, s.config).Identify(t.Context())
	if err != nil || me.Device == s.me.Device || me.Verified || !me.CrossSigned {
		t.Fatalf("the new device is %+v (%v)", me, err)
	}
	never := matrix.SetUp{Show: func(string) error { t.Error("a new identity was made"); return nil }}
	if _, err := newAdapter(t, s.config).SetUp(t.Context(), never); core.CodeOf(err) != core.Conflict {
		t.Errorf("without the recovery key SetUp = %v, want Conflict", err)
	}
	s.config.RecoveryKey = "EsTJ 7Sc5 not the key"
	if _, err := newAdapter(t, s.config).SetUp(t.Context(), never); core.CodeOf(err) != core.Forbidden {
		t.Errorf("with a wrong recovery key SetUp = %v, want Forbidden", err)
	}
	s.config.RecoveryKey = key
	if me, err = newAdapter(t, s.config).SetUp(t.Context(), never); err != nil || !me.Verified {
		t.Fatalf("with the recovery key it is %+v (%v)", me, err)
	}
	s.run()
	chat := s.server.HumanWith(t, "anna", matrixtest.HumanOptions{OnlyVerified: true}).Direct(s.bot.ID)
	chat.Write("hello")
	if got := s.hear(); got != "hello" {
		t.Errorf("got %q", got)
	}
	s.halt()
	s.config.RecoveryKey = ""
	if s.setUp(true) == "" {
		t.Error("a reset made no new identity")
	}
}
