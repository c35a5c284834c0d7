package storagetest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core"
)

var chatProperties = []property{
	{"Chat/ComesBackEqual", chatComesBackEqual},
	{"Chat/IsOneHoweverOftenEntered", chatIsOne},
	{"Chat/StrangeNamesStayApart", chatStrangeNames},
	{"Chat/ThreadKnowsItsRoot", chatThreadKnowsRoot},
	{"Chat/HasTheKindOfTheLastEntry", chatKindOfLastEntry},
	{"Chat/ClosesWithItsThreads", chatClosesWithThreads},
	{"Chat/UnknownIsNotFound", chatUnknown},
	{"Chat/HasOneTurnAtATime", chatOneTurnAtATime},
	{"Chat/TwoBotsDoNotShareOne", chatPerBot},
	{"Chat/OfARolledBackBotIsMadeAgain", chatOfRolledBackBot},
	{"Chat/TalkIsDroppedWithThatOfItsThreads", chatTalkDropped},
}

func chatComesBackEqual(t *testing.T, s core.Store) {
	ref := core.ChatRef{Bot: "matrix:@tocsin:example.org", Chat: "!Röom'\"\\?:example.org", Thread: "$évent"}
	var entered *core.Chat
	do(t, s, func(ctx context.Context, tx core.Tx) (err error) {
		entered, err = tx.EnterChat(ctx, ref, core.Group)
		return err
	})
	read(t, s, func(ctx context.Context, r core.Reader) error {
		got, err := r.Chat(ctx, entered.ID)
		must(t, err)
		want := &core.Chat{ID: entered.ID, Root: entered.Root, Ref: ref, Kind: core.Group}
		if diff := cmp.Diff(want, got); diff != "" || !cmp.Equal(want, entered) {
			t.Errorf("entered %+v, read with a difference:\n%s", entered, diff)
		}
		return nil
	})
}

func chatIsOne(t *testing.T, s core.Store) {
	first, second, other := chat(t, s, "anna"), chat(t, s, "anna"), chat(t, s, "ben")
	if first != second || first == other || first == 0 {
		t.Errorf("ids %d and %d of one chat, %d of another", first, second, other)
	}
}

// Names that look alike when they are joined carelessly are of different chats.
func chatStrangeNames(t *testing.T, s core.Store) {
	refs := []core.ChatRef{
		{Bot: testBot, Chat: "1", Thread: "2"}, {Bot: testBot, Chat: "12"}, {Bot: testBot, Chat: "1", Thread: "\x002"},
		{Bot: testBot, Chat: "1\x00", Thread: "2"}, {Bot: testBot, Chat: "1\xff"}, {Bot: testBot, Chat: "1\ufffd"}, {Bot: testBot, Chat: ""},
	}
	seen := map[core.ChatID]core.ChatRef{}
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		clear(seen)
		for _, ref := range refs {
			c, err := tx.EnterChat(ctx, ref, core.Private)
			if err != nil {
				return err
			}
			seen[c.ID] = ref
		}
		return nil
	})
	if len(seen) != len(refs) {
		t.Fatalf("%d chats for %d refs", len(seen), len(refs))
	}
	read(t, s, func(ctx context.Context, r core.Reader) error {
		for id, ref := range seen {
			c, err := r.Chat(ctx, id)
			must(t, err)
			if c.Ref != ref {
				t.Errorf("chat %d came back with another ref", id)
			}
		}
		return nil
	})
}

func chatThreadKnowsRoot(t *testing.T, s core.Store) {
	ref := chatRef("forum")
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		thread, err := tx.EnterChat(ctx, core.ChatRef{Bot: ref.Bot, Chat: ref.Chat, Thread: "7"}, core.Group)
		must(t, err)
		root, err := tx.EnterChat(ctx, ref, core.Group)
		must(t, err)
		if thread.Root != root.ID || root.Root != root.ID || thread.ID == root.ID {
			t.Errorf("thread %+v, root %+v", thread, root)
		}
		return nil
	})
}

func chatKindOfLastEntry(t *testing.T, s core.Store) {
	id := chat(t, s, "room")
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		c, err := tx.EnterChat(ctx, chatRef("room"), core.Group)
		must(t, err)
		if c.Kind != core.Group {
			t.Errorf("entered as a group, it is %q", c.Kind)
		}
		c, err = tx.Chat(ctx, id)
		must(t, err)
		if c.Kind != core.Group {
			t.Errorf("entered as a group, it is stored as %q", c.Kind)
		}
		return nil
	})
}

func chatClosesWithThreads(t *testing.T, s core.Store) {
	ref := chatRef("forum")
	topic := core.ChatRef{Bot: ref.Bot, Chat: ref.Chat, Thread: "7"}
	closed := func(ctx context.Context, tx core.Tx, ref core.ChatRef) bool {
		c, err := tx.EnterChat(ctx, ref, core.Group)
		must(t, err)
		return c.Closed
	}
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		thread, err := tx.EnterChat(ctx, topic, core.Group)
		must(t, err)
		must(t, tx.CloseChat(ctx, thread.ID, true))
		if closed(ctx, tx, ref) || !closed(ctx, tx, topic) {
			t.Error("a closed thread closed its chat, or did not close")
		}
		must(t, tx.CloseChat(ctx, thread.Root, true))
		later := core.ChatRef{Bot: ref.Bot, Chat: ref.Chat, Thread: "8"}
		if !closed(ctx, tx, ref) || !closed(ctx, tx, topic) || !closed(ctx, tx, later) {
			t.Error("a closed chat has an open thread")
		}
		must(t, tx.CloseChat(ctx, thread.Root, false))
		if closed(ctx, tx, ref) || closed(ctx, tx, topic) || closed(ctx, tx, later) {
			t.Error("a chat that is there again is closed, or a thread of it")
		}
		return nil
	})
}

