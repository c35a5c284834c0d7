package flows

import (
	"context"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// A hiddenCard is an action that the person does not want to see any more, and how to
// undo that.
type hiddenCard struct {
	action *core.Action
	arg    actionArg
}

// undo is the button that takes it back.
func (h *hiddenCard) undo(t *conversation.Turn) core.Button {
	return t.Button("near.undo", "near.unhide", h.arg.write())
}

// says tells what was noted.
func (h *hiddenCard) says(t *conversation.Turn) []locale.Span {
	key := locale.Key("near.hidden")
	if h.arg.Was == core.Going {
		key = "near.hidden_going"
	}
	return t.Language.Spans(key, locale.Args{"Title": locale.User(h.action.Title)})
}

// said tells what was just taken away, if anything.
func (p *nearPage) said(t *conversation.Turn) []locale.Span {
	if p.hidden == nil {
		return nil
	}
	return p.hidden.says(t)
}

// nearHide notes that an action is not for the person, gives back the places that they
// had there, and shows the next in its place.
func nearHide(ctx context.Context, t *conversation.Turn, arg string) error {
	from, a, err := hideable(ctx, t, arg)
	if a == nil || err != nil {
		return err
	}
	before, err := t.Tx.Rsvp(ctx, a.ID, t.Supporter.ID)
	if err != nil && core.CodeOf(err) != core.NotFound {
		return err
	}
	if before != nil && before.Answer != core.NotForMe {
		from.Was, from.Guests = before.Answer, before.Guests
	}
	r := &core.Rsvp{Action: a.ID, Supporter: t.Supporter.ID, Answer: core.NotForMe, On: core.DayOf(t.Now)}
	if a, err = core.Respond(ctx, t.Tx, r, t.Now); err != nil {
		return err
	}
	h := &hiddenCard{action: a, arg: from}
	if from.Page != nil {
		return turnTo(ctx, t, *from.Page, h)
	}
	t.Replace(&core.Message{Body: h.says(t), Buttons: []core.Button{h.undo(t)}})
	return nil
}

// nearUnhide gives back the answer that there was before, and shows the card again.
// What was answered since then stays.
func nearUnhide(ctx context.Context, t *conversation.Turn, arg string) error {
	from, a, err := hideable(ctx, t, arg)
	if a == nil || err != nil {
		return err
	}
	now, err := t.Tx.Rsvp(ctx, a.ID, t.Supporter.ID)
	if err != nil && core.CodeOf(err) != core.NotFound {
		return err
	}
	switch {
	case now == nil || now.Answer != core.NotForMe:
	case from.Was == "":
		err = t.Tx.DropRsvp(ctx, a.ID, t.Supporter.ID)
	default:
		_, err = core.Respond(ctx, t.Tx, &core.Rsvp{
			Action: a.ID, Supporter: t.Supporter.ID, Answer: from.Was, Guests: from.Guests, On: core.DayOf(t.Now),
		}, t.Now)
	}
	if err != nil && core.CodeOf(err) != core.NotFound {
		return err
	}
	if from.Page != nil {
		return turnTo(ctx, t, *from.Page, nil)
	}
	return nearDetails(ctx, t, itoa(int64(a.ID)))
}

// hideable returns the action that a button is about, or nil after saying why nothing
// is noted of this person, here.
func hideable(ctx context.Context, t *conversation.Turn, arg string) (actionArg, *core.Action, error) {
	from, err := readActionArg(arg)
	if err != nil {
		return from, nil, err
	}
	switch {
	case t.Chat.Kind != core.Private:
		t.Say("talk.private", nil)
		return from, nil, nil
	case !t.Active():
		t.Say("rsvp.join", nil)
		return from, nil, nil
	}
	a, err := visibleAction(ctx, t, itoa(int64(from.Action)))
	return from, a, err
}
