package storagetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core"
	"tocsin/core/geo"
	"tocsin/core/locale"
)

var outboxProperties = []property{
	{"Outbox/FiveKindsComeBackEqual", fiveKindsComeBackEqual},
	{"Outbox/EditMovesTheReceiptOfWhatItEdits", editMovesTheReceipt},
	{"Outbox/WithoutDueIsDueAtOnce", withoutDueIsDueAtOnce},
	{"Outbox/RolledBackEnqueueIsNotSent", rolledBackEnqueueIsNotSent},
	{"Outbox/EnqueueToUnknownChatIsNotFound", enqueueToUnknownChatIsNotFound},
	{"Outbox/SettleOfAnOldAttemptFailsWithConflict", settleOfAnOldAttemptFailsWithConflict},
	{"Outbox/SettleAllIsSettleOfEach", settleAllIsSettleOfEach},
	{"Outbox/AClaimedChatIsReadAnewOnceItChanged", claimedChatIsReadAnew},
	{"Outbox/NextDueLooksWhereItIsTold", nextDueLooksWhereItIsTold},
	{"Outbox/FinalVerdictIsFinal", finalVerdictIsFinal},
	{"Outbox/LeaseEndsAsUnsure", leaseEndsAsUnsure},
	{"Outbox/RetryAfterCertainFailureIsSure", retryAfterCertainFailureIsSure},
	{"Outbox/UnsureStaysUnsure", unsureStaysUnsure},
	{"Outbox/ClosedVerdictClosesTheChat", closedVerdictClosesTheChat},
	{"Outbox/ReceiptComesBack", receiptComesBack},
	{"Outbox/MenuIsFoundByAnyPart", menuIsFoundByAnyPart},
	{"Outbox/BlobComesBack", blobComesBack},
	{"Outbox/WhatWaitsIsCountedByLane", whatWaitsIsCountedByLane},
}

func fiveKindsComeBackEqual(t *testing.T, s core.Store) {
	start, anna := now(t, s), chat(t, s, "anna")
	message := &core.Message{
		Body:    []core.Span{{Text: "Zoë <b>'\"\\?0 ?bot\n\u2068", Style: locale.Strong}, {Text: "here", URL: "https://example.org/?a=1"}},
		Buttons: []core.Button{{Label: "Yes", Do: core.Do{Verb: "rsvp.going", Arg: "42"}}},
		Menu:    "abcdefghijklmnop", AskHere: true,
		Pin:  &core.Pin{Point: geo.Point{Lat: 45.757814, Lon: -4.832011}, Title: "Place"},
		File: &core.Attachment{Name: "action.ics", MIME: "text/calendar", Blob: 7},
	}
	contents := []core.Content{
		message,
		&core.Reference{Kind: "alert", Supporter: 3, Subjects: []int64{-1, 1 << 60}},
		&core.Edit{Of: 9, Message: message},
		&core.Redact{Of: 10},
		&core.Task{Name: "check", Payload: []byte{0, 255, '\'', '\\'}},
	}
	var want []*core.Outgoing
	for i, c := range contents {
		o := core.Outgoing{
			Chat: anna, Account: core.AccountID(i), Lane: core.Notice, Content: c, Again: core.Once,
			Due: start.Add(time.Duration(i-10) * time.Second), Expires: start.Add(time.Hour),
		}
		if _, ok := c.(*core.Task); ok {
			o.Chat, o.Expires = 0, time.Time{}
		}
		want = append(want, enqueue(t, s, o))
	}
	var got []*core.Outgoing
	for range 4 {
		got = append(got, claim(t, s, core.Claim{})...)
		settle(t, s, got[len(got)-1], sent())
	}
	got = append(got, claim(t, s, core.Claim{Tasks: true})...)
	keys := make(map[core.SendKey]bool)
	for _, o := range want {
		o.Attempt = 1
		keys[o.Key] = true
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("what was enqueued did not come back (-want +got):\n%s", d)
	}
	if len(keys) != len(want) || keys[""] {
		t.Errorf("%d different keys for %d messages", len(keys), len(want))
	}
}

func withoutDueIsDueAtOnce(t *testing.T, s core.Store) {
	before := now(t, s)
	o := enqueue(t, s, core.Outgoing{Chat: chat(t, s, "anna"), Lane: core.Talk})
	got := wantClaim(t, s, o)
	if due := got[0].Due; due.Before(before) || due.After(now(t, s)) {
		t.Errorf("due %v, want the time of enqueuing", due.Sub(before))
	}
}

