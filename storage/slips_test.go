package storage

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

func TestSimilarNamesWalksRangesOfTheIndex(t *testing.T) {
	t.Parallel()
	s := openQueue(t, "sqlite:"+filepath.Join(t.TempDir(), "tocsin.db"))
	inTx(t, s, func(ctx context.Context, x *tx) error {
		var lines []struct {
			ID, Parent, Notused int
			Detail              string
		}
		query := x.NewRaw("EXPLAIN QUERY PLAN SELECT p.fold FROM ? AND length(p.fold) BETWEEN 2 AND 6", x.begunBy(slipBeginnings([]rune("lyno"))))
		if err := query.Scan(ctx, &lines); err != nil {
			return err
		}
		if plan := fmt.Sprint(lines); !strings.Contains(plan, "SEARCH p USING COVERING INDEX places_fold (fold>? AND fold<?)") {
			t.Errorf("the plan is %s", plan)
		}
		return nil
	})
}
