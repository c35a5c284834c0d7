package telegramtest

import (
	"slices"
	"time"
)

// A poll is a getUpdates that waits.
type poll struct {
	offset, limit int
	answer        chan answer
	cancel        func() // of its timeout
}

// A pollMark is what is remembered of the last getUpdates.
type pollMark struct {
	offset int
	at     time.Time
}

func getUpdates(c *call) answer {
	b := c.bot
	if b.hook != nil {
		return b.late(conflict("can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"))
	}
	offset, limit, timeout := int(c.integer("offset")), c.within("limit", 100, 1, 100), c.within("timeout", 0, 0, 50)
	b.setAllowed(c)
	now := c.server.clock.time()
	if since := now.Sub(b.polled.at); offset == b.polled.offset && !b.polled.at.IsZero() {
		if timeout < 3 && since < 3*time.Second {
			timeout = 3
		}
		if since < 500*time.Millisecond {
			limit = 1
		}
	}
	b.polled = pollMark{offset: offset, at: now}
	offset = b.confirm(offset)
	found := b.fetch(offset, limit)
	if len(found) > 0 || timeout == 0 {
		return yes(found)
	}
	b.endPoll(conflict("terminated by other getUpdates request; make sure that only one bot instance is running"))
	return b.wait(offset, limit, time.Duration(timeout)*time.Second)
}

// confirm forgets the updates below offset, or all but the last -offset, and returns
// from where to read. An offset too far ahead or behind is ignored.
func (b *Bot) confirm(offset int) int {
	b.expire()
	head := b.head()
	switch {
	case offset < 0:
		if n := len(b.queue) + offset; n > 0 {
			b.queue = slices.Clone(b.queue[n:])
		}
		return b.head()
	case offset == 0 || offset > b.next+10 || offset < head-maxPending:
		return head
	}
	b.queue = slices.DeleteFunc(b.queue, func(u *update) bool { return u.id < offset && !u.stubborn })
	b.server.wake()
	return offset
}

// head is the id of the oldest update that waits, or else of the next.
func (b *Bot) head() int {
	for _, u := range b.queue {
		if !u.stubborn {
			return u.id
		}
	}
	return b.next
}

// fetch returns at most limit updates from offset on, and not much over 4 MiB.
func (b *Bot) fetch(offset, limit int) []object {
	b.expire()
	found, size := []object{}, 0
	for _, u := range slices.Clone(b.queue) {
		if len(found) >= limit || u.id < offset && !u.stubborn {
			continue
		}
		if size += len(u.content) + 50; size > maxAnswer {
			break
		}
		found = append(found, object{"update_id": u.id, u.kind: u.content})
		if u.stubborn {
			b.queue = slices.DeleteFunc(b.queue, func(q *update) bool { return q == u })
		}
	}
	return found
}

// wait returns an answer that comes with an update or when the time is over.
func (b *Bot) wait(offset, limit int, timeout time.Duration) answer {
	s := b.server
	p := &poll{offset: offset, limit: limit, answer: make(chan answer, 1)}
	p.cancel = s.clock.after(timeout, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if b.poll == p {
			b.answerPoll(yes(b.fetch(p.offset, p.limit)))
		}
	})
	b.poll = p
	b.waits++
	s.wake()
	leave := func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		p.cancel()
		if b.poll == p {
			b.poll = nil
		}
	}
	return answer{later: p.answer, leave: leave}
}

func (b *Bot) answerPoll(a answer) {
	b.poll.cancel()
	b.poll.answer <- a
	b.poll = nil
}

// endPoll refuses the poll that waits, if any does: a conflict within 3 s of another
// is answered 3 s late.
func (b *Bot) endPoll(r *refusal) {
	if b.poll == nil {
		return
	}
	p := b.poll
	p.cancel()
	b.poll = nil
	if r.code != 409 {
		p.answer <- refuse(r)
		return
	}
	b.slowly(r, p.answer)
}

// late answers with a conflict, late if there was one less than 3 s ago.
func (b *Bot) late(r *refusal) answer {
	out := make(chan answer, 1)
	b.slowly(r, out)
	return answer{later: out}
}

func (b *Bot) slowly(r *refusal, out chan<- answer) {
	now := b.server.clock.time()
	if !now.Before(b.calm) {
		b.calm = now.Add(3 * time.Second)
		out <- refuse(r)
		return
	}
	b.server.clock.after(3*time.Second, func() { out <- refuse(r) })
}
