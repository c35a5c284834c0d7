package flows

import (
	"context"
	"slices"
	"strings"
	"time"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/gazetteer"
	"tocsin/core/geo"
	"tocsin/core/locale"
)

// zoneSteps correct the time zone: a town or the name of a zone, then whether the time
// there is right. It holds until the place changes.
func zoneSteps() map[string]conversation.Step {
	return map[string]conversation.Step{
		"zone":  {Ask: askZone, Text: takeZoneText, Position: takeZonePoint, Choice: takeZoneChoice},
		"clock": {Ask: askClock, Text: takeZoneText, Position: takeZonePoint, Choice: takeClock},
	}
}

func askZone(ctx context.Context, t *conversation.Turn) error {
	_, clock, err := whereabouts(ctx, t)
	if err != nil {
		return err
	}
	t.Choose("zone.ask", locale.Args{"Clock": clock}, t.Button("where.keep", "skip"))
	return nil
}

// takeZoneText takes the name of a zone, or of a town. What is not known is said, and
// the step stays open.
func takeZoneText(ctx context.Context, t *conversation.Turn, text string) error {
	if core.IsOffset(text) {
		t.Say("zone.offset", nil)
		return nil
	}
	if zone, ok := core.ParseZone(text); ok {
		proposeZone(t, zone, gazetteer.ZoneName(zone, string(t.Language.Language())))
		return nil
	}
	if p, ok := geo.ParsePoint(text); ok {
		return takeZonePoint(ctx, t, p)
	}
	found, _, err := lookUp(ctx, t.Tx, text, homeOf(t))
	if err != nil {
		return err
	}
	key, args := locale.Key("where.which"), locale.Args(nil)
	if len(found) == 0 {
		if found, err = suggestPlaces(ctx, t.Tx, text); err != nil {
			return err
		}
		key, args = "where.meant", locale.Args{"Text": locale.User(quoted(text))}
	} else if oneZone(found) {
		proposeZone(t, found[0].Zone, gazetteer.NameIn(&found[0], string(t.Language.Language())))
		return nil
	}
	if len(found) == 0 || strings.Contains(text, "/") {
		t.Say("zone.unknown", nil)
		return nil
	}
	buttons, err := placeButtons(ctx, t, found)
	if err != nil {
		return err
	}
	t.Choose(key, args, buttons...)
	return nil
}

// oneZone reports whether all places have one time zone.
func oneZone(places []core.Place) bool {
	return !slices.ContainsFunc(places, func(p core.Place) bool { return p.Zone != places[0].Zone })
}

// takeZonePoint takes the zone of the place nearest to a point. Nothing of the point
// is kept.
func takeZonePoint(ctx context.Context, t *conversation.Turn, p geo.Point) error {
	place, err := t.Tx.NearestPlace(ctx, geo.CellOf(p))
	if err != nil {
		return err
	}
	proposeZone(t, place.Zone, gazetteer.NameIn(place, string(t.Language.Language())))
	return nil
}

func takeZoneChoice(ctx context.Context, t *conversation.Turn, do core.Do) error {
	if do.Verb == "skip" {
		if t.Supporter.Cell == 0 {
			t.Say("where.none", nil)
		}
		return showKept(ctx, t)
	}
	p, err := t.Tx.Place(ctx, core.PlaceID(atoi(do.Arg)))
	if err != nil {
		return err
	}
	proposeZone(t, p.Zone, gazetteer.NameIn(p, string(t.Language.Language())))
	return nil
}

// proposeZone asks whether the time in a zone is right.
func proposeZone(t *conversation.Turn, zone, town string) {
	t.Keep("zone", zone)
	t.Keep("town", town)
	t.Go("clock")
}

func askClock(_ context.Context, t *conversation.Turn) error {
	loc, err := time.LoadLocation(t.Data("zone"))
	if err != nil {
		return core.Wrap(core.Internal, err, "flows: load zone")
	}
	t.Choose("zone.check", locale.Args{
		"Town": locale.Raw(t.Data("town")), "Moment": locale.Moment{At: t.Now.In(loc), Now: t.Now},
	}, t.Button("zone.right", "yes"), t.Button("zone.wrong", "no"))
	return nil
}

func takeClock(ctx context.Context, t *conversation.Turn, do core.Do) error {
	switch do.Verb {
	case "yes":
	case "no":
		t.Go("zone")
		return nil
	default:
		return takeZoneChoice(ctx, t, do)
	}
	t.Supporter.Zone = t.Data("zone")
	if err := t.Tx.PutSupporter(ctx, t.Supporter); err != nil {
		return err
	}
	if t.Supporter.Cell == 0 {
		t.Say("zone.stored", nil)
	}
	return showChanged(ctx, t)
}
