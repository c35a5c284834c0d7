package flows

import (
	"context"
	"slices"
	"strings"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// Whoever organises actions hears on their eve how many come, and is asked the morning
// after how it went. How many come is rounded as everywhere; names are a team's own.

func briefings() *conversation.Flow {
	return &conversation.Flow{
		Name: "briefing",
		References: map[core.ReferenceKind]conversation.Rendering{
			core.EveKind: renderEve, core.AfterKind: renderAfter,
		},
		Actions: map[core.Verb]conversation.Action{"briefing.went": takeOutcome, "briefing.ask": askOutcome},
	}
}

// briefingActions returns what subjects name and may still be spoken of.
func briefingActions(ctx context.Context, s *conversation.Scene, subjects []int64, holds func(*core.Action) bool) ([]*core.Action, error) {
	if s.Supporter == nil || s.Chat.Kind != core.Private {
		return nil, nil
	}
	var out []*core.Action
	for _, id := range subjects {
		a, err := s.Tx.Action(ctx, core.ActionID(id))
		if core.CodeOf(err) == core.NotFound || err == nil && (a.State != core.Public || !holds(a)) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// renderEve says who comes, of three actions at most.
func renderEve(ctx context.Context, s *conversation.Scene, subjects []int64) (*core.Message, error) {
	const most = 3
	actions, err := briefingActions(ctx, s, subjects, func(a *core.Action) bool { return a.StartsAt.After(s.Now) })
	if err != nil || len(actions) == 0 {
		return nil, err
	}
	m := s.Message("briefing.eve", locale.Args{"N": locale.Count(len(actions))})
	for _, a := range actions[:min(len(actions), most)] {
		start := a.Local(a.StartsAt)
		m.Body = joined("\n\n", m.Body, s.Language.Spans("briefing.line", locale.Args{
			"Title": locale.User(a.Title), "Moment": locale.Moment{At: start, Now: s.Now}, "Day": locale.Day{At: start, Now: s.Now},
			"Where": placeOf(a), "Coming": comingSaid(a),
		}))
		if a.Quorum > 0 {
			m.Body = joined("\n", m.Body, s.Language.Spans(wantedKey(a), locale.Args{"N": locale.Count(a.Quorum)}))
		}
		label := s.Language.Text("alert.details", locale.Args{"Title": locale.User(shortTitle(a.Title))})
		m.Buttons = append(m.Buttons, core.Button{Label: label, Do: core.Do{Verb: "near.details", Arg: itoa(int64(a.ID))}})
	}
	if n := len(actions) - most; n > 0 {
		m.Body = joined("\n\n", m.Body, s.Language.Spans("briefing.others", locale.Args{"N": locale.Count(n)}))
	}
	return m, nil
}

// comingSaid says how many come, rounded.
func comingSaid(a *core.Action) locale.Value {
	if n, few := core.Blurred(a.Taken); !few {
		return locale.Phrase{Key: "action.coming", Args: locale.Args{"N": locale.Count(n)}}
	}
	return locale.Text("action.coming_few")
}

// wantedKey is the sentence about how many are needed.
func wantedKey(a *core.Action) locale.Key {
	if a.Taken >= a.Quorum {
		return "briefing.enough"
	}
	return "briefing.lacking"
}

// outcomes are what may be said of an action that was, with what it is called.
var outcomes = map[core.Outcome]locale.Key{
	core.WentWell: "briefing.well", core.FewCame: "briefing.few", core.NotHeld: "briefing.not_held",
}

// renderAfter asks how an action went.
func renderAfter(ctx context.Context, s *conversation.Scene, subjects []int64) (*core.Message, error) {
	actions, err := briefingActions(ctx, s, subjects, func(a *core.Action) bool { return !a.EndsAt.After(s.Now) })
	if err != nil || len(actions) == 0 {
		return nil, err
	}
	if len(actions) > 1 {
		m := s.Message("briefing.after_many", nil)
		for _, a := range actions[:min(len(actions), core.AfterMost)] {
			label := s.Language.Text("briefing.which", locale.Args{"Title": locale.User(shortTitle(a.Title))})
			m.Buttons = append(m.Buttons, core.Button{Label: label, Do: core.Do{Verb: "briefing.ask", Arg: itoa(int64(a.ID))}})
		}
		return m, nil
	}
	return howItWent(s, actions[0]), nil
}

// howItWent asks about one action.
func howItWent(s *conversation.Scene, a *core.Action) *core.Message {
	m := s.Message("briefing.after", locale.Args{
		"Title": locale.User(a.Title), "Moment": locale.Moment{At: a.Local(a.StartsAt), Now: s.Now},
	})
	for _, o := range core.Outcomes {
		m.Buttons = append(m.Buttons, s.Button(outcomes[o], "briefing.went", string(o)+" "+itoa(int64(a.ID))))
	}
	return m
}

// askOutcome asks about the one of several that was chosen.
func askOutcome(ctx context.Context, t *conversation.Turn, arg string) error {
	if err := supportersOnly(t, "rsvp.join"); err != nil {
		return err
	}
	a, err := visibleAction(ctx, t, arg)
	if err != nil {
		return err
	}
	t.Show(howItWent(&t.Scene, a))
	return nil
}

// takeOutcome stores what was said, of whoever still organises the action; the last word
// holds.
func takeOutcome(ctx context.Context, t *conversation.Turn, arg string) error {
	if err := supportersOnly(t, "rsvp.join"); err != nil {
		return err
	}
	word, id, _ := strings.Cut(arg, " ")
	a, err := visibleAction(ctx, t, id)
	if err != nil {
		return err
	}
	grants, err := t.Tx.Grants(ctx, t.Supporter.ID)
	if err != nil {
		return err
	}
	here := func(g core.Grant) bool { return g.Account == t.Account.ID }
	if !slices.ContainsFunc(core.Organisers(grants, a, t.Now), here) {
		return core.Fail(core.Forbidden, "talk.forbidden")
	}
	o := core.Outcome(word)
	b := &core.Briefing{Supporter: t.Supporter.ID, Action: a.ID, Outcome: o, On: core.DayOf(t.Now)}
	if outcomes[o] == "" {
		return core.Fail(core.NotFound, "hint.old")
	}
	if err := t.Tx.PutOutcome(ctx, b); err != nil {
		return err
	}
	t.Say("briefing.thanks", locale.Args{"Title": locale.User(a.Title), "Outcome": locale.Text(outcomes[o])})
	return nil
}
