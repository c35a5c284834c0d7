package storagetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core"
)

var roleProperties = []property{
	{"Offer/WorksOnce", offerWorksOnce},
	{"Offer/EndsWhenItExpires", offerExpires},
	{"Offer/OfAUsedCodeIsConflict", offerOfUsedCode},
	{"Grant/AgainMovesExpires", grantAgain},
	{"Grant/CanBeRevokedOnce", grantRevoked},
	{"Grant/ToNobodyIsNotFound", grantToNobody},
}

var testOffer = core.Offer{Code: "01234567", Role: core.Approver, Area: "FR/84", Expires: noon.Add(core.OfferLife)}

func createOffer(t *testing.T, s core.Store, o core.Offer) {
	t.Helper()
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.CreateOffer(ctx, &o) })
}

func offerWorksOnce(t *testing.T, s core.Store) {
	createOffer(t, s, testOffer)
	var got [8]*core.Offer
	won := race(t, s, len(got), core.NotFound, func(ctx context.Context, tx core.Tx, i int) (err error) {
		got[i], err = tx.TakeOffer(ctx, testOffer.Code, noon)
		return err
	})
	if won != 1 {
		t.Errorf("%d people took one offer", won)
	}
	for _, o := range got {
		if o != nil && *o != testOffer {
			t.Error("the offer is not the one that was created")
		}
	}
}

func offerExpires(t *testing.T, s core.Store) {
	createOffer(t, s, testOffer)
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		_, err := tx.TakeOffer(ctx, testOffer.Code, testOffer.Expires)
		wantCode(t, err, core.NotFound)
		_, err = tx.TakeOffer(ctx, "76543210", noon)
		wantCode(t, err, core.NotFound)
		_, err = tx.TakeOffer(ctx, testOffer.Code, testOffer.Expires.Add(-time.Microsecond))
		return err
	})
}

func offerOfUsedCode(t *testing.T, s core.Store) {
	createOffer(t, s, testOffer)
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		o := testOffer
		o.Role = core.Owner
		wantCode(t, tx.CreateOffer(ctx, &o), core.Conflict)
		if got := get[*core.Offer](t)(tx.TakeOffer(ctx, o.Code, noon)); got.Role != testOffer.Role {
			t.Errorf("the offer is for %s now", got.Role)
		}
		return nil
	})
}

// createGrant stores a grant and returns it with its id.
func createGrant(t *testing.T, s core.Store, g core.Grant) core.Grant {
	t.Helper()
	if g.Account == 0 {
		g.Account = account(t, s, "first")
	}
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.CreateGrant(ctx, &g) })
	return g
}

func wantGrants(t *testing.T, s core.Store, who core.SupporterID, want ...core.Grant) {
	t.Helper()
	read(t, s, func(ctx context.Context, r core.Reader) error {
		got, err := r.Grants(ctx, who)
		if d := cmp.Diff(want, got); d != "" && len(got)+len(want) > 0 {
			t.Errorf("grants (-want +got):\n%s", d)
		}
		return err
	})
}

func grantAgain(t *testing.T, s core.Store) {
	who, other := supporter(t, s), supporter(t, s)
	first := createGrant(t, s, core.Grant{Supporter: who, Role: core.Lead, Area: "FR/84/69", Expires: noon})
	elsewhere := createGrant(t, s, core.Grant{Supporter: who, Role: core.Lead, Area: "FR/84", Expires: noon})
	others := createGrant(t, s, core.Grant{Supporter: other, Role: core.Lead, Area: "FR/84/69", Expires: noon})
	again := createGrant(t, s, core.Grant{Supporter: who, Role: core.Lead, Area: "FR/84/69", Account: account(t, s, "second"), Expires: noon.Add(core.RoleLife)})
	if again.ID != first.ID {
		t.Error("the same role in the same area is another grant")
	}
	wantGrants(t, s, who, again, elsewhere)
	wantGrants(t, s, 0, again, elsewhere, others)
}

func grantRevoked(t *testing.T, s core.Store) {
	who := supporter(t, s)
	g := createGrant(t, s, core.Grant{Supporter: who, Role: core.Owner, Area: core.World, Expires: noon})
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		must(t, tx.RevokeGrant(ctx, g.ID))
		wantCode(t, tx.RevokeGrant(ctx, g.ID), core.NotFound)
		return nil
	})
	wantGrants(t, s, who)
}

func grantToNobody(t *testing.T, s core.Store) {
	who, from := supporter(t, s), account(t, s, "first")
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		wantCode(t, tx.CreateGrant(ctx, &core.Grant{Supporter: who + 1, Account: from, Role: core.Owner}), core.NotFound)
		wantCode(t, tx.CreateGrant(ctx, &core.Grant{Supporter: who, Account: from + 1, Role: core.Owner}), core.NotFound)
		return nil
	})
}
