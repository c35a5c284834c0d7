package matrix

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"tocsin/core"
)

// How far back what a sync left out is sought.
const (
	mostMissed   = 1000
	missedFor    = 7 * 24 * time.Hour
	missedAtOnce = 100
)

// take stores what a sync brought beside messages, and submits the messages. Nothing is
// submitted if it fails.
func (r *receiver) take(ctx context.Context, resp *mautrix.RespSync, since string) (*batch, error) {
	r.unlock(ctx, resp, since)
	r.Adapter.keys.Store(int64(resp.DeviceOTKCount.SignedCurve25519))
	b := &batch{mark: mark{next: resp.NextBatch, last: map[id.RoomID]id.EventID{}}}
	pending, err := r.late(ctx)
	if err != nil {
		return nil, err
	}
	for _, at := range sorted(resp.Rooms.Join) {
		updates, err := r.joined(ctx, at, resp.Rooms.Join[at], since == "")
		if err != nil {
			return nil, err
		}
		pending = append(pending, updates...)
		if events := resp.Rooms.Join[at].Timeline.Events; len(events) > 0 {
			b.mark.last[at] = events[len(events)-1].ID
		}
	}
	for _, at := range sorted(resp.Rooms.Leave) {
		updates, err := r.left(ctx, at, resp.Rooms.Leave[at])
		if err != nil {
			return nil, err
		}
		pending = append(pending, updates...)
	}
	r.ready.Do(func() { r.offer(r.session) }) // what had been sent is known by now
	invitations, err := r.invited(ctx, resp.Rooms.Invite)
	if err != nil {
		return nil, err
	}
	for _, p := range pending {
		if p.done = settled(); p.update != nil {
			p.done = r.queue.Submit(ctx, p.update)
		}
		b.answers = append(b.answers, p)
	}
	for _, v := range invitations {
		b.answers = append(b.answers, answer{done: r.answering(ctx, v)})
	}
	maps.Copy(r.last, b.mark.last)
	return b, nil
}

// settled returns the answer for what nobody needs to be asked about.
func settled() <-chan error {
	done := make(chan error, 1)
	done <- nil
	return done
}

func sorted[V any](m map[id.RoomID]V) []id.RoomID { return slices.Sorted(maps.Keys(m)) }

// joined takes what happened in a room that we are in. Of the first sync nothing is
// answered; of a room that we came into, only what was said since we were invited.
func (r *receiver) joined(ctx context.Context, at id.RoomID, data *mautrix.SyncJoinedRoom, first bool) ([]answer, error) {
	events := data.Timeline.Events
	for _, e := range slices.Concat(data.State.Events, events) {
		prepare(e, at)
	}
	if r.last[at] == "" {
		r.fresh[at] = true
	}
	came := slices.ContainsFunc(events, r.comes)
	if came { // who left while we were not there is not told: the room is learnt anew
		if err := r.unlearn(ctx, at); err != nil {
			return nil, err
		}
	}
	if data.Timeline.Limited && !first {
		missed, err := r.missed(ctx, at, data.Timeline, came)
		if err != nil {
			return nil, err
		}
		events = append(missed, events...)
	}
	for _, e := range data.State.Events {
		if err := r.noteState(ctx, e); err != nil {
			return nil, err
		}
	}
	if came {
		events = events[r.welcome(events):]
	}
	var out []answer
	for _, e := range events {
		if err := r.noteState(ctx, e); err != nil {
			return nil, err
		}
		if e.Sender == r.user && e.StateKey == nil {
			r.echoes.add(e)
			continue
		}
		if first {
			continue
		}
		u, err := r.guarded(ctx, e)
		if err != nil {
			return nil, err
		}
		if u == nil {
			continue
		}
		hint, err := r.unheard(ctx, e, u)
		if err != nil {
			return nil, err
		}
		if hint != nil {
			out = append(out, *hint)
		}
		out = append(out, answer{update: u})
	}
	return out, nil
}

// prepare gives an event what a sync leaves out, and reads its content. What has not the
// form that its type has gets none.
func prepare(e *event.Event, at id.RoomID) {
	e.RoomID = at
	e.Type.Class = event.MessageEventType
	if e.StateKey != nil {
		e.Type.Class = event.StateEventType
	}
	if err := e.Content.ParseRaw(e.Type); err != nil && !errors.Is(err, event.ErrContentAlreadyParsed) {
		e.Content.Parsed = nil
	}
}

// comes reports whether an event is that we came into a room.
func (s *session) comes(e *event.Event) bool {
	if m := s.own(e); m == nil || m.Membership != event.MembershipJoin {
		return false
	}
	if e.Unsigned.PrevContent != nil {
		_ = e.Unsigned.PrevContent.ParseRaw(e.Type)
		if was, ok := e.Unsigned.PrevContent.Parsed.(*event.MemberEventContent); ok {
			return was.Membership != event.MembershipJoin // else only our name changed
		}
	}
	return true
}

// own returns our own membership if that is what an event changes, else nil.
func (s *session) own(e *event.Event) *event.MemberEventContent {
	if e.Type != event.StateMember || e.GetStateKey() != string(s.user) {
		return nil
	}
	m, _ := e.Content.Parsed.(*event.MemberEventContent)
	return m
}

