package flows

import (
	"context"
	"strconv"
	"strings"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/gazetteer"
	"tocsin/core/geo"
	"tocsin/core/locale"
)

// where asks roughly where a person is, and how far around they want to hear of
// actions. A shared point is coarsened to its cell before anything is stored.
func where() *conversation.Flow {
	done := func(_ context.Context, t *conversation.Turn) error {
		t.End()
		return nil
	}
	return &conversation.Flow{
		Name:     "where",
		Commands: []conversation.Command{{Name: "where", Do: showWhere}},
		Steps:    placeSteps(done),
		Position: func(ctx context.Context, t *conversation.Turn) error {
			p, _ := t.Position()
			if !t.Active() {
				return showNear(ctx, t, search{Center: geo.CellOf(p).Center()})
			}
			t.Aside("where", "place")
			return takePoint(ctx, t, p)
		},
	}
}

// placeSteps are the steps that end with a place and a radius; done goes on.
func placeSteps(done func(context.Context, *conversation.Turn) error) map[string]conversation.Step {
	return map[string]conversation.Step{
		"place":  {Ask: askPlace, Text: takePlaceText, Position: takePoint, Choice: takePlaceChoice(done)},
		"radius": {Ask: askRadius, Choice: takeRadiusChoice(done), Text: takeRadiusText(done)},
	}
}

func showWhere(ctx context.Context, t *conversation.Turn, arg string) error {
	if !t.Active() {
		t.Say("where.join", nil)
		return nil
	}
	t.Aside("where", "place")
	if arg != "" {
		return takePlaceText(ctx, t, arg)
	}
	return nil
}

func askPlace(_ context.Context, t *conversation.Turn) error {
	m := t.Message("where.ask", nil)
	m.Buttons = []core.Button{t.Button("where.skip", "skip")}
	m.AskHere = true
	t.Show(m)
	return nil
}

func takePlaceText(ctx context.Context, t *conversation.Turn, text string) error {
	if p, ok := geo.ParsePoint(text); ok {
		return takePoint(ctx, t, p)
	}
	found, fallback, err := findPlaces(ctx, t.Tx, text)
	if err != nil {
		return err
	}
	switch {
	case len(found) == 0:
		return core.Fail(core.Invalid, "where.unknown")
	case len(found) > 1:
		return offerPlaces(ctx, t, found)
	case fallback:
		t.Say("where.fallback", locale.Args{"Place": locale.Raw(found[0].Name)})
	}
	return settle(ctx, t, &found[0], geo.CellOf(found[0].Point))
}

// findPlaces looks a text up by postcode or name. fallback says that a French
// postcode is not known, and that its prefecture stands for it.
func findPlaces(ctx context.Context, r core.Reader, text string) (found []core.Place, fallback bool, err error) {
	const most = 6
	const sources = 3 // of one town, once files were imported
	query := core.PlaceText{Fold: gazetteer.Fold(text)}
	digits := strings.ReplaceAll(text, " ", "")
	if _, err := strconv.Atoi(digits); err == nil && len(digits) >= 4 {
		query = core.PlaceText{Postcode: digits}
	}
	if found, err = r.FindPlaces(ctx, query, most*sources); err != nil {
		return nil, false, err
	}
	if found = gazetteer.Distinct(found); len(found) > 0 || query.Postcode == "" {
		return found[:min(len(found), most)], false, nil
	}
	area, ok := gazetteer.DepartmentOf(digits)
	if !ok {
		return nil, false, nil
	}
	seat, err := r.SeatOf(ctx, area)
	if core.CodeOf(err) == core.NotFound {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	return []core.Place{*seat}, true, nil
}

// offerPlaces lets the person pick among places of one name.
func offerPlaces(ctx context.Context, t *conversation.Turn, found []core.Place) error {
	var buttons []core.Button
	for _, p := range found {
		name := p.Name
		if a, err := t.Tx.Area(ctx, p.Area); err == nil {
			name += " (" + a.Name + ")"
		}
		buttons = append(buttons, core.Button{Label: name, Do: core.Do{Verb: "place", Arg: itoa(int64(p.ID))}})
	}
	t.Choose("where.which", nil, buttons...)
	return nil
}

func takePlaceChoice(done func(context.Context, *conversation.Turn) error) func(context.Context, *conversation.Turn, core.Do) error {
	return func(ctx context.Context, t *conversation.Turn, do core.Do) error {
		if do.Verb == "skip" {
			t.Say("where.skipped", nil)
			return done(ctx, t)
		}
		p, err := t.Tx.Place(ctx, core.PlaceID(atoi(do.Arg)))
		if err != nil {
			return err
		}
		return settle(ctx, t, p, geo.CellOf(p.Point))
	}
}

// takePoint takes a shared or typed point. Only its cell goes on.
func takePoint(ctx context.Context, t *conversation.Turn, p geo.Point) error {
	cell := geo.CellOf(p)
	place, err := t.Tx.NearestPlace(ctx, cell)
	if err != nil {
		return err
	}
	return settle(ctx, t, place, cell)
}

// settle stores where the person is: the cell, and the area and time zone of the
// place.
func settle(ctx context.Context, t *conversation.Turn, p *core.Place, c core.Cell) error {
	s := t.Supporter
	s.Cell, s.Place, s.Area, s.Zone = c, p.ID, p.Area, p.Zone
	if err := t.Tx.PutSupporter(ctx, s); err != nil {
		return err
	}
	t.Say("where.stored", locale.Args{"Place": locale.Raw(p.Name)})
	t.Go("radius")
	return nil
}

func askRadius(_ context.Context, t *conversation.Turn) error {
	var buttons []core.Button
	for _, r := range core.Radii {
		buttons = append(buttons, core.Button{
			Label: t.Language.Text("radius.km", locale.Args{"N": locale.Count(int(r))}),
			Do:    core.Do{Verb: "km", Arg: itoa(int64(r))},
		})
	}
	t.Choose("radius.ask", nil, buttons...)
	return nil
}

func takeRadiusChoice(done func(context.Context, *conversation.Turn) error) func(context.Context, *conversation.Turn, core.Do) error {
	return func(ctx context.Context, t *conversation.Turn, do core.Do) error {
		return setRadius(ctx, t, core.Radius(atoi(do.Arg)), done)
	}
}

func takeRadiusText(done func(context.Context, *conversation.Turn) error) func(context.Context, *conversation.Turn, string) error {
	return func(ctx context.Context, t *conversation.Turn, text string) error {
		number, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(text, "\u00a0", " ")), "km")
		n, err := strconv.Atoi(strings.TrimSpace(number))
		if err != nil || n < 1 || n > int(core.MaxRadius) {
			return core.Fail(core.Invalid, "radius.invalid")
		}
		return setRadius(ctx, t, core.Radius(n), done)
	}
}

func setRadius(ctx context.Context, t *conversation.Turn, r core.Radius, done func(context.Context, *conversation.Turn) error) error {
	t.Supporter.Radius = r
	if err := t.Tx.PutSupporter(ctx, t.Supporter); err != nil {
		return err
	}
	t.Say("radius.stored", locale.Args{"N": locale.Count(int(r))})
	return done(ctx, t)
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// atoi reads a number that we wrote; what is none is 0, which names nothing.
func atoi(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
