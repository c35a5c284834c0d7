package flows

import (
	"bytes"
	"context"

	"tocsin/core"
	"tocsin/core/calendar"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// rsvp takes "I'm in", and its withdrawal, from any card at any time.
func rsvp() *conversation.Flow {
	return &conversation.Flow{
		Name: "rsvp",
		Actions: map[core.Verb]conversation.Action{
			"rsvp.going": func(ctx context.Context, t *conversation.Turn, arg string) error {
				return respond(ctx, t, arg, core.Going)
			},
			"rsvp.not": func(ctx context.Context, t *conversation.Turn, arg string) error {
				return respond(ctx, t, arg, core.NotGoing)
			},
		},
	}
}

func respond(ctx context.Context, t *conversation.Turn, arg string, answer core.Answer) error {
	if t.Chat.Kind != core.Private {
		t.Say("talk.private", nil)
		return nil
	}
	a, err := visibleAction(ctx, t, arg)
	if err != nil {
		return err
	}
	if !t.Active() {
		t.Say("rsvp.join", nil)
		return nil
	}
	before, err := t.Tx.Rsvp(ctx, a.ID, t.Supporter.ID)
	if err != nil && core.CodeOf(err) != core.NotFound {
		return err
	}
	r := &core.Rsvp{Action: a.ID, Supporter: t.Supporter.ID, Answer: answer, On: core.DayOf(t.Now)}
	if answer == core.Going && before.Places() > 0 {
		r.Guests = before.Guests // a second tap takes nobody away
	}
	if a, err = core.Respond(ctx, t.Tx, r, t.Now); err != nil {
		return err
	}
	if answer == core.Going {
		return confirm(ctx, t, a)
	}
	t.Choose("rsvp.withdrawn", locale.Args{"Title": locale.User(a.Title)},
		t.Button("rsvp.going", "rsvp.going", arg))
	return nil
}

// confirm says where and when, with the pin, the organiser's note and a calendar
// file.
func confirm(ctx context.Context, t *conversation.Turn, a *core.Action) error {
	file, err := invite(ctx, t, a)
	if err != nil {
		return err
	}
	m := t.Message("rsvp.confirmed", locale.Args{
		"Title":  locale.User(a.Title),
		"Period": locale.Period{Start: a.Local(a.StartsAt), End: a.Local(a.EndsAt), Now: t.Now},
		"Place":  locale.User(a.Place), "Note": note(a),
	})
	m.File = file
	if !a.Online {
		m.Pin = &core.Pin{Point: a.Point, Title: a.Place}
	}
	m.Buttons = []core.Button{t.Button("rsvp.not", "rsvp.not", itoa(int64(a.ID)))}
	t.Show(m)
	return nil
}

// invite writes the calendar file of an action.
func invite(ctx context.Context, t *conversation.Turn, a *core.Action) (*core.Attachment, error) {
	e := calendar.Event{
		UID: "action-" + itoa(int64(a.ID)) + "@" + t.Campaign.Domain(), Sequence: a.Sequence, Stamp: t.Now,
		StartsAt: a.StartsAt, EndsAt: a.EndsAt, Summary: a.Title, Location: a.Place, Description: a.Note,
		Cancelled: a.State == core.Cancelled,
	}
	if !a.Online {
		e.Point = &a.Point
	}
	var b bytes.Buffer
	if err := calendar.WriteInvite(&b, e); err != nil {
		return nil, core.Wrap(core.Internal, err, "flows: write calendar file")
	}
	return t.Attach(ctx, "action.ics", "text/calendar; charset=utf-8; method=PUBLISH", b.Bytes())
}
