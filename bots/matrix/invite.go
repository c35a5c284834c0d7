package matrix

import (
	"context"
	"slices"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// mostJoinTries is how often coming into a room is tried, over about ten minutes: a server
// of somebody else may be away for ever.
const mostJoinTries = 12

// invited answers an invitation, beside what else happens. Its answer is nil once we are
// in the room, or never will be: until then it is asked for again at the next start.
func (r *receiver) invited(ctx context.Context, at id.RoomID, data *mautrix.SyncInvitedRoom) <-chan error {
	var invitation *event.Event
	for _, e := range data.State.Events {
		prepare(e, at)
		if m := r.own(e); m != nil && m.Membership == event.MembershipInvite {
			invitation = e
		}
	}
	if invitation == nil {
		return settled()
	}
	done := make(chan error, 1)
	r.joins.Go(func() { done <- r.answer(ctx, invitation) })
	return done
}

// answer accepts or refuses an invitation.
func (r *receiver) answer(ctx context.Context, e *event.Event) error {
	direct := r.own(e).IsDirect
	welcome := r.config.Invites.accept(r.user, e.Sender, direct)
	if !welcome {
		r.Log.Info("matrix: an invitation is refused: see the policy for invitations", "direct", direct)
	}
	for n, wait := 1, firstWait; ; n, wait = n+1, min(2*wait, longest) {
		err := r.call(ctx, func(ctx context.Context) error {
			if !welcome {
				_, err := r.client.LeaveRoom(ctx, e.RoomID)
				return err
			}
			_, err := r.client.JoinRoomByID(ctx, e.RoomID)
			return err
		})
		if err == nil && welcome && direct {
			err = r.putDirect(ctx, e.Sender, e.RoomID)
		}
		switch kind := kindOf(err); {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case kind == notMember, kind == gone, kind == badContent, kind == tokenRefused, n == mostJoinTries:
			r.Log.Warn("matrix: an invitation is not answered", "kind", kind)
			return nil
		}
		f := judge(err, false)
		r.Log.Debug("matrix: an invitation is answered later", "kind", f.kind, "cause", f.cause)
		pause(ctx, max(jitter(wait), f.after))
	}
}

// accept reports whether somebody's invitation is accepted.
func (i Invites) accept(own, from id.UserID, direct bool) bool {
	if !direct && !i.Rooms {
		return false
	}
	if len(i.Servers) == 0 {
		return from.Homeserver() == own.Homeserver()
	}
	return slices.Contains(i.Servers, "*") || slices.Contains(i.Servers, from.Homeserver())
}

// putDirect notes in the account data (m.direct) that a room is the chat with a person, as
// clients do.
func (r *receiver) putDirect(ctx context.Context, with id.UserID, at id.RoomID) error {
	r.directing.Lock()
	defer r.directing.Unlock()
	return r.call(ctx, func(ctx context.Context) error {
		chats := event.DirectChatsEventContent{}
		err := r.client.GetAccountData(ctx, event.AccountDataDirectChats.Type, &chats)
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
		return r.client.SetAccountData(ctx, event.AccountDataDirectChats.Type, chats)
	})
}
