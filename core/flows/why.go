package flows

import (
	"context"
	"strings"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/geo"
	"tocsin/core/locale"
)

// Each alert has a button that says why it came: the rule, how far each action is as a
// band, what the person chose that let it through; and ways to change that with one tap,
// each of which can be undone.

// whyOf writes what the button of an alert must know: its rule and its actions.
func whyOf(s *conversation.Scene, news []core.Near) string {
	arg := string(s.About.Rule)
	for _, n := range news {
		arg += " " + itoa(int64(n.Action.ID))
	}
	return arg
}

// rules say each rule.
var rules = map[core.Rule]locale.Key{
	core.ByDay: "why.daily", core.ByWeek: "why.weekly", core.AtOnce: "why.instantly", core.LastCall: "why.call",
	core.ByWelcome: "why.welcome", byTeam: "why.team", byDemand: "why.demand",
}

// showWhy says why an alert came. Actions that are gone meanwhile are left out.
func showWhy(ctx context.Context, t *conversation.Turn, arg string) error {
	if !t.Active() || t.Chat.Kind != core.Private {
		t.Say("alert.join", nil)
		return nil
	}
	rule, ids, _ := strings.Cut(arg, " ")
	key, ok := rules[core.Rule(rule)]
	if !ok {
		key = "why.chosen"
	}
	m := t.Message("why.title", nil)
	m.Body = joined("\n", m.Body, t.Language.Spans(key, nil))
	var kinds []core.KindID
	for id := range strings.FieldsSeq(ids) {
		a, err := t.Tx.Action(ctx, core.ActionID(atoi(id)))
		if core.CodeOf(err) == core.NotFound {
			continue
		}
		if err != nil {
			return err
		}
		m.Body = joined("\n", m.Body, whyLine(t, a))
		kinds = append(kinds, a.Kind)
	}
	m.Body = joined("\n\n", m.Body, matchedSaid(t))
	m.Buttons = whyButtons(t, kinds)
	t.Show(m)
	return nil
}

// whyLine says of one action what was compared: how far it is as a band, its kind, its
// part of the week.
func whyLine(t *conversation.Turn, a *core.Action) []locale.Span {
	var km geo.Km
	far := locale.Value(locale.Text("why.no_place"))
	if t.Supporter.Cell != 0 || a.Online {
		km = geo.Distance(t.Supporter.Cell.Center(), a.Point)
		far = distance(a, km)
	}
	part := locale.Text("times.always")
	for _, p := range parts {
		if p.part == core.TimesOf(a.Local(a.StartsAt)) {
			part = locale.Text(p.said)
		}
	}
	return t.Language.Spans("why.line", locale.Args{
		"Title": locale.User(shortTitle(a.Title)), "Distance": far, "Times": part,
		"Kind": locale.Raw(t.Campaign.Kind(a.Kind).In(string(t.Language.Language()))),
	})
}

// matchedSaid says what the person chose.
func matchedSaid(t *conversation.Turn) []locale.Span {
	s := t.Supporter
	places := locale.Text("limits.all_places")
	if s.Settings.Free {
		places = locale.Text("limits.free_places")
	}
	return t.Language.Spans("why.settings", locale.Args{
		"Radius": kmSaid(s.Radius), "Kinds": kindsSaid(t), "Times": timesSaid(s), "Places": places, "Often": rhythmSaid(s),
	})
}

func kmSaid(r core.Radius) locale.Value {
	return locale.Phrase{Key: "radius.km", Args: locale.Args{"N": locale.Count(int(r))}}
}

// whyButtons are what can be changed at once: a smaller radius, each kind, a pause.
func whyButtons(t *conversation.Turn, kinds []core.KindID) []core.Button {
	var out []core.Button
	if r, ok := smaller(t.Supporter.Radius); ok {
		out = append(out, core.Button{
			Label: t.Language.Text("why.smaller", locale.Args{"Radius": kmSaid(r)}), Do: core.Do{Verb: "alert.smaller", Arg: itoa(int64(r))},
		})
	}
	muted := map[core.KindID]bool{}
	for _, k := range kinds {
		if muted[k] || !t.Supporter.Settings.Wants(k, t.Now) {
			continue
		}
		muted[k] = true
		name := t.Campaign.Kind(k).In(string(t.Language.Language()))
		out = append(out, core.Button{
			Label: t.Language.Text("why.mute", locale.Args{"Kind": locale.Raw(name)}), Do: core.Do{Verb: "alert.mute", Arg: string(k)},
		})
	}
	return append(out, t.Button("limits.pause", "alert.pause"), t.Button("why.all", "settings.open", "messages"))
}

// smaller returns the next smaller radius that is offered.
func smaller(r core.Radius) (less core.Radius, ok bool) {
	for _, one := range core.Radii {
		if one < r {
			less, ok = one, true
		}
	}
	return less, ok
}

// fix changes a person's choices and says so, with a way back.
func fix(ctx context.Context, t *conversation.Turn, change func() (said locale.Key, args locale.Args, back *core.Do)) error {
	if !t.Active() || t.Chat.Kind != core.Private {
		t.Say("alert.join", nil)
		return nil
	}
	said, args, back := change()
	if err := t.Tx.PutSupporter(ctx, t.Supporter); err != nil {
		return err
	}
	if back == nil {
		t.Say(said, args)
		return nil
	}
	t.Choose(said, args, t.Button("alert.undo", back.Verb, back.Arg))
	return nil
}

// changeReach sets the radius that arg names.
func changeReach(ctx context.Context, t *conversation.Turn, arg string) error {
	return fix(ctx, t, func() (locale.Key, locale.Args, *core.Do) {
		before := t.Supporter.Radius
		if r := core.Radius(atoi(arg)); r > 0 && r <= core.MaxRadius {
			t.Supporter.Radius = r
		}
		back := &core.Do{Verb: "alert.smaller", Arg: itoa(int64(before))}
		if before == t.Supporter.Radius {
			back = nil
		}
		return "radius.stored", locale.Args{"N": locale.Count(int(t.Supporter.Radius))}, back
	})
}

// muteKind snoozes the kind that arg names.
func muteKind(ctx context.Context, t *conversation.Turn, arg string) error {
	return fix(ctx, t, func() (locale.Key, locale.Args, *core.Do) {
		t.Supporter.Settings.Snooze(core.KindID(arg), core.PauseFrom(t.Now))
		return "snooze.stored", locale.Args{"Snoozed": snoozedSaid(t)}, &core.Do{Verb: "alert.unmute", Arg: arg}
	})
}

func unmuteKind(ctx context.Context, t *conversation.Turn, arg string) error {
	return fix(ctx, t, func() (locale.Key, locale.Args, *core.Do) {
		t.Supporter.Settings.Snooze(core.KindID(arg), "")
		return "snooze.stored", locale.Args{"Snoozed": snoozedSaid(t)}, nil
	})
}

func pauseAlerts(ctx context.Context, t *conversation.Turn, _ string) error {
	return fix(ctx, t, func() (locale.Key, locale.Args, *core.Do) {
		t.Supporter.Settings.Pause = core.PauseFrom(t.Now)
		return "why.paused", locale.Args{"Day": dayValue(t, t.Supporter.Settings.Pause)}, &core.Do{Verb: "alert.resume"}
	})
}

func resumeAlerts(ctx context.Context, t *conversation.Turn, _ string) error {
	return fix(ctx, t, func() (locale.Key, locale.Args, *core.Do) {
		t.Supporter.Settings.Pause = ""
		return "alert.undone", nil, nil
	})
}
