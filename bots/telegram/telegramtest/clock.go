package telegramtest

import (
	"sync"
	"time"
)

// A Clock says how a Server's time passes.
type Clock int

const (
	// Virtual time starts at 09:00 UTC on 1 March 2027 and passes only by Advance.
	Virtual Clock = iota
	// Real time passes by itself; in a testing/synctest bubble it is the bubble's.
	Real
)

// A clock keeps the time of a Server and rings alarms.
type clock struct {
	kind Clock

	mu     sync.Mutex
	now    time.Time     // Virtual
	ahead  time.Duration // Real: how far Advance has moved it
	alarms map[*alarm]struct{}
}

// An alarm calls ring once its time has come.
type alarm struct {
	at    time.Time
	ring  func()
	timer *time.Timer // Real
}

func newClock(kind Clock) *clock {
	return &clock{kind: kind, now: time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC), alarms: map[*alarm]struct{}{}}
}

func (c *clock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.read()
}

func (c *clock) read() time.Time {
	if c.kind == Real {
		return time.Now().Add(c.ahead)
	}
	return c.now
}

// after calls ring when d has passed, in a goroutine of its own or in that of
// Advance, unless the returned cancel is called first.
func (c *clock) after(d time.Duration, ring func()) (cancel func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := &alarm{at: c.read().Add(d), ring: ring}
	c.alarms[a] = struct{}{}
	if c.kind == Real {
		a.timer = time.AfterFunc(d, func() { c.fire(a) })
	}
	return func() { c.take(a) }
}

// take reports whether a was still set, and unsets it.
func (c *clock) take(a *alarm) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, set := c.alarms[a]
	delete(c.alarms, a)
	if a.timer != nil {
		a.timer.Stop()
	}
	return set
}

func (c *clock) fire(a *alarm) {
	if c.take(a) {
		a.ring()
	}
}

// advance moves the time by d and rings what comes due on the way, in order.
func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	until := c.read().Add(d)
	c.mu.Unlock()
	for {
		a := c.next(until)
		if a == nil {
			break
		}
		c.fire(a)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.move(until)
}

// next moves the time to the earliest alarm that rings by until, and returns it.
func (c *clock) next(until time.Time) *alarm {
	c.mu.Lock()
	defer c.mu.Unlock()
	var first *alarm
	for a := range c.alarms {
		if !a.at.After(until) && (first == nil || a.at.Before(first.at)) {
			first = a
		}
	}
	if first != nil {
		c.move(first.at)
	}
	return first
}

// move sets the time, never backwards.
func (c *clock) move(to time.Time) {
	d := to.Sub(c.read())
	if d <= 0 {
		return
	}
	if c.kind == Virtual {
		c.now = to
		return
	}
	c.ahead += d
	for a := range c.alarms {
		a.timer.Reset(a.at.Sub(c.read()))
	}
}

// stop unsets all alarms.
func (c *clock) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for a := range c.alarms {
		if a.timer != nil {
			a.timer.Stop()
		}
	}
	clear(c.alarms)
}
