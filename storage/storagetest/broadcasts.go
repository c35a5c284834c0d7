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
	{"Broadcasts/OneThatMovedIsNotPut", broadcastThatMovedIsNotPut},
	{"Broadcasts/AreFoundByStateAndProposer", broadcastsAreFoundByStateAndProposer},
	{"Broadcasts/UnknownIsNotFound", unknownBroadcastIsNotFound},
	{"Broadcasts/PausedBroadcastIsNotClaimed", pausedBroadcastIsNotClaimed},
	{"Broadcasts/OnlyDueAndNotExpired", onlyDueAndNotExpired},
	{"Broadcasts/SmallOneDoesNotWaitForALargeOne", smallOneDoesNotWaitForALargeOne},
}

// broadcast stores a running broadcast to n chats, "0" and on.
func broadcast(t *testing.T, s core.Store, b core.Broadcast, n int) *core.Broadcast {
	t.Helper()
	b.State = core.Running
	if b.Texts == nil {
		b.Texts = words("hello all")
	}
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		var rs []core.Recipient
		for i := range n {
			c, err := tx.EnterChat(ctx, chatRef(fmt.Sprint(i)), core.Private)
			must(t, err)
			rs = append(rs, core.Recipient{Chat: c.ID, Account: core.AccountID(i)})
		}
		must(t, tx.CreateBroadcast(ctx, &b))
		return tx.AddRecipients(ctx, b.ID, core.MainWave, rs)
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
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		return tx.SettleRecipients(ctx, []core.Settlement{{Outgoing: o, Verdict: v}})
	})
}

func setBroadcast(t *testing.T, s core.Store, id core.BroadcastID, state core.BroadcastState) {
	t.Helper()
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		b, err := tx.Broadcast(ctx, id)
		must(t, err)
		from := b.State
		b.State = state
		return tx.PutBroadcast(ctx, b, from)
	})
}

// words are a text in one language.
func words(text string) []core.Wording {
	return []core.Wording{{Language: "fr", Body: []core.Span{{Text: text}}}}
}

func wantProgress(t *testing.T, s core.Store, id core.BroadcastID, want core.Progress) {
	t.Helper()
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		got, err := tx.Progress(ctx, id)
		must(t, err)
		if d := cmp.Diff(&want, got); d != "" {
			t.Errorf("recipients by state (-want +got):\n%s", d)
		}
		return nil
	})
}

func broadcastComesBackEqual(t *testing.T, s core.Store) {
	start := now(t, s)
	full := core.Letterhead{
		Speaker: "the team of Lyon", Area: "FR/84/69", Texts: append(words("bientôt"), core.Wording{Language: "en", Body: []core.Span{{Text: "soon"}}}),
		File: &core.Attachment{Name: "a.png", MIME: "image/png", Blob: 7}, Action: 4,
		Answers:  [][]core.Wording{words("oui"), words("non")},
		Audience: core.Audience{With: []core.Filter{{Kind: core.InAreas, Areas: []core.AreaID{"FR/84/69"}}}},
		Rooms:    []core.ChatID{5}, Start: core.Start{Local: "2027-03-14T18:00"}, Expires: start.Add(2 * time.Hour), Again: core.Once, Stars: 3,
	}
	for _, want := range []*core.Broadcast{
		{State: core.Draft, Letterhead: full, Proposer: 1},
		{Kind: core.Correct, Of: 1, State: core.Approved, Letterhead: core.Letterhead{Texts: words("x"), Again: core.TwiceOkay},
			Due: start.Add(time.Hour), Large: true, Proposer: 1, Approver: 2, Hash: full.Sum(), Why: core.ByTime},
	} {
		do(t, s, func(ctx context.Context, tx core.Tx) error {
			must(t, tx.CreateBroadcast(ctx, want))
			got, err := tx.Broadcast(ctx, want.ID)
			must(t, err)
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("broadcast (-want +got):\n%s", d)
			}
			from := want.State
			want.State, want.Why, want.Speaker, want.Large = core.Stopped, core.ByPerson, "another", !want.Large
			must(t, tx.PutBroadcast(ctx, want, from))
			got, err = tx.Broadcast(ctx, want.ID)
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("broadcast (-want +got):\n%s", d)
			}
			return err
		})
	}
}

