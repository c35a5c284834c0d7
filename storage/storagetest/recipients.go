package storagetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core"
)

var recipientProperties = []property{
	{"Recipients/AreAddedOnce", recipientIsAddedOnce},
	{"Recipients/ClaimsCarryTheBroadcast", recipientClaimsCarryTheBroadcast},
	{"Recipients/ClaimsEndAsUnsure", recipientClaimsEndAsUnsure},
	{"Recipients/RetryIsSure", recipientRetryIsSure},
	{"Recipients/SettleOfAnOldAttemptChangesNothing", settleOfAnOldCopyChangesNothing},
	{"Recipients/VerdictsAreCounted", verdictsAreCounted},
	{"Recipients/ReceiptOfACopyIsItsOwn", receiptOfACopyIsItsOwn},
	{"Recipients/ChatThatIsNotReadyIsSkipped", copyThatIsNotReadyIsSkipped},
	{"Recipients/FreshCopiesAreDue", freshCopiesAreDue},
	{"Recipients/TwoClaimersNeverShare", twoClaimersNeverShareACopy},
}

func recipientIsAddedOnce(t *testing.T, s core.Store) {
	b := broadcast(t, s, core.Broadcast{}, 3)
	o := claimCopies(t, s, 1, 1)[0]
	settleCopy(t, s, o, sent("1"))
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		must(t, tx.AddRecipients(ctx, b.ID, core.MainWave, nil))
		return tx.AddRecipients(ctx, b.ID, core.MainWave, []core.Recipient{
			{Chat: o.Chat, Account: 99}, {Chat: o.Chat, Account: 99}, {Chat: 1 << 40}, // the last is gone
		})
	})
	wantProgress(t, s, b.ID, core.Progress{Sent: 1, Queued: 2})
}

func recipientClaimsCarryTheBroadcast(t *testing.T, s core.Store) {
	start := now(t, s)
	b := broadcast(t, s, core.Broadcast{Due: start, Letterhead: core.Letterhead{Expires: start.Add(time.Hour), Again: core.Once}}, 3)
	keys := make(map[core.SendKey]bool)
	chats := make(map[core.ChatID]bool)
	for _, got := range claimCopies(t, s, 10, 3) {
		want := &core.Outgoing{
			ID: got.ID, Key: got.Key, Chat: got.Chat, Account: got.Account, Lane: core.Bulk,
			Content: &core.Copy{Broadcast: b}, Due: b.Due, Expires: b.Expires, Again: b.Again, Attempt: 1,
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("copy (-want +got):\n%s", d)
		}
		if chat(t, s, fmt.Sprint(got.Account)) != got.Chat {
			t.Errorf("account %d got the copy of another", got.Account)
		}
		keys[got.Key], chats[got.Chat] = true, true
	}
	if len(keys) != 3 || len(chats) != 3 {
		t.Errorf("%d keys and %d chats for 3 copies", len(keys), len(chats))
	}
	claimCopies(t, s, 10, 0)
}

func recipientClaimsEndAsUnsure(t *testing.T, s core.Store) {
	broadcast(t, s, core.Broadcast{}, 1)
	before := claimCopies(t, s, 10, 1)[0]
	advance(t, s, lease)
	after := claimCopies(t, s, 10, 1)[0]
	if before.Unsure || !after.Unsure || after.Attempt != 2 || after.Key != before.Key {
		t.Errorf("claimed as %+v and after its lease as %+v", before, after)
	}
}

func recipientRetryIsSure(t *testing.T, s core.Store) {
	broadcast(t, s, core.Broadcast{}, 1)
	settleCopy(t, s, claimCopies(t, s, 10, 1)[0], again(t, s, time.Hour))
	claimCopies(t, s, 10, 0)
	advance(t, s, time.Hour)
	if got := claimCopies(t, s, 10, 1)[0]; got.Unsure || got.Attempt != 2 {
		t.Errorf("claimed again: attempt %d, unsure %t; want 2, false", got.Attempt, got.Unsure)
	}
}

func settleOfAnOldCopyChangesNothing(t *testing.T, s core.Store) {
	b := broadcast(t, s, core.Broadcast{}, 1)
	old := claimCopies(t, s, 10, 1)[0]
	advance(t, s, lease)
	latest := claimCopies(t, s, 10, 1)[0]
	settleCopy(t, s, old, sent("1"))
	wantProgress(t, s, b.ID, core.Progress{Sending: 1})
	settleCopy(t, s, latest, sent("2"))
	settleCopy(t, s, latest, sent("3"))
	wantReceipt(t, s, latest.ID, "2")
}

func verdictsAreCounted(t *testing.T, s core.Store) {
	b := broadcast(t, s, core.Broadcast{}, 7)
	other := broadcast(t, s, core.Broadcast{}, 1)
	setBroadcast(t, s, other.ID, core.Paused)
	os := claimCopies(t, s, 6, 6)
	settleCopy(t, s, os[0], sent("1"))
	settleCopy(t, s, os[1], sent("2", "3"))
	settleCopy(t, s, os[2], core.Verdict{State: core.Unsent, Reason: core.OverBudget})
	settleCopy(t, s, os[3], core.Verdict{State: core.Failed, Code: core.Unreachable, Closed: true})
	settleCopy(t, s, os[4], core.Verdict{State: core.Doubtful, Code: core.Uncertain})
	settleCopy(t, s, os[5], again(t, s, time.Hour))
	wantProgress(t, s, b.ID, core.Progress{
		Sent: 2, Skipped: map[core.Reason]int{core.OverBudget: 1}, Blocked: 1, Uncertain: 1, Queued: 2,
	})
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		c, err := tx.Chat(ctx, os[3].Chat)
		must(t, err)
		if !c.Closed {
			t.Error("a verdict that the chat is gone did not close it")
		}
		return nil
	})
}

