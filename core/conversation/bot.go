package conversation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"tocsin/core"
	"tocsin/core/locale"
)

// A Bot answers updates. It is the core.Handler behind every adapter, and what the
// dispatcher asks to render and to do tasks. Its fields are not changed once it is used.
type Bot struct {
	Store    core.Store
	Flows    []*Flow
	Locale   *locale.Catalogues
	Campaign *core.Campaign
	Mailer   core.Mailer
	Planner  core.Planner
	Can      func(core.BotID) core.Capabilities
	Log      *slog.Logger
	Tasked   func() // is told once a turn has stored work without a message; may be nil

	// Forget lets go of what is kept of an account beside the store; nil: nothing is.
	Forget func(context.Context, core.AccountRef) error

	learn sync.Once
	words map[locale.Language]vocabulary
}

var (
	_ core.Handler    = (*Bot)(nil)
	_ core.Preparer   = (*Bot)(nil)
	_ core.TaskRunner = (*Bot)(nil)
)

// Handle takes one update. All it changes and all it says is stored in one
// transaction. What lost a race, or found the database away, is run again, neither
// counted nor told; the error of Handle means that ctx ended before it could be
// stored, or that not even a refusal could: give u again later.
func (b *Bot) Handle(ctx context.Context, u *core.Update) error {
	for wait := 5 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		err := b.attempt(ctx, u)
		if !again(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}

// again reports whether the whole turn is run once more. If it was stored after all,
// its seen mark says so.
func again(err error) bool {
	return core.Retryable(err) || core.CodeOf(err) == core.Uncertain && core.KeyOf(err) == ""
}

// attempt runs the turn once. When a step fails, the turn is undone, and the person
// is told so once.
func (b *Bot) attempt(ctx context.Context, u *core.Update) error {
	tasked := false
	err := b.Store.Tx(ctx, func(tx core.Tx) (err error) {
		tasked, err = b.turn(ctx, tx, u)
		return err
	})
	if err == nil && tasked && b.Tasked != nil {
		b.Tasked()
	}
	if err == nil || again(err) || ctx.Err() != nil {
		return err
	}
	key := locale.Key(core.KeyOf(err))
	if key == "" {
		key = "sorry.internal"
		b.Log.ErrorContext(ctx, "turn failed", "bot", u.Chat.Bot.Platform(), "code", core.CodeOf(err), "err", err)
	}
	return b.Store.Tx(ctx, func(tx core.Tx) error {
		return b.alone(ctx, tx, u, func(t *Turn) error {
			if at, home := errors.AsType[*homeError](err); home {
				return b.refuseAtHome(ctx, t, at, key)
			}
			if e, ok := u.Event.(core.Text); ok {
				t.refused(e)
			}
			t.Say(key, nil)
			return nil
		})
	})
}

// turn marks u as seen and lets the bot answer. It reports whether that made work without
// a message.
func (b *Bot) turn(ctx context.Context, tx core.Tx, u *core.Update) (tasked bool, err error) {
	err = b.alone(ctx, tx, u, func(t *Turn) error {
		err := b.guarded(ctx, t)
		tasked = len(t.later) > 0
		return err
	})
	return tasked, err
}

// alone enters the chat, in which no other turn runs until tx ends, and stores what
// fn leaves in its Turn. An update that was seen before is dropped.
func (b *Bot) alone(ctx context.Context, tx core.Tx, u *core.Update, fn func(*Turn) error) error {
	chat, err := tx.EnterChat(ctx, u.Chat, u.Kind)
	if err != nil {
		return err
	}
	switch err := tx.MarkSeen(ctx, u.Chat.Bot, u.ID); core.CodeOf(err) {
	case "":
	case core.Conflict:
		return nil // the platform delivered it twice
	default:
		return err
	}
	if err := reopen(ctx, tx, chat, u); err != nil {
		return err
	}
	t, err := b.begin(ctx, tx, u, chat)
	if err != nil {
		return err
	}
	if err := fn(t); err != nil {
		return err
	}
	return t.end(ctx)
}

// begin gathers who speaks, where, and what was said before.
func (b *Bot) begin(ctx context.Context, tx core.Tx, u *core.Update, chat *core.Chat) (*Turn, error) {
	now, err := tx.Now(ctx)
	if err != nil {
		return nil, err
	}
	t := &Turn{Update: u, bot: b}
	t.Scene = Scene{Tx: tx, Now: now, Chat: chat, Campaign: b.Campaign, Can: b.Can(u.Chat.Bot)}
	if err := t.meet(ctx); err != nil {
		return nil, err
	}
	var account core.AccountID
	if t.Account != nil {
		account = t.Account.ID
	}
	if t.Conversation, err = tx.Conversation(ctx, chat.ID, account); err != nil {
		return nil, err
	}
	t.Language = b.Locale.Printer(t.language(b))
	t.wish(t.Conversation.Plain)
	return t, nil
}

// meet finds the account and the supporter who speak, and notes where they can be
// written to and that they were there today.
func (t *Turn) meet(ctx context.Context) error {
	if t.Update.Sender == nil || ofGroup(t.Update) {
		return nil
	}
	var err error
	if t.Account, err = t.Tx.EnterAccount(ctx, *t.Update.Sender); err != nil {
		return err
	}
	if t.Chat.Kind == core.Private && t.Account.Home != t.Chat.ID {
		t.Account.Home = t.Chat.ID
		if err := t.Tx.PutAccount(ctx, t.Account); err != nil {
			return err
		}
	}
	if t.Account.Supporter == 0 {
		return nil
	}
	if t.Supporter, err = t.Tx.Supporter(ctx, t.Account.Supporter); err != nil {
		return err
	}
	if today := core.DayOf(t.Now); t.Supporter.Seen != today {
		t.Supporter.Seen = today
		return t.Tx.SeeSupporter(ctx, t.Supporter.ID, today)
	}
	return nil
}

// language returns what to speak: what the person chose, else what their client
// says, else the campaign's own.
func (t *Turn) language(b *Bot) locale.Language {
	chosen := t.Conversation.Language
	if t.Supporter != nil && t.Supporter.Language != "" && t.Chat.Kind == core.Private {
		chosen = t.Supporter.Language
	}
	if ofGroup(t.Update) {
		return b.Locale.Match(b.Campaign.Language)
	}
	return b.Locale.Match(chosen, t.Update.Language, b.Campaign.Language)
}

// guarded routes the event; a panic becomes an error, so that it ends one turn and
// not the process.
func (b *Bot) guarded(ctx context.Context, t *Turn) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = core.Wrap(core.Internal, fmt.Errorf("panic (%T)\n%s", p, debug.Stack()), "conversation: run step")
		}
	}()
	return b.route(ctx, t)
}
