package storage

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"tocsin/core"
	"tocsin/core/geo"
)

// placesBatch is how many places one statement stores.
const placesBatch = 500

// PutPlaces implements core.PlaceStore. Where a Source stands twice, the last holds.
func (t *tx) PutPlaces(ctx context.Context, ps []core.NamedPlace) (int, error) {
	added := 0
	for batch := range slices.Chunk(ps, placesBatch) {
		n, err := t.putPlaces(ctx, onePerSource(batch))
		if err != nil {
			return 0, err
		}
		added += n
	}
	return added, nil
}

// onePerSource returns places with the last of each source alone: a statement cannot
// put a row twice.
func onePerSource(ps []core.NamedPlace) []core.NamedPlace {
	last := make(map[string]int, len(ps))
	for i := range ps {
		last[ps[i].Source] = i
	}
	if len(last) == len(ps) {
		return ps
	}
	var kept []core.NamedPlace
	for i := range ps {
		if last[ps[i].Source] == i {
			kept = append(kept, ps[i])
		}
	}
	return kept
}

// A placeKey names a place by both of its names.
type placeKey struct {
	ID     core.PlaceID
	Source string
}

func (t *tx) putPlaces(ctx context.Context, ps []core.NamedPlace) (added int, err error) {
	const what = "put places"
	rows, sources := make([]placeRow, len(ps)), make([]string, len(ps))
	for i := range ps {
		rows[i], sources[i] = placeRowOf(&ps[i]), ps[i].Source
	}
	var known []core.PlaceID
	if err := t.NewRaw("SELECT id FROM places WHERE source IN (?)", bun.List(sources)).Scan(ctx, &known); err != nil {
		return 0, failed(err, what)
	}
	var keys []placeKey
	err = t.NewInsert().Model(&rows).ExcludeColumn("id").On("CONFLICT (source) DO UPDATE").
		Set("name = EXCLUDED.name, fold = EXCLUDED.fold, country = EXCLUDED.country, area = EXCLUDED.area").
		Set("lat = EXCLUDED.lat, lon = EXCLUDED.lon, cell = EXCLUDED.cell, population = EXCLUDED.population").
		Set("zone = EXCLUDED.zone, seat = EXCLUDED.seat").
		Returning("id, source").Scan(ctx, &keys)
	if err != nil {
		return 0, failed(err, what)
	}
	if len(known) > 0 {
		if _, err := t.NewRaw("DELETE FROM postcodes WHERE place IN (?)", bun.List(known)).Exec(ctx); err != nil {
			return 0, failed(err, what)
		}
	}
	return len(keys) - len(known), t.addPostcodes(ctx, ps, keys)
}

func placeRowOf(p *core.NamedPlace) placeRow {
	return placeRow{
		Source: p.Source, Name: p.Name, Fold: p.Fold, Country: p.Country, Area: p.Area,
		Lat: p.Point.Lat, Lon: p.Point.Lon, Cell: geo.CellOf(p.Point), Population: p.Population, Zone: p.Zone, Seat: p.Seat,
	}
}

// A postcodeRow is a postcode of a place. One code may be of several places.
type postcodeRow struct {
	bun.BaseModel `bun:"table:postcodes,alias:c"`
	Code          string
	Place         core.PlaceID
}

func (t *tx) addPostcodes(ctx context.Context, ps []core.NamedPlace, keys []placeKey) error {
	ids := make(map[string]core.PlaceID, len(keys))
	for _, k := range keys {
		ids[k.Source] = k.ID
	}
	var rows []postcodeRow
	for i := range ps {
		for _, code := range ps[i].Postcodes {
			rows = append(rows, postcodeRow{Code: code, Place: ids[ps[i].Source]})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	_, err := t.NewInsert().Model(&rows).On("CONFLICT DO NOTHING").Exec(ctx)
	return failed(err, "add postcodes")
}

// An areaRow is an Area as it is stored.
type areaRow struct {
	bun.BaseModel `bun:"table:areas,alias:a"`
	ID            core.AreaID
	Kind          core.AreaKind
	Name          string
}

// PutAreas implements core.PlaceStore. Where an ID stands twice, the last holds.
func (t *tx) PutAreas(ctx context.Context, as []core.Area) error {
	for _, a := range as {
		_, err := t.NewRaw(`
			INSERT INTO areas (id, kind, name) VALUES (?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET kind = EXCLUDED.kind, name = EXCLUDED.name`, a.ID, a.Kind, a.Name).Exec(ctx)
		if err != nil {
			return failed(err, "put area")
		}
	}
	return nil
}

// Area implements core.PlaceReader.
func (t *tx) Area(ctx context.Context, id core.AreaID) (*core.Area, error) {
	var r areaRow
	err := t.NewRaw("SELECT id, kind, name FROM areas WHERE id = ?", id).Scan(ctx, &r)
	if err != nil {
		return nil, failed(err, "read area")
	}
	return &core.Area{ID: r.ID, Kind: r.Kind, Name: r.Name}, nil
}
