package flows

import (
	"context"
	"time"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/gazetteer"
	"tocsin/core/geo"
	"tocsin/core/locale"
)

// where shows what is known of where a person is: the place, how far around it, the
// time zone; and changes each, or forgets the place.
func where() *conversation.Flow {
	f := &conversation.Flow{
		Name:     "where",
		Commands: []conversation.Command{{Name: "where", Do: openWhere}},
		Steps:    resident().steps(),
		Actions: map[core.Verb]conversation.Action{
			"where.change": forSupporters(func(ctx context.Context, t *conversation.Turn) error { return openPlace(ctx, t, wish{}) }),
			"where.radius": forSupporters(func(_ context.Context, t *conversation.Turn) error { return openStep(t, "radius") }),
			"where.zone":   forSupporters(func(_ context.Context, t *conversation.Turn) error { return openStep(t, "zone") }),
			"where.forget": func(ctx context.Context, t *conversation.Turn, _ string) error { return forgetPlace(ctx, t) },
		},
		Position: func(ctx context.Context, t *conversation.Turn) error {
			p, _ := t.Position()
			if !t.Active() {
				return showNear(ctx, t, search{Center: geo.CellOf(p).Center()})
			}
			return openPlace(ctx, t, wish{cell: geo.CellOf(p)})
		},
	}
	f.Steps["consent"] = conversation.Step{Ask: askAreaConsent, Choice: takeAreaConsent}
	for name, step := range zoneSteps() {
		f.Steps[name] = step
	}
	return f
}

// resident is the placer of somebody who has signed up: each answer leads back to what
// is known.
func resident() placer { return placer{settled: showChanged, done: showChanged, skipped: showKept} }

// forSupporters runs what a button does only for whom it was offered to.
func forSupporters(do handler) conversation.Action {
	return func(ctx context.Context, t *conversation.Turn, _ string) error {
		if !t.Active() {
			t.Say("where.join", nil)
			return nil
		}
		return do(ctx, t)
	}
}

func openStep(t *conversation.Turn, step string) error {
	t.Aside("where", step)
	return nil
}

func openWhere(ctx context.Context, t *conversation.Turn, arg string) error {
	if oneOf(t, "where.forget_words", arg) && t.Supporter != nil {
		return forgetPlace(ctx, t)
	}
	if !t.Active() {
		t.Say("where.join", nil)
		return nil
	}
	radius, unit, ok := core.ParseRadius(arg)
	switch {
	case arg == "" && t.Supporter.Cell != 0:
		if err := showKept(ctx, t); err != nil || t.Top() == nil {
			return err
		}
		t.Ask()
		return nil
	case oneOf(t, "where.zone_words", arg):
		return openStep(t, "zone")
	case unit && ok:
		t.Aside("where", "radius")
		return resident().setRadius(ctx, t, radius)
	case unit:
		return core.Fail(core.Invalid, "radius.invalid")
	}
	return openPlace(ctx, t, wish{text: arg})
}

// closeWhere closes the question that is open, if it is one of /where.
func closeWhere(t *conversation.Turn) {
	if f := t.Top(); f != nil && f.Flow == "where" {
		t.End()
	}
}

// A wish is where somebody wants to be before they were asked: a text, a cell, or
// neither.
type wish struct {
	text string
	cell core.Cell
}

// openPlace does as the person wishes, or asks for a place; and before that for the
// consent, if it is missing.
func openPlace(ctx context.Context, t *conversation.Turn, w wish) error {
	ok, err := t.Tx.Consented(ctx, t.Supporter.ID, core.ToArea)
	if err != nil {
		return err
	}
	if ok {
		t.Aside("where", "place")
		return grant(ctx, t, w)
	}
	if p, is := geo.ParsePoint(w.text); is {
		w = wish{cell: geo.CellOf(p)} // nothing finer is kept, not even for a moment
	}
	t.Aside("where", "consent")
	t.Keep("text", w.text)
	t.Keep("cell", itoa(int64(w.cell)))
	return nil
}

// grant does as the person wishes.
func grant(ctx context.Context, t *conversation.Turn, w wish) error {
	switch {
	case w.cell != 0:
		return resident().takeCell(ctx, t, w.cell)
	case w.text != "":
		return resident().takeText(ctx, t, w.text)
	}
	return nil
}

