package flows

import (
	"context"
	"strings"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// settings shows what a person chose, and a page for each choice. Its buttons work in
// every state and say what becomes of the choice, so that a second tap, or one on an old
// message, never turns it round.
func settings() *conversation.Flow {
	return &conversation.Flow{
		Name:     "settings",
		Commands: []conversation.Command{{Name: "settings", Do: openSettings}},
		Steps: map[string]conversation.Step{
			"name":      settingsStep(askNewName, takeNewName),
			"interests": settingsStep(askInterests, takeInterests),
			"quiet":     settingsStep(askQuiet, takeQuiet),
			"line":      settingsStep(askLine, takeLine),
			"budget":    settingsStep(askBudget, takeBudget),
			"snooze":    settingsStep(askSnooze, takeSnooze),
			"reminders": settingsStep(askLeads, takeLeads),
		},
		Actions: map[core.Verb]conversation.Action{
			"settings.open":      turnToSettings,
			"settings.nameless":  removeName,
			"settings.agree":     changeConsent,
			"settings.delete":    offerDelete,
			"settings.kind":      changeKind,
			"settings.kinds":     turnKinds,
			"settings.part":      changeTimes,
			"settings.rhythm":    changeOften,
			"settings.quietness": changeQuiet,
			"settings.reading":   changeDisplay,
			"settings.days":      pickDay,
			"settings.hours":     pickHour,
			"settings.line":      proposeLine,
			"settings.keep":      keepLine,
			"settings.free":      changeFree,
			"settings.pause":     changePause,
			"settings.budget":    changeBudget,
			"settings.snooze":    changeSnooze,
			"settings.snoozes":   turnSnoozes,
			"settings.leads":     changeLeads,
		},
	}
}

// settingsStep is a page that takes words, too. Whoever was forgotten since it was opened
// is shown what is left to choose.
func settingsStep(ask func(context.Context, *conversation.Turn) error, take func(context.Context, *conversation.Turn, string) error) conversation.Step {
	return conversation.Step{
		Ask: func(ctx context.Context, t *conversation.Turn) error {
			if t.Supporter == nil {
				return turnToSettings(ctx, t, "")
			}
			return ask(ctx, t)
		},
		Text: func(ctx context.Context, t *conversation.Turn, text string) error {
			if t.Supporter == nil {
				return turnToSettings(ctx, t, "")
			}
			return take(ctx, t, text)
		},
	}
}

// A settingsPage is one choice: how a button calls it, the words that call it after
// /settings, who may make it, and its page.
type settingsPage struct {
	name  string
	label locale.Key // "": it has no button on the first page
	words locale.Key
	whose whose
	show  func(ctx context.Context, t *conversation.Turn, arg string) error
}

// whose says who has something to choose.
type whose int

const (
	anybodys   whose = iota
	supporters       // suspended ones too: what we hold of them stays theirs to change
	actives
)

// settingsPages are all pages, in the order of their buttons.
func settingsPages() []settingsPage {
	return []settingsPage{
		{"language", "settings.language", "settings.language_words", anybodys, showLanguages},
		{"name", "settings.name", "settings.name_words", supporters, openName},
		{"place", "settings.place", "settings.place_words", actives, openWhere},
		{"agreements", "settings.agreements", "settings.agreements_words", supporters, showConsents},
		{"interests", "settings.interests", "settings.interests_words", actives, openInterests},
		{"times", "settings.times", "settings.times_words", actives, showTimes},
		{"messages", "settings.messages", "settings.messages_words", actives, showOften},
		{"quiet", "", "settings.quiet_words", actives, openQuiet},
		{"line", "", "settings.line_words", actives, openLine},
		{"limits", "", "settings.limits_words", actives, showLimits},
		{"free", "", "settings.free_words", actives, openFree},
		{"budget", "", "settings.budget_words", actives, openBudget},
		{"pause", "", "settings.pause_words", actives, openPause},
		{"snooze", "", "settings.snooze_words", actives, openSnooze},
		{"reminders", "", "settings.reminders_words", actives, openLeads},
		{"display", "settings.display", "settings.display_words", anybodys, showDisplay},
	}
}

// mine reports whether the person who speaks has something to choose on p.
func (p settingsPage) mine(t *conversation.Turn) bool {
	return p.whose == anybodys || p.whose == supporters && t.Supporter != nil || t.Active()
}

// openSettings shows the page that arg names, with what follows the name as the choice,
// or else the first page.
func openSettings(ctx context.Context, t *conversation.Turn, arg string) error {
	leaveSettings(t)
	word, rest, _ := strings.Cut(arg, " ")
	err := showSettingsPage(ctx, t, pageCalled(t, word), strings.TrimSpace(rest))
	if t.Top() != nil {
		t.Ask()
	}
	return err
}

// pageCalled returns the name of the page that a person calls by a word, or "".
func pageCalled(t *conversation.Turn, word string) string {
	for _, p := range settingsPages() {
		if oneOf(t, p.words, word) || strings.EqualFold(word, p.name) {
			return p.name
		}
	}
	return ""
}

// turnToSettings is behind the buttons that lead to a page; arg is its name. With the
// first page, what was open asks again.
func turnToSettings(ctx context.Context, t *conversation.Turn, arg string) error {
	leaveSettings(t)
	if arg == "" && t.Top() != nil {
		t.Ask()
	}
	return showSettingsPage(ctx, t, arg, "")
}

func showSettingsPage(ctx context.Context, t *conversation.Turn, name, arg string) error {
	for _, p := range settingsPages() {
		if p.name == name && p.mine(t) {
			return p.show(ctx, t, arg)
		}
	}
	return showSettings(ctx, t)
}

// leaveSettings closes the question of a page, if one is open; what is below it asks
// again.
func leaveSettings(t *conversation.Turn) {
	for f := t.Top(); f != nil && (f.Flow == "settings" || f.Flow == "language"); f = t.Top() {
		t.End()
	}
}

// showSettings shows the first page: all choices in words, and a button for each.
func showSettings(ctx context.Context, t *conversation.Turn) error {
	key := locale.Key("settings.summary")
	args := locale.Args{"Language": locale.Text("language.name"), "Display": displayed(t)}
	var err error
	switch {
	case t.Supporter == nil:
		key = "settings.stranger"
	case t.Supporter.State == core.Banned:
		key, args = "talk.banned", nil
	case !t.Active():
		key, args = "settings.suspended", locale.Args{"URL": locale.Raw(t.Campaign.SponsorURL)}
	default:
		err = addChoices(ctx, t, args)
	}
	if err != nil {
		return err
	}
	m := t.Message(key, args)
	for _, p := range settingsPages() {
		if p.label != "" && p.mine(t) {
			m.Buttons = append(m.Buttons, t.Button(p.label, "settings.open", p.name))
		}
	}
	t.Replace(m)
	return nil
}

// addChoices adds to args what a supporter chose, in words.
func addChoices(ctx context.Context, t *conversation.Turn, args locale.Args) error {
	s := t.Supporter
	history, err := t.Tx.Consents(ctx, s.ID)
	if err != nil {
		return err
	}
	if args["Place"], err = placeSaid(ctx, t); err != nil {
		return err
	}
	args["Name"] = locale.Text("settings.no_name")
	if s.Name != "" {
		args["Name"] = locale.User(s.Name)
	}
	args["Agreements"] = agreementsSaid(history)
	args["Kinds"], args["Times"] = kindsSaid(t), timesSaid(s)
	args["Often"], args["Quiet"] = oftenSaid(t, history), quietSaid(s.Settings.QuietHours())
	return nil
}

// placeSaid says where the person is, and how far around they hear of actions.
func placeSaid(ctx context.Context, t *conversation.Turn) (locale.Value, error) {
	p, err := t.Tx.Place(ctx, t.Supporter.Place)
	if core.CodeOf(err) == core.NotFound {
		return locale.Text("settings.no_place"), nil
	}
	if err != nil {
		return nil, err
	}
	return locale.Phrase{Key: "settings.around", Args: locale.Args{
		"Place": locale.Raw(p.Name), "Radius": locale.Phrase{Key: "radius.km", Args: locale.Args{"N": locale.Count(int(t.Supporter.Radius))}},
	}}, nil
}
