package matrix

import (
	"context"
	"slices"
	"sync"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"tocsin/core"
)

// Invites says whose invitations are accepted: those of Users, of the people of Servers,
// and of the members of a room; if none of these is set, of the people of the bot's own
// server.
type Invites struct {
	Nobody     bool     // none at all
	Users      []string // @anna:example.org
	Servers    []string // "*": any
	MembersOf  string   // a space, or a room from which the bot is managed
	Rooms      bool     // into rooms too, not into direct chats alone
	MaxRooms   int      // in so many rooms at most; 0: any number
	MaxMembers int      // into rooms of so many people at most; 0: any number
	Named      []string // rooms of which the operator says that we belong there
}

// An invitation is what is asked of us.
type invitation struct {
	at     id.RoomID
	from   id.UserID
	direct bool
}

// allows reports whether the lists allow an invitation, as far as that is known without
// asking whether somebody is a member of a room.
func (i *Invites) allows(own id.UserID, v invitation) bool {
	switch {
	case i.Nobody:
		return false
	case i.named(v.at):
		return true
	case !v.direct && !i.Rooms:
		return false
	case len(i.Users) == 0 && len(i.Servers) == 0 && i.MembersOf == "":
		return v.from.Homeserver() == own.Homeserver()
	}
	return slices.Contains(i.Users, string(v.from)) || slices.Contains(i.Servers, "*") ||
		slices.Contains(i.Servers, v.from.Homeserver())
}

// named reports whether the operator has named a room.
func (i *Invites) named(at id.RoomID) bool {
	return string(at) == i.MembersOf && at != "" || slices.Contains(i.Named, string(at))
}

// welcomes reports whether an invitation is accepted. It fails if the server does not say
// what has to be known for that.
func (r *receiver) welcomes(ctx context.Context, v invitation) (bool, error) {
	policy := &r.config.Invites
	if same, err := r.awaited(ctx, v.at); same || err != nil {
		return same, err
	}
	allowed := policy.allows(r.user, v)
	if !allowed && policy.MembersOf != "" && !policy.Nobody && (v.direct || policy.Rooms) {
		members, err := r.members(ctx, id.RoomID(policy.MembersOf))
		if kind := kindOf(err); err != nil && kind != notMember && kind != gone && kind != unknownRoom {
			return false, err
		}
		allowed = slices.Contains(members, v.from) && r.states.IsInRoom(ctx, id.RoomID(policy.MembersOf), v.from)
	}
	if !allowed || v.direct || policy.MaxRooms == 0 || policy.named(v.at) {
		return allowed, nil
	}
	n, err := r.countGroups(ctx)
	return n < policy.MaxRooms, err
}

// countGroups returns in how many rooms of several people we are.
func (r *receiver) countGroups(ctx context.Context) (n int, err error) {
	var rooms []id.RoomID
	err = r.call(ctx, func(ctx context.Context) error {
		joined, err := r.client.JoinedRooms(ctx)
		if err == nil {
			rooms = joined.JoinedRooms
		}
		return err
	})
	for _, at := range rooms {
		if known, err := r.room(ctx, at); err == nil && known.kind == core.Group {
			n++
		}
	}
	return n, err
}

// fits reports whether a room that we have come into is one that we may be in: a direct
// chat may be a room in truth, and a room may be too large.
func (r *receiver) fits(ctx context.Context, v invitation) (bool, error) {
	policy := &r.config.Invites
	if same, err := r.awaited(ctx, v.at); same || err != nil || policy.named(v.at) {
		r.hasten()
		return same || policy.named(v.at), err
	}
	n := 0
	err := r.call(ctx, func(ctx context.Context) error {
		there, err := r.client.JoinedMembers(ctx, v.at)
		if err == nil {
			n = len(there.Joined)
		}
		return err
	})
	crowd := n > 2
	return !(crowd && !policy.Rooms) && !(policy.MaxMembers > 0 && crowd && n > policy.MaxMembers), err
}

// Refusals are logged at most so often: anybody may invite, again and again.
const refusalsEvery = time.Hour

// unwelcome counts invitations that were refused.
type unwelcome struct {
	mu   sync.Mutex
	n    int
	told time.Time
}

// note counts one more, and returns how many there were since this was last said; 0 if
// that is too recent.
func (r *unwelcome) note(now time.Time) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.n++; !r.told.IsZero() && now.Sub(r.told) < refusalsEvery {
		return 0
	}
	n := r.n
	r.n, r.told = 0, now
	return n
}

// keepInvitation notes an invitation until it is answered.
func (s *session) keepInvitation(ctx context.Context, v invitation) error {
	_, err := s.db.Exec(ctx, `
		INSERT INTO tocsin_invite (user_id, room_id, sender, direct) VALUES ($1, $2, $3, $4)
		ON CONFLICT (user_id, room_id) DO UPDATE SET sender=excluded.sender, direct=excluded.direct
	`, s.user, v.at, v.from, v.direct)
	return stored(err)
}

// dropInvitation forgets an invitation that is answered.
func (s *session) dropInvitation(ctx context.Context, at id.RoomID) error {
	_, err := s.db.Exec(ctx, "DELETE FROM tocsin_invite WHERE user_id=$1 AND room_id=$2", s.user, at)
	return stored(err)
}

// invitations returns those that are not answered.
func (s *session) invitations(ctx context.Context) (out []invitation, err error) {
	rows, err := s.db.Query(ctx, "SELECT room_id, sender, direct FROM tocsin_invite WHERE user_id=$1 ORDER BY room_id", s.user)
	if err != nil {
		return nil, stored(err)
	}
	defer rows.Close()
	for rows.Next() {
		var v invitation
		if err := rows.Scan(&v.at, &v.from, &v.direct); err != nil {
			return nil, stored(err)
		}
		out = append(out, v)
	}
	return out, stored(rows.Err())
}

// invitationOf reads an invitation of ours.
func (s *session) invitationOf(e *event.Event) invitation {
	return invitation{at: e.RoomID, from: e.Sender, direct: s.own(e).IsDirect}
}
