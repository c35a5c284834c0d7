package storagetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core"
)

var conversationProperties = []property{
	{"MarkSeen/TheSecondIsAConflict", seenTwice},
	{"MarkSeen/IsASet", seenIsASet},
	{"Conversation/ComesBackEqual", conversationComesBackEqual},
	{"Conversation/IsEmptyAtFirst", conversationEmptyAtFirst},
	{"Conversation/OfTwoPeopleInOneChatStaysApart", conversationPerPerson},
	{"Conversation/OldVersionIsAConflict", conversationOldVersion},
	{"Conversation/OfAnAccountIsDroppedInAllChatsButOne", conversationsDropped},
	{"Menu/ComesBackEqual", menuComesBackEqual},
	{"Menu/IsReplacedUnderItsToken", menuReplaced},
	{"Menu/UnknownIsNotFound", menuUnknown},
	{"Menu/IsFoundOnEachPartOfItsMessage", menuOnEachPart},
}

func seenTwice(t *testing.T, s core.Store) {
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		must(t, tx.MarkSeen(ctx, testBot, "17"))
		wantCode(t, tx.MarkSeen(ctx, testBot, "17"), core.Conflict)
		must(t, tx.MarkSeen(ctx, "telegram:2", "17"))
		return nil
	})
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		wantCode(t, tx.MarkSeen(ctx, testBot, "17"), core.Conflict)
		return nil
	})
}

// Telegram restarts its ids at random after a quiet week: a smaller one is new as well.
func seenIsASet(t *testing.T, s core.Store) {
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		for _, id := range []string{"900000001", "5", "900000000", "$événement:example.org"} {
			must(t, tx.MarkSeen(ctx, testBot, id))
		}
		return nil
	})
}

func conversationComesBackEqual(t *testing.T, s core.Store) {
	want := &core.Conversation{
		Chat: chat(t, s, "anna"), Account: account(t, s, "anna"),
		Frames: []core.Frame{
			{Flow: "organise", Step: "title", Data: map[string]string{"titre": "Зоя <b>'\"\\ \x7f ?0 $1", "": ""}},
			{Flow: "where", Step: "place"},
		},
		Menus: []core.MenuToken{"abcdefgh234567ab", "b"}, Language: "fr-CA",
		At: time.Date(2026, 11, 22, 8, 30, 0, 123456000, time.UTC), Plain: true, Asked: true, Greeted: true,
		Last: &core.Answered{In: "4711", Frames: []core.Frame{{Flow: "where", Step: "place"}}, Menus: []core.MenuToken{"c"}},
	}
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		must(t, tx.PutConversation(ctx, want))
		want.Frames[0].Step = "day"
		return tx.PutConversation(ctx, want)
	})
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		got, err := tx.Conversation(ctx, want.Chat, want.Account)
		must(t, err)
		if diff := cmp.Diff(want, got); diff != "" || got.Version != 2 {
			t.Errorf("version %d, and this difference:\n%s", got.Version, diff)
		}
		return nil
	})
}

func conversationEmptyAtFirst(t *testing.T, s core.Store) {
	c := chat(t, s, "anna")
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		got, err := tx.Conversation(ctx, c, 5)
		must(t, err)
		if want := (&core.Conversation{Chat: c, Account: 5}); !cmp.Equal(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
		return nil
	})
}

func conversationPerPerson(t *testing.T, s core.Store) {
	c, anna, ben := chat(t, s, "room"), account(t, s, "anna"), account(t, s, "ben")
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		return tx.PutConversation(ctx, &core.Conversation{Chat: c, Account: anna, Language: "fr"})
	})
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		for _, a := range []core.AccountID{ben, 0} {
			got, err := tx.Conversation(ctx, c, a)
			must(t, err)
			if got.Version != 0 || got.Language != "" {
				t.Errorf("account %d has a conversation: %+v", a, got)
			}
		}
		return nil
	})
}

func conversationOldVersion(t *testing.T, s core.Store) {
	c := chat(t, s, "anna")
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		must(t, tx.PutConversation(ctx, &core.Conversation{Chat: c}))
		wantCode(t, tx.PutConversation(ctx, &core.Conversation{Chat: c}), core.Conflict)
		wantCode(t, tx.PutConversation(ctx, &core.Conversation{Chat: c, Version: 2}), core.Conflict)
		wantCode(t, tx.PutConversation(ctx, &core.Conversation{Chat: c, Account: 9, Version: 1}), core.Conflict)
		return tx.PutConversation(ctx, &core.Conversation{Chat: c, Version: 1})
	})
}

