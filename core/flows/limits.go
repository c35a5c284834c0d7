package flows

import (
	"context"
	"slices"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// The page of what keeps messages few: free places, how many a week, a pause, kinds that
// are snoozed, quiet hours, reminders.

// showLimits shows all of it in words, and a button for each.
func showLimits(_ context.Context, t *conversation.Turn, _ string) error {
	s := &t.Supporter.Settings
	free := locale.Text("limits.all_places")
	if s.Free {
		free = locale.Text("limits.free_places")
	}
	m := t.Message("limits.page", locale.Args{
		"Places": free, "Budget": budgetSaid(t), "Pause": pauseSaid(t), "Snoozed": snoozedSaid(t),
		"Quiet": quietSaid(s.QuietHours()), "Leads": leadsSaid(s.ReminderLeads()),
	})
	pause := t.Button("limits.pause", "settings.pause", "on")
	if s.Paused(t.Now) {
		pause = t.Button("limits.resume", "settings.pause", "off")
	}
	m.Buttons = []core.Button{
		ticked(t, t.Language.Text("limits.free", nil), core.Switch(s.Free), core.Do{Verb: "settings.free", Arg: turned("free", core.Switch(s.Free))}),
		t.Button("budget.button", "settings.open", "budget"), pause, t.Button("snooze.button", "settings.open", "snooze"),
		t.Button("quiet.button", "settings.open", "quiet"), t.Button("leads.button", "settings.open", "reminders"),
		backTo(t, "messages"),
	}
	t.Replace(m)
	return nil
}

// openFree is "/settings places": it turns the choice round.
func openFree(ctx context.Context, t *conversation.Turn, _ string) error {
	return changeFree(ctx, t, turned("free", core.Switch(t.Supporter.Settings.Free)))
}

func changeFree(ctx context.Context, t *conversation.Turn, arg string) error {
	if !t.Active() {
		return turnToSettings(ctx, t, "")
	}
	_, to := switchOf(arg)
	t.Supporter.Settings.Free = bool(to)
	if err := t.Tx.PutSupporter(ctx, t.Supporter); err != nil {
		return err
	}
	return showLimits(ctx, t, "")
}

// openPause is "/settings pause": it begins one; with a word that ends it, it ends.
func openPause(ctx context.Context, t *conversation.Turn, arg string) error {
	if oneOf(t, "limits.resume_words", arg) {
		return changePause(ctx, t, "off")
	}
	return changePause(ctx, t, "on")
}

func changePause(ctx context.Context, t *conversation.Turn, arg string) error {
	if !t.Active() {
		return turnToSettings(ctx, t, "")
	}
	t.Supporter.Settings.Pause = ""
	if arg == "on" {
		t.Supporter.Settings.Pause = core.PauseFrom(t.Now)
	}
	if err := t.Tx.PutSupporter(ctx, t.Supporter); err != nil {
		return err
	}
	return showLimits(ctx, t, "")
}

// pauseSaid says until when nothing comes that we begin.
func pauseSaid(t *conversation.Turn) locale.Value {
	if s := &t.Supporter.Settings; s.Paused(t.Now) {
		return locale.Phrase{Key: "limits.until", Args: locale.Args{"Day": dayValue(t, s.Pause)}}
	}
	return locale.Text("limits.no_pause")
}

// dayValue says a day.
func dayValue(t *conversation.Turn, d core.Day) locale.Value {
	return locale.Date{At: d.Time(), Now: t.Now}
}

// snoozedSaid says which kinds are snoozed, or how many where they are many.
func snoozedSaid(t *conversation.Turn) locale.Value {
	const few = 2
	var names locale.List
	for _, k := range t.Campaign.Kinds {
		if until := t.Supporter.Settings.Snoozed[k.ID]; until >= core.DayOf(t.Now) {
			names = append(names, locale.Phrase{Key: "snooze.until", Args: locale.Args{
				"Kind": locale.Raw(k.In(string(t.Language.Language()))), "Day": dayValue(t, until),
			}})
		}
	}
	switch n := len(names); {
	case n == 0:
		return locale.Text("snooze.none")
	case n > few:
		return locale.Phrase{Key: "interests.some", Args: locale.Args{"N": locale.Count(n), "All": locale.Count(len(t.Campaign.Kinds))}}
	}
	return names
}

// openBudget shows the page of how many messages a week, or reads a number.
func openBudget(ctx context.Context, t *conversation.Turn, arg string) error {
	if arg != "" {
		return readBudget(ctx, t, arg)
	}
	t.Aside("settings", "budget")
	return nil
}

// budgetsOffered are on buttons in order, so that in a list each number is the choice.
var budgetsOffered = [...]int{1, 2, 3, 4, 5, 6}

func askBudget(_ context.Context, t *conversation.Turn) error {
	own := t.Supporter.Settings.Budget
	usual := t.Campaign.BudgetOf(&core.Settings{})
	m := t.Message("budget.ask", locale.Args{"Budget": budgetSaid(t)})
	for _, n := range budgetsOffered {
		label := t.Language.Text("budget.weekly", locale.Args{"N": locale.Count(n)})
		m.Buttons = append(m.Buttons, ticked(t, label, core.Switch(own != nil && *own == n), core.Do{Verb: "settings.budget", Arg: itoa(int64(n))}))
	}
	label := t.Language.Text("budget.usual", locale.Args{"N": locale.Count(usual)})
	m.Buttons = append(m.Buttons,
		ticked(t, label, core.Switch(own == nil), core.Do{Verb: "settings.budget", Arg: usualQuiet}), backTo(t, "limits"))
	t.Replace(m)
	return nil
}

// budgetSaid says how many messages come a week at most.
func budgetSaid(t *conversation.Turn) locale.Value {
	n := t.Campaign.BudgetOf(&t.Supporter.Settings)
	if n <= 0 {
		return locale.Text("budget.none")
	}
	return locale.Phrase{Key: "budget.weekly", Args: locale.Args{"N": locale.Count(n)}}
}

func takeBudget(ctx context.Context, t *conversation.Turn, text string) error {
	if err := readBudget(ctx, t, text); err != nil {
		return err
	}
	t.End()
	return nil
}

// readBudget stores a number that a person wrote.
func readBudget(ctx context.Context, t *conversation.Turn, text string) error {
	word := text
	if i := slices.IndexFunc([]rune(text), func(r rune) bool { return r < '0' || r > '9' }); i > 0 {
		word = string([]rune(text)[:i]) // "10 par semaine"
	}
	n, ok := numberIn(t.Language, word)
	if !ok || n < 0 || n > core.MaxContactBudget {
		return core.Fail(core.Invalid, "budget.form")
	}
	t.Supporter.Settings.Budget = &n
	if err := t.Tx.PutSupporter(ctx, t.Supporter); err != nil {
		return err
	}
	t.Choose("budget.stored", locale.Args{"Budget": budgetSaid(t)}, backTo(t, "limits"))
	return nil
}

func changeBudget(ctx context.Context, t *conversation.Turn, arg string) error {
	if !t.Active() {
		return turnToSettings(ctx, t, "")
	}
	t.Supporter.Settings.Budget = nil
	if n := int(atoi(arg)); arg != usualQuiet {
		t.Supporter.Settings.Budget = &n
	}
	if err := t.Tx.PutSupporter(ctx, t.Supporter); err != nil {
		return err
	}
	return askBudget(ctx, t)
}
