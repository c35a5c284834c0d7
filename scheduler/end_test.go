package scheduler_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/core"
	"tocsin/scheduler"
)

// A hung platform takes everything and answers nothing: what is sent may have arrived.
type hung struct{ *platform }

func (h hung) Send(ctx context.Context, d core.Delivery) (core.Receipt, error) {
	if _, err := h.platform.Send(ctx, d); err != nil {
		return nil, err
	}
	<-ctx.Done()
	return nil, &core.Error{Code: core.Uncertain, Err: ctx.Err()}
}

// The end waits neither for a platform nor for a mail server. What was sent and not
// answered is uncertain, as after a connection that was lost: an answer goes once more, a
// broadcast does not; and what was certainly not done is done later.
func TestWhatHangsIsBrokenOffAtTheEndAndKeepsItsVerdict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, core.Capabilities{})
		s.meet("anna")
		s.meet("ben")
		s.write("anna", core.Talk, core.TwiceOkay, "an answer")
		s.write("ben", core.Bulk, core.Once, "a broadcast")
		s.tx(func(tx core.Tx) error {
			return tx.Enqueue(t.Context(), &core.Outgoing{Lane: core.Talk, Content: &core.Task{Name: "x"}})
		})
		d := s.dispatcher()
		d.Adapter = hung{s.platform}
		done := 0
		away := runner(func(ctx context.Context, _ *core.Task) error {
			done++
			<-ctx.Done()
			return &core.Error{Code: core.Unavailable, Err: ctx.Err()}
		})
		tasks := &scheduler.Tasks{Store: s.store, Runner: away, Log: slog.New(slog.DiscardHandler)}
		stop := s.run(d, tasks)
		time.Sleep(time.Second)
		synctest.Wait()
		ending := time.Now()
		stop()
		if took := time.Since(ending); took > 2*time.Second {
			t.Errorf("the end took %s", took)
		}
		tasks.Runner = runner(func(context.Context, *core.Task) error { done++; return nil })
		stop = s.run(s.dispatcher(), tasks)
		time.Sleep(5 * time.Second) // no lease has to end before
		stop()
		got := map[string]int{}
		for _, text := range s.texts() {
			got[text]++
		}
		if got["an answer"] != 2 || got["a broadcast"] != 1 || done != 2 {
			t.Errorf("arrived %v; the task was tried %d times", got, done)
		}
	})
}
