package storagetest

import (
	"context"
	"encoding/binary"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core"
)

var sponsorshipProperties = []property{
	{"Fingerprint/IsOfTheAddressAlone", fingerprintOfAddress},
	{"Sponsorship/ComesBackWhole", sponsorshipComesBack},
	{"Sponsorship/PutAgainAddsNothing", sponsorshipPutAgain},
	{"Sponsorship/RevokedStaysRevokedByImport", sponsorshipStaysRevoked},
	{"Sponsorship/ManyTwiceInOneTransaction", sponsorshipsTwice},
	{"Sponsorship/UndoneWithTheTransaction", sponsorshipsUndone},
	{"Sponsorship/IsBarredOnceWhoWasBannedIsForgotten", sponsorshipBarred},
	{"Challenge/LatestOfAnAccountHolds", challengeLatestHolds},
	{"Challenge/CodeIsWipedOnceClosed", challengeWiped},
	{"Challenge/OfNobodyIsNotFound", challengeOfNobody},
}

func fingerprintOfAddress(t *testing.T, s core.Store) {
	var before core.Fingerprint
	read(t, s, func(_ context.Context, r core.Reader) error {
		before = r.Fingerprint("zoe@example.org")
		return nil
	})
	do(t, s, func(_ context.Context, tx core.Tx) error {
		if tx.Fingerprint("zoe@example.org") != before {
			t.Error("one address has two fingerprints")
		}
		if tx.Fingerprint("zoe@example.net") == before || before == (core.Fingerprint{}) {
			t.Error("two addresses have one fingerprint")
		}
		return nil
	})
}

// sponsorships are n of them, in no order; those with another seed are others.
func sponsorships(n int, seed uint32) []core.Sponsorship {
	texts := []string{"", "Rhône", "tab\tand\nline", `back\slash \. \N`, "quote'\"", "?0 $1", "🗳"}
	ss := make([]core.Sponsorship, n)
	for i := range ss {
		binary.BigEndian.PutUint32(ss[i].Fingerprint[:], uint32(i)*2654435761) // scattered
		binary.BigEndian.PutUint32(ss[i].Fingerprint[28:], seed)
		ss[i].Department = texts[i%len(texts)]
		if i%3 > 0 {
			ss[i].At = "2026-12-05"
		}
	}
	return ss
}

// putSponsorships puts them, and wants that many of them to be new.
func putSponsorships(t *testing.T, s core.Store, ss []core.Sponsorship, want int) {
	t.Helper()
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		n, err := tx.PutSponsorships(ctx, ss)
		if n != want {
			t.Errorf("%d sponsorships are new, want %d", n, want)
		}
		return err
	})
}

func wantCount(t *testing.T, s core.Store, want int) {
	t.Helper()
	read(t, s, func(ctx context.Context, r core.Reader) error {
		n, err := r.CountSponsorships(ctx)
		if n != want {
			t.Errorf("%d sponsorships are counted, want %d", n, want)
		}
		return err
	})
}

func sponsorshipComesBack(t *testing.T, s core.Store) {
	few, many := sponsorships(7, 1), sponsorships(300, 2)
	putSponsorships(t, s, nil, 0)
	putSponsorships(t, s, few, len(few))
	putSponsorships(t, s, many, len(many))
	read(t, s, func(ctx context.Context, r core.Reader) error {
		for _, want := range append(few, many...) {
			got, err := r.Sponsorship(ctx, want.Fingerprint)
			must(t, err)
			if d := cmp.Diff(&want, got); d != "" {
				t.Errorf("sponsorship (-want +got):\n%s", d)
			}
		}
		_, err := r.Sponsorship(ctx, proofNo(1))
		wantCode(t, err, core.NotFound)
		return nil
	})
}

func sponsorshipPutAgain(t *testing.T, s core.Store) {
	for seed, n := range []int{5, 400} {
		ss := sponsorships(n, uint32(seed))
		putSponsorships(t, s, append(ss, ss...), n)
		putSponsorships(t, s, ss, 0)
		more := sponsorships(n+1, uint32(seed))
		putSponsorships(t, s, more, 1)
	}
	wantCount(t, s, 5+1+400+1)
}

