package flows

import (
	"context"
	"strconv"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// The page of the reminders: the usual ones, one of them, or none by a button, others in
// words.

// leadsOffered are on the buttons.
var leadsOffered = [...]core.Leads{core.UsualLeads, {First: 24}, {Last: 2}, {}}

// leadsSaid says when reminders come.
func leadsSaid(l core.Leads) locale.Value {
	switch {
	case l.First > 0 && l.Last > 0:
		return locale.Phrase{Key: "leads.two", Args: locale.Args{"First": locale.Count(l.First), "Last": locale.Count(l.Last)}}
	case l.First+l.Last > 0:
		return locale.Phrase{Key: "leads.one", Args: locale.Args{"Hours": locale.Count(l.First + l.Last)}}
	}
	return locale.Text("leads.none")
}

func openLeads(ctx context.Context, t *conversation.Turn, arg string) error {
	if arg != "" {
		return readLeads(ctx, t, arg)
	}
	t.Aside("settings", "reminders")
	return nil
}

func askLeads(_ context.Context, t *conversation.Turn) error {
	own := t.Supporter.Settings.ReminderLeads()
	m := t.Message("leads.ask", locale.Args{"Leads": leadsSaid(own)})
	for i, l := range leadsOffered {
		label := t.Language.Text("leads.label", locale.Args{"Leads": leadsSaid(l)})
		m.Buttons = append(m.Buttons, ticked(t, label, l == own, core.Do{Verb: "settings.leads", Arg: strconv.Itoa(i)}))
	}
	m.Buttons = append(m.Buttons, backTo(t, "limits"))
	t.Replace(m)
	return nil
}

func takeLeads(ctx context.Context, t *conversation.Turn, text string) error {
	if err := readLeads(ctx, t, text); err != nil {
		return err
	}
	t.End()
	return nil
}

func readLeads(ctx context.Context, t *conversation.Turn, text string) error {
	l, err := core.ParseLeads(text)
	if err != nil {
		return err
	}
	t.Supporter.Settings.SetLeads(l)
	if err := t.Tx.PutSupporter(ctx, t.Supporter); err != nil {
		return err
	}
	t.Choose("leads.stored", locale.Args{"Leads": leadsSaid(l)}, backTo(t, "limits"))
	return nil
}

func changeLeads(ctx context.Context, t *conversation.Turn, arg string) error {
	if !t.Active() {
		return turnToSettings(ctx, t, "")
	}
	if i := int(atoi(arg)); i >= 0 && i < len(leadsOffered) {
		t.Supporter.Settings.SetLeads(leadsOffered[i])
	}
	if err := t.Tx.PutSupporter(ctx, t.Supporter); err != nil {
		return err
	}
	return askLeads(ctx, t)
}
