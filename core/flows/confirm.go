package flows

import (
	"bytes"
	"context"
	"strconv"

	"tocsin/core"
	"tocsin/core/calendar"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// acknowledge says what an answer came to. What changes a calendar has the file for it.
func acknowledge(ctx context.Context, t *conversation.Turn, e *core.Engagement, before *core.Rsvp) error {
	answer, was := e.Rsvp.Answer, before.Said()
	// Where "not for me" came second, a calendar may know of the first answer.
	planned := was == core.Going || was == core.Maybe || was == core.NotForMe && before.Changes > 0
	switch {
	case e.Rsvp.Same(before):
		t.Choose("rsvp.again", spoken(t, e), answers(t, e)...)
		return nil
	case answer == core.Going && was == core.Going:
		m := t.Message("rsvp.changed", spoken(t, e))
		m.Buttons = answers(t, e)
		t.Replace(m)
		return nil
	case answer == core.Going:
		return confirm(ctx, t, e, confirmed(&e.Rsvp))
	case answer == core.Maybe:
		return confirm(ctx, t, e, locale.Text("rsvp.tentative"))
	case !planned:
		t.Choose("rsvp.declined", spoken(t, e), answers(t, e)...)
		return nil
	}
	return withdraw(ctx, t, e)
}

// confirmed says that a person, and those whom they bring, are expected.
func confirmed(r *core.Rsvp) locale.Value {
	if r.Guests == 0 {
		return locale.Text("rsvp.confirmed")
	}
	return locale.Phrase{Key: "rsvp.confirmed_with", Args: locale.Args{"N": locale.Count(r.Guests)}}
}

// confirm says where and when, with the pin, the organiser's note and the calendar file.
func confirm(ctx context.Context, t *conversation.Turn, e *core.Engagement, head locale.Value) error {
	a := e.Action
	m := t.Message("rsvp.card", locale.Args{
		"Head": head, "Title": locale.User(a.Title),
		"Period": locale.Period{Start: a.Local(a.StartsAt), End: a.Local(a.EndsAt), Now: t.Now},
		"Where":  onMap(a), "Note": note(a),
	})
	if !a.Online {
		m.Pin = &core.Pin{Point: a.Point, Title: a.Place}
	}
	m.Buttons = answers(t, e)
	return showWithFile(ctx, t, m, e)
}

// withdraw says that nobody is expected any more, with a file that takes the action out
// of a calendar.
func withdraw(ctx context.Context, t *conversation.Turn, e *core.Engagement) error {
	m := t.Message("rsvp.withdrawn", spoken(t, e))
	m.Buttons = answers(t, e)
	return showWithFile(ctx, t, m, e)
}

// showWithFile shows m with what a calendar is told of e.
func showWithFile(ctx context.Context, t *conversation.Turn, m *core.Message, e *core.Engagement) error {
	var b bytes.Buffer
	told := eventOf(t, e)
	err := calendar.WriteInvite(&b, told)
	if err != nil {
		return core.Wrap(core.Internal, err, "flows: write calendar file")
	}
	if m.File, err = t.Attach(ctx, "action.ics", told.Method().MIME(), b.Bytes()); err != nil {
		return err
	}
	t.Show(m)
	return nil
}

// eventOf returns e as a calendar is told of it.
func eventOf(t *conversation.Turn, e *core.Engagement) calendar.Event {
	a := e.Action
	out := calendar.Event{
		UID: "action-" + itoa(int64(a.ID)) + "@" + t.Campaign.Domain(), Sequence: e.Sequence(), Stamp: t.Now,
		StartsAt: a.StartsAt, EndsAt: a.EndsAt, Summary: a.Title, Location: a.Place, Description: a.Note,
	}
	switch {
	case a.State == core.Cancelled || e.Rsvp.Answer != core.Going && e.Rsvp.Answer != core.Maybe:
		out.Status = calendar.Cancelled
	case e.Rsvp.Answer == core.Maybe:
		out.Status = calendar.Tentative
	}
	if !a.Online {
		out.Point = &a.Point
	} else if out.Location == "" {
		out.Location = t.Language.Text("action.online", nil)
	}
	return out
}

// spoken are the values of a sentence about an answer.
func spoken(t *conversation.Turn, e *core.Engagement) locale.Args {
	start := e.Action.Local(e.Action.StartsAt)
	return locale.Args{
		"Title": locale.User(e.Action.Title), "Answer": answerOf(&e.Rsvp),
		"Moment": locale.Moment{At: start, Now: t.Now}, "Day": locale.Day{At: start, Now: t.Now},
		"Where": placeOf(e.Action),
	}
}

// answerOf says an answer: "vous et 2 personnes".
func answerOf(r *core.Rsvp) locale.Value {
	switch {
	case r.Answer == core.Maybe:
		return locale.Text("rsvp.perhaps")
	case r.Answer != core.Going:
		return locale.Text("rsvp.absent")
	case r.Guests == 0:
		return locale.Text("rsvp.coming")
	}
	return locale.Phrase{Key: "rsvp.coming_with", Args: locale.Args{"N": locale.Count(r.Guests)}}
}

// answers are buttons for what else the person may say: to bring somebody, if there is a
// place for both.
func answers(t *conversation.Turn, e *core.Engagement) []core.Button {
	id := itoa(int64(e.Action.ID))
	var out []core.Button
	if e.Rsvp.Answer != core.Going {
		out = append(out, t.Button("rsvp.going", "rsvp.going", id))
	}
	if left, limited := e.Action.Free(); !limited || left+e.Rsvp.Places() > 1 {
		out = append(out, t.Button("rsvp.bring", "rsvp.bring", id))
	}
	if e.Rsvp.Answer != core.Maybe {
		out = append(out, t.Button("rsvp.maybe", "rsvp.maybe", id))
	}
	if e.Rsvp.Answer == core.Going || e.Rsvp.Answer == core.Maybe {
		out = append(out, t.Button("rsvp.not", "rsvp.not", id))
	}
	return out
}

// placeOf names where an action is.
func placeOf(a *core.Action) locale.Value {
	if a.Online && a.Place == "" {
		return locale.Text("action.online")
	}
	return locale.User(a.Place)
}

// onMap names where an action is, with a link to a public map.
func onMap(a *core.Action) locale.Value {
	if a.Online {
		return placeOf(a)
	}
	return locale.Phrase{Key: "rsvp.where", Args: locale.Args{"Place": placeOf(a), "Map": locale.Raw(mapOf(a))}}
}

// mapOf returns the address of a map with a mark on the action's place. The degrees
// have 5 decimals, a metre.
func mapOf(a *core.Action) string {
	lat, lon := strconv.FormatFloat(a.Point.Lat, 'f', 5, 64), strconv.FormatFloat(a.Point.Lon, 'f', 5, 64)
	return "https://www.openstreetmap.org/?mlat=" + lat + "&mlon=" + lon + "#map=17/" + lat + "/" + lon
}