func rolledBackEnqueueIsNotSent(t *testing.T, s core.Store) {
	anna := chat(t, s, "anna")
	boom := errors.New("boom")
	err := s.Tx(t.Context(), func(tx core.Tx) error {
		must(t, tx.Enqueue(t.Context(), &core.Outgoing{Chat: anna, Lane: core.Talk, Content: say("hello")}))
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatalf("Tx = %v, want the error of fn", err)
	}
	wantClaim(t, s)
}

func enqueueToUnknownChatIsNotFound(t *testing.T, s core.Store) {
	anna := chat(t, s, "anna")
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		wantCode(t, tx.Enqueue(ctx, &core.Outgoing{Chat: anna + 1, Lane: core.Talk, Content: say("hello")}), core.NotFound)
		return tx.Enqueue(ctx, &core.Outgoing{Chat: anna, Lane: core.Talk, Content: say("hello")})
	})
}

func settleOfAnOldAttemptFailsWithConflict(t *testing.T, s core.Store) {
	o := enqueue(t, s, core.Outgoing{Chat: chat(t, s, "anna"), Lane: core.Talk})
	old := wantClaim(t, s, o)[0]
	advance(t, s, lease)
	latest := wantClaim(t, s, o)[0]
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		wantCode(t, tx.Settle(ctx, old, sent("1")), core.Conflict)
		must(t, tx.Settle(ctx, latest, sent("2")))
		wantCode(t, tx.Settle(ctx, latest, sent("3")), core.Conflict)
		return nil
	})
	wantReceipt(t, s, o.ID, "2")
}

func settleAllIsSettleOfEach(t *testing.T, s core.Store) {
	anna, ben, gone := chat(t, s, "anna"), chat(t, s, "ben"), chat(t, s, "gone")
	lost := enqueue(t, s, core.Outgoing{Chat: ben, Lane: core.Notice})
	old := wantClaim(t, s, lost)[0]
	advance(t, s, lease)
	wantClaim(t, s, lost)
	said := enqueue(t, s, core.Outgoing{Chat: anna, Lane: core.Talk})
	waits := enqueue(t, s, core.Outgoing{Chat: ben, Lane: core.Talk})
	blocked := enqueue(t, s, core.Outgoing{Chat: gone, Lane: core.Talk})
	menu := &core.Menu{Token: "abcdefghijklmnop", Chat: anna, Message: said.ID, Buttons: []core.Button{{Label: "Yes"}}}
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.PutMenu(ctx, menu) })
	got := wantClaim(t, s, said, waits, blocked)
	retry := again(t, s, 0)
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		must(t, tx.SettleAll(ctx, nil))
		return tx.SettleAll(ctx, []core.Settlement{
			{Outgoing: old, Verdict: sent("1")}, {Outgoing: got[0], Verdict: sent("17", "18", "18")}, {Outgoing: got[1], Verdict: retry},
			{Outgoing: got[2], Verdict: core.Verdict{State: core.Failed, Code: core.Unreachable, Closed: true}},
		})
	})
	wantReceipt(t, s, said.ID, "17", "18", "18")
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		_, err := tx.Receipt(ctx, lost.ID)
		wantCode(t, err, core.NotFound)
		for _, part := range []core.ReceiptID{"17", "18"} {
			if on := get[*core.Menu](t)(tx.MenuOn(ctx, anna, part)); on.Token != menu.Token {
				t.Errorf("the menu on part %s is %s", part, on.Token)
			}
		}
		if c := get[*core.Chat](t)(tx.Chat(ctx, gone)); !c.Closed {
			t.Error("a chat that is gone is open")
		}
		return nil
	})
	edit := enqueue(t, s, core.Outgoing{Chat: anna, Lane: core.Talk, Content: &core.Edit{Of: said.ID, Message: say("long")}})
	again := wantClaim(t, s, waits, edit)
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		return tx.SettleAll(ctx, []core.Settlement{{Outgoing: again[0], Verdict: sent("2")}, {Outgoing: again[1], Verdict: sent("17", "19")}})
	})
	wantReceipt(t, s, said.ID, "17", "19")
	wantClaim(t, s)
}

func claimedChatIsReadAnew(t *testing.T, s core.Store) {
	anna := chat(t, s, "anna")
	enqueue(t, s, core.Outgoing{Chat: anna, Lane: core.Talk})
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		get[[]*core.Outgoing](t)(tx.Claim(ctx, core.Claim{Bot: testBot, Lanes: everyLane, Max: 1, Lease: lease}))
		before := get[*core.Chat](t)(tx.Chat(ctx, anna))
		must(t, tx.CloseChat(ctx, anna, true))
		after := get[*core.Chat](t)(tx.Chat(ctx, anna))
		if before.Ref != chatRef("anna") || before.Closed || !after.Closed {
			t.Errorf("%+v, once it is closed %+v", before, after)
		}
		return nil
	})
}

