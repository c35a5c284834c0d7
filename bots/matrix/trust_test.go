//go:build goolm

package matrix_test

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"maunium.net/go/mautrix/id"

	"tocsin/bots/matrix/matrixtest"
	"tocsin/core"
	"tocsin/core/locale"
)

// sayOpenly sends what every device may read.
func (s *stage) sayOpenly(room id.RoomID, text string) {
	s.t.Helper()
	_, err := s.adapter.Send(s.t.Context(), core.Delivery{
		Key: core.SendKey(text), To: core.ChatRef{Bot: s.adapter.Bot(), Chat: string(room)}, Kind: core.Private, Lane: core.Talk,
		Content: &core.Message{Body: []core.Span{{Text: text, Style: locale.Plain}}, Open: true},
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// sealed returns the names of the messages that a person cannot read, once they can read
// one that holds text.
func sealed(c *matrixtest.Chat, text string) (out []id.EventID) {
	c.Until(text, func(all []matrixtest.Message) bool {
		return slices.ContainsFunc(all, func(m matrixtest.Message) bool { return strings.Contains(m.Text, text) })
	})
	c.Until("all", func(all []matrixtest.Message) bool {
		for _, m := range all {
			if m.Sealed {
				out = append(out, m.ID)
			}
		}
		return true
	})
	return out
}

// Who writes from a device that nobody vouches for gets no keys, and is told so once, in
// words that this device can read. Once they vouch for it, it reads the next answer.
func TestADeviceThatNobodyVouchesForIsToldOnceWhyItReadsNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run()
	anna := s.server.HumanWith(t, "anna", matrixtest.HumanOptions{Unverified: true})
	chat := anna.Direct(s.bot.ID)
	chat.Write("hello")
	if u := s.next(); u.Event != (core.Unheard{}) || u.Sender == nil || u.Kind != core.Private {
		t.Fatalf("the first update is %v", u.Event)
	}
	if u := s.next(); u.Event.(core.Text).Body != "hello" || u.Trust != core.Unverified {
		t.Fatalf("the second update is %v, of trust %d", u.Event, u.Trust)
	}
	s.say(chat.Room, "your secret")
	s.sayOpenly(chat.Room, "verify this session")
	s.say(chat.Room, "your next secret")
	s.sayOpenly(chat.Room, "verify it, please")
	if n := len(sealed(chat, "verify it, please")); n != 2 {
		t.Errorf("%d messages cannot be read, want the two secrets", n)
	}
	chat.Write("again")
	if got := s.hear(); got != "again" {
		t.Errorf("got %q, want no second hint", got)
	}
	s.say(chat.Room, "your last secret")
	anna.Vouch()
	chat.Write("now?")
	if u := s.next(); u.Event.(core.Text).Body != "now?" || u.Trust != core.Verified {
		t.Fatalf("the update is %v, of trust %d", u.Event, u.Trust)
	}
	s.say(chat.Room, "welcome")
	if m := chat.Hear("welcome"); !m.Encrypted {
		t.Error("the answer is not encrypted")
	}
}

// Who had to make a new identity is answered like before, but counts as verified no more.
func TestANewIdentityIsAnsweredButNotTrusted(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run()
	anna := s.server.Human(t, "anna")
	chat := anna.Direct(s.bot.ID)
	chat.Write("hello")
	if u := s.next(); u.Trust != core.Verified {
		t.Fatalf("the update is of trust %d", u.Trust)
	}
	anna.Vouch()
	chat.Write("I lost my key")
	if u := s.next(); u.Trust != core.Unverified || u.Event.(core.Text).Body != "I lost my key" {
		t.Errorf("the update is %v, of trust %d", u.Event, u.Trust)
	}
	chat.Rotate()
	s.say(chat.Room, "never mind")
	chat.Hear("never mind")
}

// A server may fail to tell that somebody's devices have changed: they are asked for anew
// now and then, else we would encrypt for a device that is gone, for ever.
func TestDevicesAreAskedForAnew(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run()
	anna := s.server.Human(t, "anna")
	chat := anna.Direct(s.bot.ID)
	chat.Write("hello")
	s.hear()
	s.say(chat.Room, "one")
	chat.Hear("one")
	s.halt()
	s.alter("UPDATE crypto_device SET device_id='GONE', identity_key=signing_key WHERE user_id='" + string(anna.ID) + "'; " +
		"DELETE FROM crypto_megolm_outbound_session")
	s.run()
	s.say(chat.Room, "two")
	chat.Hear("two")
}

// Few keys on the server are told once: without any nobody new can write to us.
func TestFewOneTimeKeysAreToldToTheOperator(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	anna := s.server.Human(t, "anna")
	anna.TakeKeys(s.bot.ID, 40)
	var said bytes.Buffer
	s.log = slog.New(slog.NewTextHandler(&said, nil))
	s.run()
	chat := anna.Direct(s.bot.ID)
	chat.Write("hello")
	s.hear()
	s.halt()
	if n := strings.Count(said.String(), "few one-time keys are left"); n != 1 {
		t.Errorf("it was told %d times:\n%s", n, &said)
	}
	me, err := newAdapter(t, s.config).Identify(t.Context())
	if err != nil || me.Keys < 45 {
		t.Errorf("%d keys are on the server after that (%v)", me.Keys, err)
	}
}
