package scheduler

import (
	"context"
	"slices"

	"tocsin/core"
)

// A Source is where the Dispatcher finds what is due. Those of broadcasts take turns: none
// of them waits until another has nothing left.
type Source interface {
	Claim(ctx context.Context, tx core.Tx, c core.Claim) ([]*core.Outgoing, error)
	Settle(ctx context.Context, tx core.Tx, o *core.Outgoing, v core.Verdict) error
	SettleAll(ctx context.Context, tx core.Tx, all []core.Settlement) error
}

// Outbox is the Source of what has one addressee.
type Outbox struct{}

// Claim implements Source.
func (Outbox) Claim(ctx context.Context, tx core.Tx, c core.Claim) ([]*core.Outgoing, error) {
	return tx.Claim(ctx, c)
}

// Settle implements Source.
func (Outbox) Settle(ctx context.Context, tx core.Tx, o *core.Outgoing, v core.Verdict) error {
	return tx.Settle(ctx, o, v)
}

// SettleAll implements Source.
func (Outbox) SettleAll(ctx context.Context, tx core.Tx, all []core.Settlement) error {
	return tx.SettleAll(ctx, all)
}

// Recipients is the Source of broadcasts.
type Recipients struct{}

// Claim implements Source.
func (Recipients) Claim(ctx context.Context, tx core.Tx, c core.Claim) ([]*core.Outgoing, error) {
	return tx.ClaimRecipients(ctx, c)
}

// Settle implements Source.
func (Recipients) Settle(ctx context.Context, tx core.Tx, o *core.Outgoing, v core.Verdict) error {
	return tx.SettleRecipients(ctx, []core.Settlement{{Outgoing: o, Verdict: v}})
}

// SettleAll implements Source.
func (Recipients) SettleAll(ctx context.Context, tx core.Tx, all []core.Settlement) error {
	return tx.SettleRecipients(ctx, all)
}

// sources are all of them.
var sources = []Source{Outbox{}, Recipients{}}

// A turns says which source is asked first for broadcasts.
type turns struct{ n int }

// order returns the sources, the one whose turn it is first.
func (t *turns) order() []Source {
	n := t.n % len(sources)
	return slices.Concat(sources[n:], sources[:n])
}

// note ends a turn in which there was something to send.
func (t *turns) note(batch []sending) {
	if slices.ContainsFunc(batch, func(s sending) bool { return s.outgoing.Lane == core.Bulk }) {
		t.n++
	}
}
