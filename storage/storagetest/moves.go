package storagetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core"
)

var moveProperties = []property{
	{"MoveChat/BeforeTheNewNameIsKnown", moveBeforeKnown},
	{"MoveChat/AfterTheNewNameIsKnown", moveAfterKnown},
	{"MoveChat/OfAThreadMovesAll", moveOfThread},
	{"MoveChat/ToItselfDoesNothing", moveToItself},
	{"MoveChat/ToAnotherBotIsInvalid", moveToAnotherBot},
	{"MoveChat/ForgetsReceipts", moveForgetsReceipts},
	{"MoveChat/KeepsOneCopyOfABroadcast", moveKeepsOneCopy},
	{"MoveChat/OpensWhatWasClosedUnderTheOldName", moveOpens},
	{"MoveChat/KeepsClosedWhatIsClosedUnderTheNewName", moveKeepsClosed},
	{"MoveChat/ToldAgainEndsInOneChat", moveToldAgain},
	{"MoveChat/OfOneThatWasOpenedKeepsReceipts", moveOpened},
	{"Account/IsFoundByItsHome", accountsAt},
}

var (
	oldName = core.ChatRef{Bot: testBot, Chat: "-1001"}
	newName = core.ChatRef{Bot: testBot, Chat: "-1002"}
)

func topic(c core.ChatRef, thread string) core.ChatRef {
	c.Thread = thread
	return c
}

// group returns the id of a group.
func group(t *testing.T, s core.Store, ref core.ChatRef) core.ChatID {
	t.Helper()
	var id core.ChatID
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		c, err := tx.EnterChat(ctx, ref, core.Group)
		if err == nil {
			id = c.ID
		}
		return err
	})
	return id
}

func move(t *testing.T, s core.Store, id core.ChatID, to core.ChatRef) {
	t.Helper()
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.MoveChat(ctx, id, to) })
}

func moveBeforeKnown(t *testing.T, s core.Store) {
	root, thread := group(t, s, oldName), group(t, s, topic(oldName, "7"))
	move(t, s, root, newName)
	if group(t, s, newName) != root || group(t, s, topic(newName, "7")) != thread {
		t.Error("the chat or its thread has another id under its new name")
	}
	read(t, s, func(ctx context.Context, r core.Reader) error {
		c, err := r.Chat(ctx, thread)
		must(t, err)
		if c.Ref != topic(newName, "7") || c.Root != root {
			t.Errorf("the thread came back as %+v", c)
		}
		return nil
	})
	if again := group(t, s, oldName); again == root {
		t.Error("the old name still leads to the chat")
	}
}

// A twoNames is a group that both its names are known of, before they are one.
type twoNames struct {
	root, thread                core.ChatID // under the old name
	gone, goneThread, newThread core.ChatID // under the new one
	anna                        core.AccountID
}

const twoNamesMenu core.MenuToken = "aaaabbbbccccdddd"

func enterTwoNames(t *testing.T, s core.Store) twoNames {
	t.Helper()
	n := twoNames{
		root: group(t, s, oldName), thread: group(t, s, topic(oldName, "7")),
		gone: group(t, s, newName), goneThread: group(t, s, topic(newName, "7")), newThread: group(t, s, topic(newName, "8")),
		anna: account(t, s, "anna"),
	}
	early, late := now(t, s).Add(-time.Hour), now(t, s)
	for _, c := range []core.Conversation{
		{Chat: n.root, At: early, Frames: []core.Frame{{Flow: "old"}}},
		{Chat: n.gone, At: late, Frames: []core.Frame{{Flow: "new"}}},
		{Chat: n.root, Account: n.anna, At: late, Frames: []core.Frame{{Flow: "old"}}},
		{Chat: n.gone, Account: n.anna, At: early, Frames: []core.Frame{{Flow: "new"}}},
		{Chat: n.goneThread, Account: n.anna, At: late, Frames: []core.Frame{{Flow: "thread"}}},
	} {
		do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.PutConversation(ctx, &c) })
	}
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		must(t, tx.PutAccount(ctx, &core.Account{ID: n.anna, Home: n.gone}))
		must(t, tx.PutMenu(ctx, &core.Menu{Token: twoNamesMenu, Chat: n.gone}))
		for _, c := range []core.ChatID{n.root, n.gone, n.goneThread} {
			must(t, tx.Enqueue(ctx, &core.Outgoing{Chat: c, Lane: core.Talk, Content: &core.Message{Body: []core.Span{{Text: "bonjour"}}}, Again: core.TwiceOkay}))
		}
		return tx.CloseChat(ctx, n.root, true)
	})
	return n
}

