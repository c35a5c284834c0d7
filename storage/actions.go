package storage

import (
	"context"
	"errors"

	"github.com/uptrace/bun"

	"tocsin/core"
	"tocsin/core/geo"
)

// An actionRow is an Action as it is stored.
type actionRow struct {
	bun.BaseModel `bun:"table:actions,alias:a"`
	ID            core.ActionID
	Source        string
	Sequence      int
	Title         string
	Kind          core.KindID
	StartsAt      micros
	EndsAt        micros
	Zone          string
	Online        bool
	Place         string
	Area          core.AreaID
	Lat, Lon      float64
	Cell          core.Cell
	Capacity      int
	Taken         int
	Quorum        int
	Visibility    core.Visibility
	State         core.ActionState
	Note          string
	Team          core.TeamID `bun:",nullzero"`
}

// actionColumns are those of an actionRow but the cell, which tells nothing more.
const actionColumns bun.Safe = "a.id, a.source, a.sequence, a.title, a.kind, a.starts_at, a.ends_at, a.zone, a.online, " +
	"a.place, a.area, a.lat, a.lon, a.capacity, a.taken, a.quorum, a.visibility, a.state, a.note, a.team"

// rowOf returns a as it is stored. An action without a place has the cell 0, and only
// such a one. It fails with Invalid without Source, or where the point is none.
func rowOf(a *core.Action) (actionRow, error) {
	r := actionRow{
		ID: a.ID, Source: a.Source, Sequence: a.Sequence, Title: a.Title, Kind: a.Kind,
		StartsAt: microsOf(a.StartsAt), EndsAt: microsOf(a.EndsAt), Zone: a.Zone, Online: a.Online,
		Place: a.Place, Area: a.Area, Capacity: a.Capacity, Taken: a.Taken, Quorum: a.Quorum,
		Visibility: a.Visibility,
		State:      a.State, Note: a.Note, Team: a.Team,
	}
	if a.Source == "" {
		return r, core.Wrap(core.Invalid, errors.New("it has no source"), "storage: put action")
	}
	if a.Online {
		return r, nil
	}
	r.Lat, r.Lon, r.Cell = a.Point.Lat, a.Point.Lon, geo.CellOf(a.Point)
	if r.Cell == 0 {
		return r, core.Wrap(core.Invalid, errors.New("it has no point"), "storage: put action")
	}
	return r, nil
}

func (r *actionRow) action() *core.Action {
	return &core.Action{
		ID: r.ID, Source: r.Source, Sequence: r.Sequence, Title: r.Title, Kind: r.Kind,
		StartsAt: r.StartsAt.Time(), EndsAt: r.EndsAt.Time(), Zone: r.Zone, Online: r.Online,
		Place: r.Place, Area: r.Area, Point: geo.Point{Lat: r.Lat, Lon: r.Lon}, Capacity: r.Capacity,
		Taken: r.Taken, Quorum: r.Quorum, Visibility: r.Visibility, State: r.State, Note: r.Note, Team: r.Team,
	}
}

// Action implements core.ActionReader.
func (t *tx) Action(ctx context.Context, id core.ActionID) (*core.Action, error) {
	var r actionRow
	err := t.NewRaw("SELECT ? FROM actions AS a WHERE a.id = ?", actionColumns, id).Scan(ctx, &r)
	if err != nil {
		return nil, failed(err, "read action")
	}
	return r.action(), nil
}

// TakePlaces implements core.ActionStore. It fails with NotFound if there is no such
// action. To free more than are taken leaves none taken.
func (t *tx) TakePlaces(ctx context.Context, id core.ActionID, n int) error {
	res, err := t.NewRaw(`
		UPDATE actions SET taken = CASE WHEN taken + ?0 > 0 THEN taken + ?0 ELSE 0 END
		WHERE id = ?1 AND (?0 <= 0 OR capacity = 0 OR taken + ?0 <= capacity)`, n, id,
	).Exec(ctx)
	err = once(res, err, core.Conflict, "take places")
	if core.CodeOf(err) != core.Conflict {
		return err
	}
	if _, missing := t.Action(ctx, id); missing != nil {
		return missing
	}
	return err
}
