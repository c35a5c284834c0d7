package matrix

import (
	"context"

	"maunium.net/go/mautrix/event"

	"tocsin/core"
)

// unheard returns the hint for somebody whose device gets no keys of ours, since nobody
// vouches for it: once, before what they said is answered in vain. When a device speaks
// that does get them, the next message goes under a new key: the last one was withheld.
func (r *receiver) unheard(ctx context.Context, e *event.Event, u *core.Update) (*answer, error) {
	if !e.Mautrix.WasEncrypted || u.Kind != core.Private {
		return nil, nil
	}
	room, err := r.room(ctx, e.RoomID)
	if err != nil {
		return nil, err
	}
	heard := hears(e)
	if heard == !room.deaf {
		return nil, nil
	}
	note := func(ctx context.Context) error {
		defer r.changed(e.RoomID)
		return r.db.putDeaf(ctx, e.RoomID, !heard)
	}
	if heard {
		if err := r.machine.renew(ctx, e.RoomID); err != nil {
			return nil, err
		}
		return nil, note(ctx)
	}
	hint := *u
	hint.ID, hint.Event = "unheard "+string(e.RoomID), core.Unheard{}
	return &answer{update: &hint, then: note}, nil
}
