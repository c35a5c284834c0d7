package scheduler

import (
	"context"
	"log/slog"
	"time"

	"tocsin/core"
)

// Broadcasts leads broadcasts on their course: it holds, freezes, judges the canary and
// ends them. The Dispatcher sends. One process at a time leads, by a lease.
type Broadcasts struct {
	Store    core.Store
	Campaign *core.Campaign
	Holder   string // of the lease; unique to this process
	Log      *slog.Logger
	Wake     <-chan struct{} // a hint that somebody did something to a broadcast; may be nil
	Every    time.Duration   // how often to look without a hint; 0 means DefaultEvery

	// Moved is told of each change of a state, in the transaction that makes it; may be
	// nil. Whoever proposed and whoever approved hear of it so.
	Moved func(ctx context.Context, tx core.Tx, b *core.Broadcast) error
}

// leading is the lease of who leads.
const leading core.LeaseName = "broadcasts"

// underWay are the states that something is done in.
var underWay = []core.BroadcastState{
	core.Proposed, core.Approved, core.Holding, core.Freezing, core.CanaryFlight, core.Running, core.Stopping,
}

// Run leads until ctx is done.
func (b *Broadcasts) Run(ctx context.Context) error {
	every := orDefault(b.Every, DefaultEvery)
	l := loop{every: every, wake: b.Wake, log: b.Log, what: "broadcasts"}
	return l.run(ctx, func(ctx context.Context) (time.Duration, error) {
		err := b.pass(ctx)
		if core.CodeOf(err) == core.Conflict {
			err = nil // another process leads, or somebody was faster
		}
		return every, err
	})
}

// pass does for each broadcast what is to be done now. One that fails stops no other.
func (b *Broadcasts) pass(ctx context.Context) error {
	var all []*core.Broadcast
	err := b.Store.Read(ctx, func(r core.Reader) (err error) {
		all, err = r.Broadcasts(ctx, 0, underWay...)
		return err
	})
	if err != nil || len(all) == 0 {
		return err
	}
	lease, err := b.lead(ctx)
	if err != nil {
		return err
	}
	var first error
	for _, one := range all {
		if err := b.step(ctx, lease, one); err != nil && core.CodeOf(err) != core.Conflict && first == nil {
			first = err
		}
	}
	return first
}

func (b *Broadcasts) lead(ctx context.Context) (lease core.Lease, err error) {
	err = b.Store.Tx(ctx, func(tx core.Tx) (err error) {
		lease, err = tx.TakeLease(ctx, leading, b.Holder)
		return err
	})
	return lease, err
}

// step moves one broadcast on.
func (b *Broadcasts) step(ctx context.Context, lease core.Lease, one *core.Broadcast) error {
	if one.State == core.Freezing {
		return b.freeze(ctx, one)
	}
	now, sending, waits, canary, err := b.look(ctx, one)
	if err != nil {
		return err
	}
	to, why := one.Next(now, sending, waits, canary)
	if to == one.State {
		return nil
	}
	if to == core.Finished && waits {
		if err := b.skip(ctx, one.ID); err != nil {
			return err
		}
	}
	return b.Store.Tx(ctx, func(tx core.Tx) error {
		if err := tx.Fence(ctx, lease); err != nil {
			return err
		}
		return b.move(ctx, tx, one, to, why)
	})
}

// look asks how a broadcast stands.
func (b *Broadcasts) look(ctx context.Context, one *core.Broadcast) (now time.Time, sending, waits bool, canary *core.Progress, err error) {
	err = b.Store.Read(ctx, func(r core.Reader) (err error) {
		if now, err = r.Now(ctx); err != nil {
			return err
		}
		if sending, err = r.Sending(ctx, one.ID); err != nil {
			return err
		}
		if waits, err = r.Waits(ctx, one.ID, core.CanaryWave); err != nil {
			return err
		}
		switch {
		case one.State == core.CanaryFlight && !waits:
			canary, err = r.Progress(ctx, one.ID, core.CanaryWave)
		case one.State == core.Running && !waits:
			waits, err = r.Waits(ctx, one.ID, core.MainWave)
		}
		return err
	})
	return now, sending, waits, canary, err
}

// move stores a change of state, and tells of it. What was recalled is so once its recall
// has ended.
func (b *Broadcasts) move(ctx context.Context, tx core.Tx, one *core.Broadcast, to core.BroadcastState, why core.Reason) error {
	from := one.State
	one.State, one.Why = to, why
	if err := tx.PutBroadcast(ctx, one, from); err != nil {
		return err
	}
	b.Log.Info("broadcast moved", "broadcast", int64(one.ID), "from", string(from), "to", string(to), "why", string(why))
	if one.Kind == core.Recall && to == core.Finished {
		of, err := tx.Broadcast(ctx, one.Of)
		if err != nil {
			return err
		}
		before := of.State
		if of.State = core.Recalled; before.Over() {
			err = tx.PutBroadcast(ctx, of, before)
		}
		if err != nil {
			return err
		}
	}
	if b.Moved == nil {
		return nil
	}
	return b.Moved(ctx, tx, one)
}

// How many copies a transaction makes or ends at first, and how long it may take: a turn
// waits for it.
const (
	firstBatch = 1_000
	mostBatch  = 20_000
	batchTime  = 25 * time.Millisecond
)

// A batching finds how much fits into batchTime.
type batching int

// after returns the next size after one that took so long.
func (n batching) after(took time.Duration) batching {
	switch {
	case n == 0: // all at once
		return 0
	case took > batchTime:
		return max(n/2, firstBatch/10)
	case took < batchTime/2:
		return min(n*2, mostBatch)
	}
	return n
}

// long is a Store that has connections of their own for what takes long, and perhaps more
// than one writer: then nothing waits for it.
type long interface {
	Long(ctx context.Context, fn func(core.Tx) error) error
	OneWriter() bool
}

// freeze makes the copies of a broadcast, and then lets it go. Nothing is lost if it is
// cut short: it goes on where it was, whoever leads.
func (b *Broadcasts) freeze(ctx context.Context, one *core.Broadcast) error {
	var took time.Duration
	tx, n := b.Store.Tx, batching(firstBatch)
	if l, ok := b.Store.(long); ok && !l.OneWriter() {
		tx, n = l.Long, 0
	}
	for done := false; !done; n = n.after(took) {
		if _, err := b.lead(ctx); err != nil {
			return err
		}
		began := time.Now()
		err := tx(ctx, func(tx core.Tx) (err error) {
			now, err := tx.Now(ctx)
			if err != nil {
				return err
			}
			p := core.Prospect{Audience: one.Audience, Start: one.Start, Campaign: b.Campaign, Now: now}
			if done, err = tx.Freeze(ctx, one, p, int(n)); err != nil || !done {
				return err
			}
			return b.move(ctx, tx, one, one.After(), "")
		})
		if err != nil {
			return err
		}
		took = time.Since(began)
	}
	return nil
}

// skip ends what waits of a broadcast whose time is over.
func (b *Broadcasts) skip(ctx context.Context, id core.BroadcastID) error {
	for n := batching(firstBatch); ; {
		began := time.Now()
		skipped := 0
		err := b.Store.Tx(ctx, func(tx core.Tx) (err error) {
			skipped, err = tx.SkipQueued(ctx, id, core.TooLate, int(n))
			return err
		})
		if err != nil || skipped == 0 {
			return err
		}
		n = n.after(time.Since(began))
	}
}
