package flows

import (
	"context"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/gazetteer"
	"tocsin/core/locale"
)

// rhythms say, within a line, how often a person hears of actions.
var rhythms = [...]struct {
	often core.Often
	said  locale.Key
}{
	{core.Instantly, "often.said_instantly"},
	{core.Daily, "often.said_daily"},
	{core.Weekly, "often.said_weekly"},
	{core.Never, "often.said_never"},
}

// oftenSaid says how often the person hears of actions, or why they hear of none.
func oftenSaid(s *core.Supporter, history []core.Consent) locale.Value {
	switch {
	case !agrees(history, core.ToMessages):
		return locale.Text("often.said_refused")
	case s.Stopped:
		return locale.Text("often.said_stopped")
	}
	for _, r := range rhythms {
		if r.often == s.Often {
			return locale.Text(r.said)
		}
	}
	return locale.Text("often.said_never")
}

// showOften is the page of the messages: how often, and at which hours none. With arg,
// the label of a choice, it is made.
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
	m := t.Message("often.page", locale.Args{
		"Often": oftenSaid(s, history), "Quiet": quietSaid(s.Settings.QuietHours()),
	})
	for _, o := range oftens {
		m.Buttons = append(m.Buttons, ticked(t, t.Language.Text(o.label, nil), s.Often == o.often,
			core.Do{Verb: "settings.rhythm", Arg: string(o.often)}))
	}
	m.Buttons = append(m.Buttons, t.Button("quiet.button", "settings.open", "quiet"))
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
	for _, r := range rhythms {
		if string(r.often) == arg {
			t.Supporter.SetOften(r.often)
		}
	}
	if err := t.Tx.PutSupporter(ctx, t.Supporter); err != nil {
		return err
	}
	return showOften(ctx, t, "")
}
