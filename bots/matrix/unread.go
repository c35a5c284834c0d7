package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"tocsin/core"
)

// How long a message that cannot be read is kept, when its sender is told how to help, and
// how often that is looked at.
const (
	unreadLife  = 7 * 24 * time.Hour
	tellAfter   = time.Minute
	lookEvery   = 10 * time.Second
	mostForLook = 20
)

// How long after a message whose key is not there, and how often, it is asked for news: a
// key that comes late comes within moments.
const (
	keyAwaited = 30 * time.Second
	keyPoll    = time.Second
)

// awaits reports whether a message came just now whose key is not there.
func (s *session) awaits() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Since(s.sealed) < keyAwaited
}

// keepUnread keeps an event whose key is not there, sealed, until it comes.
func (s *session) keepUnread(ctx context.Context, e *event.Event) error {
	text, err := json.Marshal(e)
	if err != nil {
		return nil // it came as JSON, so it has such a form
	}
	session := id.SessionID("")
	if c, ok := e.Content.Parsed.(*event.EncryptedEventContent); ok {
		session = c.SessionID
	}
	s.Log.Debug("matrix: a message waits for its key")
	s.mu.Lock()
	s.sealed = time.Now()
	s.mu.Unlock()
	_, err = s.db.Exec(ctx, `
		INSERT INTO tocsin_unread (user_id, event_id, room_id, session_id, came, event) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (user_id, event_id) DO NOTHING
	`, s.user, e.ID, e.RoomID, session, time.Now().Unix(), s.db.aead.Seal(nil, nil, text, []byte("unread "+e.ID)))
	return stored(err)
}

// unreadEvent opens a kept event.
func (d *database) unreadEvent(name id.EventID, sealed []byte) (*event.Event, error) {
	text, err := d.aead.Open(nil, nil, sealed, []byte("unread "+name))
	if err != nil {
		return nil, err
	}
	e := new(event.Event)
	if json.Unmarshal(text, e) != nil {
		return nil, errors.New("matrix: a kept event is of another form")
	}
	prepare(e, e.RoomID)
	return e, nil
}

// An unread is one kept event.
type unread struct {
	name  id.EventID
	event *event.Event
}

// unread returns kept events that a condition on the table chooses, the oldest first.
func (d *database) unread(ctx context.Context, condition string, args ...any) ([]unread, error) {
	rows, err := d.Query(ctx, "SELECT event_id, event FROM tocsin_unread WHERE user_id=$1 AND "+condition+" ORDER BY came, event_id",
		append([]any{d.user}, args...)...)
	if err != nil {
		return nil, stored(err)
	}
	defer rows.Close()
	var out []unread
	for rows.Next() {
		var u unread
		var sealed []byte
		if err := rows.Scan(&u.name, &sealed); err != nil {
			return nil, stored(err)
		}
		if u.event, err = d.unreadEvent(u.name, sealed); err == nil {
			out = append(out, u)
		}
	}
	return out, stored(rows.Err())
}

// forgetUnread drops a kept event.
func (d *database) forgetUnread(ctx context.Context, name id.EventID) error {
	_, err := d.Exec(ctx, "DELETE FROM tocsin_unread WHERE user_id=$1 AND event_id=$2", d.user, name)
	return stored(err)
}

// late returns what was kept and can be read now that its key has come.
func (r *receiver) late(ctx context.Context) ([]answer, error) {
	var out []answer
	arrived := r.machine.arrived()
	for _, session := range arrived {
		kept, err := r.db.unread(ctx, "session_id=$2", session)
		for _, k := range kept {
			if _, keyed, _ := r.machine.decrypt(ctx, k.event); !keyed || err != nil {
				continue
			}
			var u *core.Update
			u, err = r.guarded(ctx, k.event)
			out = append(out, answer{update: u, then: func(ctx context.Context) error { return r.db.forgetUnread(ctx, k.name) }})
		}
		if err != nil {
			r.machine.arrive(arrived...) // they are looked at again with the same sync
			return nil, err
		}
	}
	return out, nil
}

// recallUnread lets late look at all that is kept: keys may have come just before the
// program ended.
func (r *receiver) recallUnread(ctx context.Context) error {
	rows, err := r.db.Query(ctx, "SELECT DISTINCT session_id FROM tocsin_unread WHERE user_id=$1", r.user)
	if err != nil {
		return stored(err)
	}
	defer rows.Close()
	for rows.Next() {
		var session id.SessionID
		if err := rows.Scan(&session); err != nil {
			return stored(err)
		}
		r.machine.arrive(session)
	}
	return stored(rows.Err())
}

// tellUnread tells people, a minute later, that what they wrote could not be read, and
// asks their device for the key; and drops what is too old.
func (r *receiver) tellUnread(ctx context.Context) {
	for pause(ctx, lookEvery) {
		if err := r.tellOnce(ctx); err != nil {
			r.Log.Debug("matrix: unread messages are not looked at", "kind", kindOf(err))
		}
	}
}

func (r *receiver) tellOnce(ctx context.Context) error {
	now := time.Now()
	_, err := r.db.Exec(ctx, "DELETE FROM tocsin_unread WHERE user_id=$1 AND came<$2", r.user, now.Add(-unreadLife).Unix())
	if err != nil {
		return stored(err)
	}
	kept, err := r.db.unread(ctx, "NOT told AND came<$2", now.Add(-tellAfter).Unix())
	if err != nil {
		return err
	}
	for _, k := range kept[:min(len(kept), mostForLook)] {
		r.machine.request(ctx, k.event)
		// One a day and room: the next of the same day is dropped by its name.
		u, err := r.unreadable(ctx, k.event, "unread "+string(k.event.RoomID)+" "+now.UTC().Format(time.DateOnly))
		if err == nil && u != nil {
			err = <-r.queue.Submit(ctx, u)
		}
		if err != nil && core.CodeOf(err) != core.Unreachable {
			return err
		}
		if _, err := r.db.Exec(ctx, "UPDATE tocsin_unread SET told=TRUE WHERE user_id=$1 AND event_id=$2", r.user, k.name); err != nil {
			return stored(err)
		}
	}
	return nil
}
