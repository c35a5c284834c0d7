package flows

import (
	"context"
	"slices"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// parts are the parts of the week, as they are said and on their buttons.
var parts = [...]struct {
	part        core.Times
	said, label locale.Key
}{
	{core.Weekdays, "times.weekdays", "times.weekdays_button"},
	{core.Evenings, "times.evenings", "times.evenings_button"},
	{core.Weekends, "times.weekends", "times.weekends_button"},
}

// timesSaid says when the person can come.
func timesSaid(s *core.Supporter) locale.Value {
	chosen := s.Settings.Times
	if len(chosen) == 0 || len(chosen) == len(parts) {
		return locale.Text("times.always")
	}
	var names locale.List
	for _, p := range parts {
		if slices.Contains(chosen, p.part) {
			names = append(names, locale.Text(p.said))
		}
	}
	return names
}

// showTimes is the page of the parts of the week in which the person can come.
func showTimes(_ context.Context, t *conversation.Turn, _ string) error {
	chosen := t.Supporter.Settings.Times
	m := t.Message("times.ask", locale.Args{"Times": timesSaid(t.Supporter), "Hour": hourValue(core.EveningHour)})
	m.Buttons = []core.Button{ticked(t, t.Language.Text("times.always_button", nil), len(chosen) == 0,
		core.Do{Verb: "settings.part", Arg: anyTime})}
	for _, p := range parts {
		is := core.Switch(slices.Contains(chosen, p.part))
		m.Buttons = append(m.Buttons, ticked(t, t.Language.Text(p.label, nil), is,
			core.Do{Verb: "settings.part", Arg: turned(string(p.part), is)}))
	}
	m.Buttons = append(m.Buttons, backTo(t, ""))
	t.Replace(m)
	return nil
}

// anyTime stands for all parts of the week in a button.
const anyTime = "*"

func changeTimes(ctx context.Context, t *conversation.Turn, arg string) error {
	if !t.Active() {
		return turnToSettings(ctx, t, "")
	}
	if one, to := switchOf(arg); one == anyTime {
		t.Supporter.Settings.Times = nil
	} else if slices.Contains(core.AllTimes[:], core.Times(one)) {
		t.Supporter.Settings.Come(core.Times(one), to)
	}
	if err := t.Tx.PutSupporter(ctx, t.Supporter); err != nil {
		return err
	}
	return showTimes(ctx, t, "")
}
