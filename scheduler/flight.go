package scheduler

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"tocsin/core"
)

// A sending is one claimed and rendered Outgoing.
type sending struct {
	source   Source
	outgoing *core.Outgoing
	delivery core.Delivery
	calls    int       // of the platform, which its limits count
	at       time.Time // when its slot is, by this process's clock; zero: now
	until    time.Time // the end of its lease, by this process's clock: it does not begin later
}

// partsOf returns how many messages of a platform a delivery is made of.
func partsOf(d core.Delivery, can core.Capabilities) int {
	switch c := d.Content.(type) {
	case *core.Message:
		return c.Parts(can.MaxText)
	case *core.Edit:
		return c.Message.Parts(can.MaxText)
	}
	return 1
}

// callsOf returns how many calls a batch takes.
func callsOf(batch []sending) int {
	n := 0
	for _, s := range batch {
		n += s.calls
	}
	return n
}

// A landing is how a sending went.
type landing struct {
	sending
	receipt core.Receipt
	err     error
	verdict core.Verdict // once it was judged
}

// A flight is what a Dispatcher has claimed and not settled. Verdicts are stored
// together, and together with the next claim: a slow send holds up no other.
type flight struct {
	*Dispatcher
	sends context.Context // of what is sent; it ends soon after Run is to
	end   chan struct{}   // hints that a send has ended

	mu     sync.Mutex
	flying int
	landed []*landing // in the order of their ends
}

// pass stores the verdicts of what has landed, claims what is due as far as there is
// room, and sends it. What cannot be sent from here is left to another process. It returns how long to wait for the next pass, unless a send ends
// before. Without anything due or landed it writes nothing.
func (f *flight) pass(ctx context.Context) (time.Duration, error) {
	landed, room := f.look()
	if f.Ready != nil && !f.Ready() {
		room = 0
	}
	if len(landed) == 0 {
		if room == 0 {
			return time.Hour, nil
		}
		if wait, err := untilDue(ctx, f.Store, f.Adapter.Bot()); err != nil || wait > 0 {
			return wait, err
		}
	}
	var batch []sending
	var wait time.Duration
	until := time.Now().Add(orDefault(f.Lease, DefaultLease))
	err := f.Store.Tx(ctx, func(tx core.Tx) (err error) {
		batch, wait, err = f.turn(ctx, tx, landed, room)
		return err
	})
	for i := range batch {
		batch[i].until = until
	}
	if err != nil {
		return 0, f.rescue(ctx, landed, err)
	}
	f.forget(landed)
	f.turns.note(batch)
	f.send(batch)
	if len(batch) > 0 {
		f.patience.end()
	}
	if wait == 0 { // what is due still waits for a limit, or for what is under way
		wait = f.patience.wait(orDefault(f.Adapter.Capabilities().Limits.Bot.Every, untilLimit))
	}
	return wait, nil
}

// turn is the transaction of a pass.
func (f *flight) turn(ctx context.Context, tx core.Tx, landed []*landing, room int) ([]sending, time.Duration, error) {
	now, err := tx.Now(ctx)
	if err != nil {
		return nil, 0, err
	}
	if err := f.settle(ctx, tx, landed, now); err != nil {
		return nil, 0, err
	}
	batch, err := (&claim{Dispatcher: f.Dispatcher, tx: tx, now: now}).all(ctx, room)
	if err != nil || len(batch) > 0 {
		return batch, 0, err
	}
	wait, err := waitOf(ctx, tx, f.Adapter.Bot(), now)
	return nil, wait, err
}

// look returns what has landed, and how much more may be under way once that is settled.
func (f *flight) look() (landed []*landing, room int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.landed, orDefault(f.InFlight, DefaultInFlight) - f.flying
}

// forget drops what has been settled, the first of what has landed, and tells of it.
func (f *flight) forget(settled []*landing) {
	f.mu.Lock()
	f.landed = f.landed[len(settled):]
	f.mu.Unlock()
	for _, l := range settled {
		if f.Told != nil {
			f.Told(l.outgoing.Lane, l.verdict)
		}
	}
}

