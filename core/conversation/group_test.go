package conversation_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"tocsin/core"
	"tocsin/core/conversation"
)

// A room is a bench whose bot knows what may be said in a group: a menu for all, a
// question for one, and a greeting.
type room struct {
	*bench
	n    int
	took []string // what was chosen, by whom
}

func newRoom(t *testing.T) *room {
	r := &room{bench: newBench(t)}
	note := func(_ context.Context, turn *conversation.Turn, do core.Do) error {
		r.took = append(r.took, strconv.Itoa(int(turn.Account.ID))+" "+string(do.Verb)+do.Arg)
		return nil
	}
	offer := func(verb core.Verb) func(context.Context, *conversation.Turn, string) error {
		return func(_ context.Context, turn *conversation.Turn, _ string) error {
			turn.Choose("cancel.done", nil, turn.Button("near.more", verb, "7"))
			return nil
		}
	}
	ask := conversation.Step{
		Ask: func(ctx context.Context, turn *conversation.Turn) error { return offer("yes")(ctx, turn, "") },
		Choice: func(ctx context.Context, turn *conversation.Turn, do core.Do) error {
			turn.End()
			return note(ctx, turn, do)
		},
	}
	act := func(v core.Verb) conversation.Action {
		return func(ctx context.Context, turn *conversation.Turn, arg string) error {
			return note(ctx, turn, core.Do{Verb: v, Arg: arg})
		}
	}
	r.Flows = []*conversation.Flow{{
		Name: "room",
		Commands: []conversation.Command{
			{Name: "show", Place: conversation.Everywhere, Do: offer("room.see")},
			{Name: "mine", Place: conversation.Everywhere, Do: offer("room.go")},
			{Name: "ask", Place: conversation.Everywhere, Do: func(_ context.Context, turn *conversation.Turn, _ string) error {
				turn.Open("room", "ask")
				return nil
			}},
		},
		Steps:   map[string]conversation.Step{"ask": ask},
		Actions: map[core.Verb]conversation.Action{"room.see": act("room.see"), "room.go": act("room.go")},
		Public:  []core.Verb{"room.see"},
		Lead:    func(arg string) core.Link { n, _ := strconv.Atoi(arg); return core.Link{Action: core.ActionID(n)} },
		Added: func(_ context.Context, turn *conversation.Turn) error {
			turn.Say("group.hello", nil)
			return nil
		},
	}}
	return r
}

// happens lets the bot handle an event of somebody in a group, "" being nobody, and
// returns what it says.
func (r *room) happens(group, who string, e core.Event) string {
	r.t.Helper()
	r.n++
	u := &core.Update{
		ID: "room " + strconv.Itoa(r.n), Chat: core.ChatRef{Bot: "console:t", Chat: group}, Kind: core.Group, Language: "en", At: time.Now(), Event: e,
	}
	if who != "" {
		u.Sender = &core.AccountRef{Bot: "console:t", ID: who}
	}
	ctx, cancel := context.WithTimeout(r.t.Context(), 10*time.Second)
	defer cancel()
	if err := r.Handle(ctx, u); err != nil {
		r.t.Fatalf("%#v: %v", e, err)
	}
	return strings.Join(r.said(), "\n")
}

