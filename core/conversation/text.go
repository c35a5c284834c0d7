package conversation

import (
	"context"
	"slices"
	"strings"
	"time"

	"tocsin/core"
)

// away is how long after the last turn a person may have forgotten what was asked:
// what they write then is taken for no answer.
const away = 7 * 24 * time.Hour

// text takes written words: a bare command that works everywhere, a choice by its
// number or label, an answer to the open step or to one below it, a bare command.
func (b *Bot) text(ctx context.Context, t *Turn, e core.Text) error {
	body := strings.TrimSpace(e.Body)
	if e.Edited {
		return b.correct(ctx, t, e.In, body)
	}
	word, arg, _ := strings.Cut(body, " ")
	c, known := b.find(t, word)
	known = known && (t.Chat.Kind == core.Private || c.Place == Everywhere) // in a group, people thank each other
	if known && c.Bare && arg == "" {
		return b.run(ctx, t, c, "")
	}
	t.remember(e)
	took, err := b.chosen(ctx, t, body)
	if took || err != nil {
		return err
	}
	if t.Top() != nil && t.Now.Sub(t.Conversation.At) > away && !t.Conversation.At.IsZero() && !known {
		return b.hint(ctx, t, "hint.away")
	}
	if s, _ := b.step(t.Top()); s.Position != nil && label(body) == label(t.Language.Text("talk.here", nil)) {
		t.Say("hint.here", nil) // some apps show that offer and send only its words
		return nil
	}
	if took, err = b.written(ctx, t, body); took || err != nil {
		return err
	}
	if known {
		t.Settled()
		return b.run(ctx, t, c, arg)
	}
	if t.Top() == nil && arg == "" && t.Chat.Kind == core.Private {
		if offered, err := b.offer(ctx, t, word); offered || err != nil {
			return err
		}
	}
	return b.hint(ctx, t, "hint.text")
}

// chosen takes text as one of the buttons that were shown last, by its number, its
// label or, where no other begins so, the first words of it. It reports whether it was
// one, or could have been several.
func (b *Bot) chosen(ctx context.Context, t *Turn, body string) (bool, error) {
	menus, err := t.menus(ctx)
	if err != nil {
		return false, err
	}
	do, n := typed(menus, body)
	if n == 0 && !b.waits(t) {
		do, n = begun(menus, body)
	}
	switch {
	case n == 1:
		return true, b.choose(ctx, t, do)
	case n > 1:
		t.Say("hint.which", nil)
		return true, nil
	}
	return false, nil
}

// waits reports whether the open step waits for words.
func (b *Bot) waits(t *Turn) bool {
	s, ok := b.step(t.Top())
	return ok && s.Text != nil
}

// written gives text to the innermost step that waits for words.
func (b *Bot) written(ctx context.Context, t *Turn, body string) (bool, error) {
	return b.answer(ctx, t, func(s Step) func() error {
		if s.Text == nil {
			return nil
		}
		return func() error { return s.Text(ctx, t, body) }
	})
}

// remember keeps what is open now, to be taken up again if the answer e is corrected.
func (t *Turn) remember(e core.Text) {
	t.Conversation.Last = &core.Answered{
		In: e.In, Frames: copied(t.Conversation.Frames), Menus: t.Conversation.Menus,
	}
}

// refused lets what was refused be corrected. A correction that was refused leaves open
// what it was to answer.
func (t *Turn) refused(e core.Text) {
	last := t.Conversation.Last
	switch {
	case !e.Edited:
		t.remember(e)
	case last != nil && last.In == e.In:
		t.Conversation.Frames, t.Conversation.Menus = copied(last.Frames), last.Menus
	}
}

// Settled makes what was answered so far final: its correction changes nothing.
func (t *Turn) Settled() { t.Conversation.Last = nil }

// correct takes an edited message as a correction of the last answer, and of no other:
// what was open then is taken up again. It is never a command.
func (b *Bot) correct(ctx context.Context, t *Turn, in core.ReceiptID, body string) error {
	last := t.Conversation.Last
	if last == nil || last.In != in {
		return b.hint(ctx, t, "hint.edited")
	}
	t.Conversation.Frames, t.Conversation.Menus = copied(last.Frames), last.Menus
	took, err := b.chosen(ctx, t, body)
	if !took && err == nil {
		took, err = b.written(ctx, t, body)
	}
	if !took && err == nil {
		return b.hint(ctx, t, "hint.text")
	}
	t.said = slices.Insert(t.said, 0, saying{message: t.Message("talk.corrected", nil)})
	return err
}

// copied returns frames that share nothing with fs.
func copied(fs []core.Frame) []core.Frame {
	out := make([]core.Frame, len(fs))
	for i, f := range fs {
		out[i] = core.Frame{Flow: f.Flow, Step: f.Step}
		for name, value := range f.Data {
			if out[i].Data == nil {
				out[i].Data = map[string]string{}
			}
			out[i].Data[name] = value
		}
	}
	return out
}
