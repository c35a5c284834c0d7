package conversation_test

import (
	"context"
	"strings"
	"testing"

	"tocsin/core"
	"tocsin/core/conversation"
)

// homed lets somebody write to the bot in private, so that it is their home.
func (r *room) homed(who string) {
	r.t.Helper()
	u := command("home of " + who)
	u.Event = core.Command{Name: "show"}
	u.Chat.Chat, u.Sender.ID = "home of "+who, who
	if err := r.Handle(r.t.Context(), u); err != nil {
		r.t.Fatal(err)
	}
	r.said()
}

// What is personal is answered at home. In the group nobody learns who has one: it is told
// the same.
func TestWhatIsPersonalInAGroupIsAnsweredAtHome(t *testing.T) {
	t.Parallel()
	for _, home := range []bool{true, false} {
		r := newRoom(t)
		mine := r.button("g", "mine", "anna")
		done := 0
		if home {
			r.homed("anna")
			done = 2
		}
		for range 2 {
			if said := r.happens("g", "anna", mine); !strings.Contains(said, "act_7") || strings.Contains(said, "\n") {
				t.Errorf("home %t: the group is told %q", home, said)
			}
		}
		if len(r.took) != done {
			t.Errorf("home %t: %d actions were done", home, len(r.took))
		}
	}
}

// Below one message many give a sign: the first of a day says where answers are given.
func TestOfSignsBelowOneMessageAGroupIsToldOnce(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.homed("ben")
	r.happens("g", "anna", core.Command{Name: "mine"})
	sign := core.Press{On: r.last, Choice: 1}
	if said := r.happens("g", "anna", sign); !strings.Contains(said, "act_7") {
		t.Errorf("the first is told %q", said)
	}
	for _, who := range []string{"ben", "anna", "chloe"} {
		if said := r.happens("g", who, sign); said != "" {
			t.Errorf("%s is told %q", who, said)
		}
	}
	if len(r.took) != 1 {
		t.Errorf("%d actions were done, want that of who has a home", len(r.took))
	}
}

// Why an action is refused is said at home, and nothing of it is kept.
func TestARefusalOfWhatIsPersonalIsSaidAtHome(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.homed("anna")
	mine := r.button("g", "mine", "anna")
	r.Flows[0].Actions["room.go"] = func(_ context.Context, turn *conversation.Turn, _ string) error {
		if turn.Chat.Kind != core.Private || turn.Chat.Ref.Chat != "home of anna" {
			t.Error("it is done in the group")
		}
		turn.Say("cancel.done", nil)
		return core.Fail(core.Invalid, "rsvp.full")
	}
	words := r.Locale.Printer("en")
	said := r.happens("g", "anna", mine)
	if !strings.Contains(said, words.Text("rsvp.full", nil)) || strings.Contains(said, words.Text("cancel.done", nil)) || !strings.Contains(said, "act_7") {
		t.Errorf("said: %q", said)
	}
}

// A private chat that others come into is left to them: what waits there is not said, what
// was said is forgotten, and the person is at home in a chat of their own, which is opened
// if the platform does that.
func TestWhoseChatOthersComeIntoHasAnother(t *testing.T) {
	t.Parallel()
	for _, opens := range []bool{true, false} {
		r := newRoom(t)
		r.Can = func(core.BotID) core.Capabilities { return core.Capabilities{Opens: opens} }
		r.homed("anna")
		u := command("secret")
		u.Event, u.Chat.Chat, u.Sender.ID = core.Command{Name: "show"}, "home of anna", "anna"
		if err := r.Handle(t.Context(), u); err != nil { // its answer waits
			t.Fatal(err)
		}
		if said := r.happens("home of anna", "", core.Membership{Now: core.Added}); strings.Contains(said, r.Locale.Printer("en").Text("cancel.done", nil)) || !strings.Contains(said, "Hello") {
			t.Errorf("the group is told %q", said)
		}
		err := r.Store.Tx(t.Context(), func(tx core.Tx) error {
			ref := core.AccountRef{Bot: "console:t", ID: "anna"}
			a, err := tx.EnterAccount(t.Context(), ref)
			if err != nil || !opens {
				if a.Home != 0 {
					t.Error("she is at home where others read along")
				}
				return err
			}
			home, err := tx.Chat(t.Context(), a.Home)
			if who, is := home.Ref.Opens(); !is || who != ref || home.Kind != core.Private || home.Closed {
				t.Errorf("she is at home in %+v", home)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if said := r.happens("home of anna", "", core.Membership{Now: core.Added}); said != "" {
			t.Errorf("told again: %q", said)
		}
	}
}
