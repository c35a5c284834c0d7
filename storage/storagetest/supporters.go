package storagetest

import (
	"context"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin/core"
	"tocsin/core/geo"
)

var supporterProperties = []property{
	{"Supporter/ComesBackWhole", supporterComesBack},
	{"Supporter/CellOfEachS2FaceComesBack", cellOfEachFace},
	{"Supporter/MissingIsNotFound", supporterMissing},
	{"Supporter/NameCanGo", supporterNameGoes},
	{"Prove/ByAnotherFails", proveByAnother},
	{"Prove/AgainByTheSameIsFine", proveAgain},
	{"Prove/HasOneWinnerInParallel", proveInParallel},
}

// proofNo is a fingerprint that is told from others by one byte.
func proofNo(n byte) core.Fingerprint { return core.Fingerprint{0: n, 31: 1} }

// race runs fn n times at once, each in a transaction that is committed whatever fn
// returns, and counts how many returned nil. Others must return the code lost.
func race(t *testing.T, s core.Store, n int, lost core.Code, fn func(ctx context.Context, tx core.Tx, i int) error) int {
	t.Helper()
	var wg sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() {
			var own error
			err := try(t, s, func(ctx context.Context, tx core.Tx) error {
				own = fn(ctx, tx, i)
				return nil
			})
			if errs[i] = own; err != nil {
				errs[i] = err
			}
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else {
			wantCode(t, err, lost)
		}
	}
	return won
}

func wantSupporter(t *testing.T, s core.Store, want *core.Supporter) {
	t.Helper()
	read(t, s, func(ctx context.Context, r core.Reader) error {
		got, err := r.Supporter(ctx, want.ID)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("supporter (-want +got):\n%s", d)
		}
		return err
	})
}

func supporterComesBack(t *testing.T, s core.Store) {
	p := &core.Supporter{
		State: core.Active, Name: "Zoé d’Été 👩\u200d🌾", Language: "fr", Zone: "Indian/Reunion",
		Cell: geo.CellOf(geo.Point{Lat: -20.88, Lon: 55.45}), Place: 12, Area: "FR/04/974", Radius: 25,
		Often: core.Weekly, Since: "2026-11-22", Seen: "2026-12-31",
		Settings: core.Settings{
			Kinds: []core.KindID{"leafleting", "stall"}, Times: []core.Times{core.Evenings}, Quiet: &core.Quiet{From: 22, Until: 7},
			Plain: true, Held: "2027-01-01", Moved: 1798761600, Line: "30 12 * * 1-5", Free: true, Budget: new(int), Pause: "2027-01-02",
			Snoozed: map[core.KindID]core.Day{"meeting": "2027-01-03"},
		},
	}
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.CreateSupporter(ctx, p) })
	if p.ID == 0 {
		t.Fatal("a new supporter has no id")
	}
	wantSupporter(t, s, p)
	p.Settings = core.Settings{}
	p.State, p.Name, p.Language, p.Zone, p.Cell = core.Banned, "Max", "en", "Europe/Paris", 0
	p.Place, p.Area, p.Radius, p.Often, p.Stopped, p.Seen = 0, "", 3, core.Never, true, "2027-01-01"
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.PutSupporter(ctx, p) })
	wantSupporter(t, s, p)
}

// faces are points on the six faces of the cube behind the cells, in their order.
var faces = [...]geo.Point{
	{Lat: 0, Lon: 0}, {Lat: 0, Lon: 90}, {Lat: 90, Lon: 0}, {Lat: 0, Lon: 180}, {Lat: 0, Lon: -90}, {Lat: -90, Lon: 0},
}

func cellOfEachFace(t *testing.T, s core.Store) {
	negative := 0
	for i, p := range faces {
		who := &core.Supporter{State: core.Active, Cell: geo.CellOf(p)}
		do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.CreateSupporter(ctx, who) })
		wantSupporter(t, s, who)
		if who.Cell == 0 {
			t.Errorf("face %d has no cell", i)
		}
		if who.Cell < 0 {
			negative++
		}
	}
	if negative != 2 {
		t.Errorf("%d of the faces have negative cells, want 2", negative)
	}
}

func supporterMissing(t *testing.T, s core.Store) {
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		_, err := tx.Supporter(ctx, 4711)
		wantCode(t, err, core.NotFound)
		_, err = tx.SponsoredBy(ctx, proofNo(1))
		wantCode(t, err, core.NotFound)
		wantCode(t, tx.PutSupporter(ctx, &core.Supporter{ID: 4711}), core.NotFound)
		wantCode(t, tx.Prove(ctx, 4711, proofNo(1)), core.NotFound)
		return nil
	})
}

func supporterNameGoes(t *testing.T, s core.Store) {
	p := &core.Supporter{State: core.Active, Name: "Zoé"}
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.CreateSupporter(ctx, p) })
	p.Name = ""
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.PutSupporter(ctx, p) })
	wantSupporter(t, s, p)
}

func proveByAnother(t *testing.T, s core.Store) {
	first, second := supporter(t, s), supporter(t, s)
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.Prove(ctx, first, proofNo(1)) })
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		wantCode(t, tx.Prove(ctx, second, proofNo(1)), core.Conflict)
		return tx.Prove(ctx, second, proofNo(2)) // the transaction goes on
	})
	read(t, s, func(ctx context.Context, r core.Reader) error {
		for want, f := range map[core.SupporterID]core.Fingerprint{first: proofNo(1), second: proofNo(2)} {
			if got := get[*core.Supporter](t)(r.SponsoredBy(ctx, f)); got.ID != want {
				t.Errorf("supporter %d is sponsored, want %d", got.ID, want)
			}
		}
		return nil
	})
}

func proveAgain(t *testing.T, s core.Store) {
	who := supporter(t, s)
	for range 2 {
		do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.Prove(ctx, who, proofNo(1)) })
	}
}

func proveInParallel(t *testing.T, s core.Store) {
	var ids [8]core.SupporterID
	for i := range ids {
		ids[i] = supporter(t, s)
	}
	for n := range byte(8) { // the first rounds only open connections
		won := race(t, s, len(ids), core.Conflict, func(ctx context.Context, tx core.Tx, i int) error {
			return tx.Prove(ctx, ids[i], proofNo(n))
		})
		if won != 1 {
			t.Errorf("%d supporters proved one sponsorship", won)
		}
	}
}