func sponsorshipStaysRevoked(t *testing.T, s core.Store) {
	for seed, n := range []int{5, 400} {
		ss := sponsorships(n, uint32(seed))
		putSponsorships(t, s, ss, n)
		do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.RevokeSponsorship(ctx, ss[3].Fingerprint) })
		wantCount(t, s, n-1)
		putSponsorships(t, s, ss, 0)
		wantCount(t, s, n-1)
		do(t, s, func(ctx context.Context, tx core.Tx) error {
			if !get[*core.Sponsorship](t)(tx.Sponsorship(ctx, ss[3].Fingerprint)).Revoked {
				t.Error("an import gave a revoked sponsorship back")
			}
			for _, sp := range ss {
				must(t, tx.RevokeSponsorship(ctx, sp.Fingerprint)) // also one that is
			}
			wantCode(t, tx.RevokeSponsorship(ctx, proofNo(9)), core.NotFound)
			return nil
		})
	}
	wantCount(t, s, 0)
}

// Who was banned stays so after they were forgotten, and an import changes nothing
// about it; who was not, or is no more, is forgotten whole.
func sponsorshipBarred(t *testing.T, s core.Store) {
	ss := sponsorships(2, 1)
	putSponsorships(t, s, ss, 2)
	forgetAs := func(state core.SupporterState, want bool) {
		t.Helper()
		who := supporter(t, s)
		do(t, s, func(ctx context.Context, tx core.Tx) error {
			must(t, tx.Prove(ctx, who, ss[0].Fingerprint))
			p := get[*core.Supporter](t)(tx.Supporter(ctx, who))
			p.State = state
			must(t, tx.PutSupporter(ctx, p))
			must(t, tx.Forget(ctx, who))
			get[int](t)(tx.PutSponsorships(ctx, ss))
			for i, want := range []bool{want, false} {
				if got := get[*core.Sponsorship](t)(tx.Sponsorship(ctx, ss[i].Fingerprint)); got.Barred != want {
					t.Errorf("sponsorship %d of who was %s: barred %t", i, state, got.Barred)
				}
			}
			return nil
		})
	}
	forgetAs(core.Active, false)
	forgetAs(core.Banned, true)
	forgetAs(core.Banned, true)
	forgetAs(core.Active, false)
}

func sponsorshipsTwice(t *testing.T, s core.Store) {
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		for seed := range uint32(3) {
			if n := get[int](t)(tx.PutSponsorships(ctx, sponsorships(200, seed))); n != 200 {
				t.Errorf("%d sponsorships are new, want 200", n)
			}
		}
		return nil
	})
	wantCount(t, s, 600)
}

func sponsorshipsUndone(t *testing.T, s core.Store) {
	err := s.Tx(t.Context(), func(tx core.Tx) error {
		for seed, n := range []int{5, 400} {
			get[int](t)(tx.PutSponsorships(t.Context(), sponsorships(n, uint32(seed))))
		}
		return core.Fail(core.Forbidden, "")
	})
	wantCode(t, err, core.Forbidden)
	wantCount(t, s, 0)
}

func wantChallenge(t *testing.T, s core.Store, want *core.Challenge) {
	t.Helper()
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		got, err := tx.Challenge(ctx, want.Account)
		if err != nil || *got != *want {
			t.Errorf("the challenge is not the one that was put: %v", err)
		}
		return err
	})
}

func challengeLatestHolds(t *testing.T, s core.Store) {
	one, two := account(t, s, "one"), account(t, s, "two")
	c := core.Challenge{
		Account: one, Fingerprint: proofNo(1), Code: "01234567", Made: noon, Tries: 2, Sends: 3, LastSend: noon.Add(time.Minute),
	}
	other := core.Challenge{Account: two, Fingerprint: proofNo(1), Code: "76543210", Made: noon}
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		must(t, tx.PutChallenge(ctx, &c))
		return tx.PutChallenge(ctx, &other)
	})
	wantChallenge(t, s, &c)
	c = core.Challenge{Account: one, Fingerprint: proofNo(2), Code: "00000000", Made: noon.Add(time.Hour), Sends: 1}
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.PutChallenge(ctx, &c) })
	wantChallenge(t, s, &c)
	wantChallenge(t, s, &other)
}

func challengeWiped(t *testing.T, s core.Store) {
	c := core.Challenge{Account: account(t, s, "one"), Fingerprint: proofNo(1), Code: "01234567", Made: noon}
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.PutChallenge(ctx, &c) })
	c.Closed = true
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.PutChallenge(ctx, &c) })
	c.Code = ""
	wantChallenge(t, s, &c)
}

func challengeOfNobody(t *testing.T, s core.Store) {
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		wantCode(t, tx.PutChallenge(ctx, &core.Challenge{Account: 4711, Code: "01234567"}), core.NotFound)
		_, err := tx.Challenge(ctx, 4711)
		wantCode(t, err, core.NotFound)
		return nil
	})
}
