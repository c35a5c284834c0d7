package matrix

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"tocsin/core"
)

// A course says how far we have followed a room that goes on as another.
type course string

const (
	notUpgraded course = ""
	waiting     course = "waiting"  // we are not there yet
	followed    course = "followed" // what was bound to the old room is bound to the new one
	refused     course = "refused"  // it leads nowhere, or where nobody had the power to lead us
)

// An upgrade is a room that goes on as another (spec, "Room Upgrades").
type upgrade struct {
	from, to id.RoomID
	sender   id.UserID     // who said so; "" if that is not known
	kind     core.ChatKind // what the old room was
	person   id.UserID     // of a private chat
	came     time.Time
}

// How often it is tried to come into a new room, and for how long: into one that is not
// open to all somebody has to invite us.
const (
	followEvery = time.Minute
	followFor   = 7 * 24 * time.Hour
)

// tombstone notes that a room goes on as another.
func (r *receiver) tombstone(ctx context.Context, e *event.Event) error {
	c, ok := e.Content.Parsed.(*event.TombstoneEventContent)
	if !ok || e.Type != event.StateTombstone || e.GetStateKey() != "" {
		return nil
	}
	return r.noteUpgrade(ctx, upgrade{from: e.RoomID, to: c.ReplacementRoom, sender: e.Sender, came: time.Now()})
}

// noteUpgrade stores an upgrade that is not known yet. One that leads nowhere, to itself or
// to a room that was left behind is refused.
func (r *receiver) noteUpgrade(ctx context.Context, u upgrade) error {
	to := waiting
	u.kind = core.Group
	if known, err := r.room(ctx, u.from); err == nil {
		u.kind, u.person = known.kind, known.person
	}
	behind, err := r.courseOf(ctx, u.to)
	if err != nil {
		return err
	}
	if u.to == "" || u.to == u.from || behind == waiting || behind == followed {
		to = refused
	}
	r.learning.Lock() // else what is known of the room could be of before
	defer r.learning.Unlock()
	_, err = r.db.Exec(ctx, `
		INSERT INTO tocsin_upgrade (user_id, room_id, replacement, sender, came, course, kind, person)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (user_id, room_id) DO UPDATE SET replacement=excluded.replacement, sender=excluded.sender,
			came=excluded.came, course=excluded.course
		WHERE tocsin_upgrade.course='refused' AND tocsin_upgrade.replacement<>excluded.replacement
	`, r.user, u.from, u.to, u.sender, u.came.Unix(), to, u.kind, u.person)
	r.changed(u.from)
	r.hasten()
	return stored(err)
}

// courseOf returns how far a room was followed that goes on as another.
func (s *session) courseOf(ctx context.Context, at id.RoomID) (c course, err error) {
	err = s.db.QueryRow(ctx, "SELECT course FROM tocsin_upgrade WHERE user_id=$1 AND room_id=$2", s.user, at).Scan(&c)
	if errors.Is(err, sql.ErrNoRows) {
		return notUpgraded, nil
	}
	return c, stored(err)
}

// awaited reports whether a room is one that a room of ours goes on as.
func (s *session) awaited(ctx context.Context, at id.RoomID) (is bool, err error) {
	err = s.db.QueryRow(ctx, `
		SELECT EXISTS (SELECT 1 FROM tocsin_upgrade WHERE user_id=$1 AND replacement=$2 AND course<>'refused')
	`, s.user, at).Scan(&is)
	return is, stored(err)
}

// waitingUpgrades returns those that we have not followed yet.
func (s *session) waitingUpgrades(ctx context.Context) (out []upgrade, err error) {
	rows, err := s.db.Query(ctx, `
		SELECT room_id, replacement, sender, came, kind, person FROM tocsin_upgrade WHERE user_id=$1 AND course='waiting' ORDER BY came, room_id
	`, s.user)
	if err != nil {
		return nil, stored(err)
	}
	defer rows.Close()
	for rows.Next() {
		var u upgrade
		var came int64
		if err := rows.Scan(&u.from, &u.to, &u.sender, &came, &u.kind, &u.person); err != nil {
			return nil, stored(err)
		}
		u.came = time.Unix(came, 0)
		out = append(out, u)
	}
	return out, stored(rows.Err())
}

// conclude stores what became of an upgrade.
func (s *session) conclude(ctx context.Context, u upgrade, c course) error {
	s.learning.Lock()
	defer s.learning.Unlock()
	_, err := s.db.Exec(ctx, "UPDATE tocsin_upgrade SET course=$1 WHERE user_id=$2 AND room_id=$3", c, s.user, u.from)
	s.changed(u.from)
	return stored(err)
}

// hasten lets upgrades be looked at soon.
func (r *receiver) hasten() {
	select {
	case r.upgrades <- struct{}{}:
	default: // they will be
	}
}

