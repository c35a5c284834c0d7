package matrix

import (
	"context"
	"errors"
	"fmt"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"

	"tocsin/core"
)

// tries is how often an event is looked at that breaks us. After that it is passed over
// and counted, so that it cannot stop those behind it.
const tries = 3

// guarded is update, but an event that breaks it is passed over: those behind it go on.
func (r *receiver) guarded(ctx context.Context, e *event.Event) (*core.Update, error) {
	var u *core.Update
	err := attempt(tries, func() (err error) {
		if malformed(e) {
			return &fault{kind: broken, cause: "another form than its type has"}
		}
		u, err = r.update(ctx, e)
		return err
	})
	switch kindOf(err) {
	case broken:
		r.skip(e.Type.Type, err)
		return nil, nil
	case notMember, gone, unknownRoom: // we are out of the room by now, or must not trust it
		r.Log.Warn("update skipped", "bot", core.Matrix, "kind", e.Type.Type, "why", kindOf(err))
		return nil, nil
	}
	return u, err
}

// malformed reports whether an event of a type that we know could not be read.
func malformed(e *event.Event) bool {
	_, known := event.TypeMap[e.Type]
	return known && e.Content.Parsed == nil
}

// unlock takes what came outside of rooms. What breaks us there is passed over: it is gone
// from the server with the next sync.
func (r *receiver) unlock(ctx context.Context, resp *mautrix.RespSync, since string) {
	err := attempt(tries, func() error {
		r.machine.keys(ctx, resp, since)
		return nil
	})
	if err != nil {
		r.skip("to-device", err)
	}
}

// skip counts what is passed over, and says of which kind it is; never what it holds.
func (s *session) skip(kind string, err error) {
	s.skipped.Add(1)
	why := ""
	if f, ok := errors.AsType[*fault](err); ok {
		why = f.cause
	}
	s.Log.Error("update skipped", "bot", core.Matrix, "kind", kind, "why", why)
}

// attempt does fn, and again if it panics, n times in all. It fails with broken if fn
// panics each time.
func attempt(n int, fn func() error) error {
	for ; ; n-- {
		err := once(fn)
		if kindOf(err) != broken || n <= 1 {
			return err
		}
	}
}

func once(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &fault{kind: broken, cause: fmt.Sprintf("panic %T", p)}
		}
	}()
	return fn()
}
