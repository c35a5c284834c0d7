package conversation_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"tocsin/core"
	"tocsin/core/conversation"
)

// join makes the person of command a supporter, who has what change gives them.
func (b *bench) join(state core.SupporterState, change func(core.Tx, *core.Account) error) {
	b.t.Helper()
	ctx := b.t.Context()
	err := b.Store.Tx(ctx, func(tx core.Tx) error {
		account, err := tx.EnterAccount(ctx, *command("").Sender)
		if err != nil {
			return err
		}
		s := &core.Supporter{State: state, Language: "en"}
		if err := tx.CreateSupporter(ctx, s); err != nil {
			return err
		}
		account.Supporter = s.ID
		if err := tx.PutAccount(ctx, account); err != nil {
			return err
		}
		return change(tx, account)
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// A role is used from the account that took it up: another account of the same person
// has none.
func TestARightIsOfTheAccountThatTookTheRoleUp(t *testing.T) {
	t.Parallel()
	for _, own := range []bool{true, false} {
		t.Run(fmt.Sprintf("own account %t", own), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.join(core.Active, func(tx core.Tx, a *core.Account) error {
				from := a.ID
				if !own {
					other, err := tx.EnterAccount(t.Context(), core.AccountRef{Bot: "console:t", ID: "2"})
					if err != nil {
						return err
					}
					from = other.ID
				}
				return tx.CreateGrant(t.Context(), &core.Grant{
					Supporter: a.Supporter, Account: from, Role: core.Organiser, Area: "FR", Expires: time.Now().Add(time.Hour),
				})
			})
			b.fault = func(ctx context.Context, turn *conversation.Turn) error {
				may, err := turn.May(ctx, core.ActionPublish)
				if may != own {
					t.Errorf("the right is there: %t", may)
				}
				return err
			}
			if err := b.Handle(t.Context(), command("1")); err != nil || b.tries.Load() != 1 {
				t.Fatal("the command was not run", err)
			}
		})
	}
}

// Who is banned gets through to what has a command for them, and to nothing else, by
// whatever way.
func TestTheBannedReachOnlyWhatIsOpenToThem(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	done := ""
	flow := func(name string, banned bool) *conversation.Flow {
		note := func(_ context.Context, turn *conversation.Turn, _ string) error {
			done = name
			turn.Open(name, "open")
			return nil
		}
		return &conversation.Flow{
			Name:     name,
			Commands: []conversation.Command{{Name: name, Do: note, Banned: banned}},
			Actions:  map[core.Verb]conversation.Action{core.Verb(name + ".do"): note},
			Steps: map[string]conversation.Step{"open": {Text: func(_ context.Context, turn *conversation.Turn, _ string) error {
				done = name
				return nil
			}}},
		}
	}
	b.Flows = []*conversation.Flow{flow("shut", false), flow("allowed", true)}
	b.join(core.Banned, func(core.Tx, *core.Account) error { return nil })
	chat := core.ChatRef{Bot: "console:t", Chat: "1"}
	for _, name := range []string{"shut", "allowed"} {
		menu := &core.Menu{Token: core.MenuToken("aaaaaaaaaaaaa" + name[:3]), Buttons: []core.Button{{Label: "x", Do: core.Do{Verb: core.Verb(name + ".do")}}}}
		err := b.Store.Tx(t.Context(), func(tx core.Tx) error {
			c, err := tx.EnterChat(t.Context(), chat, core.Private)
			if err != nil {
				return err
			}
			menu.Chat = c.ID
			return tx.PutMenu(t.Context(), menu)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, tt := range []struct {
		event core.Event
		done  string // "": they are told that they are banned
	}{
		{core.Command{Name: "shut"}, ""},
		{core.Text{Body: "anything"}, ""},
		{core.Press{Token: "aaaaaaaaaaaaashu.1"}, ""},
		{core.Press{Token: "aaaaaaaaaaaaanot.1"}, ""},
		{core.Position{}, ""},
		{core.Media{Kind: core.Sticker}, ""},
		{core.Press{Token: "aaaaaaaaaaaaaall.1"}, "allowed"},
		{core.Command{Name: "allowed"}, "allowed"},
		{core.Text{Body: "an answer to its question"}, "allowed"},
		{core.Text{Body: "shut"}, ""},
		{core.Text{Body: "allowed"}, "allowed"},
		{core.Text{Body: "an answer", Edited: true}, ""},
		{core.Text{Body: "an answer, but its question is closed"}, ""},
	} {
		u := command(fmt.Sprint(i))
		u.Event, done = tt.event, ""
		if err := b.Handle(t.Context(), u); err != nil {
			t.Fatal(err)
		}
		told := strings.Contains(strings.Join(b.said(), "\n"), "was closed by the moderators")
		if done != tt.done || told != (tt.done == "") {
			t.Errorf("%d %T: %q was done, told %t", i, tt.event, done, told)
		}
	}
	u := command("group")
	u.Kind, u.Chat.Chat, u.Event = core.Group, "2", core.Text{Body: "hello all"}
	if err := b.Handle(t.Context(), u); err != nil || len(b.said()) > 0 {
		t.Error("a group is told of it", err)
	}
	u = command("gone")
	u.Event = core.Membership{Now: core.Removed}
	if err := b.Handle(t.Context(), u); err != nil || len(b.said()) > 0 {
		t.Error("who blocks the bot is told of it", err)
	}
}
