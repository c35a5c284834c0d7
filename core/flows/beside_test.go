package flows_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"tocsin/core"
)

// What is kept of a person beside the store goes before their account does: once nobody
// knows whose it is, nobody could remove it. While that fails, the account waits.
func TestWhatIsKeptBesideTheStoreIsForgottenFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, "buttons", "fr")
		var asked core.AccountRef
		var away atomic.Bool
		away.Store(true)
		s.bot.Forget = func(_ context.Context, ref core.AccountRef) error {
			asked = ref
			if away.Load() {
				return &core.Error{Code: core.Unavailable}
			}
			return nil
		}
		play(t, s, "anna: (is a supporter in Lyon)\n")
		account := s.account("anna").ID
		play(t, s, "anna: /deleteme\nanna: [Oui, tout effacer]\n(31 seconds pass)\n")
		if asked != (core.AccountRef{Bot: s.Bot(), ID: "anna"}) {
			t.Fatalf("asked to forget %v", asked)
		}
		left := func() core.Code {
			var err error
			s.in(func(ctx context.Context, tx core.Tx) error {
				_, err = tx.Account(ctx, account)
				return nil
			})
			return core.CodeOf(err)
		}
		if code := left(); code != "" {
			t.Errorf("the account is gone before what is beside it: %s", code)
		}
		away.Store(false)
		play(t, s, "(5 minutes pass)\n")
		if code := left(); code != core.NotFound {
			t.Errorf("after another try the account is %q", code)
		}
	})
}
