//go:build goolm

package matrix

import (
	"slices"
	"sync"

	"maunium.net/go/mautrix/id"
)

// A turnstile lets one at a time deal with the devices of a person. The library stores
// first which devices there are, and then who vouches for them: a key that is shared in
// between goes to none of them.
type turnstile struct {
	self id.UserID // who is in every room, and stops nobody

	mu    sync.Mutex
	busy  map[id.UserID]bool
	freed *sync.Cond
}

func newTurnstile(self id.UserID) *turnstile {
	t := &turnstile{self: self, busy: map[id.UserID]bool{}}
	t.freed = sync.NewCond(&t.mu)
	return t
}

// enter waits until nobody else deals with any of these people, and keeps others out until
// leave is called.
func (t *turnstile) enter(people []id.UserID) (leave func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for slices.ContainsFunc(people, func(p id.UserID) bool { return t.busy[p] }) {
		t.freed.Wait()
	}
	for _, p := range people {
		if p != t.self {
			t.busy[p] = true
		}
	}
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		for _, p := range people {
			delete(t.busy, p)
		}
		t.freed.Broadcast()
	}
}
