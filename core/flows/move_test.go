package flows_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/core"
	"tocsin/core/conversation/transcript"
)

// signsUp leads a person from the first word to the end of the sign-up.
const signsUp = `{who}: /start {payload}
{who}: [Continuer]
{who}: [Oui, m’écrire]
{who}: [Non]
{who}: [Non]
{who}: {address}
{who}: {code}
`

// signUp signs somebody up with an address, and answers no question behind the code.
func (s *stage) signUp(who string, address core.Address, payload string) {
	s.t.Helper()
	s.play(strings.NewReplacer("{who}", who, "{address}", string(address), " {payload}", " "+payload).Replace(signsUp))
}

// play plays lines and returns what was said.
func (s *stage) play(lines string) string {
	s.t.Helper()
	said, err := transcript.Play(s, lines)
	if err != nil {
		s.t.Fatal(err)
	}
	return said
}

// in runs fn in a transaction.
func (s *stage) in(fn func(ctx context.Context, tx core.Tx) error) {
	s.t.Helper()
	ctx := s.t.Context()
	if err := s.store.Tx(ctx, func(tx core.Tx) error { return fn(ctx, tx) }); err != nil {
		s.t.Fatal(err)
	}
}

// account returns the account and the private chat of somebody.
func (s *stage) account(who string) (a *core.Account) {
	s.t.Helper()
	s.in(func(ctx context.Context, tx core.Tx) (err error) {
		a, err = tx.EnterAccount(ctx, core.AccountRef{Bot: s.Bot(), ID: who})
		return err
	})
	return a
}

// What waits for a person goes with them: once their account has moved, nothing of it
// reaches the chat that it left, not even when another person speaks from there.
func TestNoticesDoNotGoToAChatThatTheAccountLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, "buttons", "fr")
		s.play("anna: (is a supporter in Lyon)\n")
		anna := s.account("anna")
		plan := func(content core.Content, after time.Duration) {
			s.in(func(ctx context.Context, tx core.Tx) error {
				return tx.Enqueue(ctx, &core.Outgoing{
					Chat: anna.Home, Account: anna.ID, Lane: core.Notice, Content: content, Due: time.Now().Add(after), Again: core.Once,
				})
			})
		}
		about := func(what string) *core.Message { return &core.Message{Body: []core.Span{{Text: what}}} }
		plan(about("first"), 0)
		plan(about("second"), 2*time.Hour)
		plan(&core.Reference{Kind: "returned", Supporter: anna.Supporter}, 4*time.Hour)
		if said := s.play("anna: /help\n"); !strings.Contains(said, "first") {
			t.Fatal("a notice does not reach a supporter: the test says nothing")
		}
		s.signUp("anna2", "anna@exemple.fr", "")
		if said := s.play("(3 hours pass)\n"); strings.Contains(said, "second") {
			t.Error("a notice reached the chat that the account left")
		}
		s.signUp("anna", "ben@example.org", "")
		if a := s.account("anna"); a.Supporter == 0 || a.Supporter == anna.Supporter {
			t.Fatal("nobody else speaks from the chat: the test says nothing")
		}
		if said := s.play("anna: /help\n(3 hours pass)\n"); strings.Contains(said, "reparti") {
			t.Errorf("another person in that chat was told what was not theirs:\n%s", said)
		}
	})
}
