package scheduler

import (
	"context"

	"tocsin/core"
)

// takeCopies claims copies of broadcasts and renders them together. What is decided
// without a call is settled at once.
func (c *claim) takeCopies(ctx context.Context, n int) ([]sending, error) {
	claimed, err := c.tx.ClaimRecipients(ctx, core.Claim{
		Bot: c.Adapter.Bot(), Max: n, Lease: orDefault(c.Lease, DefaultLease), Now: c.now,
	})
	if err != nil || len(claimed) == 0 {
		return nil, err
	}
	var decided []core.Settlement
	var wanted []*core.Outgoing
	for _, o := range claimed {
		if Resend(o, c.Adapter.Capabilities().SendsOnce) {
			wanted = append(wanted, o)
			continue
		}
		v := core.Verdict{State: core.Doubtful, Code: core.Uncertain}
		decided = append(decided, core.Settlement{Outgoing: o, Verdict: v})
	}
	prepared, err := c.Preparer.PrepareCopies(ctx, c.tx, wanted, c.now)
	if err != nil {
		return nil, err
	}
	var out []sending
	for i, p := range prepared {
		o := wanted[i]
		if v, ok := c.decide(o, &p); ok {
			decided = append(decided, core.Settlement{Outgoing: o, Verdict: v})
			continue
		}
		calls := partsOf(p.Delivery, c.Adapter.Capabilities())
		out = append(out, sending{source: Recipients{}, outgoing: o, delivery: p.Delivery, calls: calls})
	}
	if err := c.tx.SettleRecipients(ctx, decided); err != nil {
		return nil, err
	}
	return out, c.spend(ctx, out)
}

// decide returns the verdict on a copy that is not sent now; it reports false for one that is.
func (c *claim) decide(o *core.Outgoing, p *core.Prepared) (core.Verdict, bool) {
	switch {
	case p.State == core.Failed:
		c.Log.Error("copy not rendered", "message", o.ID, "err", p.Err)
		return core.Verdict{State: core.Failed, Code: core.Internal}, true
	case p.State != core.Queued:
		return core.Verdict{State: p.State, Reason: p.Reason}, true
	case !p.Due.IsZero():
		return core.Verdict{State: core.Queued, Next: p.Due, Untried: true}, true
	}
	return core.Verdict{}, false
}
