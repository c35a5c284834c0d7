package telegram

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"tocsin/core"
)

// batch is how many updates one poll returns at most: the most that the server gives.
const batch = 100

// The waits between polls that failed, and after empty answers that came at once: a
// server that does not keep polls open must not be asked without pause.
const (
	firstWait  = time.Second
	longest    = time.Minute
	tooFast    = 200 * time.Millisecond
	fastWait   = 2 * time.Second // then twice as long
	fastMost   = 5 * time.Second
	stolenWait = 5 * time.Second
	alarmAfter = 3 // conflicts in a row

	confirmTime = 300 * time.Millisecond // of each of the last calls: we end within a second
	promptly    = 2 * time.Second        // people wait no longer for a press to be acknowledged
)

// Run implements core.Adapter.
func (a *Adapter) Run(ctx context.Context, q core.Queue) error {
	defer a.client.http.CloseIdleConnections()
	a.acks = newErrands()
	defer a.acks.settle()
	ctx, stop := context.WithCancel(ctx)
	var beside sync.WaitGroup
	defer beside.Wait()
	defer stop()
	asked := make(chan struct{})
	beside.Go(func() { a.introduce(ctx, asked) })
	beside.Go(func() { a.tellMoves(ctx, q) })
	<-asked // whether a command in a group is for us is known by our name
	if a.webhook != nil {
		return a.hook(ctx, q)
	}
	return a.leased(ctx, func(ctx context.Context) { (&poller{Adapter: a, queue: q}).run(ctx) })
}

// introduce learns the bot's name and tells the server what it does, as soon as it can.
// It closes asked once it has tried; neither is needed to receive.
func (a *Adapter) introduce(ctx context.Context, asked chan<- struct{}) {
	_, err := a.Identify(ctx)
	close(asked)
	for wait := firstWait; err != nil; wait = min(2*wait, longest) {
		if !pause(ctx, max(jitter(wait), afterOf(err))) {
			return
		}
		for a.State() == TokenRejected { // who receives asks again, once a minute
			if !pause(ctx, longest) {
				return
			}
		}
		_, err = a.Identify(ctx)
	}
	a.syncProfile(ctx)
}

