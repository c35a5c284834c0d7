package telegramtest

import (
	"fmt"
	"maps"
	"testing"
	"time"
)

// A Call is a request of a method, as the server took it.
type Call struct {
	Bot    int64
	Method string            // as the Bot API spells it, or as it came if unknown
	Params map[string]string // objects as JSON
	Files  map[string][]byte // uploaded
	At     time.Time         // of the server
	Done   bool              // it has been answered
	Status int               // what the server meant to answer, 0 before; a fault may have kept it
	Error  string            // the description, unless it went well
	Fault  string            // of the trouble that befell it
}

// record keeps a call, and finds the trouble planned for it.
func (s *Server) record(c *call, method string) {
	files := map[string][]byte{}
	for name, u := range c.uploads {
		files[name] = u.data
	}
	c.record = &Call{
		Bot: c.bot.ID, Method: spelling(method), Params: maps.Clone(c.params), Files: files, At: s.clock.time(),
	}
	s.calls = append(s.calls, c.record)
	c.trouble = s.trouble(c)
	if c.trouble != nil {
		c.record.Fault = string(c.trouble.Kind)
	}
	s.wake()
}

// finish notes how a call ended. It is called without mu.
func (s *Server) finish(c *call, a answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.record.Done, c.record.Status = true, 200
	if r := a.refused; r != nil {
		c.record.Status, c.record.Error = r.code, r.text
	}
	s.wake()
}

// Calls returns the calls of a method so far, in order; those of all methods if it
// is "".
func (s *Server) Calls(method string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.callsOf(method)
}

// Forget empties the record of calls, of what bots have said and of taps, which a long
// simulated time would fill.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls, s.said = nil, nil
	clear(s.taps)
}

func (s *Server) callsOf(method string) []Call {
	var some []Call
	for _, c := range s.calls {
		if method == "" || c.Method == method {
			some = append(some, *c)
		}
	}
	return some
}

// WaitCalls returns the calls of a method as soon as n of them have been answered.
// It fails t if they are not within 10 s.
func (s *Server) WaitCalls(t testing.TB, method string, n int) []Call {
	t.Helper()
	var some []Call
	s.await(t, fmt.Sprintf("%d calls of %s", n, method), func() bool {
		some = nil
		for _, c := range s.callsOf(method) {
			if c.Done {
				some = append(some, c)
			}
		}
		return len(some) >= n
	})
	return some
}

// Wait returns as soon as done reports true, which it is asked whenever something
// has happened. It fails t after 10 s, naming what it waited for.
func (s *Server) Wait(t testing.TB, what string, done func() bool) {
	t.Helper()
	late := time.NewTimer(s.patience())
	defer late.Stop()
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if done() {
			return
		}
		select {
		case <-changed:
		case <-late.C:
			t.Fatalf("telegramtest: waited in vain for %s", what)
		}
	}
}

// await is Wait for what is asked with mu held.
func (s *Server) await(t testing.TB, what string, done func() bool) {
	t.Helper()
	s.Wait(t, what, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return done()
	})
}

// patience is how long to wait for what must come: longer where it may be a
// bubble's time, which passes at once.
func (s *Server) patience() time.Duration {
	if s.options.InMemory && s.options.Clock == Real {
		return time.Hour
	}
	return 10 * time.Second
}
