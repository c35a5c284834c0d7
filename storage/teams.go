package storage

import (
	"context"
	"time"

	"tocsin/core"
)

// CreateTeam implements core.TeamStore.
func (t *tx) CreateTeam(ctx context.Context, team *core.Team) error {
	err := t.NewRaw("INSERT INTO teams (name, area) VALUES (?, ?) RETURNING id", team.Name, team.Area).Scan(ctx, &team.ID)
	return failed(err, "create team")
}

// Team implements core.TeamReader.
func (t *tx) Team(ctx context.Context, id core.TeamID) (*core.Team, error) {
	team := &core.Team{ID: id}
	err := t.NewRaw("SELECT name, area FROM teams WHERE id = ?", id).Scan(ctx, &team.Name, &team.Area)
	if err != nil {
		return nil, failed(err, "read team")
	}
	return team, nil
}

// TeamActions implements core.ActionReader.
func (t *tx) TeamActions(ctx context.Context, team core.TeamID, from time.Time, limit int) ([]*core.Action, error) {
	var rows []actionRow
	err := t.NewRaw(`SELECT ? FROM actions AS a
		WHERE a.team = ? AND a.state = 'public' AND a.ends_at > ? ORDER BY a.starts_at, a.id LIMIT ?`,
		actionColumns, team, microsOf(from), limit).Scan(ctx, &rows)
	if err != nil {
		return nil, failed(err, "read actions of team")
	}
	out := make([]*core.Action, len(rows))
	for i := range rows {
		out[i] = rows[i].action()
	}
	return out, nil
}
