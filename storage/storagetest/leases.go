package storagetest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tocsin/core"
)

var leaseProperties = []property{
	{"Lease/HasOneHolder", leaseOneHolder},
	{"Lease/OfManyWhoAskOneGetsIt", leaseRace},
	{"Lease/RenewedInTimeKeepsItsTerm", leaseRenewed},
	{"Lease/EndsByTheStoresClock", leaseEnds},
	{"Lease/WhoSleptPastItIsFencedOff", leaseFence},
	{"Lease/OwnRunOutLeaseHasANewTerm", leaseOwnRunOut},
	{"Lease/DroppedGoesToTheNextWithANewTerm", leaseDropped},
	{"Lease/DroppedLateDoesNothing", leaseDroppedLate},
	{"Lease/IsNotTakenDuringAFencedTransaction", leaseDuringFence},
}

const poll core.LeaseName = "poll:telegram:4711"

// take takes a lease that must be free.
func take(t *testing.T, s core.Store, holder string) core.Lease {
	t.Helper()
	var l core.Lease
	must(t, s.Tx(t.Context(), func(tx core.Tx) (err error) {
		l, err = tx.TakeLease(t.Context(), poll, holder)
		return err
	}))
	if l.Name != poll || l.Holder != holder || l.Term < 1 {
		t.Fatalf("%s took the lease %+v", holder, l)
	}
	return l
}

// taken returns the code with which a lease is refused.
func taken(t *testing.T, s core.Store, holder string) core.Code {
	t.Helper()
	return core.CodeOf(s.Tx(t.Context(), func(tx core.Tx) error {
		_, err := tx.TakeLease(t.Context(), poll, holder)
		return err
	}))
}

func fence(t *testing.T, s core.Store, l core.Lease) core.Code {
	t.Helper()
	return core.CodeOf(s.Tx(t.Context(), func(tx core.Tx) error { return tx.Fence(t.Context(), l) }))
}

func leaseOneHolder(t *testing.T, s core.Store) {
	l := take(t, s, "a")
	if c := taken(t, s, "b"); c != core.Conflict {
		t.Errorf("a second holder got %q, want a conflict", c)
	}
	if c := fence(t, s, l); c != "" {
		t.Errorf("the holder is fenced off: %q", c)
	}
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		_, err := tx.TakeLease(ctx, "cron", "b")
		return err
	})
}

func leaseRace(t *testing.T, s core.Store) {
	var got atomic.Int64
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			err := s.Tx(t.Context(), func(tx core.Tx) error {
				_, err := tx.TakeLease(t.Context(), poll, string(rune('a'+i)))
				return err
			})
			if err == nil {
				got.Add(1)
			} else if core.CodeOf(err) != core.Conflict {
				t.Errorf("holder %d: %v", i, err)
			}
		})
	}
	wait.Wait()
	if got.Load() != 1 {
		t.Errorf("%d of 8 got the lease", got.Load())
	}
}

func leaseRenewed(t *testing.T, s core.Store) {
	first := take(t, s, "a")
	for range 5 {
		advance(t, s, core.RenewEvery*2)
		if l := take(t, s, "a"); l != first {
			t.Fatalf("renewed to %+v, want %+v", l, first)
		}
	}
	if c := taken(t, s, "b"); c != core.Conflict {
		t.Errorf("a second holder got %q, want a conflict", c)
	}
}

func leaseEnds(t *testing.T, s core.Store) {
	first := take(t, s, "a")
	advance(t, s, core.LeaseLife)
	if c := fence(t, s, first); c != core.Conflict {
		t.Errorf("a lease that ran out is held: %q", c)
	}
	if l := take(t, s, "b"); l.Term <= first.Term {
		t.Errorf("the next holder has the term %d after %d", l.Term, first.Term)
	}
}

func leaseFence(t *testing.T, s core.Store) {
	slept := take(t, s, "a")
	advance(t, s, core.LeaseLife)
	now := take(t, s, "b")
	wrote := s.Tx(t.Context(), func(tx core.Tx) error {
		return errors.Join(tx.Fence(t.Context(), slept), tx.MarkSeen(t.Context(), testBot, "1"))
	})
	wantCode(t, wrote, core.Conflict)
	if c := fence(t, s, now); c != "" {
		t.Errorf("the holder is fenced off: %q", c)
	}
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.MarkSeen(ctx, testBot, "1") })
}

// Who lets a lease run out may have been away: what was begun under it must not be
// taken for what is done under the next one.
func leaseOwnRunOut(t *testing.T, s core.Store) {
	first := take(t, s, "a")
	advance(t, s, core.LeaseLife)
	if l := take(t, s, "a"); l.Term <= first.Term {
		t.Errorf("the term is %d after %d", l.Term, first.Term)
	}
	if c := fence(t, s, first); c != core.Conflict {
		t.Errorf("the lease that ran out is held: %q", c)
	}
}

func leaseDropped(t *testing.T, s core.Store) {
	first := take(t, s, "a")
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.DropLease(ctx, first) })
	if c := fence(t, s, first); c != core.Conflict {
		t.Errorf("a dropped lease is held: %q", c)
	}
	if l := take(t, s, "b"); l.Term <= first.Term {
		t.Errorf("the next holder has the term %d after %d", l.Term, first.Term)
	}
}

func leaseDroppedLate(t *testing.T, s core.Store) {
	first := take(t, s, "a")
	advance(t, s, core.LeaseLife)
	second := take(t, s, "b")
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		must(t, tx.DropLease(ctx, first))
		return tx.DropLease(ctx, core.Lease{Name: "none", Holder: "a", Term: 1})
	})
	if c := fence(t, s, second); c != "" {
		t.Errorf("the holder lost its lease to one that was late: %q", c)
	}
}

// A lease runs out in the middle of a transaction that was fenced: the next holder has
// to wait until all that the last one wrote is there.
func leaseDuringFence(t *testing.T, s core.Store) {
	first := take(t, s, "a")
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		must(t, tx.Fence(ctx, first))
		advance(t, s, core.LeaseLife)
		soon, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
		defer cancel()
		err := s.Tx(soon, func(tx core.Tx) error {
			_, err := tx.TakeLease(soon, poll, "b")
			return err
		})
		wantCode(t, err, core.Unavailable)
		return nil
	})
	take(t, s, "b")
}
