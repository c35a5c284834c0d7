package storagetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core"
)

// anotherBot is a bot beside testBot.
const anotherBot core.BotID = "matrix:@tocsin:example.org"

// lease is longer than any test takes.
const lease = 10 * time.Minute

// everyLane are all lanes, out of order.
var everyLane = []core.Lane{core.Bulk, core.Talk, core.Notice}

// say is a message of one word.
func say(word string) *core.Message { return &core.Message{Body: []core.Span{{Text: word}}} }

// enqueue stores a message, due at once unless o says when.
func enqueue(t *testing.T, s core.Store, o core.Outgoing) *core.Outgoing {
	t.Helper()
	if o.Content == nil {
		o.Content = say("hello")
	}
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.Enqueue(ctx, &o) })
	return &o
}

// claim takes what is due of a claim that says only what matters; the rest is all
// messages of testBot.
func claim(t *testing.T, s core.Store, c core.Claim) (out []*core.Outgoing) {
	t.Helper()
	if c.Bot == "" && !c.Tasks {
		c.Bot = testBot
	}
	if c.Lanes == nil {
		c.Lanes = everyLane
	}
	if c.Max == 0 {
		c.Max = 100
	}
	c.Lease = lease
	do(t, s, func(ctx context.Context, tx core.Tx) (err error) {
		out, err = tx.Claim(ctx, c)
		return err
	})
	return out
}

// wantClaim takes what is due and checks that it is want, in this order.
func wantClaim(t *testing.T, s core.Store, want ...*core.Outgoing) []*core.Outgoing {
	t.Helper()
	got := claim(t, s, core.Claim{})
	wantOutgoing(t, got, want...)
	return got
}

func wantOutgoing(t *testing.T, got []*core.Outgoing, want ...*core.Outgoing) {
	t.Helper()
	ids := func(os []*core.Outgoing) (ids []core.OutgoingID) {
		for _, o := range os {
			ids = append(ids, o.ID)
		}
		return ids
	}
	if d := cmp.Diff(ids(want), ids(got)); d != "" {
		t.Fatalf("claimed others than wanted (-want +got):\n%s", d)
	}
}

func settle(t *testing.T, s core.Store, o *core.Outgoing, v core.Verdict) {
	t.Helper()
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.Settle(ctx, o, v) })
}

// sent is the verdict of a message that arrived.
func sent(parts ...core.ReceiptID) core.Verdict {
	return core.Verdict{State: core.Sent, Receipt: parts}
}

// again is the verdict of a message that is tried again after d.
func again(t *testing.T, s core.Store, d time.Duration) core.Verdict {
	t.Helper()
	return core.Verdict{State: core.Queued, Code: core.Unavailable, Next: now(t, s).Add(d)}
}

func wantReceipt(t *testing.T, s core.Store, id core.OutgoingID, want ...core.ReceiptID) {
	t.Helper()
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		got, err := tx.Receipt(ctx, id)
		must(t, err)
		if d := cmp.Diff(core.Receipt(want), got); d != "" {
			t.Errorf("receipt (-want +got):\n%s", d)
		}
		return nil
	})
}
