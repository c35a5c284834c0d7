package storagetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core"
)

var broadcastProperties = []property{
	{"Broadcasts/ComesBackEqual", broadcastComesBackEqual},
	{"Broadcasts/UnknownIsNotFound", unknownBroadcastIsNotFound},
	{"Broadcasts/PausedBroadcastIsNotClaimed", pausedBroadcastIsNotClaimed},
	{"Broadcasts/OnlyDueAndNotExpired", onlyDueAndNotExpired},
	{"Broadcasts/SmallOneDoesNotWaitForALargeOne", smallOneDoesNotWaitForALargeOne},
}

// broadcast stores a running broadcast to n chats, "0" and on.
func broadcast(t *testing.T, s core.Store, b core.Broadcast, n int) *core.Broadcast {
	t.Helper()
	b.State = core.Running
	if b.Message == nil {
		b.Message = say("hello all")
	}
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		var rs []core.Recipient
		for i := range n {
			c, err := tx.EnterChat(ctx, chatRef(fmt.Sprint(i)), core.Private)
			must(t, err)
			rs = append(rs, core.Recipient{Chat: c.ID, Account: core.AccountID(i)})
		}
		must(t, tx.CreateBroadcast(ctx, &b))
		return tx.AddRecipients(ctx, b.ID, rs)
	})
	return &b
}

// claimCopies takes up to n copies and checks that there are want.
func claimCopies(t *testing.T, s core.Store, n, want int) (out []*core.Outgoing) {
	t.Helper()
	do(t, s, func(ctx context.Context, tx core.Tx) (err error) {
		out, err = tx.ClaimRecipients(ctx, core.Claim{Bot: testBot, Max: n, Lease: lease})
		return err
	})
	if len(out) != want {
		t.Fatalf("claimed %d copies, want %d", len(out), want)
	}
	return out
}

func settleCopy(t *testing.T, s core.Store, o *core.Outgoing, v core.Verdict) {
	t.Helper()
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.SettleRecipient(ctx, o, v) })
}

func setBroadcast(t *testing.T, s core.Store, id core.BroadcastID, state core.BroadcastState) {
	t.Helper()
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.SetBroadcast(ctx, id, state) })
}

func wantCounts(t *testing.T, s core.Store, id core.BroadcastID, want map[core.State]int) {
	t.Helper()
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		got, err := tx.CountRecipients(ctx, id)
		must(t, err)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("recipients by state (-want +got):\n%s", d)
		}
		return nil
	})
}

func broadcastComesBackEqual(t *testing.T, s core.Store) {
	start := now(t, s)
	for _, want := range []*core.Broadcast{
		{State: core.Draft, Message: say("soon"), Due: start.Add(time.Hour), Expires: start.Add(2 * time.Hour), Again: core.Once},
		{State: core.Running, Message: &core.Message{Menu: "abcdefghijklmnop", Buttons: []core.Button{{Label: "Yes"}}}, Again: core.TwiceOkay},
	} {
		do(t, s, func(ctx context.Context, tx core.Tx) error {
			must(t, tx.CreateBroadcast(ctx, want))
			got, err := tx.Broadcast(ctx, want.ID)
			must(t, err)
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("broadcast (-want +got):\n%s", d)
			}
			must(t, tx.SetBroadcast(ctx, want.ID, core.Stopped))
			got, err = tx.Broadcast(ctx, want.ID)
			if got.State != core.Stopped {
				t.Errorf("state %q, want %q", got.State, core.Stopped)
			}
			return err
		})
	}
}

func unknownBroadcastIsNotFound(t *testing.T, s core.Store) {
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		_, err := tx.Broadcast(ctx, 1)
		wantCode(t, err, core.NotFound)
		wantCode(t, tx.SetBroadcast(ctx, 1, core.Running), core.NotFound)
		return nil
	})
	wantCounts(t, s, 1, map[core.State]int{})
}

func pausedBroadcastIsNotClaimed(t *testing.T, s core.Store) {
	b := broadcast(t, s, core.Broadcast{}, 2)
	for _, state := range []core.BroadcastState{core.Draft, core.Paused, core.Stopped, core.Finished} {
		setBroadcast(t, s, b.ID, state)
		claimCopies(t, s, 10, 0)
	}
	setBroadcast(t, s, b.ID, core.Running)
	o := claimCopies(t, s, 1, 1)[0]
	setBroadcast(t, s, b.ID, core.Paused)
	settleCopy(t, s, o, sent("1")) // it was on its way
	claimCopies(t, s, 10, 0)
	setBroadcast(t, s, b.ID, core.Running)
	claimCopies(t, s, 10, 1)
}

func onlyDueAndNotExpired(t *testing.T, s core.Store) {
	start := now(t, s)
	broadcast(t, s, core.Broadcast{Due: start.Add(time.Hour), Expires: start.Add(2 * time.Hour)}, 2)
	claimCopies(t, s, 1, 0)
	advance(t, s, time.Hour)
	claimCopies(t, s, 1, 1)
	advance(t, s, time.Hour)
	claimCopies(t, s, 1, 0)
}

func smallOneDoesNotWaitForALargeOne(t *testing.T, s core.Store) {
	broadcast(t, s, core.Broadcast{Message: say("large")}, 60)
	broadcast(t, s, core.Broadcast{Message: say("small")}, 10)
	take := func(n int, want map[string]int) {
		t.Helper()
		got := make(map[string]int)
		for _, o := range claimCopies(t, s, n, n) {
			got[o.Content.(*core.Message).PlainText()]++
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("claim of %d (-want +got):\n%s", n, d)
		}
	}
	for range 5 {
		take(4, map[string]int{"large": 2, "small": 2})
	}
	for range 10 { // nothing is kept free for the small one any more
		take(1, map[string]int{"large": 1})
	}
}
