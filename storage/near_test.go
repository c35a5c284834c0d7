package storage

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin/core"
	"tocsin/core/geo"
)

// scattered stores n actions around Lyon; many begin at one time.
func scattered(t *testing.T, s *Store, n int) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	as := make([]*core.Action, n)
	for i := range as {
		as[i] = &core.Action{
			Source: fmt.Sprint(i), StartsAt: time.Unix(int64(1+r.IntN(n/3)), 0), State: core.Public,
			Point: geo.Point{Lat: 45.75 + 0.2*r.NormFloat64(), Lon: 4.85 + 0.2*r.NormFloat64()},
		}
	}
	inTx(t, s, func(ctx context.Context, x *tx) error {
		_, _, err := x.PutActions(ctx, as)
		return err
	})
}

// lyon asks for the first of scattered.
func lyon(km geo.Km, want int) *nearSearch {
	q := core.NearQuery{Center: geo.Point{Lat: 45.75, Lon: 4.85}, Radius: km, From: time.Unix(0, 0), To: time.Unix(1e6, 0)}
	return &nearSearch{NearQuery: q, want: want, rows: nearRows, ranges: geo.Cover(q.Center, km, coverRanges)}
}

func TestNearFindsTheSameOnBothWays(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		scattered(t, s, 600)
		inTx(t, s, func(ctx context.Context, x *tx) error {
			for _, km := range []geo.Km{0, 3, 12, 40, 300} {
				for _, n := range []int{1, 5, 70, 700} {
					want, done, err := x.takeNear(ctx, lyon(km, n), nearRows)
					if err != nil || !done {
						t.Fatalf("all actions in the circle: %t, %v", done, err)
					}
					for _, rows := range []int{1, 9, 150} { // so few that it takes several tries
						search := lyon(km, n)
						search.rows = rows
						got, err := x.nearMatches(ctx, search)
						if err != nil || !slices.Equal(got, want) {
							t.Errorf("within %v km, %d wanted, beginning with %d rows: %d found, want %d: %v",
								km, n, rows, len(got), len(want), err)
						}
					}
				}
			}
			return nil
		})
	})
}

// To walk is only fast if SQLite stops at the last match: so nothing may be sorted.
func TestNearLooksAtIndexesAlone(t *testing.T) {
	t.Parallel()
	s := openQueue(t, "sqlite:"+filepath.Join(t.TempDir(), "tocsin.db"))
	inTx(t, s, func(ctx context.Context, x *tx) error {
		search := lyon(10, 5)
		search.Everyone, search.Kinds = true, []core.KindID{"stall"}
		search.For = 1
		for query, index := range map[string]string{
			x.NewRaw(walkQuery, 1, 2, 3, within("a.cell", search.ranges), search.filter()).String():      "actions_start",
			x.NewRaw(takeQuery, rangeValues(search.ranges), x.byRange(), 1, 2, search.filter()).String(): "actions_cell",
			x.NewRaw(countQuery, rangeValues(search.ranges), x.byRange(), 3).String():                    "actions_cell",
		} {
			var lines []struct {
				ID, Parent, Notused int
				Detail              string
			}
			if err := x.NewRaw("EXPLAIN QUERY PLAN "+query).Scan(ctx, &lines); err != nil {
				return err
			}
			plan := fmt.Sprint(lines)
			if !strings.Contains(plan, "COVERING INDEX "+index) || strings.Contains(plan, "TEMP B-TREE") {
				t.Errorf("the plan is %s", plan)
			}
		}
		return nil
	})
}
