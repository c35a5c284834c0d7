package storagetest

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin/core"
	"tocsin/core/geo"
)

var searchProperties = []property{
	{"Search/IsKeptOnceAWeekAndSquare", searchKeptOnce},
	{"Search/CountsPeopleNotSearches", searchCountsPeople},
	{"Search/OfNobodyIsNotKept", searchOfNobody},
}

func noteSearch(t *testing.T, s core.Store, searches ...core.Search) {
	t.Helper()
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		for _, search := range searches {
			must(t, tx.NoteSearch(ctx, search))
		}
		return nil
	})
}

func searchKeptOnce(t *testing.T, s core.Store) {
	who, other := supporter(t, s), supporter(t, s)
	lyon, suva := geo.CellOf(centers[0]).Square(), geo.CellOf(centers[2]).Square()
	lima := geo.CellOf(geo.Point{Lat: -12, Lon: -77}).Square()
	want := []core.Search{
		{Supporter: who, Square: lyon, Week: "2026-11-23"}, {Supporter: who, Square: lima, Week: "2026-11-30"},
		{Supporter: who, Square: lyon, Week: "2026-11-30"}, {Supporter: who, Square: suva, Week: "2026-11-30"},
	}
	noteSearch(t, s, want...)
	noteSearch(t, s, want[3], want[0], want[0])
	noteSearch(t, s, core.Search{Supporter: other, Square: lyon, Week: "2026-11-23"})
	read(t, s, func(ctx context.Context, r core.Reader) error {
		got, err := r.Searches(ctx, who)
		if d := cmp.Diff(want, got); d != "" { // a negative square comes first
			t.Errorf("searches (-want +got):\n%s", d)
		}
		return err
	})
}

func searchCountsPeople(t *testing.T, s core.Store) {
	here, there := geo.CellOf(centers[0]).Square(), geo.CellOf(centers[1]).Square()
	for range 3 {
		who := supporter(t, s)
		noteSearch(t, s, core.Search{Supporter: who, Square: here, Week: "2026-11-23"},
			core.Search{Supporter: who, Square: here, Week: "2026-11-30"},
			core.Search{Supporter: who, Square: there, Week: "2026-11-16"})
	}
	noteSearch(t, s, core.Search{Supporter: supporter(t, s), Square: here, Week: "2026-11-23"})
	read(t, s, func(ctx context.Context, r core.Reader) error {
		for _, c := range []struct {
			in    geo.Square
			since core.Day
			want  int
		}{{here, "2026-11-23", 4}, {here, "2026-11-30", 3}, {here, "2026-12-07", 0}, {there, "2026-11-17", 0}, {there, "2026-11-16", 3}} {
			if n := get[int](t)(r.CountSearchers(ctx, c.in, c.since)); n != c.want {
				t.Errorf("%d people since %s, want %d", n, c.since, c.want)
			}
		}
		return nil
	})
}

func searchOfNobody(t *testing.T, s core.Store) {
	who := supporter(t, s) + 1
	noteSearch(t, s, core.Search{Supporter: who, Square: 1, Week: "2026-11-23"})
	read(t, s, func(ctx context.Context, r core.Reader) error {
		if got := get[[]core.Search](t)(r.Searches(ctx, who)); len(got) > 0 {
			t.Errorf("kept %d", len(got))
		}
		return nil
	})
}