func broadcastThatMovedIsNotPut(t *testing.T, s core.Store) {
	b := broadcast(t, s, core.Broadcast{}, 1)
	before := b.Moved
	advance(t, s, time.Minute)
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		b.State = core.Stopping
		wantCode(t, tx.PutBroadcast(ctx, b, core.Paused), core.Conflict)
		must(t, tx.PutBroadcast(ctx, b, core.Running))
		if !b.Moved.After(before) {
			t.Error("it is not known when it moved")
		}
		moved := b.Moved
		must(t, tx.PutBroadcast(ctx, b, core.Stopping))
		if b.Moved != moved {
			t.Error("it moved without a change of state")
		}
		return nil
	})
}

func broadcastsAreFoundByStateAndProposer(t *testing.T, s core.Store) {
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		for i, state := range []core.BroadcastState{core.Draft, core.Proposed, core.Draft} {
			must(t, tx.CreateBroadcast(ctx, &core.Broadcast{State: state, Proposer: core.SupporterID(i%2 + 1)}))
		}
		for _, c := range []struct {
			by     core.SupporterID
			states []core.BroadcastState
			want   []core.BroadcastID
		}{
			{1, nil, []core.BroadcastID{3, 1}}, {2, nil, []core.BroadcastID{2}}, {3, nil, nil},
			{0, []core.BroadcastState{core.Draft}, []core.BroadcastID{3, 1}},
			{0, []core.BroadcastState{core.Draft, core.Proposed}, []core.BroadcastID{3, 2, 1}},
		} {
			bs, err := tx.Broadcasts(ctx, c.by, c.states...)
			must(t, err)
			var got []core.BroadcastID
			for _, b := range bs {
				got = append(got, b.ID)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("broadcasts of %d in %v (-want +got):\n%s", c.by, c.states, d)
			}
		}
		return nil
	})
}

func unknownBroadcastIsNotFound(t *testing.T, s core.Store) {
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		_, err := tx.Broadcast(ctx, 1)
		wantCode(t, err, core.NotFound)
		wantCode(t, tx.PutBroadcast(ctx, &core.Broadcast{ID: 1}, core.Draft), core.NotFound)
		_, err = tx.Progress(ctx, 1)
		wantCode(t, err, core.NotFound)
		return nil
	})
}

func pausedBroadcastIsNotClaimed(t *testing.T, s core.Store) {
	b := broadcast(t, s, core.Broadcast{}, 2)
	for _, state := range []core.BroadcastState{core.Draft, core.Approved, core.Holding, core.Freezing, core.CanaryFlight, core.Paused, core.Stopping, core.Stopped, core.Finished} {
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
	broadcast(t, s, core.Broadcast{Due: start.Add(time.Hour), Letterhead: core.Letterhead{Expires: start.Add(2 * time.Hour)}}, 2)
	claimCopies(t, s, 1, 0)
	advance(t, s, time.Hour)
	claimCopies(t, s, 1, 1)
	advance(t, s, time.Hour)
	claimCopies(t, s, 1, 0)
}

func smallOneDoesNotWaitForALargeOne(t *testing.T, s core.Store) {
	broadcast(t, s, core.Broadcast{Letterhead: core.Letterhead{Texts: words("large")}}, 60)
	broadcast(t, s, core.Broadcast{Letterhead: core.Letterhead{Texts: words("small")}}, 10)
	take := func(n int, want map[string]int) {
		t.Helper()
		got := make(map[string]int)
		for _, o := range claimCopies(t, s, n, n) {
			got[o.Content.(*core.Copy).Broadcast.Texts[0].Body[0].Text]++
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
