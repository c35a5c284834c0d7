package flows

import (
	"context"
	"math"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/geo"
	"tocsin/core/locale"
)

// card shows one action: kind, title, when, where, how far, how many places, who comes
// and who organises it, with the buttons to answer.
func card(ctx context.Context, t *conversation.Turn, n core.Near) (*core.Message, error) {
	who, err := whoComes(ctx, &t.Scene, n.Action)
	if err != nil {
		return nil, err
	}
	return &core.Message{
		Body:    joined("\n", t.Language.Spans("near.card", cardArgs(&t.Scene, n.Action, n.Distance)), who),
		Buttons: cardButtons(t, actionArg{Action: n.Action.ID}),
	}, nil
}

// cardButtons are those of each card: I'm in, details and, for somebody whose wishes
// we keep, not for me.
func cardButtons(t *conversation.Turn, arg actionArg) []core.Button {
	buttons := []core.Button{
		goingButton(&t.Scene, arg.Action),
		t.Button("near.details", "near.details", arg.write()),
	}
	if ours(t) {
		buttons = append(buttons, t.Button("near.hide", "near.hide", arg.write()))
	}
	return buttons
}

// goingButton says that somebody comes. In a group it opens the private chat where that
// can be: who presses it is seen by nobody.
func goingButton(s *conversation.Scene, a core.ActionID) core.Button {
	b := s.Button("rsvp.going", "rsvp.going", itoa(int64(a)))
	if s.Chat.Kind != core.Private {
		b.URL = s.Can.StartLink(core.Link{Action: a})
	}
	return b
}

// ours reports whether an active supporter speaks, alone with us.
func ours(t *conversation.Turn) bool { return t.Active() && t.Chat.Kind == core.Private }

func cardArgs(s *conversation.Scene, a *core.Action, km geo.Km) locale.Args {
	kind := s.Campaign.Kind(a.Kind)
	start := a.Local(a.StartsAt)
	return locale.Args{
		"Emoji": locale.Raw(kind.Emoji), "Kind": locale.Raw(kind.In(string(s.Language.Language()))),
		"Title": locale.User(a.Title), "Moment": locale.Moment{At: start, Now: s.Now},
		"Day": locale.Day{At: start, Now: s.Now}, "Where": spotOf(a, km), "Free": free(a),
	}
}

// spotOf says where an action is and how far.
func spotOf(a *core.Action, km geo.Km) locale.Value {
	if a.Place == "" {
		return distance(a, km)
	}
	return locale.Phrase{Key: "near.where", Args: locale.Args{"Place": locale.User(a.Place), "Distance": distance(a, km)}}
}

// spot says where an action is.
func spot(a *core.Action) locale.Value {
	if a.Place == "" && a.Online {
		return locale.Text("action.online")
	}
	return locale.User(a.Place)
}

// whoComes says how many come, roughly, and which team organises the action; it is
// empty where there is nothing to say. Of a full action, "fewer than eleven" says nothing.
func whoComes(ctx context.Context, s *conversation.Scene, a *core.Action) ([]locale.Span, error) {
	var coming, by []locale.Span
	switch {
	case a.Taken > 10:
		coming = s.Language.Spans("action.coming", locale.Args{"N": locale.Count(a.Taken / 10 * 10)})
	case a.Taken > 0 && !isFull(a):
		coming = s.Language.Spans("action.coming_few", nil)
	}
	if a.Team != 0 {
		team, err := s.Tx.Team(ctx, a.Team)
		switch core.CodeOf(err) {
		case "":
			by = s.Language.Spans("action.team", locale.Args{"Team": locale.User(team.Name)})
		case core.NotFound:
		default:
			return nil, err
		}
	}
	return joined("\n", coming, by), nil
}

func isFull(a *core.Action) bool {
	left, limited := a.Free()
	return limited && left == 0
}

// joined returns the texts that are not empty, parted by a separator.
func joined(separator string, texts ...[]locale.Span) []locale.Span {
	var all []locale.Span
	for _, text := range texts {
		if len(text) == 0 {
			continue
		}
		if len(all) > 0 {
			all = append(all, locale.Span{Text: separator})
		}
		all = append(all, text...)
	}
	return all
}

// free says how many places are left.
func free(a *core.Action) locale.Value {
	n, limited := a.Free()
	switch {
	case !limited:
		return locale.Text("action.open")
	case n == 0:
		return locale.Text("action.full")
	}
	return locale.Phrase{Key: "action.free", Args: locale.Args{"N": locale.Count(n)}}
}

// note says what the organiser adds.
func note(a *core.Action) locale.Value {
	if a.Note == "" {
		return locale.Text("action.no_note")
	}
	return locale.UserLines(a.Note)
}

// distance says how far an action is, as a band: it is measured from the middle of
// a cell, and must not tell more.
func distance(a *core.Action, km geo.Km) locale.Value {
	if a.Online {
		return locale.Text("action.online")
	}
	b := geo.BandOf(km)
	from := locale.Count(int(b.From))
	if math.IsInf(float64(b.To), 1) {
		return locale.Phrase{Key: "distance.band_over", Args: locale.Args{"From": from}}
	}
	to := locale.Count(int(b.To))
	if b.From == 0 {
		return locale.Phrase{Key: "distance.band_below", Args: locale.Args{"To": to}}
	}
	return locale.Phrase{Key: "distance.band", Args: locale.Args{"From": from, "To": to}}
}

// visibleAction returns the action that a button names, if the person may see it.
func visibleAction(ctx context.Context, t *conversation.Turn, arg string) (*core.Action, error) {
	a, err := t.Tx.Action(ctx, core.ActionID(atoi(arg)))
	if core.CodeOf(err) == core.NotFound || err == nil && a.State == core.InReview {
		return nil, core.Fail(core.NotFound, "rsvp.gone")
	}
	if err != nil {
		return nil, err
	}
	if a.Visibility != core.ForEveryone && !ours(t) {
		return nil, core.Fail(core.NotFound, "rsvp.gone")
	}
	return a, nil
}