func askAreaConsent(_ context.Context, t *conversation.Turn) error {
	t.Choose("consent.area", nil, t.Button("consent.area_yes", "yes"), t.Button("consent.no", "no"))
	return nil
}

func takeAreaConsent(ctx context.Context, t *conversation.Turn, do core.Do) error {
	c := &core.Consent{
		Supporter: t.Supporter.ID, Purpose: core.ToArea, Given: do.Verb == "yes", Version: core.ConsentVersion,
		Platform: t.Update.Chat.Bot.Platform(), At: t.Now,
	}
	if err := t.Tx.RecordConsent(ctx, c); err != nil {
		return err
	}
	if !c.Given {
		t.End()
		t.Say("where.no_area", nil)
		return nil
	}
	w := wish{text: t.Data("text"), cell: core.Cell(atoi(t.Data("cell")))}
	t.Keep("text", "")
	t.Keep("cell", "")
	t.Go("place")
	return grant(ctx, t, w)
}

// forgetPlace wipes the place. The time zone stays: by it we know when it is night.
func forgetPlace(ctx context.Context, t *conversation.Turn) error {
	s := t.Supporter
	if s == nil {
		t.Say("where.join", nil)
		return nil
	}
	s.Cell, s.Place, s.Area = 0, 0, core.World
	if err := t.Tx.PutSupporter(ctx, s); err != nil {
		return err
	}
	_, clock, err := whereabouts(ctx, t) // the zone alone says what time it is, and names no town of theirs
	if err != nil {
		return err
	}
	closeWhere(t)
	m := t.Message("where.forgotten", locale.Args{"Clock": clock})
	m.Buttons = []core.Button{t.Button("where.give", "where.change")}
	t.Replace(m)
	return nil
}

// showChanged closes the question and shows what is known now.
func showChanged(ctx context.Context, t *conversation.Turn) error {
	return showWhere(ctx, t, "where.changed")
}

// showKept closes the question and shows what is known, as it was.
func showKept(ctx context.Context, t *conversation.Turn) error {
	return showWhere(ctx, t, "where.shown")
}

// showWhere closes the question and shows what is known, with ways to change each of it.
// Where no place is known there is nothing to show.
func showWhere(ctx context.Context, t *conversation.Turn, key locale.Key) error {
	closeWhere(t)
	if t.Supporter.Cell == 0 {
		return nil
	}
	where, clock, err := whereabouts(ctx, t)
	if err != nil {
		return err
	}
	m := t.Message(key, locale.Args{
		"Where": where, "Clock": clock,
		"Radius": locale.Phrase{Key: "radius.around", Args: locale.Args{"N": locale.Count(int(t.Supporter.Radius))}},
	})
	m.Buttons = []core.Button{
		t.Button("where.change", "where.change"), t.Button("where.radius", "where.radius"),
		t.Button("where.zone", "where.zone"), t.Button("where.forget", "where.forget"),
	}
	t.Replace(m)
	return nil
}

// besideTown is how far from a town one may be and still be said to be there.
const besideTown geo.Km = 10

// whereabouts says in words where a person is, and what time it is there.
func whereabouts(ctx context.Context, t *conversation.Turn) (where, clock locale.Value, err error) {
	s := t.Supporter
	town := gazetteer.ZoneName(s.Zone, string(t.Language.Language()))
	where = locale.Text("where.far")
	if s.Place != 0 {
		p, err := t.Tx.Place(ctx, s.Place)
		if err != nil {
			return nil, nil, err
		}
		name := nameOf(&t.Scene, p)
		key := locale.Key("where.town")
		if geo.Distance(s.Cell.Center(), p.Point) > besideTown {
			key = "where.around"
		}
		where = locale.Phrase{Key: key, Args: locale.Args{"Place": locale.Raw(name)}}
		if p.Zone == s.Zone {
			town = gazetteer.NameIn(p, string(t.Language.Language()))
		}
	}
	clock, err = clockOf(t, s.Zone, town)
	return where, clock, err
}

// clockOf says what time it is in a zone, and where that is.
func clockOf(t *conversation.Turn, zone, town string) (locale.Value, error) {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return nil, core.Wrap(core.Internal, err, "flows: load zone")
	}
	return locale.Phrase{Key: "where.clock", Args: locale.Args{
		"Time": locale.Time{At: t.Now.In(loc)}, "Town": locale.Raw(town),
	}}, nil
}
