package matrix

import (
	"context"
	"sync"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// echoLife is how long it is remembered that a server has shown us what we sent: a send
// whose end we did not see is repeated well before.
const echoLife = time.Hour

// echoes are the sends that a server has shown us: under which name, and as which event. It
// may have forgotten the name of a send when it is repeated: Dendrite does if it restarts,
// and if the connection ends while it takes a message.
type echoes struct {
	mu    sync.Mutex
	of    map[string]echo // by name
	fresh []string        // names that are not stored
}

type echo struct {
	event id.EventID
	at    time.Time
}

// add notes an event of ours that came back.
func (s *echoes) add(e *event.Event) {
	name := e.Unsigned.TransactionID
	if name == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.of[name]; !known {
		s.of[name] = echo{e.ID, time.UnixMilli(e.Timestamp)}
		s.fresh = append(s.fresh, name)
	}
}

// find returns the event that was sent under a name, if it came back and that is not long
// ago.
func (s *echoes) find(name string) (id.EventID, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, known := s.of[name]
	return e.event, known && time.Since(e.at) < echoLife
}

// unstored returns what was added and is not stored, and forgets what is old.
func (s *echoes) unstored() map[string]echo {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]echo{}
	for _, name := range s.fresh {
		out[name] = s.of[name]
	}
	if len(s.fresh) > 0 {
		for name, e := range s.of {
			if time.Since(e.at) > echoLife {
				delete(s.of, name)
			}
		}
	}
	return out
}

// kept forgets that some were not stored.
func (s *echoes) kept(stored map[string]echo) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var left []string
	for _, name := range s.fresh {
		if _, is := stored[name]; !is {
			left = append(left, name)
		}
	}
	s.fresh = left
}

// echoes returns what was stored of the last hour, and drops what is older.
func (d *database) echoes(ctx context.Context) (*echoes, error) {
	out := &echoes{of: map[string]echo{}}
	if _, err := d.Exec(ctx, "DELETE FROM tocsin_sent WHERE user_id=$1 AND at<$2", d.user, time.Now().Add(-echoLife).Unix()); err != nil {
		return nil, stored(err)
	}
	rows, err := d.Query(ctx, "SELECT name, event_id, at FROM tocsin_sent WHERE user_id=$1", d.user)
	if err != nil {
		return nil, stored(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var e echo
		var at int64
		if err := rows.Scan(&name, &e.event, &at); err != nil {
			return nil, stored(err)
		}
		e.at = time.Unix(at, 0)
		out.of[name] = e
	}
	return out, stored(rows.Err())
}
