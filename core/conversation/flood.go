package conversation

import (
	"time"

	"tocsin/core"
)

// A flood goes on while updates of its chat come without a pause of afterFlood. Of it one
// update each floodEvery is taken, since answers leave no faster; so a flood that goes on
// holds up nobody else, and leaves no answers behind that would take hours to send.
type flood struct{ came, took time.Time }

const (
	afterFlood = 5 * time.Second
	floodEvery = time.Second
)

// flood notes that a chat floods us. It is called with mu held, as is calm.
func (q *Queue) flood(root core.ChatRef, now time.Time) {
	for other, f := range q.floods {
		if now.Sub(f.came) > afterFlood {
			delete(q.floods, other)
		}
	}
	q.floods[root] = &flood{came: now, took: now}
}

// calm reports whether an update of a chat is taken, as all are of one that does not
// flood us.
func (q *Queue) calm(root core.ChatRef, now time.Time) bool {
	f := q.floods[root]
	switch {
	case f == nil:
		return true
	case now.Sub(f.came) > afterFlood:
		delete(q.floods, root)
		return true
	}
	f.came = now
	if now.Sub(f.took) < floodEvery {
		return false
	}
	f.took = now
	return true
}