func nextDueLooksWhereItIsTold(t *testing.T, s core.Store) {
	anna, start := chat(t, s, "anna"), now(t, s)
	for lane, wait := range map[core.Lane]time.Duration{core.Talk: time.Second, core.Notice: time.Hour, core.Bulk: time.Minute} {
		enqueue(t, s, core.Outgoing{Chat: anna, Lane: lane, Due: start.Add(wait)})
	}
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		for _, c := range []struct {
			lanes []core.Lane
			want  time.Duration
		}{
			{nil, time.Second}, {[]core.Lane{core.Notice}, time.Hour}, {[]core.Lane{core.Bulk, core.Notice}, time.Minute},
		} {
			if got := get[time.Time](t)(tx.NextDue(ctx, testBot, c.lanes...)); !got.Equal(start.Add(c.want)) {
				t.Errorf("lanes %v: %v, want %v", c.lanes, got.Sub(start), c.want)
			}
		}
		return nil
	})
}

func finalVerdictIsFinal(t *testing.T, s core.Store) {
	anna := chat(t, s, "anna")
	for _, state := range []core.State{core.Sent, core.Failed, core.Unsent, core.Doubtful} {
		o := enqueue(t, s, core.Outgoing{Chat: anna, Lane: core.Talk})
		settle(t, s, wantClaim(t, s, o)[0], core.Verdict{State: state, Code: core.Invalid})
	}
	advance(t, s, 2*lease)
	wantClaim(t, s)
}

func leaseEndsAsUnsure(t *testing.T, s core.Store) {
	o := enqueue(t, s, core.Outgoing{Chat: chat(t, s, "anna"), Lane: core.Talk})
	if got := wantClaim(t, s, o)[0]; got.Unsure || got.Attempt != 1 {
		t.Errorf("first claim: attempt %d, unsure %t; want 1, false", got.Attempt, got.Unsure)
	}
	advance(t, s, lease-time.Minute)
	wantClaim(t, s)
	advance(t, s, time.Minute)
	if got := wantClaim(t, s, o)[0]; !got.Unsure || got.Attempt != 2 {
		t.Errorf("after the lease: attempt %d, unsure %t; want 2, true", got.Attempt, got.Unsure)
	}
}

func retryAfterCertainFailureIsSure(t *testing.T, s core.Store) {
	o := enqueue(t, s, core.Outgoing{Chat: chat(t, s, "anna"), Lane: core.Talk})
	settle(t, s, wantClaim(t, s, o)[0], again(t, s, 0))
	if got := wantClaim(t, s, o)[0]; got.Unsure || got.Attempt != 2 {
		t.Errorf("claimed again: attempt %d, unsure %t; want 2, false", got.Attempt, got.Unsure)
	}
}

// An attempt that may have arrived is not forgotten because a later one surely did not.
func unsureStaysUnsure(t *testing.T, s core.Store) {
	anna := chat(t, s, "anna")
	told := enqueue(t, s, core.Outgoing{Chat: anna, Lane: core.Talk})
	v := again(t, s, 0)
	v.Unsure = true
	settle(t, s, wantClaim(t, s, told)[0], v)
	settle(t, s, wantClaim(t, s, told)[0], again(t, s, 0))
	if got := wantClaim(t, s, told)[0]; !got.Unsure || got.Attempt != 3 {
		t.Errorf("after an unsure verdict: attempt %d, unsure %t; want 3, true", got.Attempt, got.Unsure)
	} else {
		settle(t, s, got, sent())
	}

	silent := enqueue(t, s, core.Outgoing{Chat: anna, Lane: core.Talk})
	wantClaim(t, s, silent)
	advance(t, s, lease)
	settle(t, s, wantClaim(t, s, silent)[0], again(t, s, 0))
	if got := wantClaim(t, s, silent)[0]; !got.Unsure || got.Attempt != 3 {
		t.Errorf("after a lost lease: attempt %d, unsure %t; want 3, true", got.Attempt, got.Unsure)
	}
}

func closedVerdictClosesTheChat(t *testing.T, s core.Store) {
	gone, here := chat(t, s, "gone"), chat(t, s, "here")
	a := enqueue(t, s, core.Outgoing{Chat: gone, Lane: core.Talk})
	b := enqueue(t, s, core.Outgoing{Chat: here, Lane: core.Talk})
	got := wantClaim(t, s, a, b)
	settle(t, s, got[0], core.Verdict{State: core.Failed, Code: core.Unreachable, Closed: true})
	settle(t, s, got[1], core.Verdict{State: core.Failed, Code: core.Invalid})
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		for id, want := range map[core.ChatID]bool{gone: true, here: false} {
			c, err := tx.Chat(ctx, id)
			must(t, err)
			if c.Closed != want {
				t.Errorf("chat closed %t, want %t", c.Closed, want)
			}
		}
		return nil
	})
}

