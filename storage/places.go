package storage

import (
	"context"
	"database/sql"
	"strings"
	"unicode/utf8"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"tocsin/core"
	"tocsin/core/geo"
)

// A placeRow is a Place as it is stored, with its postcodes between commas.
type placeRow struct {
	bun.BaseModel `bun:"table:places,alias:p"`
	ID            core.PlaceID
	Source        string
	Name          string
	Fold          string
	Country       string
	Area          core.AreaID
	Lat, Lon      float64
	Cell          core.Cell
	Population    int
	Zone          string
	Seat          bool
	Postcodes     string `bun:",scanonly"`
}

// placeColumns are those of a placeRow but the fold and the cell.
const placeColumns bun.Safe = "p.id, p.source, p.name, p.country, p.area, p.lat, p.lon, p.population, p.zone, p.seat, " +
	"COALESCE((SELECT string_agg(c.code, ',' ORDER BY c.code) FROM postcodes AS c WHERE c.place = p.id), '') AS postcodes"

func (r *placeRow) place() core.Place {
	p := core.Place{
		ID: r.ID, Source: r.Source, Name: r.Name, Country: r.Country, Area: r.Area,
		Point: geo.Point{Lat: r.Lat, Lon: r.Lon}, Population: r.Population, Zone: r.Zone, Seat: r.Seat,
	}
	if r.Postcodes != "" {
		p.Postcodes = strings.Split(r.Postcodes, ",")
	}
	return p
}

// onePlace reads the first place that a condition, with its order, finds.
func (t *tx) onePlace(ctx context.Context, where schema.QueryAppender, what string) (*core.Place, error) {
	var r placeRow
	err := t.NewRaw("SELECT ? FROM places AS p WHERE ? LIMIT 1", placeColumns, where).Scan(ctx, &r)
	if err != nil {
		return nil, failed(err, what)
	}
	p := r.place()
	return &p, nil
}

// Place implements core.PlaceReader. Its postcodes are sorted.
func (t *tx) Place(ctx context.Context, id core.PlaceID) (*core.Place, error) {
	return t.onePlace(ctx, bun.SafeQuery("p.id = ?", id), "read place")
}

// SeatOf implements core.PlaceReader.
func (t *tx) SeatOf(ctx context.Context, a core.AreaID) (*core.Place, error) {
	return t.onePlace(ctx, bun.SafeQuery("p.seat AND p.area = ? ORDER BY p.population DESC, p.id", a), "find seat of area")
}

// FindPlaces implements core.PlaceReader. A postcode is only found whole. Where the text
// is empty, nothing is found.
func (t *tx) FindPlaces(ctx context.Context, text core.PlaceText, limit int) ([]core.Place, error) {
	switch {
	case text.Postcode != "":
		has := bun.SafeQuery("p.id IN (SELECT c.place FROM postcodes AS c WHERE c.code = ?)", text.Postcode)
		return t.somePlaces(ctx, has, limit)
	case text.Fold == "":
		return nil, nil
	}
	found, err := t.somePlaces(ctx, bun.SafeQuery("p.fold = ?", text.Fold), limit)
	if err != nil || len(found) > 0 {
		return found, err
	}
	return t.somePlaces(ctx, t.begins(text.Fold), limit)
}

// begins is the condition that a fold begins with a text. The last code point of
// Unicode stands in no name, and sorts behind all that do.
func (t *tx) begins(text string) schema.QueryAppender {
	last := text + string(utf8.MaxRune)
	if t.postgres() { // these compare bytes, whatever the collation
		return bun.SafeQuery("(p.fold ~>=~ ? AND p.fold ~<~ ?)", text, last)
	}
	return bun.SafeQuery("p.fold >= ? AND p.fold < ?", text, last)
}

// somePlaces returns the largest of the places that a condition finds.
func (t *tx) somePlaces(ctx context.Context, where schema.QueryAppender, limit int) ([]core.Place, error) {
	var rows []placeRow
	err := t.NewRaw("SELECT ? FROM places AS p WHERE ? ORDER BY p.population DESC, p.id LIMIT ?",
		placeColumns, where, max(limit, 0)).Scan(ctx, &rows)
	if err != nil {
		return nil, failed(err, "find places")
	}
	places := make([]core.Place, len(rows))
	for i := range rows {
		places[i] = rows[i].place()
	}
	return places, nil
}

// rings are the radii in which the nearest place is looked for: in a country, in the
// mountains, at sea, and on the whole earth.
var rings = [...]geo.Km{5, 20, 80, 320, 1500, 21_000}

// NearestPlace implements core.PlaceReader. Of two at one distance it is the one that
// was stored first.
func (t *tx) NearestPlace(ctx context.Context, c core.Cell) (*core.Place, error) {
	const what = "find nearest place"
	if !c.Valid() {
		return nil, failed(sql.ErrNoRows, what)
	}
	center := c.Center()
	for _, ring := range rings {
		id, distance, err := t.nearestWithin(ctx, center, ring)
		if err == nil && id != 0 && distance > ring {
			// A covering is wider than its circle: a nearer one may be just outside of it.
			id, _, err = t.nearestWithin(ctx, center, distance)
		}
		if err != nil {
			return nil, err
		}
		if id != 0 {
			return t.Place(ctx, id)
		}
	}
	return nil, failed(sql.ErrNoRows, what)
}

// nearestWithin returns the nearest of the places in the covering of a circle, and how
// far it is; 0 if there is none.
func (t *tx) nearestWithin(ctx context.Context, center geo.Point, radius geo.Km) (core.PlaceID, geo.Km, error) {
	var rows []struct {
		ID       core.PlaceID
		Lat, Lon float64
	}
	ranges := geo.Cover(center, radius, coverRanges)
	if len(ranges) == 0 {
		return 0, 0, nil
	}
	err := t.NewRaw(`
		WITH r (low, high) AS (?)
		SELECT p.id, p.lat, p.lon FROM r CROSS JOIN places AS p WHERE p.cell BETWEEN r.low AND r.high`,
		rangeValues(ranges),
	).Scan(ctx, &rows)
	if err != nil {
		return 0, 0, failed(err, "find places around")
	}
	var id core.PlaceID
	var least geo.Km
	for _, r := range rows {
		if d := geo.Distance(center, geo.Point{Lat: r.Lat, Lon: r.Lon}); id == 0 || d < least || d == least && r.ID < id {
			id, least = r.ID, d
		}
	}
	return id, least, nil
}
