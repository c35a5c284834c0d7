package flows

import (
	"context"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// rsvp takes what a person says to an action, from any card at any time.
func rsvp() *conversation.Flow {
	return &conversation.Flow{
		Name:  "rsvp",
		Steps: map[string]conversation.Step{"guests": {Ask: askGuests, Text: guestsText}},
		Actions: map[core.Verb]conversation.Action{
			"rsvp.going":  answering(core.Going),
			"rsvp.maybe":  answering(core.Maybe),
			"rsvp.not":    answering(core.NotGoing),
			"rsvp.bring":  bring,
			"rsvp.with":   pickGuests,
			"rsvp.change": offerChange,
		},
		Lead: actionLink,
	}
}

// supportersOnly fails with a sentence unless somebody whose sponsorship is proven
// speaks in private; join is what strangers are told.
func supportersOnly(t *conversation.Turn, join string) error {
	switch {
	case t.Chat.Kind != core.Private:
		return core.Fail(core.Forbidden, "talk.private")
	case t.Supporter != nil && t.Supporter.State == core.Suspended:
		return core.Fail(core.Forbidden, "rsvp.suspended")
	case !t.Active():
		return core.Fail(core.Forbidden, join)
	}
	return nil
}

// asked returns the action that a button names, and what the person said to it so far,
// nil if nothing. It fails with a sentence if they may not answer it.
func asked(ctx context.Context, t *conversation.Turn, arg string) (*core.Action, *core.Rsvp, error) {
	if err := supportersOnly(t, "rsvp.join"); err != nil {
		return nil, nil, err
	}
	a, err := visibleAction(ctx, t, arg)
	if err != nil {
		return nil, nil, err
	}
	before, err := t.Tx.Rsvp(ctx, a.ID, t.Supporter.ID)
	if err != nil && core.CodeOf(err) != core.NotFound {
		return nil, nil, err
	}
	return a, before, nil
}

// answering returns what a button does that gives an answer. A second tap takes nobody
// away.
func answering(answer core.Answer) conversation.Action {
	return func(ctx context.Context, t *conversation.Turn, arg string) error {
		a, before, err := asked(ctx, t, arg)
		if err != nil {
			return refuseAnswer(t, err)
		}
		r := &core.Rsvp{Action: a.ID, Supporter: t.Supporter.ID, Answer: answer, On: core.DayOf(t.Now)}
		if answer == core.Going && before.Said() == core.Going {
			r.Guests = before.Guests
		}
		return record(ctx, t, r, before)
	}
}

// record stores an answer, and says what came of it.
func record(ctx context.Context, t *conversation.Turn, r, before *core.Rsvp) error {
	a, err := core.Respond(ctx, t.Tx, r, t.Now)
	if core.CodeOf(err) == core.Conflict && !core.Retryable(err) {
		return tooFew(ctx, t, r, before)
	}
	if err != nil {
		return refuseAnswer(t, err)
	}
	endGuests(t)
	return acknowledge(ctx, t, &core.Engagement{Rsvp: *r, Action: a}, before)
}

// refuseAnswer says why an answer was not taken, and closes the question for guests, which
// would only lead there again. What has no sentence is returned.
func refuseAnswer(t *conversation.Turn, err error) error {
	key := core.KeyOf(err)
	if key == "" {
		return err
	}
	endGuests(t)
	t.Say(locale.Key(key), nil)
	return nil
}

// tooFew says how many places are left, and that the answer from before holds. Whoever
// may still bring somebody is asked again.
func tooFew(ctx context.Context, t *conversation.Turn, r, before *core.Rsvp) error {
	a, err := t.Tx.Action(ctx, r.Action)
	if err != nil {
		return err
	}
	left, _ := a.Free()
	switch {
	case left > 0 && r.Guests > 0:
		t.Say("rsvp.few", locale.Args{
			"N": locale.Count(left), "Wanted": locale.Count(r.Places() - before.Places()), "Kept": keptAnswer(before),
		})
		startGuests(t, a)
	case before.Places() > 0:
		endGuests(t)
		noneLeft(t, &core.Engagement{Rsvp: *before, Action: a})
	default:
		endGuests(t)
		t.Say("rsvp.full", nil)
	}
	return nil
}

// keptAnswer says that an answer is as it was.
func keptAnswer(before *core.Rsvp) locale.Value {
	if before == nil {
		return locale.Text("rsvp.kept_none")
	}
	return locale.Phrase{Key: "rsvp.kept", Args: locale.Args{"Answer": answerOf(before)}}
}

// noneLeft says to somebody who has a place that there is none for others.
func noneLeft(t *conversation.Turn, e *core.Engagement) {
	t.Choose("rsvp.none_left", locale.Args{"Kept": keptAnswer(&e.Rsvp)}, answers(t, e)...)
}

// offerChange shows what else the person may say, in place of the card.
func offerChange(ctx context.Context, t *conversation.Turn, arg string) error {
	a, before, err := asked(ctx, t, arg)
	if err != nil {
		return err
	}
	if err := a.Answerable(t.Now); err != nil {
		return err
	}
	e := &core.Engagement{Rsvp: core.Rsvp{Action: a.ID, Answer: core.NotGoing}, Action: a}
	if before != nil {
		e.Rsvp = *before
	}
	m := t.Message("rsvp.change_ask", spoken(t, e))
	m.Buttons = append(answers(t, e), t.Button("agenda.button", "agenda.show"))
	t.Replace(m)
	return nil
}

// bring asks how many come with the person, if there is a place for anybody.
func bring(ctx context.Context, t *conversation.Turn, arg string) error {
	a, before, err := asked(ctx, t, arg)
	if err != nil {
		return err
	}
	if err := a.Answerable(t.Now); err != nil {
		return err
	}
	left, limited := a.Free()
	switch {
	case limited && left == 0 && before.Places() == 0:
		t.Say("rsvp.full", nil)
	case limited && left == 0 && before.Guests == 0:
		noneLeft(t, &core.Engagement{Rsvp: *before, Action: a})
	default:
		startGuests(t, a)
	}
	return nil
}
