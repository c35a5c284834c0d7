package scheduler_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/core"
	"tocsin/scheduler"
)

func TestASlowSendHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, core.Capabilities{})
		s.meet("anna")
		s.meet("ben")
		s.planned(func(d core.Delivery) error {
			if d.To.Chat == "anna" {
				s.mu.Unlock()
				time.Sleep(scheduler.SendTimeout - time.Second)
				s.mu.Lock()
			}
			return nil
		})
		s.write("anna", core.Talk, core.TwiceOkay, "slow")
		stop := s.run(s.dispatcher())
		time.Sleep(time.Second)
		s.write("ben", core.Talk, core.TwiceOkay, "one", "two")
		time.Sleep(time.Minute)
		stop()
		at := map[string]time.Duration{}
		for _, m := range s.all() {
			at[m.text] = m.at
		}
		if len(at) != 3 || at["two"] > 4*time.Second || at["slow"] < 5*time.Second {
			t.Errorf("arrived %v", at)
		}
	})
}

// A poison cannot be rendered.
type poison struct{ core.Preparer }

func (p poison) Prepare(ctx context.Context, tx core.Tx, o *core.Outgoing, now time.Time) (core.Delivery, core.State, error) {
	if m, ok := o.Content.(*core.Message); ok && m.PlainText() == "poison" {
		return core.Delivery{}, "", &core.Error{Code: core.Internal, Err: errors.New("boom")}
	}
	return p.Preparer.Prepare(ctx, tx, o, now)
}

func TestAVerdictIsStoredAlsoWhileNothingCanBeClaimed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, core.Capabilities{})
		s.meet("anna")
		s.meet("ben")
		s.planned(func(core.Delivery) error {
			s.mu.Unlock()
			time.Sleep(3 * time.Second)
			s.mu.Lock()
			return nil
		})
		var id core.OutgoingID
		s.tx(func(tx core.Tx) error {
			o := s.chats["anna"]
			o.Lane, o.Again, o.Content = core.Talk, core.Once, &core.Message{Body: []core.Span{{Text: "one"}}}
			err := tx.Enqueue(t.Context(), &o)
			id = o.ID
			return err
		})
		d := s.dispatcher()
		d.Preparer = poison{s.bot}
		s.run(d)
		time.Sleep(2 * time.Second)
		s.write("ben", core.Talk, core.TwiceOkay, "poison")
		time.Sleep(10 * time.Second)
		s.tx(func(tx core.Tx) error {
			_, err := tx.Receipt(t.Context(), id)
			return err
		})
	})
}

// A process that does not hold the connection claims nothing; whoever gets it sends at once,
// at the first attempt.
func TestWhatCannotBeSentFromHereIsLeftToAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, core.Capabilities{})
		s.meet("anna")
		var connected atomic.Bool
		s.planned(func(core.Delivery) error {
			if !connected.Load() {
				return &core.Error{Code: core.Unavailable}
			}
			return nil
		})
		d := s.dispatcher()
		d.Ready = connected.Load
		s.write("anna", core.Talk, core.TwiceOkay, "hello")
		s.run(d)
		time.Sleep(time.Minute)
		if s.calls != 0 {
			t.Fatalf("it was tried %d times", s.calls)
		}
		connected.Store(true)
		time.Sleep(scheduler.DefaultEvery)
		synctest.Wait()
		if got := s.texts(); len(got) != 1 || s.calls != 1 {
			t.Errorf("arrived %v, after %d calls", got, s.calls)
		}
	})
}
