package matrix

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"tocsin/core"
)

// The waits between tries that failed.
const (
	firstWait = time.Second
	longest   = time.Minute
)

// Run implements core.Adapter. An account that the server refuses is no error: others go
// on, and the operator is told. It is asked for again when the program starts anew.
func (a *Adapter) Run(ctx context.Context, q core.Queue) error {
	if a.Lease == nil {
		a.serve(ctx, q)
		return nil
	}
	name := core.LeaseName("sync:" + string(a.Bot()))
	defer func() { _ = a.Lease.Drop(context.WithoutCancel(ctx), name, a.holder) }()
	for ctx.Err() == nil {
		if err := a.Lease.Hold(ctx, name, a.holder); err != nil {
			if core.CodeOf(err) == core.Conflict {
				a.become(Waiting)
			}
			pause(ctx, core.RenewEvery)
			continue
		}
		a.whileHeld(ctx, name, func(ctx context.Context) { a.serve(ctx, q) })
	}
	return nil
}

// whileHeld runs fn until the lease is lost.
func (a *Adapter) whileHeld(ctx context.Context, name core.LeaseName, fn func(context.Context)) {
	ctx, lose := context.WithCancel(ctx)
	defer lose()
	var renewing sync.WaitGroup
	renewing.Go(func() {
		held := time.Now()
		for pause(ctx, core.RenewEvery) {
			if err := a.Lease.Hold(ctx, name, a.holder); err == nil {
				held = time.Now()
			} else if core.CodeOf(err) == core.Conflict || time.Since(held) > core.LeaseLife {
				lose()
			}
		}
	})
	fn(ctx)
	lose()
	renewing.Wait()
}

// serve connects and receives, again and again, until ctx is done.
func (a *Adapter) serve(ctx context.Context, q core.Queue) {
	for wait := firstWait; ctx.Err() == nil; wait = min(2*wait, longest) {
		s, err := a.connect(ctx, nil)
		if err == nil {
			err = s.receive(ctx, q) // which offers it
			a.offer(nil)
			s.close()
			wait = firstWait
		}
		switch {
		case ctx.Err() != nil:
			return
		case kindOf(err) == wrongDevice:
			a.rest(ctx, WrongDevice)
		case core.CodeOf(err) == core.Forbidden:
			a.rest(ctx, NeedsCredentials)
		default:
			a.become(Away)
			a.Log.Warn("matrix: not connected", "kind", kindOf(err))
			pause(ctx, max(jitter(wait), core.AfterOf(err)))
		}
	}
}

// rest waits for the operator: to try again would only lock the account.
func (a *Adapter) rest(ctx context.Context, s State) {
	a.become(s)
	<-ctx.Done()
}

// pause waits, and reports whether ctx still goes on.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return ctx.Err() == nil
	}
}

// jitter returns a time between half of d and d, so that many who wait do not come back
// at once.
func jitter(d time.Duration) time.Duration { return d/2 + rand.N(d/2+1) }
