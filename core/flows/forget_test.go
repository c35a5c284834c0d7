package flows_test

import (
	"slices"
	"testing"
	"testing/synctest"

	"tocsin/core"
	"tocsin/core/conversation/transcript"
)

// toTheCode leads to the question for the code.
const toTheCode = `anna: /start
anna: [Continuer]
anna: [Oui, m’écrire]
anna: [Non]
anna: [Non]
anna: anna@exemple.fr
`

// Whether the mail server takes the letter or not: fifteen minutes after it was typed,
// the address is in no conversation and no task, and the code is wiped.
func TestATypedAddressIsGoneAfterFifteenMinutes(t *testing.T) {
	t.Parallel()
	for _, mail := range []string{"takes", "refuses"} {
		t.Run(mail, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := open(t, "buttons", "fr")
				if mail == "refuses" {
					s.mail.FailRcpt(451)
				}
				if _, err := transcript.Play(s, toTheCode); err != nil {
					t.Fatal(err)
				}
				if address, code, _ := s.held(); address == "" || code == "" {
					t.Fatal("neither is held while the code lives: the test looks at the wrong place")
				}
				if _, err := transcript.Play(s, "anna: {wrong}\n(16 minutes pass)\n"); err != nil {
					t.Fatal(err)
				}
				if address, code, tasks := s.held(); address != "" || code != "" || tasks {
					t.Errorf("held after 16 minutes: address %t, code %t, tasks %t", address != "", code != "", tasks)
				}
			})
		})
	}
}

// held returns what the store holds of the person's address and code, and whether a
// task waits.
func (s *stage) held() (address string, code core.Code8, tasks bool) {
	ctx := s.t.Context()
	err := s.store.Tx(ctx, func(tx core.Tx) error {
		chat, err := tx.EnterChat(ctx, core.ChatRef{Bot: s.Bot(), Chat: "anna"}, core.Private)
		if err != nil {
			return err
		}
		account, err := tx.EnterAccount(ctx, core.AccountRef{Bot: s.Bot(), ID: "anna"})
		if err != nil {
			return err
		}
		talk, err := tx.Conversation(ctx, chat.ID, account.ID)
		if err != nil {
			return err
		}
		frames := talk.Frames
		if talk.Last != nil {
			frames = slices.Concat(frames, talk.Last.Frames)
		}
		for _, f := range frames {
			address += f.Data["address"]
		}
		c, err := tx.Challenge(ctx, account.ID)
		if err != nil {
			return err
		}
		code = c.Code
		next, err := tx.NextDue(ctx, "")
		tasks = !next.IsZero()
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return address, code, tasks
}