// Copies and messages of the outbox never have the same id, whatever is asked by it. All
// copies of a broadcast have one menu.
func receiptOfACopyIsItsOwn(t *testing.T, s core.Store) {
	b := broadcast(t, s, core.Broadcast{Letterhead: core.Letterhead{Action: 5}}, 1)
	copied := claimCopies(t, s, 1, 1)[0]
	said := enqueue(t, s, core.Outgoing{Chat: copied.Chat, Lane: core.Talk})
	if copied.ID == said.ID {
		t.Fatalf("a copy and a message have the id %d", said.ID)
	}
	menu := &core.Menu{Token: "bbbbbbbbbbbbbbbb", Chat: said.Chat, Message: said.ID, Buttons: []core.Button{{Label: "No"}}}
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.PutMenu(ctx, menu) })
	settleCopy(t, s, copied, sent("$copy", "$file"))
	settle(t, s, wantClaim(t, s, said)[0], sent("$said"))
	wantReceipt(t, s, copied.ID, "$copy", "$file")
	wantReceipt(t, s, said.ID, "$said")
	shared := &core.Menu{Token: b.Menu, Buttons: b.Choices()}
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		for part, want := range map[core.ReceiptID]*core.Menu{"$copy": shared, "$file": shared, "$said": menu} {
			got, err := tx.MenuOn(ctx, said.Chat, part)
			must(t, err)
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("menu on %s (-want +got):\n%s", part, d)
			}
		}
		got, err := tx.Menu(ctx, b.Menu)
		must(t, err)
		if d := cmp.Diff(shared, got); d != "" {
			t.Errorf("menu (-want +got):\n%s", d)
		}
		return nil
	})
}

func copyThatIsNotReadyIsSkipped(t *testing.T, s core.Store) {
	broadcast(t, s, core.Broadcast{}, 2)
	busy := core.SlotKey{Bot: testBot, Chat: chat(t, s, "0")}
	if got := reserve(t, s, busy, core.Limit{Every: time.Minute, Burst: 1}, 1); got != 1 {
		t.Fatalf("reserved %d slots, want 1", got)
	}
	if o := claimCopies(t, s, 10, 1)[0]; o.Chat == busy.Chat {
		t.Error("a copy was taken of a chat that takes none now")
	}
	advance(t, s, time.Minute)
	claimCopies(t, s, 10, 1)
}

func twoClaimersNeverShareACopy(t *testing.T, s core.Store) {
	const n = 120
	b := broadcast(t, s, core.Broadcast{}, n)
	var mu sync.Mutex
	times := make(map[core.OutgoingID]int)
	round := func() (took int, err error) {
		var os []*core.Outgoing
		err = try(t, s, func(ctx context.Context, tx core.Tx) (err error) {
			os, err = tx.ClaimRecipients(ctx, core.Claim{Bot: testBot, Max: 5, Lease: lease})
			return err
		})
		for _, o := range os {
			mu.Lock()
			times[o.ID]++
			mu.Unlock()
			err = errors.Join(err, try(t, s, func(ctx context.Context, tx core.Tx) error {
				return tx.SettleRecipients(ctx, []core.Settlement{{Outgoing: o, Verdict: sent("1")}})
			}))
		}
		return len(os), err
	}
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for {
				took, err := round()
				if err != nil {
					t.Errorf("dispatch: %v", err)
				}
				if took == 0 {
					return
				}
			}
		})
	}
	wg.Wait()
	for n := range maps.Values(times) {
		if n != 1 {
			t.Errorf("a copy was taken %d times", n)
		}
	}
	wantProgress(t, s, b.ID, core.Progress{Sent: n})
}

// What nobody has tried yet is due when its broadcast is, and hides nothing that is due
// before.
func freshCopiesAreDue(t *testing.T, s core.Store) {
	start := now(t, s)
	due := func(want time.Time, lanes ...core.Lane) {
		t.Helper()
		do(t, s, func(ctx context.Context, tx core.Tx) error {
			if got := get[time.Time](t)(tx.NextDue(ctx, testBot, lanes...)); !got.Equal(want) {
				t.Errorf("lanes %v: due at %v, want %v", lanes, got, want)
			}
			return nil
		})
	}
	later := start.Add(time.Hour)
	broadcast(t, s, core.Broadcast{Due: later}, 3)
	due(later)
	enqueue(t, s, core.Outgoing{Chat: chat(t, s, "anna"), Lane: core.Talk, Due: start.Add(time.Minute)})
	due(start.Add(time.Minute))
	due(later, core.Bulk)
	broadcast(t, s, core.Broadcast{}, 3)
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		if got := get[time.Time](t)(tx.NextDue(ctx, testBot)); got.IsZero() || got.After(start) {
			t.Errorf("with a broadcast that is due at once: %v", got)
		}
		return nil
	})
}
