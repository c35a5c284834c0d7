package storagetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core"
)

var runProperties = []property{
	{"Run/ComesBackEqual", runComesBackEqual},
	{"Run/IsStartedOnce", runOnce},
	{"Run/LastIsTheOneStartedLast", runLast},
	{"Run/UnknownIsNotFound", runUnknown},
}

func runComesBackEqual(t *testing.T, s core.Store) {
	r := &core.Run{Job: "retention", Planned: "2026-03-29T02:30 Europe/Paris", Started: time.Date(2026, 3, 29, 1, 30, 0, 1000, time.UTC)}
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		must(t, tx.StartRun(ctx, r))
		got, err := tx.LastRun(ctx, r.Job)
		must(t, err)
		if !cmp.Equal(got, r) {
			t.Errorf("started: %+v, want %+v", got, r)
		}
		r.Ended, r.Count, r.Outcome = r.Started.Add(time.Minute), 20_000, "done"
		must(t, tx.EndRun(ctx, r))
		got, err = tx.LastRun(ctx, r.Job)
		must(t, err)
		if !cmp.Equal(got, r) {
			t.Errorf("ended: %+v, want %+v", got, r)
		}
		return nil
	})
}

func runOnce(t *testing.T, s core.Store) {
	r := &core.Run{Job: "retention", Planned: "2026-10-25T02:30 Europe/Paris", Started: now(t, s)}
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		must(t, tx.StartRun(ctx, r))
		must(t, tx.StartRun(ctx, &core.Run{Job: "digest", Planned: r.Planned}))
		return nil
	})
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		wantCode(t, tx.StartRun(ctx, r), core.Conflict)
		return nil
	})
}

func runLast(t *testing.T, s core.Store) {
	begin := now(t, s)
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		for i, planned := range []string{"2026-01-02T00:00 UTC", "2026-01-03T00:00 UTC", "2026-01-01T00:00 UTC"} {
			must(t, tx.StartRun(ctx, &core.Run{Job: "retention", Planned: planned, Started: begin.Add(time.Duration(i) * time.Hour)}))
		}
		must(t, tx.StartRun(ctx, &core.Run{Job: "digest", Planned: "2026-02-01T00:00 UTC", Started: begin.Add(9 * time.Hour)}))
		got, err := tx.LastRun(ctx, "retention")
		must(t, err)
		if got.Planned != "2026-01-01T00:00 UTC" {
			t.Errorf("the last run is that of %s", got.Planned)
		}
		return nil
	})
}

func runUnknown(t *testing.T, s core.Store) {
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		_, err := tx.LastRun(ctx, "none")
		wantCode(t, err, core.NotFound)
		wantCode(t, tx.EndRun(ctx, &core.Run{Job: "none", Planned: "2026-01-01T00:00 UTC"}), core.NotFound)
		return nil
	})
}
