package storagetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core"
)

var retentionProperties = []property{
	{"Retention/OlderGoesNewerStays", olderGoesNewerStays},
	{"Retention/QueuedIsNeverPurged", queuedIsNeverPurged},
	{"Retention/PartsGoWithTheirMenu", partsGoWithTheirMenu},
	{"Retention/ZoneStaysWithoutCell", zoneStaysWithoutCell},
	{"Retention/EveryKindIsKnown", everyKindIsKnown},
}

// putLeavings stores an item of each kind.
func putLeavings(t *testing.T, s core.Store, name string) map[core.Kept]there {
	t.Helper()
	stored := make(map[core.Kept]there)
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		now := get[time.Time](t)(tx.Now(ctx))
		for kind, it := range leavings {
			stored[kind] = get[there](t)(it.put(ctx, tx, name, now))
		}
		return nil
	})
	return stored
}

// Of each kind an item is stored, and five days later another. Then each kind is purged
// of what is older than two days, which touches no other kind.
func olderGoesNewerStays(t *testing.T, s core.Store) {
	older := putLeavings(t, s, "older")
	advance(t, s, 5*24*time.Hour)
	newer := putLeavings(t, s, "newer")
	line := now(t, s).Add(-2 * 24 * time.Hour)
	for kind, it := range leavings {
		wantPurge(t, s, kind, line, it.rows)
		wantPurge(t, s, kind, line, 0)
	}
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		for kind := range leavings {
			if get[bool](t)(older[kind](ctx, tx)) {
				t.Errorf("%s: the older is still there", kind)
			}
			if !get[bool](t)(newer[kind](ctx, tx)) {
				t.Errorf("%s: the newer is gone", kind)
			}
		}
		return nil
	})
}

// wantPurge purges one kind, and checks how many rows that takes, and that it is what
// CountPurge said. The counts of the other kinds stay.
func wantPurge(t *testing.T, s core.Store, k core.Kept, line time.Time, want int) {
	t.Helper()
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		before := countPurges(ctx, t, tx, line)
		purged := get[int](t)(tx.Purge(ctx, k, line))
		if before[k] != want || purged != want {
			t.Errorf("%s: CountPurge = %d and Purge = %d, want %d", k, before[k], purged, want)
		}
		before[k] = 0
		if d := cmp.Diff(before, countPurges(ctx, t, tx, line)); d != "" {
			t.Errorf("%s: what is left to purge (-want +got):\n%s", k, d)
		}
		return nil
	})
}

func countPurges(ctx context.Context, t *testing.T, tx core.Tx, line time.Time) map[core.Kept]int {
	t.Helper()
	counts := make(map[core.Kept]int)
	for kind := range leavings {
		counts[kind] = get[int](t)(tx.CountPurge(ctx, kind, line))
	}
	return counts
}

// purgeAll removes what is older than the clock of s, however long it takes.
func purgeAll(t *testing.T, s core.Store, k core.Kept) (total int) {
	t.Helper()
	line := now(t, s)
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		for {
			n, err := tx.Purge(ctx, k, line)
			if err != nil || n == 0 {
				return err
			}
			total += n
		}
	})
	return total
}

func queuedIsNeverPurged(t *testing.T, s core.Store) {
	o := enqueue(t, s, core.Outgoing{Chat: chat(t, s, "anna"), Lane: core.Talk})
	advance(t, s, 1000*24*time.Hour)
	if n := purgeAll(t, s, core.KeptOutbox); n != 0 {
		t.Errorf("%d rows purged, want 0", n)
	}
	wantClaim(t, s, o)
}

// A press on an old message is understood as long as its menu is kept, which is longer
// than the message is.
func partsGoWithTheirMenu(t *testing.T, s core.Store) {
	anna := chat(t, s, "anna")
	o := enqueue(t, s, core.Outgoing{Chat: anna, Lane: core.Talk})
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		return tx.PutMenu(ctx, &core.Menu{Token: "abcdefghijklmnop", Chat: anna, Message: o.ID})
	})
	settle(t, s, wantClaim(t, s, o)[0], sent("17", "18"))
	advance(t, s, 48*time.Hour)
	if n := purgeAll(t, s, core.KeptOutbox); n != 1 {
		t.Errorf("%d messages purged, want 1", n)
	}
	menuOn := func(want core.Code) {
		t.Helper()
		do(t, s, func(ctx context.Context, tx core.Tx) error {
			_, err := tx.MenuOn(ctx, anna, "18")
			wantCode(t, err, want)
			return nil
		})
	}
	menuOn("")
	if n := purgeAll(t, s, core.KeptMenus); n != 3 {
		t.Errorf("%d rows purged, want a menu and two parts", n)
	}
	menuOn(core.NotFound)
}

func zoneStaysWithoutCell(t *testing.T, s core.Store) {
	p := &core.Supporter{
		State: core.Active, Language: "fr", Zone: "Europe/Paris", Radius: 50, Often: core.Weekly,
		Cell: 42, Place: 7, Area: "FR/84/69", Since: "2026-01-01", Seen: "2026-01-02",
	}
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.CreateSupporter(ctx, p) })
	if n := purgeAll(t, s, core.KeptCells); n != 1 {
		t.Errorf("%d people changed, want 1", n)
	}
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		got, err := tx.Supporter(ctx, p.ID)
		must(t, err)
		want := *p
		want.Cell, want.Place, want.Area = 0, 0, ""
		if d := cmp.Diff(&want, got); d != "" {
			t.Errorf("supporter (-want +got):\n%s", d)
		}
		return nil
	})
}

func everyKindIsKnown(t *testing.T, s core.Store) {
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		for _, r := range core.Retentions {
			if leavings[r.Data].put == nil {
				t.Errorf("no test stores an item of %q", r.Data)
			}
			if n, err := tx.CountPurge(ctx, r.Data, time.Now()); n != 0 || err != nil {
				t.Errorf("CountPurge(%q) = %d, %v; want 0", r.Data, n, err)
			}
		}
		_, err := tx.Purge(ctx, "nothing", time.Now())
		wantCode(t, err, core.Invalid)
		_, err = tx.CountPurge(ctx, "nothing", time.Now())
		wantCode(t, err, core.Invalid)
		return nil
	})
}
