package conversation

import (
	"context"
	"strconv"
	"time"

	"tocsin/core"
	"tocsin/core/locale"
)

// atHome does an action that is chosen in a group and is personal: in the private chat of
// who chose it, if they have one. The group reads the same whether they do or not.
func (b *Bot) atHome(ctx context.Context, t *Turn, action Action, arg string, about core.Link) error {
	if err := t.answerPrivately(ctx, about); err != nil {
		return err
	}
	home, err := b.home(ctx, t)
	if err != nil || home == nil {
		return err
	}
	if home.Supporter != nil && home.Supporter.State == core.Banned {
		home.Say("talk.banned", nil)
	} else if err := action(ctx, home, arg); err != nil {
		return &homeError{err, about}
	}
	return home.end(ctx)
}

// A homeError is what failed in a private chat on behalf of somebody who spoke in a group:
// the group is not told.
type homeError struct {
	error
	about core.Link
}

// Unwrap lets the code and the key of the cause be found.
func (e *homeError) Unwrap() error { return e.error }

// refuseAtHome tells who spoke in a group, in their private chat, why what they chose is
// not done.
func (b *Bot) refuseAtHome(ctx context.Context, t *Turn, e *homeError, key locale.Key) error {
	if err := t.answerPrivately(ctx, e.about); err != nil {
		return err
	}
	home, err := b.home(ctx, t)
	if err != nil || home == nil {
		return err
	}
	home.Say(key, nil)
	return home.end(ctx)
}

// home returns a turn in the private chat of who speaks in a group, or nil if they have
// none. No other turn runs there until the transaction ends.
func (b *Bot) home(ctx context.Context, t *Turn) (*Turn, error) {
	if t.Account == nil || t.Account.Home == 0 {
		return nil, nil
	}
	chat, err := t.Tx.Chat(ctx, t.Account.Home)
	if core.CodeOf(err) == core.NotFound || err == nil && (chat.Closed || chat.Kind != core.Private) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if chat, err = t.Tx.EnterChat(ctx, chat.Ref, core.Private); err != nil {
		return nil, err
	}
	u := *t.Update
	u.Chat, u.Kind = chat.Ref, core.Private
	return b.begin(ctx, t.Tx, &u, chat)
}

// vacate leaves a group that was somebody's private chat to all who are in it now: what was
// said there is forgotten, what waits is not said, and whoever was at home there is written
// to in a chat of their own.
func (t *Turn) vacate(ctx context.Context) error {
	was, err := t.Tx.AccountsAt(ctx, t.Chat.ID)
	if err != nil || len(was) == 0 {
		return err
	}
	for i := range was {
		a := &was[i]
		a.Home = 0
		if t.Can.Opens {
			own, err := t.Tx.EnterChat(ctx, core.OpenAt(a.Ref), core.Private)
			if err != nil {
				return err
			}
			a.Home = own.ID
		}
		if err := t.Tx.PutAccount(ctx, a); err != nil {
			return err
		}
	}
	return t.forget(ctx)
}

// end stores what a turn says and what becomes of its conversation.
func (t *Turn) end(ctx context.Context) error {
	if err := t.flush(ctx); err != nil {
		return err
	}
	t.Conversation.At = t.Now
	return t.Tx.PutConversation(ctx, t.Conversation)
}

// signOnce is how often a group is told, after signs below one message, that answers are
// given in private.
const signOnce = 24 * time.Hour

// answerPrivately says in a group that the answer is given in private, and how to begin:
// whoever asks, so that nobody learns who has spoken to the bot before. Below one message
// many give a sign: the first is enough.
func (t *Turn) answerPrivately(ctx context.Context, l core.Link) error {
	if e, ok := t.Update.Event.(core.Press); ok && e.Token == "" {
		key := core.TallyKey{Kind: "talk.sign", Subject: "message " + strconv.FormatInt(int64(t.pressed), 10)}
		if n, err := t.Tx.Tally(ctx, key, signOnce); err != nil || n > 1 {
			return err
		}
	}
	payload, url := l.Payload(), t.Can.StartLink(l)
	switch {
	case url != "":
		t.Say("talk.answer_link", locale.Args{"URL": locale.Raw(url)})
	case payload != "":
		t.Say("talk.answer_start", locale.Args{"Payload": locale.Raw(payload)})
	default:
		t.Say("talk.answer", nil)
	}
	return nil
}
