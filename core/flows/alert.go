package flows

import (
	"context"
	"strings"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/geo"
	"tocsin/core/locale"
)

// An alert tells a person of actions near them, unasked. Whoever chooses them enqueues
// a core.Reference of kind core.AlertKind whose subjects are actions, the most fitting first:
// within the person's radius, or online, or else the nearest. This file says only what
// the person then reads, when it is sent; the gate says whether they may be written to.

func alert() *conversation.Flow {
	return &conversation.Flow{
		Name:       "alert",
		References: map[core.ReferenceKind]conversation.Rendering{core.AlertKind: renderAlert},
		Actions: map[core.Verb]conversation.Action{
			"alert.fewer": fewerAlerts, "alert.undo": undoFewer,
			"alert.why": showWhy, "alert.smaller": changeReach, "alert.mute": muteKind, "alert.unmute": unmuteKind,
			"alert.pause": pauseAlerts, "alert.resume": resumeAlerts,
		},
	}
}

// renderAlert says which actions there are, why the person hears of them, and how to
// hear less. It says nothing if none of them is worth it any more, nor to a room.
func renderAlert(ctx context.Context, s *conversation.Scene, subjects []int64) (*core.Message, error) {
	if s.Supporter == nil || s.Chat.Kind != core.Private {
		return nil, nil
	}
	var news []core.Near
	for i, id := range subjects {
		n, err := newsOf(ctx, s, core.ActionID(id), i)
		if err != nil {
			return nil, err
		}
		if n != nil && len(news) < core.MatchMost {
			news = append(news, *n)
		}
	}
	if len(news) == 0 {
		return nil, nil
	}
	m := alertText(s, news)
	m.Buttons = alertButtons(s, news)
	return m, nil
}

// newsOf returns an action with its distance from the person's cell, or nil if there is
// nothing to say of it: it is gone, not public, has begun, or the person has answered. One
// that changed since it was chosen is announced anew, and not now.
func newsOf(ctx context.Context, s *conversation.Scene, id core.ActionID, subject int) (*core.Near, error) {
	a, err := s.Tx.Action(ctx, id)
	switch {
	case core.CodeOf(err) == core.NotFound:
		return nil, nil
	case err != nil:
		return nil, err
	case a.State != core.Public || !a.StartsAt.After(s.Now):
		return nil, nil
	case subject < len(s.About.Sequences) && s.About.Sequences[subject] != a.Sequence:
		return nil, nil
	case a.Visibility != core.ForEveryone && s.Supporter.State != core.Active, !s.Supporter.Settings.Wants(a.Kind, s.Now):
		return nil, nil
	}
	_, err = s.Tx.Rsvp(ctx, a.ID, s.Supporter.ID)
	switch {
	case err == nil:
		return nil, nil
	case core.CodeOf(err) != core.NotFound:
		return nil, err
	}
	n := &core.Near{Action: a}
	if !a.Online && s.Supporter.Cell != 0 {
		n.Distance = geo.Distance(s.Supporter.Cell.Center(), a.Point)
	}
	return n, nil
}

// alertText returns a heading, some lines for each action, and why.
func alertText(s *conversation.Scene, news []core.Near) *core.Message {
	n := locale.Args{"N": locale.Count(len(news))}
	says := reasons[reachOf(s.Supporter, news)]
	switch rule := s.About.Rule; {
	case rule == core.LastCall:
		says.heading = "alert.call"
	case rule == core.ByWelcome && says.heading == "alert.near":
		says.heading = "alert.welcome"
	}
	m := s.Message(says.heading, n)
	for i := range news {
		m.Body = append(m.Body, core.Span{Text: "\n\n"})
		m.Body = append(m.Body, alertLine(s, &news[i])...)
	}
	m.Body = append(m.Body, core.Span{Text: "\n\n"})
	m.Body = append(m.Body, s.Language.Spans(says.why, locale.Args{"N": locale.Count(int(s.Supporter.Radius))})...)
	return m
}

// A reach says where the actions of an alert are, as seen from a person.
type reach int

const (
	reachUnknown      reach = iota // the person has not said where they are
	reachNear                      // all are within the person's radius
	reachFar                       // one at least is beyond it
	reachOnline                    // all are online
	reachNearOrOnline              // some are online
	reachFarOrOnline
)

