package storagetest

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin/core"
)

var sourceProperties = []property{
	{"Source/CountsEachWhoSignedUp", sourceCounts},
}

func sourceCounts(t *testing.T, s core.Store) {
	wantSources := func(want ...core.SourceCount) {
		t.Helper()
		read(t, s, func(ctx context.Context, r core.Reader) error {
			got := get[[]core.SourceCount](t)(r.Sources(ctx))
			if d := cmp.Diff(want, got); d != "" && len(want)+len(got) > 0 {
				t.Errorf("sources (-want +got):\n%s", d)
			}
			return nil
		})
	}
	wantSources()
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.CountSource(ctx, "poster") })
	won := race(t, s, 8, core.Conflict, func(ctx context.Context, tx core.Tx, i int) error {
		return tx.CountSource(ctx, []core.SourceID{"leaflet", "poster"}[i%2])
	})
	if won != 8 {
		t.Errorf("%d of 8 were counted", won)
	}
	wantSources(core.SourceCount{Source: "leaflet", Joined: 4}, core.SourceCount{Source: "poster", Joined: 5})
}
