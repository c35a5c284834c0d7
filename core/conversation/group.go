package conversation

import (
	"context"
	"slices"

	"tocsin/core"
	"tocsin/core/locale"
)

// Privately asks whoever speaks in a group to come to the private chat, and leads them
// to l there, if it leads anywhere. It names nobody.
func (t *Turn) Privately(l core.Link) {
	payload, url := l.Payload(), t.Can.StartLink(l)
	switch {
	case url != "":
		t.Say("talk.private_link", locale.Args{"URL": locale.Raw(url)})
	case payload != "":
		t.Say("talk.private_start", locale.Args{"Payload": locale.Raw(payload)})
	default:
		t.Say("talk.private", nil)
	}
}

// open reports whether what a button does may be done where it was pressed.
func (f *Flow) open(t *Turn, v core.Verb) bool {
	return t.Chat.Kind == core.Private || slices.Contains(f.Public, v)
}

// about returns what the argument of a button is about.
func (f *Flow) about(arg string) core.Link {
	if f.Lead == nil {
		return core.Link{}
	}
	return f.Lead(arg)
}

// forAll reports whether anybody in the chat may press the buttons of m: those that work
// in every state check what they do anew.
func (s *Scene) forAll(m *core.Menu) bool {
	return s.Chat.Kind != core.Private && !slices.ContainsFunc(m.Buttons, func(b core.Button) bool { return !b.Do.Verb.Standing() })
}

// share lets everybody in a group answer in words what was shown there last.
func (t *Turn) share(ctx context.Context, menus []core.MenuToken) error {
	if t.Account == nil {
		return nil // it is the group's own conversation already
	}
	c, err := t.Tx.Conversation(ctx, t.Chat.ID, 0)
	if err != nil {
		return err
	}
	c.Menus, c.At = menus, t.Now
	return t.Tx.PutConversation(ctx, c)
}

// shown returns the menus that may be answered in words: in a group those that everybody
// was shown last, unless a question is open.
func (t *Turn) shown(ctx context.Context) ([]core.MenuToken, error) {
	if t.Chat.Kind == core.Private || t.Account == nil || t.Top() != nil {
		return t.Conversation.Menus, nil
	}
	c, err := t.Tx.Conversation(ctx, t.Chat.ID, 0)
	if err != nil {
		return nil, err
	}
	return c.Menus, nil
}

// ofGroup reports whether the event is one of a group as such: no person of it speaks.
func ofGroup(u *core.Update) bool { return u.Kind != core.Private && aboutChat(u) }

// aboutChat reports whether the event says what became of the chat.
func aboutChat(u *core.Update) bool {
	switch u.Event.(type) {
	case core.Membership, core.Migrated:
		return true
	}
	return false
}

// reopen opens a chat that was called gone: somebody speaks in it.
func reopen(ctx context.Context, tx core.Tx, c *core.Chat, u *core.Update) error {
	if !c.Closed || aboutChat(u) {
		return nil
	}
	c.Closed = false
	return tx.CloseChat(ctx, c.Root, false)
}

// membership notes that the bot may no longer, or may again, speak in the chat. A group
// is told once for each time that the bot is added what it does there; when it has to
// go, what was said is forgotten.
func (b *Bot) membership(ctx context.Context, t *Turn, e core.Membership) error {
	gone, was := e.Now == core.Removed, t.Chat.Closed
	if gone {
		t.Close()
	}
	if gone != was {
		if err := t.Tx.CloseChat(ctx, t.Chat.Root, gone); err != nil {
			return err
		}
	}
	switch {
	case t.Chat.Kind != core.Group:
		return nil
	case gone:
		return t.forget(ctx)
	case e.Now != core.Added:
		return nil
	}
	if err := t.vacate(ctx); err != nil || t.Conversation.Greeted && !was {
		return err
	}
	t.Conversation.Greeted = true
	return b.greet(ctx, t)
}

// greet lets the flow that has Added speak, in the language of the campaign.
func (b *Bot) greet(ctx context.Context, t *Turn) error {
	for _, f := range b.Flows {
		if f.Added != nil {
			return f.Added(ctx, t)
		}
	}
	return nil
}

// forget drops what was said in the chat.
func (t *Turn) forget(ctx context.Context) (err error) {
	if err := t.Tx.DropTalk(ctx, t.Chat.ID); err != nil {
		return err
	}
	t.Conversation, err = t.Tx.Conversation(ctx, t.Chat.ID, t.Conversation.Account)
	return err
}

// migrate gives the chat another name. It is the same group, so it needs no greeting.
func (t *Turn) migrate(ctx context.Context, to core.ChatRef) (err error) {
	if err := t.Tx.MoveChat(ctx, t.Chat.ID, to); err != nil {
		return err
	}
	t.Conversation, err = t.Tx.Conversation(ctx, t.Chat.ID, t.Conversation.Account)
	if err == nil {
		t.Conversation.Greeted = true
	}
	return err
}
