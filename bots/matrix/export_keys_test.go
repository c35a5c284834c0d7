//go:build goolm

package matrix

import (
	"context"

	"maunium.net/go/mautrix/id"
)

// OldestKeys returns of each key of a room how many messages before it cannot be read.
func (a *Adapter) OldestKeys(ctx context.Context, room id.RoomID) (out []uint32) {
	all, err := a.session.machine.store.GetGroupSessionsForRoom(ctx, room).AsList()
	if err != nil {
		panic(err)
	}
	for _, s := range all {
		out = append(out, s.Internal.FirstKnownIndex())
	}
	return out
}
