package scheduler

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"tocsin/core"
)

// A Dispatcher sends what is due for one bot. Any number of them, in any number of
// processes, may serve the same bot: they share the limits through the store.
type Dispatcher struct {
	Store    core.Store
	Adapter  core.Adapter
	Preparer core.Preparer
	Log      *slog.Logger
	Wake     <-chan struct{} // a hint that something is due; may be nil
	Every    time.Duration   // how often to look without a hint; 0 means DefaultEvery
	InFlight int             // sends at once; 0 means DefaultInFlight
	Lease    time.Duration   // longer than any send; 0 means DefaultLease

	Told func(core.Lane, core.Verdict) // is told how each attempt to send went, of several side by side; may be nil

	patience patience
}

// The defaults of a Dispatcher. A crash makes at most InFlight sends uncertain.
const (
	DefaultEvery    = time.Second
	DefaultInFlight = 8
	DefaultLease    = 15 * time.Second
	SendTimeout     = 10 * time.Second // of one send: well below the lease
	untilLimit      = 100 * time.Millisecond
	blockOfSlots    = 5 // slots of the shared limit are taken in blocks of at most 5
)

// A sending is one claimed and rendered Outgoing.
type sending struct {
	source   Source
	outgoing *core.Outgoing
	delivery core.Delivery
}

// calls returns how many messages of a platform a delivery is made of.
func calls(d core.Delivery) int {
	switch c := d.Content.(type) {
	case *core.Message:
		return c.Parts()
	case *core.Edit:
		return c.Message.Parts()
	}
	return 1
}

// callsOf returns how many those of a batch are together.
func callsOf(batch []sending) int {
	n := 0
	for _, s := range batch {
		n += calls(s.delivery)
	}
	return n
}

// Run sends until ctx is done, and returns once the sends under way are settled.
func (d *Dispatcher) Run(ctx context.Context) error {
	l := loop{every: orDefault(d.Every, DefaultEvery), wake: d.Wake, log: d.Log, what: "dispatch"}
	return l.run(ctx, d.pass)
}

// pass claims and sends one round of every lane, and returns how long to wait for
// the next. Without anything due it writes nothing.
func (d *Dispatcher) pass(ctx context.Context) (time.Duration, error) {
	bot := d.Adapter.Bot()
	if wait, err := untilDue(ctx, d.Store, bot); err != nil || wait > 0 {
		return wait, err
	}
	batch, err := d.claim(ctx)
	if err != nil {
		return 0, err
	}
	var wg sync.WaitGroup
	errs := make([]error, len(batch))
	for i, s := range batch {
		wg.Go(func() { errs[i] = d.send(ctx, s) })
	}
	wg.Wait()
	if len(batch) == 0 { // what is due waits for a limit
		return d.patience.wait(orDefault(d.Adapter.Capabilities().Limits.Bot.Every, untilLimit)), errors.Join(errs...)
	}
	d.patience.end()
	return 0, errors.Join(errs...)
}

// claim takes what is due, asks the gate and renders, in one transaction: from then
// on the intent to send is on disk. Talk goes first; what it uses is taken from the
// others.
func (d *Dispatcher) claim(ctx context.Context) ([]sending, error) {
	var batch []sending
	err := d.Store.Tx(ctx, func(tx core.Tx) error {
		batch = nil
		room := orDefault(d.InFlight, DefaultInFlight)
		talk, err := d.take(ctx, tx, Outbox{}, []core.Lane{core.Talk}, room)
		if err != nil {
			return err
		}
		limits := d.Adapter.Capabilities().Limits
		key := core.SlotKey{Bot: d.Adapter.Bot()}
		if len(talk) > 0 {
			if err := tx.Spend(ctx, key, limits.Bot, callsOf(talk)); err != nil {
				return err
			}
		}
		batch = talk
		if room -= len(talk); room == 0 {
			return nil
		}
		rest, err := d.takePaced(ctx, tx, key, limits.Bot, min(room, blockOfSlots))
		batch = append(batch, rest...)
		return err
	})
	return batch, err
}

// takePaced takes notices and broadcasts, as many as the bot's limit has slots. One of
// several parts takes as many, which those behind it wait for.
func (d *Dispatcher) takePaced(ctx context.Context, tx core.Tx, k core.SlotKey, l core.Limit, room int) ([]sending, error) {
	free, err := tx.Reserve(ctx, k, l, room)
	if err != nil || free == 0 {
		return nil, err
	}
	batch, err := d.take(ctx, tx, Outbox{}, []core.Lane{core.Notice}, free)
	if err != nil {
		return nil, err
	}
	for _, s := range []Source{Outbox{}, Recipients{}} {
		if len(batch) == free {
			break
		}
		more, err := d.take(ctx, tx, s, []core.Lane{core.Bulk}, free-len(batch))
		if err != nil {
			return nil, err
		}
		batch = append(batch, more...)
	}
	return batch, tx.Spend(ctx, k, l, callsOf(batch)-free)
}

