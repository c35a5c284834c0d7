package matrix

import (
	"context"

	"maunium.net/go/mautrix/id"

	"tocsin/core"
)

var _ core.Forgetter = (*Adapter)(nil)

// Forget implements core.Forgetter: all rows that name a person or their private rooms go,
// and the keys of what was said there. In a room with others they stay in the list of who
// is there, as long as they are: messages are encrypted for them.
func (a *Adapter) Forget(ctx context.Context, ref core.AccountRef) error {
	who := id.UserID(ref.ID)
	a.mu.RLock()
	defer a.mu.RUnlock()
	var err error
	if s := a.session; s != nil {
		var rooms []id.RoomID
		rooms, err = a.forget(ctx, s.db, who)
		for _, room := range rooms {
			s.changed(room)
		}
	} else {
		var db *database
		if db, err = a.open(ctx); err == nil {
			defer db.Close()
			_, err = a.forget(ctx, db, who)
		}
	}
	if err != nil {
		return asError(judge(err, false), "matrix: forget person")
	}
	return nil
}

// alone are the rooms of a person $1 in which nobody is, or invited, but them and us $2.
const alone = `SELECT p.room_id FROM mx_user_profile AS p WHERE p.user_id=$1 AND NOT EXISTS (
	SELECT 1 FROM mx_user_profile AS o WHERE o.room_id=p.room_id AND o.user_id<>$1 AND o.user_id<>$2 AND o.membership IN ('join', 'invite'))`

// ofRoom are the rows of a room $1; ofPerson those of a person $1. The table comes first,
// since it may not be there.
var (
	ofRoom = []struct{ table, statement string }{
		{"mx_user_profile", "DELETE FROM mx_user_profile WHERE room_id=$1"},
		{"mx_room_state", "DELETE FROM mx_room_state WHERE room_id=$1"},
		{"tocsin_room", "DELETE FROM tocsin_room WHERE room_id=$1"},
		{"tocsin_unread", "DELETE FROM tocsin_unread WHERE room_id=$1"},
		{"tocsin_group", "DELETE FROM tocsin_group WHERE room_id=$1"},
		{"tocsin_upgrade", "DELETE FROM tocsin_upgrade WHERE room_id=$1 OR replacement=$1"},
		{"crypto_megolm_outbound_session", "DELETE FROM crypto_megolm_outbound_session WHERE room_id=$1"},
		{"crypto_message_index", `DELETE FROM crypto_message_index WHERE session_id IN (
			SELECT session_id FROM crypto_megolm_inbound_session WHERE room_id=$1)`},
	}
	ofPerson = []struct{ table, statement string }{
		{"mx_user_profile", "DELETE FROM mx_user_profile WHERE user_id=$1 AND membership NOT IN ('join', 'invite')"},
		{"tocsin_invite", "DELETE FROM tocsin_invite WHERE sender=$1"},
		{"tocsin_upgrade", "UPDATE tocsin_upgrade SET sender='' WHERE sender=$1 AND course<>'waiting'"},
		{"tocsin_upgrade", "UPDATE tocsin_upgrade SET person='' WHERE person=$1 AND course<>'waiting'"},
		{"crypto_device", "DELETE FROM crypto_device WHERE user_id=$1"},
		{"crypto_tracked_user", "DELETE FROM crypto_tracked_user WHERE user_id=$1"},
		{"crypto_cross_signing_keys", "DELETE FROM crypto_cross_signing_keys WHERE user_id=$1"},
		{"crypto_cross_signing_signatures", "DELETE FROM crypto_cross_signing_signatures WHERE signed_user_id=$1 OR signer_user_id=$1"},
		{"crypto_megolm_outbound_session_shared", "DELETE FROM crypto_megolm_outbound_session_shared WHERE user_id=$1"},
		{"crypto_megolm_inbound_session", "UPDATE crypto_megolm_inbound_session SET source_user='' WHERE source_user=$1"},
	}
)

// forget is Forget in a database, and returns which rooms it concerned.
func (a *Adapter) forget(ctx context.Context, db *database, who id.UserID) ([]id.RoomID, error) {
	if known, err := db.TableExists(ctx, "mx_user_profile"); err != nil || !known || who == a.user {
		return nil, stored(err) // the account was never connected
	}
	rooms, err := db.roomsOf(ctx, who)
	if err != nil {
		return nil, err
	}
	if err := a.closePast(ctx, db, rooms); err != nil {
		return nil, stored(err)
	}
	err = db.DoTxn(ctx, nil, func(ctx context.Context) error {
		for _, room := range rooms {
			for _, of := range ofRoom {
				if err := db.drop(ctx, of.table, of.statement, string(room)); err != nil {
					return err
				}
			}
		}
		for _, of := range ofPerson {
			if err := db.drop(ctx, of.table, of.statement, string(who)); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = db.forgetUnreadOf(ctx, who)
	}
	return rooms, stored(err)
}

// roomsOf returns the rooms that we share with a person alone.
func (d *database) roomsOf(ctx context.Context, who id.UserID) ([]id.RoomID, error) {
	rows, err := d.Query(ctx, alone, who, d.user)
	if err != nil {
		return nil, stored(err)
	}
	defer rows.Close()
	var out []id.RoomID
	for rows.Next() {
		var room id.RoomID
		if err := rows.Scan(&room); err != nil {
			return nil, stored(err)
		}
		out = append(out, room)
	}
	return out, stored(rows.Err())
}

// drop runs a statement with a name, if its table is there: without encryption some are not.
func (d *database) drop(ctx context.Context, table, statement, name string) error {
	there, err := d.TableExists(ctx, table)
	if err == nil && there {
		_, err = d.Exec(ctx, statement, name)
	}
	return err
}

// forgetUnreadOf drops what a person said in rooms with others and could not be read.
func (d *database) forgetUnreadOf(ctx context.Context, who id.UserID) error {
	kept, err := d.unread(ctx, "TRUE")
	for _, k := range kept {
		if err == nil && k.event.Sender == who {
			err = d.forgetUnread(ctx, k.name)
		}
	}
	return err
}
