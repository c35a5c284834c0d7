//go:build bench

package bench

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"tocsin/core"
	"tocsin/core/geo"
)

// makeGIS makes the same table for PostGIS, with the indexes that suit it.
func makeGIS(t *testing.T, db *bun.DB) {
	t.Helper()
	for _, query := range []string{
		`CREATE TABLE gis AS SELECT *, ST_SetSRID(ST_MakePoint(lon, lat), 4326)::geography AS point FROM actions`,
		`ALTER TABLE gis ADD PRIMARY KEY (id)`,
		`CREATE INDEX gis_point ON gis USING gist (point) WHERE state = 'public'`,
		`CREATE INDEX gis_start ON gis (starts_at, id) WHERE state = 'public'`,
	} {
		must(t, execute(t, db, query))
	}
}

// A gisRow is all that our own search returns.
type gisRow struct {
	ID                                                        core.ActionID
	Source, Title, Kind, Zone, Place, Area, Visibility, State string
	Note                                                      string
	Sequence, Capacity, Taken                                 int
	StartsAt, EndsAt, Team                                    int64
	Online                                                    bool
	Lat, Lon, Meters                                          float64
}

// timeGIS takes the time of the same search by PostGIS.
func timeGIS(t *testing.T, db *bun.DB, q core.NearQuery, ids *[]core.ActionID) time.Duration {
	t.Helper()
	filter := bun.SafeQuery("")
	if q.Everyone { // those of the figures with all filters ask for all of them
		filter = bun.SafeQuery(`AND visibility = 'everyone' AND kind IN (?) AND NOT EXISTS (
			SELECT 1 FROM rsvps AS r WHERE r.supporter = ? AND r.action = gis.id AND r.answer = 'not-for-me')`, bun.List(q.Kinds), q.For)
	}
	var rows []gisRow
	began := time.Now()
	err := db.NewRaw(`
		SELECT id, source, sequence, title, kind, starts_at, ends_at, zone, online, place, area, lat, lon,
			capacity, taken, visibility, state, note, COALESCE(team, 0) AS team, ST_Distance(point, c.here) AS meters
		FROM gis, (SELECT ST_SetSRID(ST_MakePoint(?, ?), 4326)::geography AS here) AS c
		WHERE state = 'public' AND starts_at >= ? AND starts_at < ? AND ST_DWithin(point, c.here, ?) ?
		ORDER BY starts_at, id LIMIT ?`,
		q.Center.Lon, q.Center.Lat, q.From.UnixMicro(), q.To.UnixMicro(), 1000*float64(q.Radius), filter, q.Limit,
	).Scan(t.Context(), &rows)
	took := time.Since(began)
	must(t, err)
	for _, r := range rows {
		*ids = append(*ids, r.ID)
	}
	return took
}

// sameButTheEdge reports whether two answers agree but for actions so near the edge of
// the circle that the sphere and the ellipsoid differ: by 0.6 % at most.
func sameButTheEdge(as []*core.Action, q core.NearQuery, got, want []core.ActionID) bool {
	inside := func(ids []core.ActionID) []core.ActionID {
		return slices.DeleteFunc(slices.Clone(ids), func(id core.ActionID) bool {
			return math.Abs(float64(geo.Distance(q.Center, as[id-1].Point)/q.Radius)-1) < 0.006
		})
	}
	a, b := inside(got), inside(want)
	n := min(len(a), len(b)) // one more of the edge moves the last out of the limit
	return slices.Equal(a[:n], b[:n])
}
