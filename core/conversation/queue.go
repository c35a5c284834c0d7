package conversation

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"tocsin/core"
)

// Waiting is how many updates of one chat may wait. The rest of a flood is dropped,
// counted, and answered once: the one exception to "nothing is lost".
const Waiting = 20

// WaitingOld is how many may wait of which the last was written over oldAfter ago: what
// people wrote while the program was away is no flood.
const (
	WaitingOld = 1000
	oldAfter   = time.Minute
)

// Tries is how often an update is given to a handler that fails. After that it is
// skipped and counted, so that one update cannot stop those behind it.
const Tries = 3

// A Queue hands updates to a Handler: those of one chat in order, those of
// different chats side by side, so that a flood in one chat delays no other.
type Queue struct {
	Handler core.Handler
	Flooded func(context.Context, *core.Update) error // answers the first update that is dropped
	Workers int                                       // how many chats at once
	Log     *slog.Logger

	mu      sync.Mutex
	lines   map[core.ChatRef]*line
	floods  map[core.ChatRef]*flood
	slots   chan struct{}
	dropped atomic.Int64
	skipped atomic.Int64
}

var _ core.Queue = (*Queue)(nil)

// A line is what waits in one chat, the first of which is being handled.
type line struct {
	waiting []waiting
}

type waiting struct {
	ctx    context.Context
	update *core.Update
	handle func(context.Context, *core.Update) error
	done   chan<- error
}

// Dropped returns how many updates were dropped since the start.
func (q *Queue) Dropped() int64 { return q.dropped.Load() }

// Skipped returns how many updates were skipped since the start.
func (q *Queue) Skipped() int64 { return q.skipped.Load() }

// Submit implements core.Queue.
func (q *Queue) Submit(ctx context.Context, u *core.Update) <-chan error {
	done := make(chan error, 1)
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.lines == nil {
		q.lines, q.floods = map[core.ChatRef]*line{}, map[core.ChatRef]*flood{}
		q.slots = make(chan struct{}, max(1, q.Workers))
	}
	root := u.Chat.Root()
	l := q.lines[root]
	w := waiting{ctx, u, q.Handler.Handle, done}
	now, most := time.Now(), Waiting
	if !u.At.IsZero() && now.Sub(u.At) > oldAfter {
		most = WaitingOld
	} else if !q.calm(root, now) {
		q.dropped.Add(1)
		done <- nil
		return done
	}
	if l == nil {
		l = &line{}
		q.lines[root] = l
		l.waiting = append(l.waiting, w)
		go q.work(root, l)
		return done
	}
	if len(l.waiting) > most {
		q.drop(root, l, w)
		return done
	}
	l.waiting = append(l.waiting, w)
	return done
}

// drop leaves an update out. The first of a flood is kept, to be answered when its
// turn comes.
func (q *Queue) drop(root core.ChatRef, l *line, w waiting) {
	q.dropped.Add(1)
	if q.floods[root] != nil || q.Flooded == nil {
		w.done <- nil
		return
	}
	q.flood(root, time.Now())
	q.Log.Warn("updates of one chat dropped", "bot", w.update.Chat.Bot.Platform())
	w.handle = q.Flooded
	l.waiting = append(l.waiting, w)
}

// work handles what waits in one chat until nothing does.
func (q *Queue) work(root core.ChatRef, l *line) {
	for {
		q.mu.Lock()
		if len(l.waiting) == 0 {
			delete(q.lines, root)
			q.mu.Unlock()
			return
		}
		w := l.waiting[0]
		q.mu.Unlock()

		q.slots <- struct{}{}
		err := q.try(w)
		<-q.slots

		q.mu.Lock()
		l.waiting = l.waiting[1:]
		q.mu.Unlock()
		w.done <- err
	}
}

// try gives an update to its handler. What cannot be stored for a moment is the
// adapter's to give again; what fails for good is skipped, its kind and id logged, its
// content not kept.
func (q *Queue) try(w waiting) error {
	for n := 1; ; n++ {
		err := w.handle(w.ctx, w.update)
		if err == nil || w.ctx.Err() != nil || again(err) {
			return err
		}
		if n == Tries {
			q.skipped.Add(1)
			q.Log.Error("update skipped", "bot", w.update.Chat.Bot.Platform(), "update", w.update.ID,
				"kind", fmt.Sprintf("%T", w.update.Event), "code", core.CodeOf(err))
			return nil
		}
	}
}

// Flooded tells a person once that they write too fast.
func (b *Bot) Flooded(ctx context.Context, u *core.Update) error {
	return b.Store.Tx(ctx, func(tx core.Tx) error {
		return b.alone(ctx, tx, u, func(t *Turn) error {
			t.Say("talk.slow", nil)
			return nil
		})
	})
}
