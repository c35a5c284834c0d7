package matrix

import (
	"context"
	"slices"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// mostJoinTries is how often coming into a room is tried, over about ten minutes: a server
// of somebody else may be away for ever.
const mostJoinTries = 12

// invited notes invitations, which are kept until they are answered.
func (r *receiver) invited(ctx context.Context, rooms map[id.RoomID]*mautrix.SyncInvitedRoom) (out []invitation, err error) {
	for _, at := range sorted(rooms) {
		for _, e := range rooms[at].State.Events {
			prepare(e, at)
			if m := r.own(e); m == nil || m.Membership != event.MembershipInvite {
				continue
			}
			v := r.invitationOf(e)
			if err := r.keepInvitation(ctx, v); err != nil {
				return nil, err
			}
			out = append(out, v)
		}
	}
	return out, nil
}

// answering answers an invitation beside what else happens. Its answer is nil once we are in
// the room, never will be, or the next start has to try again.
func (r *receiver) answering(ctx context.Context, v invitation) <-chan error {
	done := make(chan error, 1)
	r.joins.Go(func() { done <- r.answer(ctx, v) })
	return done
}

// reconsider answers the invitations that were not answered before the program ended.
func (r *receiver) reconsider(ctx context.Context) error {
	all, err := r.invitations(ctx)
	for _, v := range all {
		r.answering(ctx, v)
	}
	return err
}

// answer accepts or refuses an invitation.
func (r *receiver) answer(ctx context.Context, v invitation) error {
	for n, wait := 1, firstWait; ; n, wait = n+1, min(2*wait, longest) {
		err := r.reply(ctx, v)
		switch kind := kindOf(err); {
		case err == nil, kind == notMember, kind == gone, kind == badContent, kind == tokenRefused:
			if err != nil {
				r.Log.Warn("matrix: an invitation is not answered", "kind", kind)
			}
			if kind == tokenRefused { // it is asked for again
				return nil
			}
			return r.dropInvitation(context.WithoutCancel(ctx), v.at)
		case ctx.Err() != nil:
			return ctx.Err()
		case n == mostJoinTries:
			r.Log.Warn("matrix: an invitation is answered at the next start", "kind", kind)
			return nil
		}
		f := judge(err, false)
		r.Log.Debug("matrix: an invitation is answered later", "kind", f.kind, "cause", f.cause)
		pause(ctx, max(jitter(wait), f.after))
	}
}

// reply makes the calls that answer an invitation.
func (r *receiver) reply(ctx context.Context, v invitation) error {
	welcome, err := r.welcomes(ctx, v)
	if err != nil {
		return err
	}
	if !welcome {
		return r.decline(ctx, v)
	}
	err = r.call(ctx, func(ctx context.Context) error {
		_, err := r.client.JoinRoomByID(ctx, v.at)
		return err
	})
	if err != nil {
		return err
	}
	fits, err := r.fits(ctx, v)
	switch {
	case err != nil:
		return err
	case !fits:
		return r.decline(ctx, v)
	case v.direct:
		return r.putDirect(ctx, v.from, v.at)
	}
	return nil
}

// decline refuses an invitation, or leaves a room that we should not be in.
func (r *receiver) decline(ctx context.Context, v invitation) error {
	if n := r.refused.note(time.Now()); n > 0 {
		r.Log.Info("matrix: invitations are refused: see the policy for invitations", "count", n, "direct", v.direct)
	}
	return r.call(ctx, func(ctx context.Context) error {
		_, err := r.client.LeaveRoom(ctx, v.at)
		return err
	})
}

// putDirect notes in the account data (m.direct) that a room is the chat with a person, as
// clients do.
func (s *session) putDirect(ctx context.Context, with id.UserID, at id.RoomID) error {
	s.directing.Lock()
	defer s.directing.Unlock()
	return s.call(ctx, func(ctx context.Context) error {
		chats := event.DirectChatsEventContent{}
		err := s.client.GetAccountData(ctx, event.AccountDataDirectChats.Type, &chats)
		if err != nil && kindOf(judge(err, false)) != gone {
			return err
		}
		if slices.Contains(chats[with], at) {
			return nil
		}
		if chats == nil {
			chats = event.DirectChatsEventContent{}
		}
		chats[with] = append(chats[with], at)
		return s.client.SetAccountData(ctx, event.AccountDataDirectChats.Type, chats)
	})
}
