package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"tocsin/core"
	"tocsin/core/gazetteer"
	"tocsin/core/geo"
	"tocsin/core/intake"
)

// placing makes actions of rows: it finds what a file leaves open.
type placing struct {
	campaign *core.Campaign
	anyKind  bool // a kind that the campaign has not becomes intake.OtherKind
}

// usualLength is how long an action takes whose file does not tell.
const usualLength = 2 * time.Hour

// action returns the action of a row. It fails with a *RowError if the campaign has not
// its kind, or the gazetteer not its place.
func (p *placing) action(ctx context.Context, r core.Reader, row *intake.ActionRow) (*core.Action, error) {
	kind, err := p.kind(row)
	if err != nil {
		return nil, err
	}
	a := &core.Action{
		Source: sourceOf(row), Sequence: row.Sequence, Title: row.Title, Kind: kind, Online: row.Online,
		Place: row.Place, Zone: p.campaign.Zone, Capacity: row.Capacity, Visibility: row.Visibility,
		State: core.Public, Note: row.Note,
	}
	if row.Cancelled {
		a.State = core.Cancelled
	}
	if row.StartsAt.IsZero() {
		return nil, &intake.RowError{Line: row.Line, Reason: "cancelled, without the time that it was at"}
	}
	if !row.Online {
		if err := locate(ctx, r, row, a); err != nil {
			return nil, err
		}
	}
	zone, err := time.LoadLocation(a.Zone)
	if err != nil {
		return nil, core.Wrap(core.Internal, err, "actions: load zone of place")
	}
	a.StartsAt = row.StartsAt.In(zone).UTC()
	a.EndsAt = a.StartsAt.Add(usualLength)
	if !row.EndsAt.IsZero() {
		a.EndsAt = row.EndsAt.In(zone).UTC()
	}
	return a, nil
}

func (p *placing) kind(row *intake.ActionRow) (core.KindID, error) {
	var known []string
	for _, k := range p.campaign.Kinds {
		if k.ID == row.Kind {
			return row.Kind, nil
		}
		known = append(known, string(k.ID))
	}
	if p.anyKind {
		return intake.OtherKind, nil
	}
	return "", &intake.RowError{Line: row.Line, Reason: "kind: not one of " + strings.Join(known, ", ")}
}

// sourceOf names the action of a row in the store. Without a name of its own it is
// named by what it is, when and where: if one of these changes, it is another.
func sourceOf(row *intake.ActionRow) string {
	if row.ExternalID != "" {
		return "import:" + row.ExternalID
	}
	text := fmt.Sprintf("%q %s %q", row.Title, row.StartsAt.Instant.Format(time.RFC3339), row.Place)
	if row.Point != nil {
		text += fmt.Sprintf(" %.4f %.4f", row.Point.Lat, row.Point.Lon)
	}
	sum := sha256.Sum256([]byte(text))
	return "import:sha256:" + hex.EncodeToString(sum[:16])
}

// locate gives a its point, area and time zone: those of the place nearest to its
// coordinates, else of the place that it names.
func locate(ctx context.Context, r core.Reader, row *intake.ActionRow, a *core.Action) error {
	var place *core.Place
	var err error
	if row.Point != nil {
		a.Point = *row.Point
		place, err = r.NearestPlace(ctx, geo.CellOf(a.Point))
	} else if place, err = namedPlace(ctx, r, row); err == nil {
		a.Point = place.Point
	}
	if err != nil {
		return err
	}
	a.Place, a.Area, a.Zone = cmp.Or(a.Place, place.Name), place.Area, place.Zone
	return nil
}

// postcode is a French postcode within an address.
var postcode = regexp.MustCompile(`\b\d{5}\b`)

// namedPlace finds the town in an address: by its postcode, or by its name between
// commas, the last part first. It fails with a *RowError unless there is one.
func namedPlace(ctx context.Context, r core.Reader, row *intake.ActionRow) (*core.Place, error) {
	const most = 20
	var coded []core.Place
	if code := postcode.FindString(row.Place); code != "" {
		var err error
		if coded, err = r.FindPlaces(ctx, core.PlaceText{Postcode: code}, most); err != nil {
			return nil, err
		}
	}
	parts := strings.Split(postcode.ReplaceAllString(row.Place, ","), ",")
	slices.Reverse(parts)
	for _, part := range parts {
		fold := gazetteer.Fold(part)
		found, err := r.FindPlaces(ctx, core.PlaceText{Fold: fold}, most)
		if err != nil {
			return nil, err
		}
		switch towns := townsOf(found, fold, coded); len(towns) {
		case 0:
		case 1:
			return &towns[0], nil
		default:
			return nil, &intake.RowError{Line: row.Line, Reason: "place: several towns have this name; add a postcode, or lat and lon"}
		}
	}
	if len(coded) > 0 {
		return &coded[0], nil
	}
	return nil, &intake.RowError{Line: row.Line, Reason: "place: no town that the gazetteer knows; add a postcode, or lat and lon"}
}

// townsOf returns the places of a name among those found; if there is a postcode, only
// those of it.
func townsOf(found []core.Place, fold string, coded []core.Place) []core.Place {
	return gazetteer.Distinct(slices.DeleteFunc(found, func(p core.Place) bool {
		elsewhere := coded != nil && !slices.ContainsFunc(coded, func(c core.Place) bool { return c.ID == p.ID })
		return elsewhere || gazetteer.Fold(p.Name) != fold
	}))
}