func receiptComesBack(t *testing.T, s core.Store) {
	anna := chat(t, s, "anna")
	o := enqueue(t, s, core.Outgoing{Chat: anna, Lane: core.Talk})
	none := enqueue(t, s, core.Outgoing{Chat: anna, Lane: core.Notice})
	got := wantClaim(t, s, o, none)
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		_, err := tx.Receipt(ctx, o.ID)
		wantCode(t, err, core.NotFound)
		must(t, tx.Settle(ctx, got[0], sent("$first", "$second:example.org")))
		must(t, tx.Settle(ctx, got[1], core.Verdict{State: core.Unsent}))
		for _, id := range []core.OutgoingID{none.ID, none.ID + 1, -1, 0} {
			_, err = tx.Receipt(ctx, id)
			wantCode(t, err, core.NotFound)
		}
		return nil
	})
	wantReceipt(t, s, o.ID, "$first", "$second:example.org")
}

func menuIsFoundByAnyPart(t *testing.T, s core.Store) {
	anna, ben := chat(t, s, "anna"), chat(t, s, "ben")
	o := enqueue(t, s, core.Outgoing{Chat: anna, Lane: core.Talk})
	menu := &core.Menu{
		Token: "abcdefghijklmnop", Chat: anna, Message: o.ID,
		Buttons: []core.Button{{Label: "Yes", Do: core.Do{Verb: "yes"}}},
	}
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.PutMenu(ctx, menu) })
	settle(t, s, wantClaim(t, s, o)[0], sent("17", "18", "18"))
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		for _, part := range []core.ReceiptID{"17", "18"} {
			got, err := tx.MenuOn(ctx, anna, part)
			must(t, err)
			if d := cmp.Diff(menu, got); d != "" {
				t.Errorf("menu on part %s (-want +got):\n%s", part, d)
			}
		}
		_, err := tx.MenuOn(ctx, anna, "19")
		wantCode(t, err, core.NotFound)
		_, err = tx.MenuOn(ctx, ben, "17")
		wantCode(t, err, core.NotFound)
		return nil
	})
}

func blobComesBack(t *testing.T, s core.Store) {
	want := []byte{0, 1, 255, '\'', '\\', '?'}
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		id, err := tx.PutBlob(ctx, want)
		must(t, err)
		got, err := tx.Blob(ctx, id)
		must(t, err)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("blob (-want +got):\n%s", d)
		}
		_, err = tx.Blob(ctx, id+1)
		wantCode(t, err, core.NotFound)
		return nil
	})
}

func editMovesTheReceipt(t *testing.T, s core.Store) {
	c := chat(t, s, "a")
	first := enqueue(t, s, core.Outgoing{Chat: c, Lane: core.Talk, Content: say("short")})
	settle(t, s, wantClaim(t, s, first)[0], sent("1"))
	edit := enqueue(t, s, core.Outgoing{Chat: c, Lane: core.Talk, Content: &core.Edit{Of: first.ID, Message: say("long")}})
	settle(t, s, wantClaim(t, s, edit)[0], sent("1", "2"))
	wantReceipt(t, s, first.ID, "1", "2")
}

func whatWaitsIsCountedByLane(t *testing.T, s core.Store) {
	want := func(b core.BotID, want map[core.Lane]int) {
		t.Helper()
		var got map[core.Lane]int
		do(t, s, func(ctx context.Context, tx core.Tx) (err error) {
			got, err = tx.CountWaiting(ctx, b)
			return err
		})
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("what waits for %s (-want +got):\n%s", b, d)
		}
	}
	want(testBot, map[core.Lane]int{})
	anna := chat(t, s, "anna")
	for _, lane := range []core.Lane{core.Talk, core.Notice, core.Notice, core.Bulk} {
		enqueue(t, s, core.Outgoing{Chat: anna, Lane: lane, Content: &core.Message{Body: []core.Span{{Text: "a"}}}})
	}
	enqueue(t, s, core.Outgoing{Lane: core.Talk, Content: &core.Task{Name: "check"}})
	broadcast(t, s, core.Broadcast{}, 3)
	want(testBot, map[core.Lane]int{core.Talk: 1, core.Notice: 2, core.Bulk: 4})
	settle(t, s, claim(t, s, core.Claim{Lanes: []core.Lane{core.Talk}})[0], sent())
	want(testBot, map[core.Lane]int{core.Notice: 2, core.Bulk: 4})
	want("console:nobody", map[core.Lane]int{})
}
