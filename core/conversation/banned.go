package conversation

import (
	"context"
	"slices"
	"strings"

	"tocsin/core"
)

// open reports whether the event is answered as ever: always, unless who speaks in
// private is banned. Then only what has a Command for the banned is open: its words, its
// buttons and its steps. In a group they are one of many, and nobody there learns more.
func (b *Bot) open(ctx context.Context, t *Turn) (bool, error) {
	if t.Supporter == nil || t.Supporter.State != core.Banned || t.Chat.Kind != core.Private {
		return true, nil
	}
	switch e := t.Update.Event.(type) {
	case core.Membership, core.Migrated:
		return true, nil // that is about the chat
	case core.Command:
		return b.openCommand(t, e.Name), nil
	case core.Text:
		if e.Edited {
			return false, nil // what was open before is closed
		}
		word, _, _ := strings.Cut(strings.TrimSpace(e.Body), " ")
		if _, known := b.find(t, word); known {
			return b.openCommand(t, word), nil
		}
	case core.Press:
		do, _, err := t.onPress(ctx, e)
		switch {
		case core.CodeOf(err) == core.NotFound:
			return false, nil
		case err != nil:
			return false, err
		case do.Verb == meant:
			return b.openCommand(t, do.Arg), nil
		case do.Verb.Standing():
			return b.openFlow(func(f *Flow) bool { return f.Actions[do.Verb] != nil }), nil
		}
	}
	return t.Top() != nil && b.openFlow(func(f *Flow) bool { return f.Name == t.Top().Flow }), nil
}

// openCommand reports whether a word names a command that is also for the banned.
func (b *Bot) openCommand(t *Turn, word string) bool {
	c, known := b.find(t, word)
	return known && c.Banned
}

// openFlow reports whether one of the flows that fit has such a command.
func (b *Bot) openFlow(fits func(*Flow) bool) bool {
	return slices.ContainsFunc(b.Flows, func(f *Flow) bool {
		return fits(f) && slices.ContainsFunc(f.Commands, func(c Command) bool { return c.Banned })
	})
}
