package storage

import (
	"context"

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