func chatUnknown(t *testing.T, s core.Store) {
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		_, err := tx.Chat(ctx, 404)
		wantCode(t, err, core.NotFound)
		wantCode(t, tx.CloseChat(ctx, 404, true), core.NotFound)
		wantCode(t, tx.MoveChat(ctx, 404, chatRef("anna")), core.NotFound)
		return nil
	})
}

// Many turns in one chat and its threads, some at its first sight, each read a number
// and store the next: none is lost.
func chatOneTurnAtATime(t *testing.T, s core.Store) {
	const turns = 12
	errs := make([]error, turns)
	var wait sync.WaitGroup
	for i := range turns {
		wait.Go(func() {
			ref := chatRef("busy")
			if i%3 == 0 {
				ref.Thread = "7"
			}
			errs[i] = s.Tx(t.Context(), func(tx core.Tx) error {
				entered, err := tx.EnterChat(t.Context(), ref, core.Group)
				if err != nil {
					return err
				}
				c, err := tx.Conversation(t.Context(), entered.Root, 0)
				if err != nil {
					return err
				}
				c.Frames = append(c.Frames, core.Frame{Flow: "turn"})
				return tx.PutConversation(t.Context(), c)
			})
		})
	}
	wait.Wait()
	must(t, errors.Join(errs...))
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		entered, err := tx.EnterChat(ctx, chatRef("busy"), core.Group)
		must(t, err)
		c, err := tx.Conversation(ctx, entered.ID, 0)
		must(t, err)
		if len(c.Frames) != turns || c.Version != turns {
			t.Errorf("%d frames and version %d after %d turns", len(c.Frames), c.Version, turns)
		}
		return nil
	})
}

func chatPerBot(t *testing.T, s core.Store) {
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		a, err := tx.EnterChat(ctx, core.ChatRef{Bot: "telegram:1", Chat: "5"}, core.Private)
		must(t, err)
		b, err := tx.EnterChat(ctx, core.ChatRef{Bot: "telegram:2", Chat: "5"}, core.Private)
		must(t, err)
		x, err := tx.EnterAccount(ctx, core.AccountRef{Bot: "telegram:1", ID: "5"})
		must(t, err)
		y, err := tx.EnterAccount(ctx, core.AccountRef{Bot: "telegram:2", ID: "5"})
		must(t, err)
		if a.ID == b.ID || x.ID == y.ID {
			t.Error("two bots share a chat or an account")
		}
		return nil
	})
}

// What a transaction learnt of a bot is forgotten when it is rolled back.
func chatOfRolledBackBot(t *testing.T, s core.Store) {
	boom := errors.New("boom")
	err := s.Tx(t.Context(), func(tx core.Tx) error {
		_, err := tx.EnterChat(t.Context(), chatRef("anna"), core.Private)
		must(t, err)
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatalf("got %v, want the error of the function", err)
	}
	id := chat(t, s, "anna")
	read(t, s, func(ctx context.Context, r core.Reader) error {
		c, err := r.Chat(ctx, id)
		must(t, err)
		if c.Ref != chatRef("anna") {
			t.Error("the chat came back with another ref")
		}
		return nil
	})
}

// What was said in a group goes, with its threads; the group, other chats, and what the
// people of the group said elsewhere stay.
func chatTalkDropped(t *testing.T, s core.Store) {
	root, thread := group(t, s, oldName), group(t, s, topic(oldName, "7"))
	home, anna := chat(t, s, "anna"), account(t, s, "anna")
	all := map[core.ChatID]core.MenuToken{root: "root", thread: "thread", home: "home"}
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		for c, token := range all {
			for _, a := range []core.AccountID{0, anna} {
				must(t, tx.PutConversation(ctx, &core.Conversation{Chat: c, Account: a, Language: "fr"}))
			}
			must(t, tx.PutMenu(ctx, &core.Menu{Token: token, Chat: c}))
			must(t, tx.Enqueue(ctx, &core.Outgoing{Chat: c, Lane: core.Talk, Content: &core.Message{Body: []core.Span{{Text: "bonjour"}}}, Again: core.TwiceOkay}))
		}
		return tx.DropTalk(ctx, root)
	})
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		for c, token := range all {
			for _, a := range []core.AccountID{0, anna} {
				talk, err := tx.Conversation(ctx, c, a)
				must(t, err)
				if kept := talk.Version > 0; kept != (c == home) {
					t.Errorf("chat %q: what account %d said is kept: %t", token, a, kept)
				}
			}
			_, err := tx.Menu(ctx, token)
			if there, err := found(err); err != nil || there != (c == home) {
				t.Errorf("chat %q: its menu is there: %t, %v", token, there, err)
			}
			_, err = tx.Chat(ctx, c)
			must(t, err)
		}
		wantCode(t, tx.DropTalk(ctx, 404), core.NotFound)
		return nil
	})
	wantClaimed(t, s, home)
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		left, err := tx.Claim(ctx, core.Claim{Bot: testBot, Lanes: []core.Lane{core.Talk}, Max: 9, Lease: time.Minute})
		if len(left) != 0 {
			t.Errorf("%d messages wait for the group", len(left))
		}
		return err
	})
}