// rescue stores verdicts without a claim, which may be what failed. It returns the error
// that it was given: what we cannot remember, we stop.
func (f *flight) rescue(ctx context.Context, landed []*landing, err error) error {
	alone := func(tx core.Tx) error { return f.settleNow(ctx, tx, landed) }
	if len(landed) > 0 && f.Store.Tx(ctx, alone) == nil {
		f.forget(landed)
	}
	return err
}

// send sends a batch, side by side.
func (f *flight) send(batch []sending) {
	f.mu.Lock()
	f.flying += len(batch)
	f.mu.Unlock()
	for _, s := range batch {
		go func() {
			time.Sleep(time.Until(s.at))
			f.land(f.deliver(f.sends, s))
		}()
	}
}

// longLimit is how long a platform may ask to wait before an operator must know: the bot
// says nothing meanwhile, and our own pace gives no reason for it.
const longLimit = time.Minute

// errLate says that a lease was over before the call began: somebody else may have the
// message now.
var errLate = &core.Error{Code: core.Unavailable, Err: errors.New("scheduler: send message: its lease is over")}

// deliver sends one delivery, unless the process slept through its lease.
func (f *flight) deliver(ctx context.Context, s sending) *landing {
	if !time.Now().Before(s.until) {
		return &landing{sending: s, err: errLate}
	}
	ctx, cancel := context.WithTimeout(ctx, SendTimeout)
	defer cancel()
	receipt, err := f.Adapter.Send(ctx, s.delivery)
	if err != nil {
		f.complain(ctx, s.outgoing, err)
	}
	return &landing{sending: s, receipt: receipt, err: err}
}

// complain logs what was not sent, and how long the platform asks to wait.
func (f *flight) complain(ctx context.Context, o *core.Outgoing, err error) {
	level, after := slog.LevelWarn, core.AfterOf(err)
	if after > longLimit {
		level = slog.LevelError
	}
	f.Log.Log(ctx, level, "message not sent", "message", o.ID, "lane", o.Lane, "attempt", o.Attempt, "code", core.CodeOf(err), "after", after)
}

// land notes how a sending went.
func (f *flight) land(l *landing) {
	f.mu.Lock()
	f.flying--
	f.landed = append(f.landed, l)
	f.mu.Unlock()
	select {
	case f.end <- struct{}{}:
	default: // the hint was given already
	}
}

// settle stores the verdicts of what has landed. An Outgoing that was claimed again
// since is none of ours any more.
func (f *flight) settle(ctx context.Context, tx core.Tx, landed []*landing, now time.Time) error {
	bySource := map[Source][]core.Settlement{}
	for _, l := range landed {
		v := Judge(l.outgoing, l.err, f.Adapter.Capabilities().SendsOnce, now)
		v.Receipt = l.receipt
		l.verdict = v
		if v.Code == core.RateLimited {
			if err := f.hold(ctx, tx, l.sending, v.Next); err != nil {
				return err
			}
		}
		bySource[l.source] = append(bySource[l.source], core.Settlement{Outgoing: l.outgoing, Verdict: v})
	}
	for _, s := range sources {
		if err := s.SettleAll(ctx, tx, bySource[s]); err != nil {
			return err
		}
	}
	return nil
}

// settleNow is settle in a transaction without a claim.
func (f *flight) settleNow(ctx context.Context, tx core.Tx, landed []*landing) error {
	now, err := tx.Now(ctx)
	if err != nil {
		return err
	}
	return f.settle(ctx, tx, landed, now)
}

// finalTime is how long the last verdicts may take: a database that is away must not keep
// the program from ending. A verdict that is lost makes its message an uncertain one.
const finalTime = 3 * time.Second

// finish waits for what is under way, and stores the verdicts.
func (f *flight) finish(ctx context.Context) {
	landed, room := f.look()
	for room < orDefault(f.InFlight, DefaultInFlight) {
		<-f.end
		landed, room = f.look()
	}
	if len(landed) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, finalTime)
	defer cancel()
	err := settle(ctx, f.Store, func(tx core.Tx) error { return f.settleNow(ctx, tx, landed) })
	if err != nil {
		f.Log.Error("dispatch failed", "code", core.CodeOf(err), "err", err)
		return
	}
	f.forget(landed)
}
