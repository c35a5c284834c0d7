package flows_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/core"
	"tocsin/core/geo"
)

// Numbers can be guessed: a link shows nothing that is not public, to nobody, and to a
// stranger nothing that is for supporters.
func TestALinkShowsOnlyWhatItsReaderMaySee(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, "buttons", "fr")
		s.play("anna: (is a supporter in Lyon)\n")
		for i, tt := range []struct {
			state     core.ActionState
			seen      core.Visibility
			ends      time.Duration
			supporter string // what each is told
			stranger  string
		}{
			{core.Public, core.ForEveryone, time.Hour, "Secret", "Secret"},
			{core.Public, core.ForSupporters, time.Hour, "Secret", "On continue"},
			{core.InReview, core.ForEveryone, time.Hour, "déjà partie", "On continue"},
			{core.InReview, core.ForSupporters, time.Hour, "déjà partie", "On continue"},
			{core.Cancelled, core.ForEveryone, time.Hour, "est annulée", "est annulée"},
			{core.Cancelled, core.ForSupporters, time.Hour, "est annulée", "On continue"},
			{core.Public, core.ForEveryone, 0, "est terminée", "est terminée"},
			{core.Public, core.ForSupporters, 0, "est terminée", "On continue"},
		} {
			a := &core.Action{
				Source: fmt.Sprint("link ", i), Title: "Secret", Kind: "other", StartsAt: time.Now().Add(-time.Hour),
				EndsAt: time.Now().Add(tt.ends), Zone: "Europe/Paris", Point: geo.Point{Lat: 45, Lon: 5}, State: tt.state, Visibility: tt.seen,
			}
			s.in(func(ctx context.Context, tx core.Tx) error {
				_, _, err := tx.PutActions(ctx, []*core.Action{a})
				return err
			})
			for who, want := range map[string]string{"anna": tt.supporter, fmt.Sprint("zoe", i): tt.stranger} {
				said := s.play(fmt.Sprintf("%s: /start act_%d\n", who, a.ID))
				if !strings.Contains(said, want) || want != "Secret" && strings.Contains(said, "Secret") {
					t.Errorf("%s for %s, %s left: %s is told\n%s", tt.state, tt.seen, tt.ends, who, said)
				}
			}
		}
	})
}

// A source counts each who signed up from it, once, and nobody whose account only moved;
// an invitation is used by each who signed up with it, and by nobody else.
func TestSignUpsAreCountedWhereTheyCameFrom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, "buttons", "fr")
		finish := func(who string) { s.play(who + ": [Passer]\n" + who + ": [Jamais]\n") }
		s.signUp("anna", "anna@exemple.fr", "src_affiche")
		finish("anna")
		s.play("anna: /start src_affiche\n")
		s.signUp("anna2", "anna@exemple.fr", "src_affiche")
		s.signUp("ben", "ben@example.org", "src_inconnue")
		finish("ben")
		i := core.NewInvitation(core.Link{}, time.Now())
		payload := core.Link{Invitation: i.Token}.Payload()
		s.in(func(ctx context.Context, tx core.Tx) error { return tx.CreateInvitation(ctx, i) })
		s.play("ben: /start " + payload + "\nzoe: /start " + payload + "\n")
		s.signUp("chloe", "chloe@exemple.fr", payload)
		finish("chloe")
		s.in(func(ctx context.Context, tx core.Tx) error {
			sources, err := tx.Sources(ctx)
			if want := []core.SourceCount{{Source: "affiche", Joined: 1}}; !slices.Equal(sources, want) {
				t.Errorf("counted %v, want %v", sources, want)
			}
			if err != nil {
				return err
			}
			i, err := tx.Invitation(ctx, i.Token, time.Now())
			if err == nil && i.Uses != core.InvitationUses-1 {
				t.Errorf("%d uses are left after one sign-up", i.Uses)
			}
			return err
		})
	})
}