func moveAfterKnown(t *testing.T, s core.Store) {
	n := enterTwoNames(t, s)
	move(t, s, n.root, newName)
	if group(t, s, newName) != n.root || group(t, s, topic(newName, "7")) != n.thread || group(t, s, topic(newName, "8")) != n.newThread {
		t.Fatal("the chat or a thread has another id under its new name")
	}
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		for id, ref := range map[core.ChatID]core.ChatRef{n.root: newName, n.newThread: topic(newName, "8")} {
			c, err := tx.Chat(ctx, id)
			must(t, err)
			if c.Root != n.root || c.Ref != ref || c.Closed {
				t.Errorf("chat %d came back as %+v", id, c)
			}
		}
		wantFlow(t, tx, n.root, 0, "new")
		wantFlow(t, tx, n.root, n.anna, "old")
		wantFlow(t, tx, n.thread, n.anna, "thread")
		m, err := tx.Menu(ctx, twoNamesMenu)
		must(t, err)
		a, err := tx.Account(ctx, n.anna)
		must(t, err)
		if m.Chat != n.root || a.Home != n.root {
			t.Errorf("the menu is of chat %d, the home is chat %d, want %d", m.Chat, a.Home, n.root)
		}
		_, err = tx.Chat(ctx, n.gone)
		wantCode(t, err, core.NotFound)
		return nil
	})
	wantClaimed(t, s, n.root, n.root, n.thread)
}

// wantFlow checks in which flow a conversation is, and that it can be stored as of its
// first version.
func wantFlow(t *testing.T, tx core.Tx, c core.ChatID, a core.AccountID, flow string) {
	t.Helper()
	got, err := tx.Conversation(t.Context(), c, a)
	must(t, err)
	if len(got.Frames) != 1 || got.Frames[0].Flow != flow || got.Version != 1 {
		t.Errorf("chat %d, account %d: %+v, want the flow %q", c, a, got, flow)
	}
}

// wantClaimed settles all that is due and checks in which chats it is, one after the
// other.
func wantClaimed(t *testing.T, s core.Store, want ...core.ChatID) {
	t.Helper()
	var got []core.ChatID
	for range want {
		do(t, s, func(ctx context.Context, tx core.Tx) error {
			claimed, err := tx.Claim(ctx, core.Claim{Bot: testBot, Lanes: []core.Lane{core.Talk}, Max: 1, Lease: time.Minute})
			if err != nil || len(claimed) == 0 {
				return err
			}
			m, ok := claimed[0].Content.(*core.Message)
			if !ok || m.PlainText() != "bonjour" {
				t.Errorf("claimed the content %+v", claimed[0].Content)
			}
			got = append(got, claimed[0].Chat)
			return tx.Settle(ctx, claimed[0], core.Verdict{State: core.Sent, Receipt: core.Receipt{"1"}})
		})
	}
	if !cmp.Equal(got, want) {
		t.Errorf("claimed in the chats %v, want %v", got, want)
	}
}

func moveOfThread(t *testing.T, s core.Store) {
	root, thread := group(t, s, oldName), group(t, s, topic(oldName, "7"))
	move(t, s, thread, topic(newName, "9"))
	if group(t, s, newName) != root || group(t, s, topic(newName, "7")) != thread {
		t.Error("the chat or its thread has another id under its new name")
	}
}