// take claims from one source and renders. What the gate refuses, and what may have
// arrived and is not sent twice, is settled at once.
func (d *Dispatcher) take(ctx context.Context, tx core.Tx, from Source, lanes []core.Lane, n int) ([]sending, error) {
	claimed, err := from.Claim(ctx, tx, core.Claim{
		Bot: d.Adapter.Bot(), Lanes: lanes, Max: n, Lease: orDefault(d.Lease, DefaultLease),
	})
	if err != nil {
		return nil, err
	}
	can := d.Adapter.Capabilities()
	var out []sending
	for _, o := range claimed {
		if !Resend(o, can.SendsOnce) {
			v := core.Verdict{State: core.Doubtful, Code: core.Uncertain}
			if err := from.Settle(ctx, tx, o, v); err != nil {
				return nil, err
			}
			continue
		}
		delivery, state, err := d.Preparer.Prepare(ctx, tx, o)
		if err != nil {
			return nil, err
		}
		if state != core.Queued {
			if err := from.Settle(ctx, tx, o, core.Verdict{State: state}); err != nil {
				return nil, err
			}
			continue
		}
		if !delivery.Due.IsZero() {
			if err := from.Settle(ctx, tx, o, core.Verdict{State: core.Queued, Next: delivery.Due}); err != nil {
				return nil, err
			}
			continue
		}
		slot := core.SlotKey{Bot: d.Adapter.Bot(), Chat: o.Chat}
		if err := tx.Spend(ctx, slot, can.Limits.Of(delivery.Kind), calls(delivery)); err != nil {
			return nil, err
		}
		out = append(out, sending{source: from, outgoing: o, delivery: delivery})
	}
	return out, nil
}

// send sends one delivery and settles its verdict. While the verdict cannot be
// stored, it tries again and takes no new work: what we cannot remember, we stop.
func (d *Dispatcher) send(ctx context.Context, s sending) error {
	o := s.outgoing
	sendCtx, cancel := context.WithTimeout(ctx, SendTimeout)
	receipt, err := d.Adapter.Send(sendCtx, s.delivery)
	cancel()
	if err != nil {
		d.Log.Warn("message not sent", "message", o.ID, "lane", o.Lane, "attempt", o.Attempt, "code", core.CodeOf(err))
	}
	var v core.Verdict
	defer func() { d.tell(o.Lane, v) }()
	return settle(ctx, d.Store, func(tx core.Tx) error {
		now, err2 := tx.Now(ctx)
		if err2 != nil {
			return err2
		}
		v = Judge(o, err, d.Adapter.Capabilities().SendsOnce, now)
		v.Receipt = receipt
		if v.Code == core.RateLimited {
			if err := d.hold(ctx, tx, s, v.Next); err != nil {
				return err
			}
		}
		return s.source.Settle(ctx, tx, o, v)
	})
}

// tell tells who listens how an attempt went, unless the store never let it be judged.
func (d *Dispatcher) tell(l core.Lane, v core.Verdict) {
	if d.Told != nil && v.State != "" {
		d.Told(l, v)
	}
}

// hold obeys a 429: nothing goes to this chat before until, and no notice and no
// broadcast to anyone.
func (d *Dispatcher) hold(ctx context.Context, tx core.Tx, s sending, until time.Time) error {
	bot := d.Adapter.Bot()
	if err := tx.Hold(ctx, core.SlotKey{Bot: bot, Chat: s.outgoing.Chat}, until); err != nil {
		return err
	}
	return tx.Hold(ctx, core.SlotKey{Bot: bot}, until)
}

// settle stores a verdict, for as long as that is of use. An Outgoing that was
// claimed again since is none of ours any more.
func settle(ctx context.Context, store core.Store, fn func(core.Tx) error) error {
	const tries = 12
	var err error
	for i := 1; i <= tries; i++ {
		lost := false
		err = store.Tx(ctx, func(tx core.Tx) error {
			err := fn(tx)
			if core.CodeOf(err) == core.Conflict && core.KeyOf(err) == "" {
				lost = true
			}
			return err
		})
		if lost || !core.Retryable(err) {
			break
		}
		time.Sleep(min(50*time.Millisecond<<i, 5*time.Second))
	}
	if core.CodeOf(err) == core.Conflict {
		return nil
	}
	return err
}

func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}