// reasons are how an alert begins, and what it says of why it came.
var reasons = map[reach]struct{ heading, why locale.Key }{
	reachUnknown:      {"alert.far", "alert.why_unknown"},
	reachNear:         {"alert.near", "alert.why_near"},
	reachFar:          {"alert.far", "alert.why_far"},
	reachOnline:       {"alert.far", "alert.why_online"},
	reachNearOrOnline: {"alert.far", "alert.why_near_online"},
	reachFarOrOnline:  {"alert.far", "alert.why_far_online"},
}

// reachOf returns the widest reach among news.
func reachOf(p *core.Supporter, news []core.Near) reach {
	if p.Cell == 0 {
		return reachUnknown
	}
	var online, near, far bool
	for _, n := range news {
		switch {
		case n.Action.Online:
			online = true
		case n.Distance > geo.Km(p.Radius):
			far = true
		default:
			near = true
		}
	}
	switch {
	case far && online:
		return reachFarOrOnline
	case far:
		return reachFar
	case near && online:
		return reachNearOrOnline
	case near:
		return reachNear
	}
	return reachOnline
}

// alertLine says what, when, where, how far and how many places.
func alertLine(s *conversation.Scene, n *core.Near) []core.Span {
	a := n.Action
	start := a.Local(a.StartsAt)
	where := spotOf(a, n.Distance)
	if s.Supporter.Cell == 0 {
		where = spot(a)
	}
	return s.Language.Spans("alert.line", locale.Args{
		"Emoji": locale.Raw(s.Campaign.Kind(a.Kind).Emoji), "Title": locale.User(a.Title),
		"Moment": locale.Moment{At: start, Now: s.Now}, "Day": locale.Day{At: start, Now: s.Now},
		"Where": where, "Free": free(a),
	})
}

// alertButtons answer the one action there is, or open each of several; the last two
// are the ways to hear less.
func alertButtons(s *conversation.Scene, news []core.Near) []core.Button {
	var out []core.Button
	for _, n := range news {
		id := itoa(int64(n.Action.ID))
		if len(news) == 1 {
			out = append(out, s.Button("rsvp.going", "rsvp.going", id), s.Button("near.details", "near.details", id))
			continue
		}
		label := s.Language.Text("alert.details", locale.Args{"Title": locale.User(shortTitle(n.Action.Title))})
		out = append(out, core.Button{Label: label, Do: core.Do{Verb: "near.details", Arg: id}})
	}
	return append(out, s.Button("alert.why", "alert.why", whyOf(s, news)), s.Button("alert.fewer", "alert.fewer"),
		s.Button("alert.stop", "stop.all"))
}

// shortTitle cuts a title to what a button shows on a phone.
func shortTitle(title string) string {
	const most = 30
	if r := []rune(title); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return title
}

// fewer is what alerts become that are to be fewer, and what is said then.
var fewer = map[core.Often]struct {
	often core.Often
	said  locale.Key
}{
	core.Instantly: {core.Daily, "alert.daily"},
	core.Daily:     {core.Weekly, "alert.weekly"},
	core.Weekly:    {core.Never, "alert.never"},
}

// fewerAlerts makes alerts one step rarer; how it was is one button away.
func fewerAlerts(ctx context.Context, t *conversation.Turn, _ string) error {
	if !t.Active() || t.Chat.Kind != core.Private {
		t.Say("alert.join", nil)
		return nil
	}
	before := t.Supporter.Often
	step, ok := fewer[before]
	if !ok {
		t.Say("alert.never", nil)
		return nil
	}
	undo := string(before) + " " + string(t.Supporter.Settings.Line)
	t.Supporter.SetOften(step.often)
	if err := t.Tx.PutSupporter(ctx, t.Supporter); err != nil {
		return err
	}
	t.Choose(step.said, nil, t.Button("alert.undo", "alert.undo", undo))
	return nil
}

// undoFewer makes alerts as frequent as they were.
func undoFewer(ctx context.Context, t *conversation.Turn, arg string) error {
	if !t.Active() || t.Chat.Kind != core.Private {
		t.Say("alert.join", nil)
		return nil
	}
	often, line, _ := strings.Cut(arg, " ")
	t.Supporter.SetOften(core.Often(often))
	t.Supporter.Settings.Line = core.CronLine(line)
	if err := t.Tx.PutSupporter(ctx, t.Supporter); err != nil {
		return err
	}
	t.Say("alert.undone", nil)
	return nil
}