func moveToItself(t *testing.T, s core.Store) {
	root, thread := group(t, s, oldName), group(t, s, topic(oldName, "7"))
	move(t, s, root, oldName)
	if group(t, s, oldName) != root || group(t, s, topic(oldName, "7")) != thread {
		t.Error("the chat or its thread has another id")
	}
}

func moveToAnotherBot(t *testing.T, s core.Store) {
	root := group(t, s, oldName)
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		wantCode(t, tx.MoveChat(ctx, root, core.ChatRef{Bot: "telegram:2", Chat: "-1002"}), core.Invalid)
		return nil
	})
}

func moveForgetsReceipts(t *testing.T, s core.Store) {
	root, gone := group(t, s, oldName), group(t, s, newName)
	var sent [2]core.OutgoingID
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		for i, c := range []core.ChatID{root, gone} {
			token := core.MenuToken("token" + string(rune('a'+i)))
			o := &core.Outgoing{Chat: c, Lane: core.Talk, Again: core.Once,
				Content: &core.Message{Body: []core.Span{{Text: "bonjour"}}, Menu: token}}
			must(t, tx.Enqueue(ctx, o))
			must(t, tx.PutMenu(ctx, &core.Menu{Token: token, Chat: c, Message: o.ID}))
			sent[i] = o.ID
		}
		return nil
	})
	wantClaimed(t, s, root, gone)
	move(t, s, root, newName)
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		_, err := tx.Receipt(ctx, sent[0])
		wantCode(t, err, core.NotFound)
		r, err := tx.Receipt(ctx, sent[1])
		must(t, err)
		m, err := tx.MenuOn(ctx, root, "1")
		must(t, err)
		if len(r) != 1 || m.Token != "tokenb" || m.Chat != root {
			t.Errorf("the message of the new chat has the receipt %v and the menu %+v", r, m)
		}
		return nil
	})
}

func moveKeepsOneCopy(t *testing.T, s core.Store) {
	root, gone := group(t, s, oldName), group(t, s, newName)
	b := &core.Broadcast{State: core.Running, Letterhead: core.Letterhead{Texts: words("bonjour"), Again: core.Once}}
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		must(t, tx.CreateBroadcast(ctx, b))
		return tx.AddRecipients(ctx, b.ID, core.MainWave, []core.Recipient{{Chat: root}, {Chat: gone}})
	})
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		claimed, err := tx.ClaimRecipients(ctx, core.Claim{Bot: testBot, Lanes: []core.Lane{core.Bulk}, Max: 1, Lease: time.Minute})
		must(t, err)
		if len(claimed) != 1 {
			t.Fatalf("claimed %d copies, want 1", len(claimed))
		}
		return tx.SettleRecipients(ctx, []core.Settlement{{Outgoing: claimed[0], Verdict: core.Verdict{State: core.Sent, Receipt: core.Receipt{"1"}}}})
	})
	move(t, s, root, newName)
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		n, err := tx.Progress(ctx, b.ID)
		must(t, err)
		if n.Sent != 1 || n.Queued != 0 {
			t.Errorf("copies by state: %v, want the one that was sent", n)
		}
		return nil
	})
}

// The old name may be called gone before it is told that the chat goes on.
func moveOpens(t *testing.T, s core.Store) {
	root, thread := group(t, s, oldName), group(t, s, topic(oldName, "7"))
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.CloseChat(ctx, root, true) })
	move(t, s, root, newName)
	for _, id := range []core.ChatID{root, thread} {
		if isClosed(t, s, id) {
			t.Errorf("chat %d is closed under its new name", id)
		}
	}
}

func moveKeepsClosed(t *testing.T, s core.Store) {
	root, gone := group(t, s, oldName), group(t, s, newName)
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.CloseChat(ctx, gone, true) })
	move(t, s, root, newName)
	if !isClosed(t, s, root) {
		t.Error("what was closed under the new name is open")
	}
}

