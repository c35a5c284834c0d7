package conversation

import (
	"context"
	"strings"

	"tocsin/core"
	"tocsin/core/geo"
	"tocsin/core/locale"
)

// route finds what the event is for, and then lets the open step ask if it is new.
func (b *Bot) route(ctx context.Context, t *Turn) error {
	if err := b.take(ctx, t); err != nil {
		return err
	}
	if !t.fresh {
		return nil
	}
	step, ok := b.step(t.Top())
	if !ok {
		t.Close() // a step that an older version knew
		t.Say("talk.lost", nil)
		return nil
	}
	if step.Ask == nil {
		return nil
	}
	return step.Ask(ctx, t)
}

func (b *Bot) take(ctx context.Context, t *Turn) error {
	if open, err := b.open(ctx, t); !open || err != nil {
		t.Close()
		t.Say("talk.banned", nil)
		return err
	}
	switch e := t.Update.Event.(type) {
	case core.Command:
		return b.command(ctx, t, e)
	case core.Text:
		return b.text(ctx, t, e)
	case core.Press:
		return b.press(ctx, t, e)
	case core.Position:
		return b.position(ctx, t, e.Point)
	case core.Media:
		return b.hint(ctx, t, "hint.media")
	case core.Unreadable:
		t.Say("hint.unreadable", nil)
		return nil
	case core.Unheard:
		m := t.Message("hint.unheard", nil)
		m.Open = true // else it would not be heard either
		t.Show(m)
		return nil
	case core.Membership:
		return b.membership(ctx, t, e)
	case core.Migrated:
		return t.migrate(ctx, e.To)
	}
	return b.hint(ctx, t, "hint.media")
}

// command runs what a command names.
func (b *Bot) command(ctx context.Context, t *Turn, e core.Command) error {
	t.Settled()
	c, ok := b.find(t, e.Name)
	switch {
	case !ok && t.Chat.Kind != core.Private:
		return nil // in a group, a word that is not ours is not for us
	case !ok:
		return b.unknown(ctx, t, e.Name)
	}
	return b.run(ctx, t, c, e.Arg)
}

func (b *Bot) run(ctx context.Context, t *Turn, c *Command, arg string) error {
	if c.Place == InPrivate && t.Chat.Kind != core.Private {
		t.Privately(core.ParseLink(strings.TrimSpace(arg)))
		return nil
	}
	if c.Right != "" {
		may, err := t.May(ctx, c.Right)
		if err != nil {
			return err
		}
		if !may {
			return core.Fail(core.Forbidden, "talk.forbidden")
		}
	}
	return c.Do(ctx, t, strings.TrimSpace(arg))
}

// May reports whether the speaker has a right in their own area, from this account: a
// role is used where it was taken up. It fails with Forbidden, and a sentence, if they have
// it but what they said may be another's word.
func (t *Turn) May(ctx context.Context, r core.Right) (bool, error) {
	if t.Supporter == nil {
		return false, nil
	}
	grants, err := t.Tx.Grants(ctx, t.Supporter.ID)
	if err != nil {
		return false, err
	}
	for _, g := range grants {
		if g.Account == t.Account.ID && core.May([]core.Grant{g}, r, g.Area, t.Now) {
			return true, t.Sure()
		}
	}
	return false, nil
}

// Sure fails with Forbidden, and a sentence that says what to do, if what was said may be
// another's word, or comes from where the campaign takes no word of organisers.
func (t *Turn) Sure() error {
	e, pressed := t.Update.Event.(core.Press)
	switch {
	case t.Update.Trust == core.Foreign:
		return core.Fail(core.Forbidden, "talk.foreign")
	case t.Update.Trust != core.Unverified:
		return nil
	case pressed && e.Token == "": // a sign below a message is never encrypted
		return core.Fail(core.Forbidden, "talk.sign")
	}
	return core.Fail(core.Forbidden, "talk.unverified")
}