// followUpgrades goes where rooms go on, until ctx is done. At the start it looks for those
// that we were not told of.
func (r *receiver) followUpgrades(ctx context.Context) {
	if err := r.seekUpgrades(ctx); err != nil {
		r.Log.Debug("matrix: rooms are not looked at", "kind", kindOf(err))
	}
	for ctx.Err() == nil {
		wait := followEvery
		all, err := r.waitingUpgrades(ctx)
		for _, u := range all {
			err := r.follow(ctx, u)
			if kind := kindOf(err); err != nil && ctx.Err() == nil {
				r.Log.Debug("matrix: a room is followed later", "kind", kind)
				if kind != notMember && kind != gone { // else somebody has to invite us
					wait = max(firstWait, judge(err, false).after)
				}
			}
		}
		if err != nil {
			r.Log.Debug("matrix: upgrades are not looked at", "kind", kindOf(err))
		}
		select {
		case <-ctx.Done():
		case <-r.upgrades:
		case <-time.After(wait):
		}
	}
}

// seekUpgrades asks of each room with several people whether it goes on as another. Of
// private chats the syncs tell.
func (r *receiver) seekUpgrades(ctx context.Context) error {
	var rooms []id.RoomID
	err := r.call(ctx, func(ctx context.Context) error {
		joined, err := r.client.JoinedRooms(ctx)
		if err == nil {
			rooms = joined.JoinedRooms
		}
		return err
	})
	for _, at := range rooms {
		known, err := r.room(ctx, at)
		if err != nil || known.kind != core.Group || known.course != notUpgraded {
			continue
		}
		var c event.TombstoneEventContent
		err = r.call(ctx, func(ctx context.Context) error { return r.client.StateEvent(ctx, at, event.StateTombstone, "", &c) })
		if err == nil {
			err = r.noteUpgrade(ctx, upgrade{from: at, to: c.ReplacementRoom, came: time.Now()})
		}
		if kind := kindOf(err); err != nil && kind != gone && kind != notMember {
			return err
		}
	}
	return err
}

// follow comes into the new room, checks that it is what it says, and binds to it what was
// bound to the old one. It fails if that has to be tried again.
func (r *receiver) follow(ctx context.Context, u upgrade) error {
	err := r.call(ctx, func(ctx context.Context) error {
		_, err := r.client.JoinRoom(ctx, string(u.to), &mautrix.ReqJoinRoom{Via: u.via(r.user)})
		return err
	})
	if err != nil {
		if kind := kindOf(err); time.Since(u.came) > followFor || kind == badContent {
			return r.abandon(ctx, u, kind)
		}
		return err
	}
	rightful, err := r.rightful(ctx, u)
	if err != nil {
		return err
	}
	if !rightful {
		_ = r.call(ctx, func(ctx context.Context) error {
			_, err := r.client.LeaveRoom(ctx, u.to)
			return err
		})
		return r.abandon(ctx, u, closedRoom)
	}
	return r.bind(ctx, u)
}

// via returns servers by which a room may be found: a room's id need not name one.
func (u upgrade) via(own id.UserID) []string {
	servers := []string{own.Homeserver()}
	if u.sender != "" && u.sender.Homeserver() != servers[0] {
		servers = append([]string{u.sender.Homeserver()}, servers...)
	}
	return servers
}

// abandon follows an upgrade no more.
func (r *receiver) abandon(ctx context.Context, u upgrade, why faultKind) error {
	r.Log.Warn("matrix: a room goes on where we do not follow", "kind", why)
	return r.conclude(ctx, u, refused)
}

// rightful reports whether the new room names the old one as its predecessor, and was made
// by somebody who had the power to close the old one. Of a private chat it must be one, too.
func (r *receiver) rightful(ctx context.Context, u upgrade) (bool, error) {
	if err := r.unlearn(ctx, u.to); err != nil {
		return false, err
	}
	to, err := r.room(ctx, u.to)
	if err != nil {
		return false, err
	}
	create, err := r.states.GetCreate(ctx, u.to)
	if err != nil || create == nil {
		return false, errors.Join(stored(err), errNoState)
	}
	c, ok := create.Content.Parsed.(*event.CreateEventContent)
	if !ok {
		return false, nil
	}
	old, err := r.power(ctx, u.from)
	if err != nil {
		return false, err
	}
	private := u.kind == core.Private && to.kind != core.Private
	return c.GetPredecessor().RoomID == u.from && old.may(create.Sender, event.StateTombstone) && !private, nil
}

// bind tells that the chat goes on under another name, and waits until that is stored.
func (r *receiver) bind(ctx context.Context, u upgrade) error {
	err := <-r.queue.Submit(ctx, &core.Update{
		ID: "upgraded " + string(u.from), Chat: r.chat(u.from), Kind: u.kind, At: u.came,
		Event: core.Migrated{To: r.chat(u.to)},
	})
	if err != nil {
		return err
	}
	if u.person != "" {
		if err := r.putDirect(ctx, u.person, u.to); err != nil {
			return err
		}
	}
	return r.conclude(ctx, u, followed)
}
