package scheduler_test

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"tocsin/core"
	"tocsin/scheduler"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Two processes, a change of clocks, a restart: each planned time has one run.
func TestAPlannedTimeRunsOnceWhateverHappens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		night := time.Date(2026, 10, 25, 0, 20, 0, 0, time.UTC) // 2:20 in Paris; 2:30 comes at 0:30 and at 1:30
		time.Sleep(time.Until(night))
		s := newStage(t, core.Capabilities{})
		var runs atomic.Int32
		job := scheduler.Job{Name: "retention", Do: func(context.Context, core.Store, scheduler.Dry) (int, error) {
			return int(runs.Add(1)), nil
		}}
		process := func(holder string) *scheduler.Jobs {
			return &scheduler.Jobs{
				Store: s.store, Jobs: []scheduler.Job{job}, Zone: zone(t, "Europe/Paris"), Holder: holder,
				Lines: map[core.JobName]scheduler.Line{"retention": line(t, "30 2 * * *")}, Log: slog.New(slog.DiscardHandler),
			}
		}
		stopA, stopB := s.run(process("a")), s.run(process("b"))
		time.Sleep(20 * time.Minute)
		stopA()
		time.Sleep(time.Hour)
		stopB()
		stopC := s.run(process("c"))
		time.Sleep(time.Minute)
		stopC()
		if n := runs.Load(); n != 1 {
			t.Errorf("ran %d times in one night", n)
		}
		time.Sleep(time.Until(night.Add(25*time.Hour + 5*time.Minute)))
		s.run(process("d"))
		time.Sleep(10 * time.Minute)
		if n := runs.Load(); n != 2 {
			t.Errorf("ran %d times in two nights", n)
		}
	})
}

func TestAMissedTimeIsMadeUpForWithinItsGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			late time.Duration
			want int32
		}{{59 * time.Minute, 1}, {61 * time.Minute, 0}} {
			s := newStage(t, core.Capabilities{})
			at := time.Now().Truncate(24 * time.Hour).Add(48*time.Hour + 4*time.Hour)
			time.Sleep(time.Until(at.Add(tt.late)))
			var runs atomic.Int32
			stop := s.run(&scheduler.Jobs{
				Store: s.store, Zone: time.UTC, Holder: "a", Log: slog.New(slog.DiscardHandler),
				Lines: map[core.JobName]scheduler.Line{"x": line(t, "0 4 * * *")},
				Jobs: []scheduler.Job{{Name: "x", Do: func(context.Context, core.Store, scheduler.Dry) (int, error) {
					return int(runs.Add(1)), nil
				}}},
			})
			time.Sleep(time.Minute)
			stop()
			if runs.Load() != tt.want {
				t.Errorf("%s late: %d runs", tt.late, runs.Load())
			}
		}
	})
}

func TestRetainLetsGoWhoseTimeIsOverAndDryOnlyCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, core.Capabilities{})
		see := func(id string) error {
			return s.store.Tx(t.Context(), func(tx core.Tx) error { return tx.MarkSeen(t.Context(), "matrix:@b:x", id) })
		}
		if err := see("old"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(9 * 24 * time.Hour)
		if err := see("new"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(25 * time.Hour)
		for _, dry := range []scheduler.Dry{true, false} {
			if n, err := scheduler.Retain(t.Context(), s.store, dry); n != 1 || err != nil {
				t.Errorf("dry %t: %d rows, %v", dry, n, err)
			}
		}
		if err := see("old"); err != nil {
			t.Errorf("the old mark is still there: %v", err)
		}
		if err := see("new"); core.CodeOf(err) != core.Conflict {
			t.Errorf("the new mark is gone: %v", err)
		}
	})
}
