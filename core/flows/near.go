package flows

import (
	"context"
	"encoding/json"
	"math"
	"time"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/geo"
	"tocsin/core/locale"
)

// A page of /near holds this many cards: more do not fit on a phone.
const cardsPerPage = 3

// lookAhead is how far into the future /near looks.
const lookAhead = 30 * 24 * time.Hour

// near shows the actions around the person, or around a place that they name.
func near() *conversation.Flow {
	return &conversation.Flow{
		Name:     "near",
		Commands: []conversation.Command{{Name: "near", Do: openNear, Place: conversation.Everywhere}},
		Steps: map[string]conversation.Step{
			"place": {Ask: askNearPlace, Text: nearText, Position: nearPoint},
		},
		Actions: map[core.Verb]conversation.Action{
			"near.here":    func(ctx context.Context, t *conversation.Turn, _ string) error { return openNear(ctx, t, "") },
			"near.more":    nearMore,
			"near.details": nearDetails,
		},
	}
}

// A search is what one page of cards shows. It travels in the button of the next
// page, sealed with its menu.
type search struct {
	Center geo.Point   `json:"c"` // of a cell, or of a place: never of a person
	Radius core.Radius `json:"r"`
	Skip   int         `json:"s"`
}

func openNear(ctx context.Context, t *conversation.Turn, arg string) error {
	if arg != "" {
		return nearText(ctx, t, arg)
	}
	if t.Supporter != nil && t.Supporter.Cell != 0 && t.Chat.Kind == core.Private {
		return showNear(ctx, t, search{Center: t.Supporter.Cell.Center(), Radius: t.Supporter.Radius})
	}
	if t.Chat.Kind != core.Private {
		t.Say("near.name_place", nil)
		return nil
	}
	t.Aside("near", "place")
	return nil
}

func askNearPlace(_ context.Context, t *conversation.Turn) error {
	m := t.Message("near.ask", nil)
	m.AskHere = true
	t.Show(m)
	return nil
}

func nearText(ctx context.Context, t *conversation.Turn, text string) error {
	if p, ok := geo.ParsePoint(text); ok {
		return nearPoint(ctx, t, p)
	}
	found, _, err := findPlaces(ctx, t.Tx, text)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return core.Fail(core.Invalid, "where.unknown")
	}
	endNear(t)
	return showNear(ctx, t, search{Center: found[0].Point, Radius: radiusOf(t)})
}

func nearPoint(ctx context.Context, t *conversation.Turn, p geo.Point) error {
	endNear(t)
	return showNear(ctx, t, search{Center: geo.CellOf(p).Center(), Radius: radiusOf(t)})
}

// endNear closes the question for a place, if it is open.
func endNear(t *conversation.Turn) {
	if f := t.Top(); f != nil && f.Flow == "near" {
		t.End()
	}
}

// radiusOf returns the radius that the person chose; in a group nobody's.
func radiusOf(t *conversation.Turn) core.Radius {
	if t.Supporter != nil && t.Chat.Kind == core.Private {
		return t.Supporter.Radius
	}
	return core.DefaultRadius
}

func nearMore(ctx context.Context, t *conversation.Turn, arg string) error {
	var s search
	if err := json.Unmarshal([]byte(arg), &s); err != nil {
		return core.Wrap(core.Internal, err, "flows: read search")
	}
	return showNear(ctx, t, s)
}

// showNear shows one page of cards, and a way to the next.
func showNear(ctx context.Context, t *conversation.Turn, s search) error {
	if s.Radius == 0 {
		s.Radius = radiusOf(t)
	}
	found, err := t.Tx.NearActions(ctx, core.NearQuery{
		Center: s.Center, Radius: geo.Km(s.Radius), From: t.Now, To: t.Now.Add(lookAhead),
		Everyone: !t.Active() || t.Chat.Kind != core.Private, Limit: cardsPerPage + 1, Skip: s.Skip,
	})
	if err != nil {
		return err
	}
	if len(found) == 0 {
		t.Say("near.none", locale.Args{"N": locale.Count(int(s.Radius))})
		return nil
	}
	more := len(found) > cardsPerPage
	for i, n := range found[:min(len(found), cardsPerPage)] {
		m := card(t, n)
		if more && i == cardsPerPage-1 {
			next := s
			next.Skip += cardsPerPage
			b, err := json.Marshal(next)
			if err != nil {
				return core.Wrap(core.Internal, err, "flows: write search")
			}
			m.Buttons = append(m.Buttons, t.Button("near.more", "near.more", string(b)))
		}
		t.Show(m)
	}
	return nil
}

// card shows one action: kind, title, when, where, how far, how many places.
func card(t *conversation.Turn, n core.Near) *core.Message {
	a := n.Action
	m := t.Message("near.card", cardArgs(t, a, n.Distance))
	m.Buttons = []core.Button{
		t.Button("rsvp.going", "rsvp.going", itoa(int64(a.ID))),
		t.Button("near.details", "near.details", itoa(int64(a.ID))),
	}
	return m
}

func cardArgs(t *conversation.Turn, a *core.Action, km geo.Km) locale.Args {
	kind := t.Campaign.Kind(a.Kind)
	start := a.Local(a.StartsAt)
	return locale.Args{
		"Emoji": locale.Raw(kind.Emoji), "Kind": locale.Raw(kind.In(string(t.Language.Language()))),
		"Title": locale.User(a.Title), "Moment": locale.Moment{At: start, Now: t.Now},
		"Day": locale.Day{At: start, Now: t.Now}, "Place": locale.User(a.Place),
		"Distance": distance(a, km), "Free": free(a),
	}
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

// nearDetails shows all that is public about an action.
func nearDetails(ctx context.Context, t *conversation.Turn, arg string) error {
	a, err := visibleAction(ctx, t, arg)
	if err != nil {
		return err
	}
	m := t.Message("action.details", locale.Args{
		"Title": locale.User(a.Title), "Kind": locale.Raw(t.Campaign.Kind(a.Kind).In(string(t.Language.Language()))),
		"Period": locale.Period{Start: a.Local(a.StartsAt), End: a.Local(a.EndsAt), Now: t.Now},
		"Place":  locale.User(a.Place), "Free": free(a), "Note": note(a),
	})
	m.Buttons = []core.Button{t.Button("rsvp.going", "rsvp.going", itoa(int64(a.ID)))}
	if !a.Online {
		m.Pin = &core.Pin{Point: a.Point, Title: a.Place}
	}
	t.Show(m)
	return nil
}

// note says what the organiser adds.
func note(a *core.Action) locale.Value {
	if a.Note == "" {
		return locale.Text("action.no_note")
	}
	return locale.UserLines(a.Note)
}

// visibleAction returns the action that a button names, if the person may see it.
func visibleAction(ctx context.Context, t *conversation.Turn, arg string) (*core.Action, error) {
	a, err := t.Tx.Action(ctx, core.ActionID(atoi(arg)))
	if core.CodeOf(err) == core.NotFound {
		return nil, core.Fail(core.NotFound, "rsvp.gone")
	}
	if err != nil {
		return nil, err
	}
	open := t.Active() && t.Chat.Kind == core.Private
	if a.Visibility != core.ForEveryone && !open {
		return nil, core.Fail(core.NotFound, "rsvp.gone")
	}
	return a, nil
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
