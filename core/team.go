package core

import "context"

// TeamID names a team.
type TeamID int64

// A Team is a local group of supporters.
type Team struct {
	ID   TeamID
	Name string
	Area AreaID
}

// TeamReader finds teams.
type TeamReader interface {
	// Team fails with NotFound if there is none.
	Team(ctx context.Context, id TeamID) (*Team, error)
}

// TeamStore keeps teams.
type TeamStore interface {
	TeamReader

	// CreateTeam stores t and sets its ID.
	CreateTeam(ctx context.Context, t *Team) error
}
