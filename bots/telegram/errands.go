package telegram

import (
	"context"
	"sync"
	"time"
)

// Limits of errands: how many at once, and for how long one is of use.
const (
	mostErrands = 16
	errandTime  = 15 * time.Second
)

// errands are calls beside the answers, which nobody waits for but their end.
type errands struct {
	life  context.Context
	end   context.CancelFunc
	slots chan struct{}

	mu    sync.Mutex
	over  bool
	under sync.WaitGroup
}

func newErrands() *errands {
	e := &errands{slots: make(chan struct{}, mostErrands)}
	e.life, e.end = context.WithCancel(context.Background())
	return e
}

// run does fn, as soon as there are few others. It does not wait.
func (e *errands) run(fn func(context.Context)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.over {
		return
	}
	e.under.Go(func() {
		ctx, cancel := context.WithTimeout(e.life, errandTime)
		defer cancel()
		select {
		case e.slots <- struct{}{}:
			defer func() { <-e.slots }()
			fn(ctx)
		case <-ctx.Done():
		}
	})
}

// settle takes no more, gives those under way a moment, and returns once all have ended.
func (e *errands) settle() {
	e.mu.Lock()
	e.over = true
	e.mu.Unlock()
	late := time.AfterFunc(confirmTime, e.end)
	defer late.Stop()
	e.under.Wait()
	e.end()
}