// button returns a press on the first button that was shown in a group.
func (r *room) button(group, command, who string) core.Press {
	r.t.Helper()
	var token core.MenuToken
	r.happens(group, who, core.Command{Name: command})
	err := r.Store.Tx(r.t.Context(), func(tx core.Tx) error {
		chat, err := tx.EnterChat(r.t.Context(), core.ChatRef{Bot: "console:t", Chat: group}, core.Group)
		if err != nil {
			return err
		}
		account, err := tx.EnterAccount(r.t.Context(), core.AccountRef{Bot: "console:t", ID: who})
		if err != nil {
			return err
		}
		c, err := tx.Conversation(r.t.Context(), chat.ID, account.ID)
		token = c.Menus[0]
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return core.Press{Token: string(token) + ".1"}
}

func TestInAGroupAButtonIsForAllOrForWhoWasAsked(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	all, one := r.button("g", "show", "anna"), r.button("g", "ask", "anna")
	if said := r.happens("g", "ben", all); said != "" || len(r.took) != 1 {
		t.Errorf("what is for all: %q, taken %q", said, r.took)
	}
	if said := r.happens("g", "ben", one); !strings.Contains(said, "out of date") || len(r.took) != 1 {
		t.Errorf("another's question: %q, taken %q", said, r.took)
	}
	if said := r.happens("other", "anna", all); !strings.Contains(said, "out of date") || len(r.took) != 1 {
		t.Errorf("a button of another group: %q, taken %q", said, r.took)
	}
	if said := r.happens("g", "anna", core.Press{Token: "aaaabbbbccccdddd.1"}); !strings.Contains(said, "out of date") {
		t.Errorf("a button that there never was: %q", said)
	}
	if said := r.happens("g", "anna", core.Press{On: "4711", Choice: 1}); said != "" {
		t.Errorf("a sign below somebody's message: %q", said)
	}
	if r.happens("g", "ben", core.Text{Body: "1"}); len(r.took) != 2 || !strings.HasSuffix(r.took[1], "room.see7") {
		t.Errorf("what all were shown last, in words: taken %q", r.took)
	}
	r.took = r.took[:1]
	if r.happens("g", "anna", one); len(r.took) != 2 || !strings.HasSuffix(r.took[1], "yes7") {
		t.Errorf("one's own question: taken %q", r.took)
	}
	if said := r.happens("g", "anna", one); !strings.Contains(said, "out of date") || len(r.took) != 2 {
		t.Errorf("a question that is over: %q, taken %q", said, r.took)
	}
}

// Whatever the flow is, an action that it does not call public is not done in a group.
func TestInAGroupAnActionIsPersonalUnlessItsFlowSaysOtherwise(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	mine := r.button("g", "mine", "anna")
	for _, who := range []string{"anna", "ben", ""} {
		if said := r.happens("g", who, mine); !strings.Contains(said, "/start act_7") || len(r.took) != 0 {
			t.Errorf("%q presses: %q, taken %q", who, said, r.took)
		}
	}
	r.Can = func(core.BotID) core.Capabilities {
		return core.Capabilities{Buttons: true, StartURL: "https://t.me/tocsin_bot?start="}
	}
	if said := r.happens("g", "ben", mine); !strings.Contains(said, "(https://t.me/tocsin_bot?start=act_7)") {
		t.Errorf("with a link: %q", said)
	}
}

func TestAGroupIsGreetedOnceForEachTimeThatTheBotIsAdded(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	for _, step := range []struct {
		now   core.Standing
		hello bool
	}{
		{core.Added, true}, {core.Added, false}, {core.Promoted, false}, {core.Added, false},
		{core.Removed, false}, {core.Removed, false}, {core.Added, true}, {core.Promoted, false},
	} {
		said := r.happens("g", "anna", core.Membership{Now: step.now})
		if strings.Contains(said, "Bonjour") || strings.Contains(said, "Hello") != step.hello {
			t.Errorf("%s: %q", step.now, said)
		}
	}
	if r.happens("h", "anna", core.Command{Name: "show"}); !strings.Contains(r.happens("h", "anna", core.Membership{Now: core.Added}), "Hello") {
		t.Error("a group that spoke before the bot heard that it was added is not greeted")
	}
}

// The update that told of the removal may be lost: then a refused message closed the chat.
func TestAGroupThatWasGoneIsGreetedAgain(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.happens("g", "", core.Membership{Now: core.Added})
	err := r.Store.Tx(t.Context(), func(tx core.Tx) error {
		c, err := tx.EnterChat(t.Context(), core.ChatRef{Bot: "console:t", Chat: "g"}, core.Group)
		if err != nil {
			return err
		}
		return tx.CloseChat(t.Context(), c.ID, true)
	})
	if err != nil {
		t.Fatal(err)
	}
	if said := r.happens("g", "", core.Membership{Now: core.Added}); !strings.Contains(said, "Hello") {
		t.Errorf("it is told %q", said)
	}
}

// Who adds the bot has not spoken to it: nothing is kept of them.
func TestWhoAddsTheBotIsNotNoted(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.happens("g", "anna", core.Membership{Now: core.Added})
	err := r.Store.Tx(t.Context(), func(tx core.Tx) error {
		a, err := tx.EnterAccount(t.Context(), core.AccountRef{Bot: "console:t", ID: "ben"})
		if err == nil && a.ID != 1 {
			t.Errorf("there is an account before %d", a.ID)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestARemovedBotSaysNothingMoreAndForgets(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	menu := r.button("g", "show", "anna")
	r.happens("g", "", core.Membership{Now: core.Removed})
	err := r.Store.Tx(t.Context(), func(tx core.Tx) error {
		c, err := tx.EnterChat(t.Context(), core.ChatRef{Bot: "console:t", Chat: "g"}, core.Group)
		if err != nil {
			return err
		}
		talk, err := tx.Conversation(t.Context(), c.ID, 1)
		if err == nil && (!c.Closed || talk.Version != 0) {
			t.Errorf("the chat is closed: %t, and the talk is of version %d", c.Closed, talk.Version)
		}
		if _, err := tx.Menu(t.Context(), core.MenuToken(strings.TrimSuffix(menu.Token, ".1"))); core.CodeOf(err) != core.NotFound {
			t.Errorf("the menu: %v", err)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	// A word that the update of the return was lost for: it is there again.
	if said := r.happens("g", "anna", core.Command{Name: "show"}); said == "" {
		t.Error("who speaks in a chat that was gone has no answer")
	}
}

// However often and in whatever order a move is told, it ends in one chat that goes on.
func TestAMoveEndsInOneChatHoweverItIsTold(t *testing.T) {
	t.Parallel()
	to := core.Migrated{To: core.ChatRef{Bot: "console:t", Chat: "new"}}
	say := func(group, who string) func(*room) {
		return func(r *room) { r.happens(group, who, core.Command{Name: "show"}) }
	}
	move := func(r *room) { r.happens("old", "", to) }
	for name, steps := range map[string][]func(*room){
		"told once":                   {move},
		"told twice":                  {move, move},
		"after words in the new chat": {say("new", "anna"), say("new", ""), move},
		"between words":               {say("new", ""), move, say("new", "anna"), say("new", ""), move, move},
		"after it was called gone":    {func(r *room) { r.happens("old", "", core.Membership{Now: core.Removed}) }, move},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t)
			for _, who := range []string{"anna", ""} {
				say("old", who)(r)
			}
			for _, step := range steps {
				step(r)
			}
			if said := r.happens("new", "anna", core.Command{Name: "show"}); said == "" {
				t.Error("the new chat has no answer")
			}
			if said := r.happens("new", "", core.Membership{Now: core.Added}); said != "" {
				t.Errorf("the group that moved is greeted: %q", said)
			}
		})
	}
}

// A chat that a refused message closed is open again once the person writes.
func TestWhoWritesAgainIsAnswered(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fault = func(context.Context, *conversation.Turn) error { return nil }
	err := b.Store.Tx(t.Context(), func(tx core.Tx) error {
		c, err := tx.EnterChat(t.Context(), command("").Chat, core.Private)
		if err != nil {
			return err
		}
		return tx.CloseChat(t.Context(), c.ID, true)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Handle(t.Context(), command("1")); err != nil {
		t.Fatal(err)
	}
	err = b.Store.Tx(t.Context(), func(tx core.Tx) error {
		c, err := tx.EnterChat(t.Context(), command("").Chat, core.Private)
		if err == nil && c.Closed {
			t.Error("the chat is still closed")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
