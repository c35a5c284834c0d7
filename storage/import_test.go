package storage

import (
	"context"
	"fmt"
	"testing"

	"tocsin/core"
)

// listed returns row n of a list.
func listed(n int) (core.Address, core.Sponsorship) {
	day := core.Day(fmt.Sprintf("2026-11-%02d", 1+n%28))
	return core.Address(fmt.Sprintf("person%d@example.org", n)), core.Sponsorship{At: day, Department: fmt.Sprint(n % 5)}
}

// importList imports rows 0 to n of the list, each of them twice, and returns how many
// were new.
func importList(t *testing.T, s *Store, n int) int {
	t.Helper()
	list := s.Import()
	list.most = 77 // several sorted runs
	for i := range 2 * n {
		a, row := listed(i / 2)
		if err := list.Add(t.Context(), a, row); err != nil {
			t.Fatal(err)
		}
	}
	added, err := list.Close(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return added
}

func TestImportAddsEachAddressOnceAndWhole(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		if added := importList(t, s, 0); added != 0 {
			t.Errorf("%d rows of an empty list are new", added)
		}
		if added := importList(t, s, 200); added != 200 {
			t.Errorf("%d rows are new, want 200", added)
		}
		inTx(t, s, func(ctx context.Context, x *tx) error {
			a, _ := listed(150)
			return x.RevokeSponsorship(ctx, x.Fingerprint(a))
		})
		if added := importList(t, s, 220); added != 20 {
			t.Errorf("%d rows are new, want 20", added)
		}
		inTx(t, s, func(ctx context.Context, x *tx) error {
			for i := range 220 {
				a, want := listed(i)
				want.Fingerprint, want.Revoked = x.Fingerprint(a), i == 150
				if got, err := x.Sponsorship(ctx, want.Fingerprint); err != nil || *got != want {
					t.Fatalf("row %d is %+v, want %+v: %v", i, got, want, err)
				}
			}
			return nil
		})
	})
}

func TestImportGoesOnAfterAFailure(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		list := s.Import()
		for i := range 60 {
			a, row := listed(i)
			if err := list.Add(t.Context(), a, row); err != nil {
				t.Fatal(err)
			}
		}
		stopped, stop := context.WithCancel(t.Context())
		stop()
		if _, err := list.Close(stopped); core.CodeOf(err) != core.Unavailable {
			t.Errorf("stopped: %v", err)
		}
		if added, err := list.Close(t.Context()); added != 60 || err != nil {
			t.Errorf("%d rows are new, want 60: %v", added, err)
		}
	})
}