func menuComesBackEqual(t *testing.T, s core.Store) {
	want := &core.Menu{
		Token: "abcdefgh234567ab", Chat: chat(t, s, "anna"), Account: account(t, s, "anna"), Message: 7,
		Buttons: []core.Button{{Label: "J’y vais", Do: core.Do{Verb: "rsvp.going", Arg: "42"}}, {Label: "Non", Do: core.Do{Verb: "no"}}},
	}
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.PutMenu(ctx, want) })
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		got, err := tx.Menu(ctx, want.Token)
		must(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		return nil
	})
}

func menuReplaced(t *testing.T, s core.Store) {
	m := &core.Menu{Token: "abcdefgh234567ab", Chat: chat(t, s, "anna"), Buttons: []core.Button{{Label: "Oui"}}}
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		must(t, tx.PutMenu(ctx, m))
		m.Message, m.Buttons = 8, []core.Button{{Label: "Non"}}
		must(t, tx.PutMenu(ctx, m))
		got, err := tx.Menu(ctx, m.Token)
		must(t, err)
		if !cmp.Equal(got, m) {
			t.Errorf("got %+v, want %+v", got, m)
		}
		return nil
	})
}

func menuUnknown(t *testing.T, s core.Store) {
	c := chat(t, s, "anna")
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		_, err := tx.Menu(ctx, "nonenonenonenone")
		wantCode(t, err, core.NotFound)
		_, err = tx.MenuOn(ctx, c, "1")
		wantCode(t, err, core.NotFound)
		return nil
	})
}

func menuOnEachPart(t *testing.T, s core.Store) {
	c, other := chat(t, s, "anna"), chat(t, s, "ben")
	var want *core.Menu
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		o := &core.Outgoing{Chat: c, Lane: core.Talk, Again: core.TwiceOkay,
			Content: &core.Message{Body: []core.Span{{Text: "bonjour"}}, Menu: "abcdefgh234567ab"}}
		must(t, tx.Enqueue(ctx, o))
		want = &core.Menu{Token: "abcdefgh234567ab", Chat: c, Message: o.ID, Buttons: []core.Button{{Label: "Oui"}}}
		return tx.PutMenu(ctx, want)
	})
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		claimed, err := tx.Claim(ctx, core.Claim{Bot: testBot, Lanes: []core.Lane{core.Talk}, Max: 1, Lease: time.Minute})
		must(t, err)
		if len(claimed) != 1 {
			t.Fatalf("claimed %d messages, want 1", len(claimed))
		}
		return tx.Settle(ctx, claimed[0], core.Verdict{State: core.Sent, Receipt: core.Receipt{"$1%", "$1%2"}})
	})
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		for _, part := range []core.ReceiptID{"$1%", "$1%2"} {
			got, err := tx.MenuOn(ctx, c, part)
			must(t, err)
			if !cmp.Equal(got, want) {
				t.Errorf("on the part %s: %+v, want %+v", part, got, want)
			}
		}
		_, err := tx.MenuOn(ctx, other, "$1%")
		wantCode(t, err, core.NotFound)
		_, err = tx.MenuOn(ctx, c, "$1")
		wantCode(t, err, core.NotFound)
		return nil
	})
}

func conversationsDropped(t *testing.T, s core.Store) {
	anna, ben := account(t, s, "anna"), account(t, s, "ben")
	home, other := chat(t, s, "anna"), chat(t, s, "other")
	talks := []*core.Conversation{
		{Chat: home, Account: anna}, {Chat: other, Account: anna}, {Chat: other, Account: ben}, {Chat: other},
	}
	wantOpen := func(open ...bool) {
		t.Helper()
		do(t, s, func(ctx context.Context, tx core.Tx) error {
			for i, c := range talks {
				if got := get[*core.Conversation](t)(tx.Conversation(ctx, c.Chat, c.Account)); (got.Version > 0) != open[i] {
					t.Errorf("conversation %d is open: %t", i, got.Version > 0)
				}
			}
			return nil
		})
	}
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		for _, c := range talks {
			must(t, tx.PutConversation(ctx, c))
		}
		return tx.DropConversations(ctx, anna, home)
	})
	wantOpen(true, false, true, true)
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		wantCode(t, tx.PutConversation(ctx, talks[1]), core.Conflict) // a turn that began before
		return tx.DropConversations(ctx, anna, 0)
	})
	wantOpen(false, false, true, true)
}