// position takes a shared point.
func (b *Bot) position(ctx context.Context, t *Turn, p geo.Point) error {
	t.Settled()
	took, err := b.answer(ctx, t, func(s Step) func() error {
		if s.Position == nil {
			return nil
		}
		return func() error { return s.Position(ctx, t, p) }
	})
	if took || err != nil {
		return err
	}
	for _, f := range b.Flows {
		if f.Position != nil && t.Chat.Kind == core.Private {
			return f.Position(ctx, t)
		}
	}
	return b.hint(ctx, t, "hint.media")
}

// answer gives the event to the innermost step that takes its kind; what is open
// above that step is closed. It reports whether there was one.
func (b *Bot) answer(ctx context.Context, t *Turn, handler func(Step) func() error) (bool, error) {
	frames := t.Conversation.Frames
	for n := len(frames); n > 0; n-- {
		s, ok := b.step(&frames[n-1])
		if !ok {
			continue
		}
		if take := handler(s); take != nil {
			if n < len(frames) { // what is closed offers nothing any more
				t.Conversation.Frames, t.Conversation.Menus = frames[:n], nil
			}
			return true, take()
		}
	}
	return false, nil
}

// press takes a press on a button.
func (b *Bot) press(ctx context.Context, t *Turn, e core.Press) error {
	t.Settled()
	do, current, err := t.onPress(ctx, e)
	switch {
	case core.CodeOf(err) == core.NotFound:
		return b.stale(ctx, t, e)
	case err != nil:
		return err
	case !current && !do.Verb.Standing():
		return b.stale(ctx, t, e)
	}
	return b.choose(ctx, t, do)
}

// stale says that a button is none of this person's any more. Where a press names a
// message, in a group, it may be no more than a sign that people give each other.
func (b *Bot) stale(ctx context.Context, t *Turn, e core.Press) error {
	if t.Chat.Kind != core.Private && e.Token != "" {
		t.Say("hint.old_here", nil)
		return nil
	}
	return b.hint(ctx, t, "hint.old")
}

// choose does what a button says.
func (b *Bot) choose(ctx context.Context, t *Turn, do core.Do) error {
	if do.Verb == meant {
		return b.command(ctx, t, core.Command{Name: do.Arg})
	}
	if do.Verb.Standing() {
		for _, f := range b.Flows {
			if action := f.Actions[do.Verb]; action != nil && f.open(t, do.Verb) {
				return action(ctx, t, do.Arg)
			} else if action != nil {
				return b.atHome(ctx, t, action, do.Arg, f.about(do.Arg))
			}
		}
		return b.hint(ctx, t, "hint.old")
	}
	took, err := b.answer(ctx, t, func(s Step) func() error {
		if s.Choice == nil {
			return nil
		}
		return func() error { return s.Choice(ctx, t, do) }
	})
	switch {
	case !took && err == nil:
		return b.hint(ctx, t, "hint.old")
	case core.CodeOf(err) == core.NotFound && core.KeyOf(err) == "": // what the button names is gone
		return core.Fail(core.NotFound, "hint.old")
	}
	return err
}

// hint says that the event is no answer, and asks the open question again.
func (b *Bot) hint(ctx context.Context, t *Turn, key locale.Key) error {
	if t.Chat.Kind != core.Private {
		return nil // a group talks of other things too
	}
	if t.Top() == nil {
		t.Say("talk.idle", nil)
		return nil
	}
	t.pressed = 0 // the question is not asked in place of an old message
	t.Say(key, nil)
	t.Ask()
	return nil
}

// step returns the step at which a frame stands.
func (b *Bot) step(f *core.Frame) (Step, bool) {
	if f == nil {
		return Step{}, false
	}
	for _, flow := range b.Flows {
		if flow.Name == f.Flow {
			s, ok := flow.Steps[f.Step]
			return s, ok
		}
	}
	return Step{}, false
}
