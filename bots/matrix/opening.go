package matrix

import (
	"context"
	"crypto/rand"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"tocsin/core"
)

// An opened is a private chat that was opened, or found, for what is said to a person.
type opened struct {
	with id.UserID
	at   id.RoomID
}

// mostOpened bounds how many opened chats wait to be told. One that finds no room is told
// with the next message.
const mostOpened = 100

// address returns the room of a delivery. A private chat that has none yet is the one that
// there is with the person, else a new one.
func (s *session) address(ctx context.Context, d core.Delivery) (id.RoomID, error) {
	who, opens := d.To.Opens()
	if !opens {
		return id.RoomID(d.To.Chat), nil
	}
	person := id.UserID(who.ID)
	if d.Kind != core.Private || person.Homeserver() == "" {
		return "", &fault{kind: badContent, cause: "it is for nobody"}
	}
	s.opening.Lock() // two at once would make two rooms
	defer s.opening.Unlock()
	at, err := s.usable(ctx, person)
	if err == nil && at == "" {
		at, err = s.open(ctx, person)
	}
	if err != nil {
		return "", err
	}
	select {
	case s.opens <- opened{person, at}:
	default:
	}
	return at, nil
}

// usable returns a private chat with a person in which they can be written to, or "".
func (s *session) usable(ctx context.Context, who id.UserID) (id.RoomID, error) {
	rows, err := s.db.Query(ctx, `
		SELECT room_id, 0 AS place FROM mx_user_profile WHERE user_id=$1 AND membership='join'
		UNION SELECT room_id, 1 AS place FROM tocsin_opened WHERE user_id=$2 AND person=$1
		ORDER BY place, room_id
	`, who, s.user)
	if err != nil {
		return "", stored(err)
	}
	var rooms []id.RoomID
	made := map[id.RoomID]bool{} // by us: they may be waiting there
	for rows.Next() {
		var at id.RoomID
		var ours int
		if err := rows.Scan(&at, &ours); err != nil {
			_ = rows.Close()
			return "", stored(err)
		}
		if ours == 1 {
			made[at] = true
		}
		rooms = append(rooms, at)
	}
	if err := rows.Close(); err != nil {
		return "", stored(err)
	}
	for _, at := range rooms {
		r, err := s.room(ctx, at)
		switch kind := kindOf(err); {
		case kind == notMember, kind == gone, kind == unknownRoom && !made[at]:
			continue // we are not there any more
		case err != nil:
			return "", err
		}
		if r.kind == core.Private && r.person == who && r.course == notUpgraded && (encrypts || !r.encrypted) {
			return at, nil
		}
	}
	return "", nil
}

// open makes an encrypted private chat with a person, who is invited into it.
func (s *session) open(ctx context.Context, who id.UserID) (id.RoomID, error) {
	ask := &mautrix.ReqCreateRoom{Preset: "trusted_private_chat", IsDirect: true, Invite: []id.UserID{who}}
	if encrypts {
		ask.InitialState = []*event.Event{{Type: event.StateEncryption, Content: event.Content{
			Parsed: &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1},
		}}}
	}
	var at id.RoomID
	err := s.call(ctx, func(ctx context.Context) error {
		made, err := s.client.CreateRoom(ctx, ask)
		if err == nil {
			at = made.RoomID
		}
		return err
	})
	if err != nil {
		if f := judge(err, false); f.kind == unknown { // nothing was said; a room more is no harm
			return "", &fault{kind: serverAway, cause: f.cause}
		}
		return "", err
	}
	_, err = s.db.Exec(ctx, "INSERT INTO tocsin_opened (user_id, person, room_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", s.user, who, at)
	if err != nil {
		return "", stored(err)
	}
	if err := s.unlearn(ctx, at); err != nil {
		return "", err
	}
	return at, s.putDirect(ctx, who, at)
}

// tellOpened tells the true names of chats that were opened, until ctx is done.
func (r *receiver) tellOpened(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case o := <-r.opens:
			<-r.queue.Submit(ctx, &core.Update{
				ID: "opened:" + rand.Text(), Chat: core.OpenAt(core.AccountRef{Bot: r.Bot(), ID: string(o.with)}), Kind: core.Private,
				At: time.Now(), Event: core.Migrated{To: r.chat(o.at)},
			})
		}
	}
}
