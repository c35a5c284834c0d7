package storagetest

import (
	"context"
	"testing"
	"time"

	"tocsin/core"
)

var invitationProperties = []property{
	{"Invitation/ComesBackWithWhatItLeadsTo", invitationComesBack},
	{"Invitation/WorksAsOftenAsItSays", invitationUses},
	{"Invitation/EndsWhenItExpires", invitationExpires},
	{"Invitation/OfAUsedTokenIsConflict", invitationOfUsedToken},
}

// createInvitation stores an invitation that begins at noon.
func createInvitation(t *testing.T, s core.Store, to core.Link) core.Invitation {
	t.Helper()
	i := core.NewInvitation(to, noon)
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.CreateInvitation(ctx, i) })
	return *i
}

func invitationComesBack(t *testing.T, s core.Store) {
	for _, to := range []core.Link{{}, {Action: 42}, {Team: 7}} {
		i := createInvitation(t, s, to)
		read(t, s, func(ctx context.Context, r core.Reader) error {
			for range 2 { // to look takes no use
				if got := get[*core.Invitation](t)(r.Invitation(ctx, i.Token, noon)); *got != i {
					t.Errorf("the invitation to %q is not the one that was created", to.Payload())
				}
			}
			return nil
		})
	}
}

func invitationUses(t *testing.T, s core.Store) {
	i := createInvitation(t, s, core.Link{})
	won := race(t, s, core.InvitationUses+5, core.NotFound, func(ctx context.Context, tx core.Tx, _ int) error {
		_, err := tx.UseInvitation(ctx, i.Token, noon)
		return err
	})
	if won != core.InvitationUses {
		t.Errorf("%d people used an invitation for %d", won, core.InvitationUses)
	}
	read(t, s, func(ctx context.Context, r core.Reader) error {
		_, err := r.Invitation(ctx, i.Token, noon)
		wantCode(t, err, core.NotFound)
		return nil
	})
}

func invitationExpires(t *testing.T, s core.Store) {
	i, other := createInvitation(t, s, core.Link{}), createInvitation(t, s, core.Link{})
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		for _, at := range []time.Time{i.Expires, i.Expires.Add(time.Hour)} {
			_, err := tx.UseInvitation(ctx, i.Token, at)
			wantCode(t, err, core.NotFound)
			_, err = tx.Invitation(ctx, i.Token, at)
			wantCode(t, err, core.NotFound)
		}
		got := get[*core.Invitation](t)(tx.UseInvitation(ctx, i.Token, i.Expires.Add(-time.Microsecond)))
		if got.Uses != core.InvitationUses-1 {
			t.Errorf("%d uses are left after one", got.Uses)
		}
		if got := get[*core.Invitation](t)(tx.Invitation(ctx, other.Token, noon)); got.Uses != core.InvitationUses {
			t.Errorf("the use of one left %d of another", got.Uses)
		}
		return nil
	})
}

func invitationOfUsedToken(t *testing.T, s core.Store) {
	i := createInvitation(t, s, core.Link{Team: 7})
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		again := i
		again.To = core.Link{}
		wantCode(t, tx.CreateInvitation(ctx, &again), core.Conflict)
		if got := get[*core.Invitation](t)(tx.Invitation(ctx, i.Token, noon)); *got != i {
			t.Error("the first invitation has changed")
		}
		return nil
	})
}
