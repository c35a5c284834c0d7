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
	also  <-chan struct{} // a second hint
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
		case <-l.also:
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

// DefaultLinger is how long what is under way may go on when a part is to end. What hangs
// is broken off then, as by a connection that is lost.
const DefaultLinger = 2 * time.Second

// outlasting returns a context that ends a time after ctx does, or with end.
func outlasting(ctx context.Context, linger time.Duration) (_ context.Context, end context.CancelFunc) {
	out, cut := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(linger, cut) })
	return out, func() { stop(); cut() }
}

// untilDue returns how long it is until something is due for a bot: an hour if
// nothing waits.
func untilDue(ctx context.Context, store core.Store, b core.BotID) (wait time.Duration, err error) {
	err = store.Read(ctx, func(r core.Reader) error {
		now, err := r.Now(ctx)
		if err == nil {
			wait, err = waitOf(ctx, r, b, now)
		}
		return err
	})
	return wait, err
}

// waitOf is untilDue within a transaction.
func waitOf(ctx context.Context, r core.Reader, b core.BotID, now time.Time) (time.Duration, error) {
	next, err := r.NextDue(ctx, b)
	if err != nil || next.IsZero() {
		return time.Hour, err
	}
	return max(0, next.Sub(now)), nil
}
