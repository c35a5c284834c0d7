package flows

import (
	"context"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/gazetteer"
	"tocsin/core/locale"
)

// oftenSaid says when the person hears of actions, or why they hear of none.
func oftenSaid(t *conversation.Turn, history []core.Consent) locale.Value {
	s := t.Supporter
	switch {
	case !agrees(history, core.ToMessages):
		return locale.Text("often.said_refused")
	case s.Stopped:
		return locale.Text("often.said_stopped")
	case s.Settings.Paused(t.Now):
		return locale.Phrase{Key: "often.said_paused", Args: locale.Args{"Day": dayValue(t, s.Settings.Pause)}}
	}
	return rhythmSaid(s)
}

// rhythmSaid says at which times the person hears of actions.
func rhythmSaid(s *core.Supporter) locale.Value {
	if l := s.Line(); l != "" {
		return lineSaid(l)
	}
	if s.Often == core.Instantly {
		return locale.Text("often.said_instantly")
	}
	return locale.Text("often.said_never")
}

// showOften is the page of the messages: how often, and the ways to their times and
// limits. With arg, the label of a choice, it is made.
func showOften(ctx context.Context, t *conversation.Turn, arg string) error {
	for _, o := range oftens {
		if want := gazetteer.Fold(arg); want != "" && want == gazetteer.Fold(t.Language.Text(o.label, nil)) {
			return changeOften(ctx, t, string(o.often))
		}
	}
	s := t.Supporter
	history, err := t.Tx.Consents(ctx, s.ID)
	if err != nil {
		return err
	}
	m := t.Message("often.page", locale.Args{"Often": oftenSaid(t, history)})
	for _, o := range oftens {
		m.Buttons = append(m.Buttons, ticked(t, t.Language.Text(o.label, nil), s.Often == o.often,
			core.Do{Verb: "settings.rhythm", Arg: string(o.often)}))
	}
	m.Buttons = append(m.Buttons, t.Button("line.button", "settings.open", "line"), t.Button("limits.button", "settings.open", "limits"))
	switch {
	case !agrees(history, core.ToMessages):
		m.Buttons = append(m.Buttons, t.Button("settings.agreements", "settings.open", "agreements"))
	case s.Stopped:
		m.Buttons = append(m.Buttons, t.Button("stop.undo", "stop.undo"))
	}
	m.Buttons = append(m.Buttons, backTo(t, ""))
	t.Replace(m)
	return nil
}

func changeOften(ctx context.Context, t *conversation.Turn, arg string) error {
	if !t.Active() {
		return turnToSettings(ctx, t, "")
	}
	for _, o := range oftens {
		if string(o.often) == arg {
			t.Supporter.SetOften(o.often)
		}
	}
	if err := t.Tx.PutSupporter(ctx, t.Supporter); err != nil {
		return err
	}
	return showOften(ctx, t, "")
}
