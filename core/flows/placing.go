package flows

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/geo"
	"tocsin/core/locale"
)

// A handler is a step's work without an answer to read.
type handler func(context.Context, *conversation.Turn) error

// A placer asks roughly where a person is. A point is coarsened to its cell before
// anything is stored.
type placer struct {
	settled handler // goes on after the place
	done    handler // goes on after the radius
	skipped handler // goes on where nothing is said
}

// placeSteps are the steps that end with a place and a radius; done goes on.
func placeSteps(done func(context.Context, *conversation.Turn) error) map[string]conversation.Step {
	return placer{settled: thenRadius, done: done, skipped: done}.steps()
}

// thenRadius says what was stored, and asks for the radius.
func thenRadius(ctx context.Context, t *conversation.Turn) error {
	where, clock, err := whereabouts(ctx, t)
	if err != nil {
		return err
	}
	key := locale.Key("where.stored")
	if t.Supporter.Place == 0 {
		key = "where.stored_far"
	}
	t.Say(key, locale.Args{"Where": where, "Clock": clock})
	t.Go("radius")
	return nil
}

func (p placer) steps() map[string]conversation.Step {
	return map[string]conversation.Step{
		"place":  {Ask: askPlace, Text: p.takeText, Position: p.takePoint, Choice: p.takeChoice},
		"which":  {Ask: askWhich, Text: p.takeText, Position: p.takePoint, Choice: p.takeChoice},
		"radius": {Ask: askRadius, Text: p.takeRadiusText, Choice: p.takeRadiusChoice},
	}
}

func askPlace(_ context.Context, t *conversation.Turn) error {
	m := t.Message("where.ask", nil)
	m.Buttons = []core.Button{t.Button("where.skip", "skip")}
	if t.Supporter.Cell != 0 {
		m.Buttons = []core.Button{t.Button("where.keep", "skip")}
	}
	m.AskHere = true
	t.Show(m)
	return nil
}

// takeText takes a place that somebody typed. What is not found is said, and the step
// stays open.
func (p placer) takeText(ctx context.Context, t *conversation.Turn, text string) error {
	if point, ok := geo.ParsePoint(text); ok {
		return p.takePoint(ctx, t, point)
	}
	if strings.Contains(text, "://") {
		t.Say("where.link", nil)
		return nil
	}
	found, fallback, err := lookUp(ctx, t.Tx, text, homeOf(t))
	if err != nil {
		return err
	}
	switch {
	case len(found) == 0:
		return offerMeant(ctx, t, text)
	case len(found) > 1:
		offer(t, found, "")
		return nil
	case fallback:
		t.Say("where.fallback", locale.Args{"Place": locale.Raw(found[0].Name)})
	}
	return p.settle(ctx, t, &found[0], geo.CellOf(found[0].Point))
}

// offerMeant lets the person pick among what they may have meant.
func offerMeant(ctx context.Context, t *conversation.Turn, text string) error {
	meant, err := suggestPlaces(ctx, t.Tx, text)
	if err != nil {
		return err
	}
	if len(meant) == 0 {
		t.Say("where.unknown", nil)
		return nil
	}
	offer(t, meant, quoted(text))
	return nil
}

// quoted shortens what a person wrote before it is said back to them.
func quoted(text string) string {
	const most = 40
	if utf8.RuneCountInString(text) > most {
		return string([]rune(text)[:most]) + "…"
	}
	return text
}

// offer lets the person pick among places. typed is what they wrote if it is the name of
// none of them.
func offer(t *conversation.Turn, places []core.Place, typed string) {
	ids := make([]string, len(places))
	for i, p := range places {
		ids[i] = itoa(int64(p.ID))
	}
	t.Keep("places", strings.Join(ids, " "))
	t.Keep("typed", typed)
	t.Go("which")
}

// offered returns the places that the person may pick among.
func offered(ctx context.Context, t *conversation.Turn) ([]core.Place, error) {
	var out []core.Place
	for id := range strings.FieldsSeq(t.Data("places")) {
		p, err := t.Tx.Place(ctx, core.PlaceID(atoi(id)))
		if err != nil {
			return nil, err
		}
		out = append(out, *p)
	}
	return out, nil
}

func askWhich(ctx context.Context, t *conversation.Turn) error {
	places, err := offered(ctx, t)
	if err != nil {
		return err
	}
	buttons, err := placeButtons(ctx, t, places)
	if err != nil {
		return err
	}
	if typed := t.Data("typed"); typed != "" {
		t.Choose("where.meant", locale.Args{"Text": locale.User(typed)}, buttons...)
		return nil
	}
	t.Choose("where.which", nil, buttons...)
	return nil
}

func (p placer) takeChoice(ctx context.Context, t *conversation.Turn, do core.Do) error {
	if do.Verb == "skip" {
		if t.Supporter.Cell == 0 {
			t.Say("where.skipped", nil)
		}
		return p.skipped(ctx, t)
	}
	place, err := t.Tx.Place(ctx, core.PlaceID(atoi(do.Arg)))
	if err != nil {
		return err
	}
	return p.settle(ctx, t, place, geo.CellOf(place.Point))
}

// takePoint takes a shared or typed point. Only its cell goes on.
func (p placer) takePoint(ctx context.Context, t *conversation.Turn, point geo.Point) error {
	return p.takeCell(ctx, t, geo.CellOf(point))
}

func (p placer) takeCell(ctx context.Context, t *conversation.Turn, cell core.Cell) error {
	place, err := t.Tx.NearestPlace(ctx, cell)
	if err != nil {
		return err
	}
	return p.settle(ctx, t, place, cell)
}

// farAway is how far the nearest place may be that still says where somebody is. Beyond
// it they are at sea or in a desert, and no town is named.
const farAway geo.Km = 100

// settle stores where the person is: the cell, and the area and time zone of the
// nearest place, whose name is kept unless it is far.
func (p placer) settle(ctx context.Context, t *conversation.Turn, place *core.Place, c core.Cell) error {
	s := t.Supporter
	over, err := overQuota(ctx, t, quotaOf(core.PlacesPerHour, core.OfSupporter(s.ID)))
	if err != nil {
		return err
	}
	if over {
		closeWhere(t)
		return sayWhenAgain(t)
	}
	s.Cell, s.Place, s.Area, s.Zone = c, place.ID, place.Area, place.Zone
	if geo.Distance(c.Center(), place.Point) > farAway {
		s.Place = 0
	}
	if err := t.Tx.PutSupporter(ctx, s); err != nil {
		return err
	}
	return p.settled(ctx, t)
}

// sayWhenAgain says from when on the place can be changed for certain. The refusals
// count too, so that is a whole window from now, and the little by which a count may
// last longer.
func sayWhenAgain(t *conversation.Turn) error {
	zone, err := time.LoadLocation(t.Supporter.Zone)
	if err != nil {
		return core.Wrap(core.Internal, err, "flows: load zone of supporter")
	}
	const step = 5 * time.Minute
	window := core.PlacesPerHour.Window
	again := t.Now.Add(window + window/12 + step).Truncate(step).In(zone)
	t.Say("where.slow", locale.Args{"Time": locale.Time{At: again}})
	return nil
}
