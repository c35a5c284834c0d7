package flows

import (
	"context"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// A reminder tells somebody of an action to which they come, as it is when the message is
// sent: the job that plans reminders enqueues a reference.

func reminders() *conversation.Flow {
	return &conversation.Flow{
		Name:       "reminder",
		References: map[core.ReferenceKind]conversation.Rendering{core.ReminderKind: renderReminder},
		Actions:    map[core.Verb]conversation.Action{"reminder.still": stillComing},
	}
}

// renderReminder says what, when and where, and asks whether they still come. It says
// nothing to who does not come any more, of an action that is cancelled or has begun, nor
// to a room.
func renderReminder(ctx context.Context, s *conversation.Scene, subjects []int64) (*core.Message, error) {
	if s.Supporter == nil || s.Chat.Kind != core.Private || len(subjects) != 1 {
		return nil, nil
	}
	a, err := s.Tx.Action(ctx, core.ActionID(subjects[0]))
	if core.CodeOf(err) == core.NotFound || err == nil && (a.State != core.Public || !a.StartsAt.After(s.Now)) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r, err := s.Tx.Rsvp(ctx, a.ID, s.Supporter.ID)
	if core.CodeOf(err) == core.NotFound || err == nil && r.Answer != core.Going {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	start, id := a.Local(a.StartsAt), itoa(int64(a.ID))
	m := s.Message("reminder.text", locale.Args{
		"Title": locale.User(a.Title), "Day": locale.Day{At: start, Now: s.Now},
		"Period": locale.Period{Start: start, End: a.EndsAt, Now: s.Now}, "Where": onMap(a), "Answer": answerOf(r),
	})
	if a.Note != "" {
		m.Body = joined("\n\n", m.Body, s.Language.Spans("action.note", locale.Args{"Note": note(a)}))
	}
	m.Body = joined("\n\n", m.Body, s.Language.Spans("reminder.ask", nil))
	m.Buttons = []core.Button{
		s.Button("reminder.still", "reminder.still", id), s.Button("reminder.cannot", "rsvp.not", id), s.Button("near.details", "near.details", id),
	}
	return m, nil
}

// stillComing thanks who comes still. Whoever has said otherwise meanwhile is asked what
// holds.
func stillComing(ctx context.Context, t *conversation.Turn, arg string) error {
	a, before, err := asked(ctx, t, arg)
	if err != nil {
		return refuseAnswer(t, err)
	}
	if err := a.Answerable(t.Now); err != nil {
		return err
	}
	if before.Said() != core.Going {
		return offerChange(ctx, t, arg)
	}
	start := a.Local(a.StartsAt)
	t.Choose("reminder.thanks", locale.Args{"Title": locale.User(a.Title), "Moment": locale.Moment{At: start, Now: t.Now}},
		t.Button("agenda.button", "agenda.show"))
	return nil
}
