package matrix

import (
	"context"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"tocsin/core"
)

// listTime is how long a message waits until its room is listed.
const listTime = 5 * time.Second

// list puts the room into the campaign's space, or takes it out, as a message says. What
// fails is logged and no more: the message is there, and the room works as it is.
func (p *post) list(ctx context.Context, to core.Listing) {
	space := id.RoomID(p.config.Space)
	if to == core.AsListed || space == "" || p.room.kind != core.Group || space == p.at {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, listTime)
	defer cancel()
	if err := p.putChild(ctx, space, to == core.Listed); err != nil {
		p.Log.Warn("matrix: the space does not list a room as it should: may the bot change it?", "kind", kindOf(judge(err, false)))
	}
}

// putChild makes the space list the room, or not, unless it does already. What others have
// said of it, as its order, stays.
func (p *post) putChild(ctx context.Context, space id.RoomID, there bool) error {
	var is event.SpaceChildEventContent
	err := p.client.StateEvent(ctx, space, event.StateSpaceChild, string(p.at), &is)
	if err != nil && kindOf(judge(err, false)) != gone {
		return err
	}
	if there == (len(is.Via) > 0) {
		return nil
	}
	is.Via = nil
	if there {
		is.Via = []string{p.user.Homeserver()}
	}
	_, err = p.client.SendStateEvent(ctx, space, event.StateSpaceChild, string(p.at), &is, mautrix.ReqSendEvent{})
	return err
}

// isSpace reports whether a room is a list of rooms, in which nobody talks.
func (s *session) isSpace(ctx context.Context, at id.RoomID) (bool, error) {
	create, err := s.states.GetCreate(ctx, at)
	if err != nil || create == nil {
		return false, stored(err)
	}
	c, ok := create.Content.Parsed.(*event.CreateEventContent)
	return ok && c.Type == event.RoomTypeSpace, nil
}
