package matrix

import (
	"context"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"tocsin/core"
)

// creatorLevel is that of who made a room without power levels (spec, "m.room.power_levels").
const creatorLevel = 100

// A power says who may do what in a room.
type power struct {
	levels *event.PowerLevelsEventContent // nil: the room has none
	create *event.Event                   // nil: not known
}

// power returns what is stored of who may do what in a room.
func (s *session) power(ctx context.Context, at id.RoomID) (power, error) {
	levels, err := s.states.GetPowerLevels(ctx, at)
	if err != nil {
		return power{}, stored(err)
	}
	create, err := s.states.GetCreate(ctx, at)
	return power{levels, create}, stored(err)
}

// of returns the level of a person. In rooms of version 12 and later those who made them
// stand above all levels.
func (p power) of(who id.UserID) int {
	switch {
	case p.levels != nil:
		p.levels.CreateEvent = p.create
		return p.levels.GetUserLevel(who)
	case p.create != nil && p.create.Sender == who:
		return creatorLevel
	}
	return 0
}

// may reports whether a person may send a kind of state.
func (p power) may(who id.UserID, t event.Type) bool {
	if p.levels == nil {
		return p.of(who) >= creatorLevel
	}
	t.Class = event.StateEventType
	return p.of(who) >= p.levels.GetEventLevel(t)
}

// runs reports whether a person may set the state of the room: who may, runs it.
func (p power) runs(who id.UserID) bool {
	need := creatorLevel
	if p.levels != nil {
		need = p.levels.StateDefault()
	}
	return p.of(who) >= max(need, 1) && p.of(who) > p.usual()
}

// usual is the level of who has none of their own: where everybody may set the state,
// only who stands above everybody runs the room.
func (p power) usual() int {
	if p.levels == nil {
		return 0
	}
	return p.levels.UsersDefault
}

// rank returns what a person is in a group. If that is not known, they are nobody.
func (s *session) rank(ctx context.Context, at id.RoomID, who id.UserID) core.Rank {
	p, err := s.power(ctx, at)
	if err != nil || !p.runs(who) {
		return core.Ordinary
	}
	return core.Manager
}
