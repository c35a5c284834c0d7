package scheduler

import (
	"context"
	"log/slog"
	"time"

	"tocsin/core"
)

// A loop calls something again and again: after the wait that it asked for, after
// every at the latest, or at a hint.
type loop struct {
	every time.Duration
	wake  <-chan struct{}
	log   *slog.Logger
	what  string
}

// run calls pass until ctx is done; a pass that began is finished. What failed is
// tried again, more and more slowly.
func (l loop) run(ctx context.Context, pass func(context.Context) (time.Duration, error)) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	failures := 0
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-l.wake:
		case <-timer.C:
		}
		wait, err := pass(context.WithoutCancel(ctx))
		switch {
		case err == nil:
			failures = 0
		case core.CodeOf(err) == core.Conflict:
			wait = l.every / 16 // a race that was lost is run again
		default:
			failures++
			wait = backoff(min(failures, 6))
			l.log.Error(l.what+" failed", "code", core.CodeOf(err), "err", err)
		}
		timer.Reset(min(wait, max(l.every, backoff(failures))))
	}
}

// untilDue returns how long it is until something is due for a bot: an hour if
// nothing waits.
func untilDue(ctx context.Context, store core.Store, b core.BotID) (wait time.Duration, err error) {
	err = store.Read(ctx, func(r core.Reader) error {
		next, err := r.NextDue(ctx, b)
		if err != nil {
			return err
		}
		if next.IsZero() {
			wait = time.Hour
			return nil
		}
		now, err := r.Now(ctx)
		wait = max(0, next.Sub(now))
		return err
	})
	return wait, err
}
