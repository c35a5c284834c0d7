package core

import (
	"context"
	"fmt"
)

// TeamID names a team.
type TeamID int64

// A Team is a local group of supporters.
type Team struct {
	ID   TeamID
	Name string
	Area AreaID
}

// In returns the area of the team within the one that it works in.
func (t TeamID) In(a AreaID) AreaID { return AreaID(fmt.Sprintf("%s/team-%d", a, t)) }

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
