package scheduler

import (
	"context"
	"slices"
	"time"

	"tocsin/core"
)

// A claim takes what is due, asks the gate and renders: once tx is committed, the intent
// to send is on disk.
type claim struct {
	*Dispatcher
	tx  core.Tx
	now time.Time // of the store
	due core.Due  // at now
}

// talkShare is the part of the sends under way, one in so many, that is never of notices
// or broadcasts: a platform that is slow to take these must not keep an answer from leaving.
const talkShare = 4

// all takes from every lane, as much as there is room for. Talk goes first; what it uses
// is taken from the others.
func (c *claim) all(ctx context.Context, room int) ([]sending, error) {
	free, err := c.tx.Reserve(ctx, talkOf(c.Adapter.Bot()), core.Limit{}, 1)
	if err != nil || free == 0 {
		return nil, err
	}
	if c.due, err = c.tx.DueNow(ctx, c.Adapter.Bot(), c.now); err != nil {
		return nil, err
	}
	batch, err := c.take(ctx, Outbox{}, core.Talk, room)
	if err != nil {
		return nil, err
	}
	bot, limit := core.SlotKey{Bot: c.Adapter.Bot()}, c.Adapter.Capabilities().Limits.Bot
	if len(batch) > 0 {
		if err := c.tx.Spend(ctx, bot, limit, callsOf(batch)); err != nil {
			return nil, err
		}
	}
	if room -= len(batch) + orDefault(c.InFlight, DefaultInFlight)/talkShare; room <= 0 {
		return batch, nil
	}
	if !c.due.Copies && !slices.Contains(c.due.Lanes, core.Notice) && !slices.Contains(c.due.Lanes, core.Bulk) {
		return batch, nil
	}
	if limit.Every > 0 {
		room = min(room, blockOfSlots)
	}
	rest, err := c.paced(ctx, bot, limit, room)
	return append(batch, rest...), err
}

// paced takes notices and broadcasts, as many as the bot's limit has slots. One of
// several parts takes as many, which those behind it wait for.
func (c *claim) paced(ctx context.Context, k core.SlotKey, l core.Limit, room int) ([]sending, error) {
	asked := time.Now()
	free, first, err := c.tx.ReserveAhead(ctx, k, l, room)
	if err != nil || free == 0 {
		return nil, err
	}
	batch, err := c.take(ctx, Outbox{}, core.Notice, free)
	if err != nil {
		return nil, err
	}
	for _, s := range c.turns.order() {
		if len(batch) == free {
			break
		}
		more, err := c.take(ctx, s, core.Bulk, free-len(batch))
		if err != nil {
			return nil, err
		}
		batch = append(batch, more...)
	}
	spread(batch, asked.Add(first), l)
	return batch, c.tx.Spend(ctx, k, l, callsOf(batch)-free)
}

// spread lets each message of a batch leave at its own slot: a claim that comes late is
// not made up for by a burst, which a platform may refuse.
func spread(batch []sending, at time.Time, l core.Limit) {
	for i := range batch {
		batch[i].at = at
		at = at.Add(time.Duration(callsOf(batch[i:i+1])) * l.Every)
	}
}

// take claims from one lane of a source and renders. What the gate refuses, and what may
// have arrived and is not sent twice, is settled at once.
func (c *claim) take(ctx context.Context, from Source, lane core.Lane, n int) ([]sending, error) {
	switch {
	case from == (Recipients{}) && c.due.Copies:
		return c.takeCopies(ctx, n)
	case from == (Recipients{}) || !slices.Contains(c.due.Lanes, lane):
		return nil, nil
	}
	claimed, err := from.Claim(ctx, c.tx, core.Claim{
		Bot: c.Adapter.Bot(), Lanes: []core.Lane{lane}, Max: n, Lease: orDefault(c.Lease, DefaultLease), Now: c.now,
	})
	if err != nil {
		return nil, err
	}
	var out []sending
	for _, o := range claimed {
		delivery, v, err := c.prepare(ctx, o)
		if err == nil && v.State != "" {
			err = from.Settle(ctx, c.tx, o, v)
		} else {
			calls := partsOf(delivery, c.Adapter.Capabilities())
			out = append(out, sending{source: from, outgoing: o, delivery: delivery, calls: calls})
		}
		if err != nil {
			return nil, err
		}
	}
	return out, c.spend(ctx, out)
}

// prepare returns what is to be sent of o, or a verdict if that is nothing now.
func (c *claim) prepare(ctx context.Context, o *core.Outgoing) (core.Delivery, core.Verdict, error) {
	if !Resend(o, c.Adapter.Capabilities().SendsOnce) {
		return core.Delivery{}, core.Verdict{State: core.Doubtful, Code: core.Uncertain}, nil
	}
	d, state, err := c.Preparer.Prepare(ctx, c.tx, o, c.now)
	switch {
	case core.CodeOf(err) == core.Internal: // it would be the first of each claim from now on
		c.Log.Error("message not rendered", "message", o.ID, "err", err)
		return d, core.Verdict{State: core.Failed, Code: core.Internal}, nil
	case err != nil:
		return d, core.Verdict{}, err
	case state != core.Queued:
		return d, core.Verdict{State: state}, nil
	case !d.Due.IsZero():
		return d, core.Verdict{State: core.Queued, Next: d.Due, Untried: true}, nil
	}
	return c.opening(ctx, d)
}

// opening puts a delivery off that opens a chat, until the platform lets us open one more.
func (c *claim) opening(ctx context.Context, d core.Delivery) (core.Delivery, core.Verdict, error) {
	limit := c.Adapter.Capabilities().Limits.Open
	if _, opens := d.To.Opens(); !opens || limit.Every <= 0 {
		return d, core.Verdict{}, nil
	}
	free, err := c.tx.Reserve(ctx, opensOf(c.Adapter.Bot()), limit, 1)
	if err == nil && free == 0 {
		return d, core.Verdict{State: core.Queued, Next: c.now.Add(limit.Every), Untried: true}, nil
	}
	return d, core.Verdict{}, err
}

// spend takes what is sent from the slots of each chat.
func (c *claim) spend(ctx context.Context, batch []sending) error {
	limits := c.Adapter.Capabilities().Limits
	chats := map[core.Limit][]core.ChatID{}
	for _, s := range batch {
		limit := limits.Of(s.delivery.Kind)
		for range s.calls {
			chats[limit] = append(chats[limit], s.outgoing.Chat)
		}
	}
	for limit, ids := range chats {
		if err := c.tx.SpendEach(ctx, c.Adapter.Bot(), limit, ids); err != nil {
			return err
		}
	}
	return nil
}