// leased runs fn while this process holds the lease, and waits while another does.
func (a *Adapter) leased(ctx context.Context, fn func(context.Context)) error {
	if a.Lease == nil {
		fn(ctx)
		return nil
	}
	name := core.LeaseName("poll:" + string(a.Bot()))
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), confirmTime)
		defer cancel()
		_ = a.Lease.Drop(ctx, name, a.holder)
	}()
	for ctx.Err() == nil {
		if err := a.Lease.Hold(ctx, name, a.holder); err != nil {
			if core.CodeOf(err) == core.Conflict {
				a.become(Waiting)
			}
			pause(ctx, core.RenewEvery)
			continue
		}
		a.whileHeld(ctx, name, fn)
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

// A poller asks for updates, again and again.
type poller struct {
	*Adapter
	queue     core.Queue
	offset    int // of the next poll; 0 until a batch was handled
	confirmed int // the offset of the last poll that was answered
	failures  int // in a row
	conflicts int // in a row
	hasty     int // empty answers in a row that came at once
	unhooked  bool
}

// run polls until ctx is done. Then it confirms what was handled last.
func (p *poller) run(ctx context.Context) {
	for ctx.Err() == nil {
		start := time.Now()
		updates, err := p.poll(ctx)
		if err != nil {
			p.recover(ctx, err)
			continue
		}
		p.failures, p.conflicts = 0, 0
		p.become(Receiving)
		if len(updates) == 0 && time.Since(start) < tooFast {
			pause(ctx, min(fastWait<<min(p.hasty, 2), fastMost))
			p.hasty++
			continue
		}
		p.hasty = 0
		if len(updates) > 0 && p.handle(ctx, updates) {
			for _, raw := range updates {
				if id, _ := head(raw); id != 0 {
					p.offset = id + 1
				}
			}
		}
	}
	p.confirm(context.WithoutCancel(ctx))
}

func (p *poller) poll(ctx context.Context) ([]json.RawMessage, error) {
	ask := params{}
	if p.offset != 0 {
		ask.int("offset", int64(p.offset))
	}
	ask.int("limit", batch)
	ask.int("timeout", int64(p.config.PollTimeout/time.Second))
	ask.json("allowed_updates", allowed)
	var updates []json.RawMessage
	err := p.client.callFor(ctx, p.config.PollTimeout+pollSlack, getUpdates, ask, &updates)
	if err == nil {
		p.confirmed = p.offset
	}
	return updates, err
}

// confirm tells the server what was handled, so that the next process does not get it
// again. If that fails, the seen marks drop it then. The answer is of no use, and a
// server holds it back when the poll that was broken off had the same offset.
func (p *poller) confirm(ctx context.Context) {
	if p.offset == p.confirmed {
		return
	}
	ask := params{}
	ask.int("offset", int64(p.offset))
	ask.int("limit", 1)
	ask.int("timeout", 0)
	ask.json("allowed_updates", allowed)
	_ = p.client.callFor(ctx, confirmTime, getUpdates, ask, nil)
}

// handle submits a batch and waits for all of its answers. It reports whether all of it
// was handled; what ctx ended before is given again by the server.
func (p *poller) handle(ctx context.Context, raws []json.RawMessage) bool {
	updates := p.read(ctx, raws)
	answers := make([]<-chan error, len(updates))
	for i, u := range updates {
		answers[i] = p.queue.Submit(ctx, u)
	}
	all := true
	for i, u := range updates {
		err := <-answers[i]
		for wait := firstWait / 4; err != nil && pause(ctx, wait); wait = min(2*wait, longest) {
			err = <-p.queue.Submit(ctx, u)
		}
		all = all && err == nil
	}
	return all
}

// read decodes a batch. Presses come first, since somebody waits for them, and are
// answered at once.
func (a *Adapter) read(ctx context.Context, raws []json.RawMessage) []*core.Update {
	var updates []*core.Update
	for _, raw := range raws {
		in, err := decode(raw)
		if err != nil {
			id, kind := head(raw)
			a.unread.Add(1)
			a.Log.ErrorContext(ctx, "update skipped", "bot", core.Telegram, "update", id, "kind", kind)
			continue
		}
		if in.CallbackQuery != nil {
			came := time.Now()
			a.acks.run(func(ctx context.Context) { a.acknowledge(ctx, in.CallbackQuery.ID, came) })
		}
		if u := a.update(in); u != nil {
			u.Rank = a.rank(ctx, u, in)
			updates = append(updates, u)
		}
	}
	slices.SortStableFunc(updates, func(a, b *core.Update) int { return rank(a) - rank(b) })
	return updates
}

func rank(u *core.Update) int {
	if _, pressed := u.Event.(core.Press); pressed {
		return 0
	}
	return 1
}

// acknowledge ends the waiting of a person who pressed a button. It says nothing: the
// answer is a message. A query that is too old needs none.
func (a *Adapter) acknowledge(ctx context.Context, query string, came time.Time) {
	p := params{}
	p.text("callback_query_id", query)
	err := a.client.call(ctx, answerCallbackQuery, p, nil)
	if err != nil && kindOf(err) != queryTooOld {
		a.Log.Debug("telegram: a press was not acknowledged", "kind", string(kindOf(err)))
	}
	if err != nil || time.Since(came) > promptly {
		a.late.Add(1)
	}
}

// recover waits as long as a failed poll asks for.
func (p *poller) recover(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	wait := jitter(min(firstWait<<min(p.failures, 6), longest))
	switch kindOf(err) {
	case unauthorized:
		p.become(TokenRejected)
		wait = longest
	case rateLimited:
		wait = afterOf(err) + jitter(firstWait)
	case hooked:
		wait = p.unhook(ctx)
	case polledTwice:
		p.conflicts++
		if p.conflicts > alarmAfter {
			p.become(PolledTwice)
		}
		wait = jitter(min(stolenWait<<min(p.conflicts, 4), longest))
	default:
		if p.failures++; p.failures > alarmAfter {
			p.become(Away)
		}
	}
	pause(ctx, wait)
}

// unhook removes a webhook that keeps us from polling, once: one that comes back is
// somebody else's. What waits is kept.
func (p *poller) unhook(ctx context.Context) time.Duration {
	if p.unhooked {
		p.become(PolledTwice)
		return longest
	}
	p.unhooked = true
	ask := params{}
	ask.bool("drop_pending_updates", false)
	if err := p.client.call(ctx, deleteWebhook, ask, nil); err != nil {
		p.unhooked = false
		return max(firstWait, afterOf(err))
	}
	return 0
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
