package storage

import (
	"context"
	"crypto/rand"

	"github.com/uptrace/bun"

	"tocsin/core"
)

// A broadcastRow is a Broadcast as it is stored.
type broadcastRow struct {
	bun.BaseModel `bun:"table:broadcasts,alias:b"`
	ID            core.BroadcastID
	UID           string `bun:"uid"`
	State         core.BroadcastState
	Sealed        []byte
	Due           micros
	Expires       micros
	Again         core.Again
}

// broadcastCell is where the message of a broadcast is sealed.
func broadcastCell(uid string) cell { return cell{Table: "broadcasts", Column: "sealed", Row: uid} }

// CreateBroadcast implements core.BroadcastStore.
func (t *tx) CreateBroadcast(ctx context.Context, b *core.Broadcast) error {
	uid := rand.Text()
	sealed, err := t.keys.sealJSON(broadcastCell(uid), b.Message)
	if err != nil {
		return err
	}
	err = t.NewRaw("INSERT INTO broadcasts (uid, state, sealed, due, expires, again) VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
		uid, b.State, sealed, microsOf(b.Due), microsOf(b.Expires), b.Again,
	).Scan(ctx, &b.ID)
	return failed(err, "create broadcast")
}

// Broadcast implements core.BroadcastStore.
func (t *tx) Broadcast(ctx context.Context, id core.BroadcastID) (*core.Broadcast, error) {
	var r broadcastRow
	err := t.NewRaw("SELECT id, uid, state, sealed, due, expires, again FROM broadcasts WHERE id = ?", id).Scan(ctx, &r)
	if err != nil {
		return nil, failed(err, "read broadcast")
	}
	m := new(core.Message)
	if err := t.keys.openJSON(broadcastCell(r.UID), r.Sealed, m); err != nil {
		return nil, err
	}
	return &core.Broadcast{
		ID: r.ID, State: r.State, Message: m, Due: r.Due.Time(), Expires: r.Expires.Time(), Again: r.Again,
	}, nil
}

// SetBroadcast implements core.BroadcastStore. It fails with NotFound if there is none.
func (t *tx) SetBroadcast(ctx context.Context, id core.BroadcastID, s core.BroadcastState) error {
	res, err := t.NewRaw("UPDATE broadcasts SET state = ? WHERE id = ?", s, id).Exec(ctx)
	return once(res, err, core.NotFound, "set broadcast")
}