func isClosed(t *testing.T, s core.Store, id core.ChatID) (closed bool) {
	t.Helper()
	read(t, s, func(ctx context.Context, r core.Reader) error {
		c, err := r.Chat(ctx, id)
		must(t, err)
		closed = c.Closed
		return nil
	})
	return closed
}

// A move is told by two messages and by each send that is refused: whatever comes in
// between, all that hangs on the chat stays in one.
func moveToldAgain(t *testing.T, s core.Store) {
	n := enterTwoNames(t, s)
	for range 3 {
		move(t, s, group(t, s, oldName), newName)
		do(t, s, func(ctx context.Context, tx core.Tx) error {
			c, err := tx.EnterChat(ctx, newName, core.Group)
			must(t, err)
			return tx.Enqueue(ctx, &core.Outgoing{Chat: c.ID, Lane: core.Talk, Content: &core.Message{Body: []core.Span{{Text: "bonjour"}}}, Again: core.TwiceOkay})
		})
	}
	root, thread := group(t, s, newName), group(t, s, topic(newName, "7"))
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		m, err := tx.Menu(ctx, twoNamesMenu)
		must(t, err)
		a, err := tx.Account(ctx, n.anna)
		must(t, err)
		c, err := tx.Chat(ctx, thread)
		must(t, err)
		if m.Chat != root || a.Home != root || c.Root != root {
			t.Errorf("the menu is of chat %d, the home is chat %d, the root of the thread %d, want %d", m.Chat, a.Home, c.Root, root)
		}
		for account, flow := range map[core.AccountID]string{0: "new", n.anna: "old"} {
			got, err := tx.Conversation(ctx, root, account)
			must(t, err)
			if len(got.Frames) != 1 || got.Frames[0].Flow != flow {
				t.Errorf("account %d: %+v, want the flow %q", account, got, flow)
			}
		}
		return nil
	})
	wantClaimed(t, s, root, root, thread, root, root, root)
}

// A chat that was opened gets its true name, of which its receipts were all along.
func moveOpened(t *testing.T, s core.Store) {
	anna := core.AccountRef{Bot: testBot, ID: "anna"}
	var id core.ChatID
	var sent core.OutgoingID
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		c, err := tx.EnterChat(ctx, core.OpenAt(anna), core.Private)
		must(t, err)
		id = c.ID
		o := &core.Outgoing{Chat: id, Lane: core.Talk, Content: &core.Message{Body: []core.Span{{Text: "bonjour"}}}, Again: core.TwiceOkay}
		must(t, tx.Enqueue(ctx, o))
		sent = o.ID
		return nil
	})
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		claimed, err := tx.Claim(ctx, core.Claim{Bot: testBot, Lanes: []core.Lane{core.Talk}, Max: 1, Lease: time.Minute})
		must(t, err)
		return tx.Settle(ctx, claimed[0], core.Verdict{State: core.Sent, Receipt: core.Receipt{"$1"}})
	})
	move(t, s, id, newName)
	read(t, s, func(ctx context.Context, r core.Reader) error {
		c, err := r.Chat(ctx, id)
		must(t, err)
		if c.Ref != newName || c.Kind != core.Private {
			t.Errorf("it is %+v", c)
		}
		return nil
	})
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		if r, err := tx.Receipt(ctx, sent); err != nil || len(r) != 1 || r[0] != "$1" {
			t.Errorf("the receipt is %v, %v", r, err)
		}
		return nil
	})
}

func accountsAt(t *testing.T, s core.Store) {
	home, other := chat(t, s, "home"), chat(t, s, "other")
	anna, ben := account(t, s, "anna"), account(t, s, "ben")
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		must(t, tx.PutAccount(ctx, &core.Account{ID: anna, Home: home}))
		must(t, tx.PutAccount(ctx, &core.Account{ID: ben, Home: other}))
		found, err := tx.AccountsAt(ctx, home)
		if err == nil && (len(found) != 1 || found[0].ID != anna || found[0].Home != home) {
			t.Errorf("found %+v", found)
		}
		return err
	})
}
