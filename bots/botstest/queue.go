package botstest

import (
	"context"
	"sync"

	"tocsin/core"
)

// A queue is a core.Queue: it answers the updates of one chat in the order of the
// calls, those of different chats side by side.
type queue struct {
	answer answer
	got    chan *core.Update // each, before it is answered

	mu   sync.Mutex
	last map[core.ChatRef]chan struct{} // closed when the last update of a chat is answered
}

var _ core.Queue = (*queue)(nil)

// enough is more updates than a property lets come.
const enough = 1000

func newQueue(a answer) *queue {
	return &queue{answer: a, got: make(chan *core.Update, enough), last: map[core.ChatRef]chan struct{}{}}
}

// Submit implements core.Queue.
func (q *queue) Submit(ctx context.Context, u *core.Update) <-chan error {
	q.mu.Lock()
	defer q.mu.Unlock()
	root := u.Chat.Root()
	before, mine := q.last[root], make(chan struct{})
	q.last[root] = mine
	done := make(chan error, 1)
	go func() {
		if before != nil {
			<-before
		}
		q.got <- u
		err := q.answer(ctx, u)
		close(mine)
		done <- err
	}()
	return done
}
