//go:build goolm

package matrix

import (
	"context"

	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/id"
)

// closePast turns the keys of rooms so far on that they open nothing which was said there.
// Those of our own messages go. What somebody says there later is read like before: else
// whoever begins anew would not be heard.
func (a *Adapter) closePast(ctx context.Context, db *database, rooms []id.RoomID) error {
	if there, err := db.TableExists(ctx, "crypto_account"); err != nil || !there {
		return err
	}
	store := crypto.NewSQLCryptoStore(db.Database, nil, string(a.user), "", a.secret("pickle"))
	me, err := store.GetAccount(ctx)
	if err != nil || me == nil {
		return err
	}
	for _, room := range rooms {
		sessions, err := store.GetGroupSessionsForRoom(ctx, room).AsList()
		if err != nil {
			return err
		}
		for _, s := range sessions {
			if s.SenderKey == me.IdentityKey() {
				_, err = db.Exec(ctx, "DELETE FROM crypto_megolm_inbound_session WHERE account_id=$1 AND session_id=$2", a.user, s.ID())
			} else {
				err = turnOn(ctx, store, s)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// turnOn turns a key so far on that it opens nothing that was read.
func turnOn(ctx context.Context, store *crypto.SQLCryptoStore, s *crypto.InboundGroupSession) error {
	var next uint32
	err := store.DB.QueryRow(ctx, `SELECT COALESCE(MAX("index")+1, 0) FROM crypto_message_index WHERE session_id=$1`, s.ID()).Scan(&next)
	if err != nil || next <= s.Internal.FirstKnownIndex() {
		return err
	}
	if err := s.RatchetTo(next); err != nil {
		return err
	}
	return store.PutGroupSession(ctx, s)
}
