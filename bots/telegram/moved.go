package telegram

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"tocsin/core"
)

// A move is a group that goes on under another id.
type move struct{ from, to core.ChatRef }

// mostMoves bounds how many moves wait to be told. One that finds no room is found
// again by the next send.
const mostMoves = 100

// noteMove keeps where a chat went, if err says that it did: the send that found out is
// tried again once the chat has its new name.
func (a *Adapter) noteMove(from core.ChatRef, err error) {
	f, ok := errors.AsType[*fault](err)
	if !ok || f.kind != migrated || f.to == 0 {
		return
	}
	select {
	case a.moves <- move{from.Root(), a.chat(f.to)}:
	default:
	}
}

// tellMoves submits moves until ctx is done, as if the service message had come: that may
// be late, or lost.
func (a *Adapter) tellMoves(ctx context.Context, q core.Queue) {
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-a.moves:
			<-q.Submit(ctx, &core.Update{
				ID: "moved:" + rand.Text(), Chat: m.from, Kind: core.Group, At: time.Now(), Event: core.Migrated{To: m.to},
			})
		}
	}
}
