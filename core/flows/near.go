package flows

import (
	"context"
	"encoding/json"
	"time"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/geo"
	"tocsin/core/locale"
)

// near shows the actions around the person, or around a place that they name, at the
// times and of the kinds that they ask for.
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
			"near.hide":    nearHide,
			"near.unhide":  nearUnhide,
		},
		Public: []core.Verb{"near.here", "near.more", "near.details"},
		Lead:   actionLink,
	}
}

// A search is what one page of cards shows. It travels in the buttons of the page,
// sealed with their menu.
type search struct {
	Center geo.Point     `json:"c"` // of a cell, or of a place: never of a person
	Radius core.Radius   `json:"r"`
	Skip   int           `json:"s,omitempty"`
	When   span          `json:"w,omitempty"`
	Kinds  []core.KindID `json:"k,omitempty"` // empty: all
	Online bool          `json:"o,omitempty"` // only what is online
	Beyond bool          `json:"b,omitempty"` // nothing is within, and the nearest beyond was shown
	Place  string        `json:"p,omitempty"` // as it is named; "" around a person
	Zone   string        `json:"z,omitempty"` // of whose days are meant; "" the campaign's
}

// write returns s as the argument of a button.
func (s search) write() string {
	b, err := json.Marshal(s)
	if err != nil {
		return "" // a centre that is no number, which no place has
	}
	return string(b)
}

func readSearch(text string) (s search, err error) {
	if text == "" {
		return s, nil
	}
	err = json.Unmarshal([]byte(text), &s)
	return s, core.Wrap(core.Internal, err, "flows: read search")
}

// narrowed returns s with what r asks for.
func (s search) narrowed(r nearRequest) search {
	if r.Radius != 0 {
		s.Radius = r.Radius
	}
	if r.When != spanAny {
		s.When = r.When
	}
	if len(r.Kinds) > 0 {
		s.Kinds = r.Kinds
	}
	s.Online = s.Online || r.Online
	return s
}

// filtered reports whether s leaves out some times, kinds or places.
func (s search) filtered() bool { return s.When != spanAny || len(s.Kinds) > 0 || s.Online }

// zone returns the clocks on which days are reckoned.
func (s search) zone(c *core.Campaign) *time.Location {
	for _, name := range []string{s.Zone, c.Zone} {
		if loc, err := time.LoadLocation(name); err == nil && name != "" {
			return loc
		}
	}
	return time.UTC
}

func openNear(ctx context.Context, t *conversation.Turn, arg string) error {
	return lookAround(ctx, t, search{}, arg)
}

// nearText is the answer to the question for a place.
func nearText(ctx context.Context, t *conversation.Turn, text string) error {
	s, err := readSearch(t.Data("search"))
	if err != nil {
		return err
	}
	return lookAround(ctx, t, s, text)
}

// nearPoint takes a shared point; only its cell goes on.
func nearPoint(ctx context.Context, t *conversation.Turn, p geo.Point) error {
	s, err := readSearch(t.Data("search"))
	if err != nil {
		return err
	}
	return aroundPoint(ctx, t, s, p)
}

// lookAround adds what text asks for to s, and shows the first page: around the place
// that is named, or around the person.
func lookAround(ctx context.Context, t *conversation.Turn, s search, text string) error {
	asked := parseNear(text, wordsOf(t))
	s = s.narrowed(asked)
	if p, ok := geo.ParsePoint(asked.Place); ok {
		return aroundPoint(ctx, t, s, p)
	}
	if asked.Place != "" {
		return aroundPlace(ctx, t, s, asked)
	}
	private := t.Chat.Kind == core.Private
	placed := private && t.Supporter != nil && t.Supporter.Cell != 0
	if placed {
		s.Center = t.Supporter.Cell.Center()
	}
	switch {
	case placed || s.Online:
		endNear(t)
		return showNear(ctx, t, s)
	case !private:
		t.Say("near.name_place", nil)
		return nil
	}
	t.Aside("near", "place")
	t.Keep("search", s.write())
	return nil
}

func askNearPlace(_ context.Context, t *conversation.Turn) error {
	m := t.Message("near.ask", nil)
	m.AskHere = true
	t.Show(m)
	return nil
}

func aroundPoint(ctx context.Context, t *conversation.Turn, s search, p geo.Point) error {
	cell := geo.CellOf(p)
	s.Center = cell.Center()
	place, err := t.Tx.NearestPlace(ctx, cell)
	if err != nil && core.CodeOf(err) != core.NotFound {
		return err
	}
	if err == nil {
		s.Zone = place.Zone
	}
	endNear(t)
	return showNear(ctx, t, s)
}

// aroundPlace looks around the largest of the places of a name, and says which it is,
// with the others to choose, where there are several.
func aroundPlace(ctx context.Context, t *conversation.Turn, s search, asked nearRequest) error {
	found, fallback, err := findPlaces(ctx, t.Tx, asked.Place)
	if err == nil && len(found) == 0 && asked.Bare != asked.Place {
		found, fallback, err = findPlaces(ctx, t.Tx, asked.Bare)
	}
	switch {
	case err != nil:
		return err
	case len(found) == 0:
		return aroundMeant(ctx, t, s, asked.Place)
	case fallback:
		t.Say("where.fallback", locale.Args{"Place": locale.Raw(found[0].Name)})
	}
	endNear(t)
	s.Center, s.Zone, s.Place = found[0].Point, found[0].Zone, nameOf(&t.Scene, &found[0])
	if len(found) > 1 {
		named, err := placeButtons(ctx, t, found)
		if err != nil {
			return err
		}
		s.Place = named[0].Label
		if err := offerOthers(ctx, t, s, found[1:]); err != nil {
			return err
		}
	}
	return showNear(ctx, t, s)
}

// offerOthers says around which of several places we look, and offers the others.
func offerOthers(ctx context.Context, t *conversation.Turn, s search, others []core.Place) error {
	buttons, err := s.around(ctx, t, others)
	if err != nil {
		return err
	}
	t.Choose("near.several", locale.Args{"Place": locale.Raw(s.Place)}, buttons...)
	return nil
}

// aroundMeant asks which place was meant by a name with a slip in it. A name that is
// nothing like one that we know is said to be so.
func aroundMeant(ctx context.Context, t *conversation.Turn, s search, text string) error {
	meant, err := suggestPlaces(ctx, t.Tx, text)
	if err != nil {
		return err
	}
	if len(meant) == 0 {
		t.Say("near.unknown", locale.Args{"Text": locale.User(quoted(text))})
		return nil
	}
	buttons, err := s.around(ctx, t, meant)
	if err != nil {
		return err
	}
	t.Choose("near.meant", locale.Args{"Text": locale.User(quoted(text))}, buttons...)
	return nil
}

// around returns a button for each place, which does the search around it.
func (s search) around(ctx context.Context, t *conversation.Turn, places []core.Place) ([]core.Button, error) {
	buttons, err := placeButtons(ctx, t, places)
	for i := range buttons {
		there := s
		there.Center, there.Zone, there.Place = places[i].Point, places[i].Zone, buttons[i].Label
		buttons[i].Do = core.Do{Verb: "near.more", Arg: there.write()}
	}
	return buttons, err
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
