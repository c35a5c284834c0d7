package flows

import (
	"context"
	"fmt"
	"time"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// What is told to the chats that an account left: moved, when somebody proved the
// address from elsewhere, and returned, when that was taken back.
const (
	moved    core.ReferenceKind = "moved"
	returned core.ReferenceKind = "returned"
)

// move lets an account go to the chat from which its address is proven again, and come
// back if that was somebody else.
func move() *conversation.Flow {
	return &conversation.Flow{
		Name:    "move",
		Actions: map[core.Verb]conversation.Action{"move.undo": undoMove},
		References: map[core.ReferenceKind]conversation.Rendering{
			moved: tellMoved,
			returned: func(_ context.Context, s *conversation.Scene, _ []int64) (*core.Message, error) {
				return s.Message("move.returned", nil), nil
			},
		},
	}
}

// takeOver moves the account of s to this chat, and tells those it leaves.
func takeOver(ctx context.Context, t *conversation.Turn, s *core.Supporter) error {
	before := t.Supporter
	left, err := core.Move(ctx, t.Tx, s, t.Account)
	if err != nil {
		return err
	}
	about := core.Reference{
		Kind: moved, Subjects: []int64{int64(s.ID), int64(t.Account.ID), t.Now.Unix()}, Language: s.Language,
	}
	if err := core.Tell(ctx, t.Tx, left, about); err != nil {
		return err
	}
	if err := leave(ctx, t, before); err != nil {
		return err
	}
	s.State, s.Language = core.Active, string(t.Language.Language())
	if err := t.Tx.PutSupporter(ctx, s); err != nil {
		return err
	}
	t.Supporter = s
	if err := recordConsents(ctx, t, s.ID); err != nil {
		return err
	}
	if s.Name == "" && s.Place == 0 && s.Often == core.Never { // they had just begun
		t.Say("code.right", nil)
		t.Go("name")
		return nil
	}
	return backWith(ctx, t, "move.done")
}

// leave forgets the person whom an account leaves, unless they have another: nobody
// could reach them any more.
func leave(ctx context.Context, t *conversation.Turn, before *core.Supporter) error {
	if before == nil || before.ID == t.Account.Supporter {
		return nil
	}
	accounts, err := t.Tx.AccountsOf(ctx, before.ID)
	if err != nil || len(accounts) > 0 {
		return err
	}
	return t.Tx.Forget(ctx, before.ID)
}

// tellMoved says where an account went, with a way back. What it is about is the
// person, the account they speak from now, and since when.
func tellMoved(ctx context.Context, s *conversation.Scene, subjects []int64) (*core.Message, error) {
	to, err := s.Tx.Account(ctx, core.AccountID(subjects[1]))
	if core.CodeOf(err) == core.NotFound {
		return nil, nil // all of it was deleted meanwhile
	}
	if err != nil {
		return nil, err
	}
	m := s.Message("move.told", locale.Args{
		"Platform": locale.Text(locale.Key("platform." + string(to.Ref.Bot.Platform()))),
	})
	m.Buttons = []core.Button{s.Button("move.not_me", "move.undo", fmt.Sprint(subjects[0], " ", subjects[2]))}
	return m, nil
}

// undoMove brings an account back to the chat that it left within the last days, and
// holds it there. Of two chats that lost it, the one that lost it first is right: the
// other had taken it over itself.
func undoMove(ctx context.Context, t *conversation.Turn, arg string) error {
	var id core.SupporterID
	var at int64
	if _, err := fmt.Sscan(arg, &id, &at); err != nil {
		return core.Wrap(core.Internal, err, "flows: read move")
	}
	s, err := t.Tx.Supporter(ctx, id)
	switch {
	case core.CodeOf(err) == core.NotFound:
		t.Say("move.gone", nil)
		return nil
	case err != nil:
		return err
	case t.Account.Supporter == id:
		t.Say("move.here", nil)
		return nil
	case t.Account.Supporter != 0:
		t.Say("move.other", nil)
		return nil
	case t.Now.After(time.Unix(at, 0).Add(core.MoveLife)):
		t.Say("move.late", nil)
		return nil
	case s.Held(t.Now) && at >= s.Settings.Moved:
		t.Say("move.held", locale.Args{"Until": heldUntil(s, t.Now)})
		return nil
	}
	return bringBack(ctx, t, s, at)
}

// bringBack undoes a move, and tells the chat that it went to.
func bringBack(ctx context.Context, t *conversation.Turn, s *core.Supporter, at int64) error {
	left, err := core.Move(ctx, t.Tx, s, t.Account)
	if err != nil {
		return err
	}
	if err := core.Tell(ctx, t.Tx, left, core.Reference{Kind: returned, Language: s.Language}); err != nil {
		return err
	}
	s.Settings.Held, s.Settings.Moved = core.DayOf(t.Now.Add(core.MoveLife)), at
	s.Language = string(t.Language.Language())
	if err := t.Tx.PutSupporter(ctx, s); err != nil {
		return err
	}
	t.Supporter = s
	t.Close()
	t.Choose("move.back", locale.Args{"Until": heldUntil(s, t.Now)},
		t.Button("near.button", "near.here"), t.Button("agenda.button", "agenda.show"))
	return nil
}

// heldUntil returns the day on which an account is free to move again.
func heldUntil(s *core.Supporter, now time.Time) locale.Value {
	return locale.Date{At: s.Settings.Held.Time().AddDate(0, 0, 1), Now: now}
}