// welcome returns the index of the event with which we were invited, else that with which
// we came.
func (s *session) welcome(events []*event.Event) int {
	at := 0
	for i, e := range events {
		m := s.own(e)
		switch {
		case m == nil:
		case m.Membership == event.MembershipInvite:
			at = i
		case s.comes(e) && (s.own(events[at]) == nil || s.own(events[at]).Membership != event.MembershipInvite):
			at = i
		}
	}
	return at
}

// missed returns the events of a room that a sync left out, the oldest first: those since
// the last that we read, or since we were invited. At most mostMissed are sought, and none
// that is older than missedFor.
func (r *receiver) missed(ctx context.Context, at id.RoomID, t mautrix.SyncTimeline, came bool) ([]*event.Event, error) {
	last, known := r.last[at]
	if came && slices.ContainsFunc(t.Events, func(e *event.Event) bool {
		m := r.own(e)
		return m != nil && m.Membership == event.MembershipInvite
	}) {
		return nil, nil
	}
	oldest := time.Now().Add(-missedFor).UnixMilli()
	var out []*event.Event
	for from := t.PrevBatch; from != "" && len(out) < mostMissed; {
		var page *mautrix.RespMessages
		err := r.call(ctx, func(ctx context.Context) (err error) {
			page, err = r.page(ctx, at, from)
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, e := range page.Chunk {
			prepare(e, at)
			m := r.own(e)
			if known && !came && e.ID == last || e.Timestamp < oldest {
				slices.Reverse(out)
				return out, nil
			}
			out = append(out, e)
			if came && m != nil && m.Membership == event.MembershipInvite {
				slices.Reverse(out)
				return out, nil
			}
		}
		if len(page.Chunk) == 0 || page.End == from {
			break
		}
		from = page.End
	}
	if len(out) >= mostMissed {
		r.Log.Warn("matrix: more was said in a room than is looked for: the oldest is left out", "events", len(out))
	}
	slices.Reverse(out)
	return out, nil
}

// page returns events of a room, the newest first, from a point backwards.
func (r *receiver) page(ctx context.Context, at id.RoomID, from string) (*mautrix.RespMessages, error) {
	out := new(mautrix.RespMessages)
	return out, r.get(ctx, mautrix.ClientURLPath{"v3", "rooms", at, "messages"}, map[string]string{
		"from": from, "dir": string(mautrix.DirectionBackward), "limit": strconv.Itoa(missedAtOnce),
	}, out)
}

// noteState stores an event if it is one of a room's state, and that the room goes on as
// another.
func (r *receiver) noteState(ctx context.Context, e *event.Event) error {
	if e.StateKey == nil {
		return nil
	}
	if err := r.note(ctx, e); err != nil {
		return err
	}
	return r.tombstone(ctx, e)
}

// note stores an event of a room's state.
func (s *session) note(ctx context.Context, e *event.Event) error {
	if e.StateKey == nil || e.Type != event.StateMember && *e.StateKey != "" {
		return nil
	}
	s.learning.Lock()
	defer s.learning.Unlock()
	var err error
	switch c := e.Content.Parsed.(type) {
	case *event.MemberEventContent:
		err = s.states.SetMember(ctx, e.RoomID, id.UserID(*e.StateKey), c)
	case *event.PowerLevelsEventContent:
		err = s.states.SetPowerLevels(ctx, e.RoomID, c)
	case *event.EncryptionEventContent:
		if err = s.states.SetEncryptionEvent(ctx, e.RoomID, c); err == nil {
			err = s.db.putEncrypted(ctx, e.RoomID)
		}
	case *event.CreateEventContent:
		err = s.states.SetCreate(ctx, e)
	case *event.JoinRulesEventContent:
		err = s.states.SetJoinRules(ctx, e.RoomID, c)
	case *event.HistoryVisibilityEventContent:
		err = s.states.SetHistoryVisibility(ctx, e.RoomID, c)
	default:
		return nil
	}
	s.changed(e.RoomID)
	if err == nil {
		s.machine.state(ctx, e)
	}
	return stored(err)
}

// left takes that we are in a room no more, if we were.
func (r *receiver) left(ctx context.Context, at id.RoomID, data *mautrix.SyncLeftRoom) ([]answer, error) {
	if !r.states.IsInRoom(ctx, at, r.user) {
		return nil, nil
	}
	kind := core.Group
	if known, err := r.recall(ctx, at); err == nil {
		kind = known.kind
	}
	var out []answer
	for _, e := range slices.Concat(data.State.Events, data.Timeline.Events) {
		prepare(e, at)
		m := r.own(e)
		if m == nil || m.Membership != event.MembershipLeave && m.Membership != event.MembershipBan {
			continue
		}
		out = append(out, answer{update: &core.Update{
			ID: string(e.ID), Chat: r.chat(at), Kind: kind, At: time.UnixMilli(e.Timestamp),
			Event: core.Membership{Now: core.Removed},
		}, then: func(ctx context.Context) error { return r.unlearn(ctx, at) }})
	}
	delete(r.fresh, at)
	r.changed(at)
	return out, nil
}
