package matrix

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"tocsin/core"
)

// ahead is how many syncs may be read before the oldest of them is handled.
const ahead = 32

// alarmAfter is how many syncs fail in a row before the server counts as away.
const alarmAfter = 3

// A receiver reads syncs and submits what happened in them.
type receiver struct {
	*session
	queue   core.Queue
	last    map[id.RoomID]id.EventID // the last event of each room that was read
	fresh   map[id.RoomID]bool       // rooms that we first saw since the start, and did not leave
	batches chan *batch
	joins   sync.WaitGroup
	ready   sync.Once
	signs   signs

	upgrades chan struct{} // hints that a room goes on as another
}

// A batch is what one sync brought: what waits for an answer, and how far it reaches.
type batch struct {
	mark    mark
	answers []answer
}

// An answer is what is waited for before a batch counts as handled.
type answer struct {
	update *core.Update // nil: only done is waited for
	done   <-chan error
	then   func(context.Context) error // what is to be stored once it is handled; nil: nothing
}

// receive reads syncs until ctx is done, and then returns nil once all that was read is
// answered. It fails if the server refuses the token.
func (s *session) receive(ctx context.Context, q core.Queue) error {
	last, err := s.db.lasts(ctx)
	if err != nil {
		return err
	}
	r := &receiver{
		session: s, queue: q, last: last, fresh: map[id.RoomID]bool{}, batches: make(chan *batch, ahead),
		signs: signs{read: map[id.RoomID]id.EventID{}}, upgrades: make(chan struct{}, 1),
	}
	if err := r.recallUnread(ctx); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	if err := r.reconsider(ctx); err != nil {
		stop()
		return err
	}
	var beside sync.WaitGroup
	beside.Go(func() { r.settle(ctx) })
	beside.Go(func() { r.tellUnread(ctx) })
	beside.Go(func() { r.showRead(ctx) })
	beside.Go(func() { r.followUpgrades(ctx) })
	beside.Go(func() { r.tellOpened(ctx) })
	err = r.read(ctx)
	stop()
	close(r.batches)
	beside.Wait()
	r.joins.Wait()
	return err
}

// read reads syncs. One that cannot be stored is asked for again before the next: the
// server forgets the keys that came with it only then.
func (r *receiver) read(ctx context.Context) error {
	since, soon := r.account.next, true // the first answer shows that the server is there
	for failures := 0; ctx.Err() == nil; {
		resp, err := r.sync(ctx, since, soon)
		var b *batch
		if err == nil {
			b, err = r.take(ctx, resp, since)
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case kindOf(err) == tokenRefused, kindOf(err) == userRefused:
			return err
		case err != nil:
			if failures++; failures > alarmAfter {
				r.become(Away)
			}
			soon = true
			r.Log.Debug("matrix: sync failed", "kind", kindOf(err))
			pause(ctx, max(jitter(min(firstWait<<min(failures-1, 6), longest)), core.AfterOf(err)))
			continue
		}
		failures, soon = 0, false
		r.synced.Store(time.Now().UnixNano())
		r.become(Receiving)
		since = resp.NextBatch
		select {
		case r.batches <- b:
		case <-ctx.Done(): // b is read again at the next start; what it submitted is awaited
			r.await(b)
		}
	}
	return nil
}

// filter is what of a sync we want to see, at most so many events of a room.
func filter(events int) string {
	none := &mautrix.FilterPart{NotTypes: []event.Type{{Type: "*"}}}
	text, err := json.Marshal(&mautrix.Filter{
		Presence: none, AccountData: none,
		Room: &mautrix.RoomFilter{Ephemeral: none, AccountData: none, Timeline: &mautrix.FilterPart{Limit: events}},
	})
	if err != nil {
		return "" // of strings and numbers there is always a JSON form
	}
	return string(text)
}

// timelineLimit is how many events of a room one sync gives: what is before them is asked
// for.
const timelineLimit = 50

// sync asks for what happened since a token. It waits for something to happen unless the
// answer is wanted soon.
func (r *receiver) sync(ctx context.Context, since string, soon bool) (*mautrix.RespSync, error) {
	ask := mautrix.ReqSync{Since: since, FilterID: filter(r.timeline), SetPresence: event.PresenceOffline, Timeout: int(pollTime / time.Millisecond)}
	limit := pollTime + callTime
	if since == "" {
		limit = firstTime
	}
	if r.awaits() { // a server may not tell at once that a key has come
		ask.Timeout = int(keyPoll / time.Millisecond)
	}
	if soon {
		ask.Timeout = 0
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	resp := new(mautrix.RespSync)
	if err := r.get(ctx, mautrix.ClientURLPath{"v3", "sync"}, ask.BuildQuery(), resp); err != nil {
		f := judge(err, false)
		if f.kind == badContent || f.kind == notMember {
			f = &fault{kind: serverAway, cause: f.cause} // nothing that we could mend
		}
		return nil, asError(f, "matrix: sync")
	}
	if resp.NextBatch == "" {
		return nil, asError(&fault{kind: serverAway, cause: http.StatusText(http.StatusNoContent)}, "matrix: sync")
	}
	return resp, nil
}

// settle waits for the answers of each batch, in order, and then saves how far it
// reaches. Once one is not handled, nothing after it is saved.
func (r *receiver) settle(ctx context.Context) {
	lost := false
	for b := range r.batches {
		for _, a := range b.answers {
			if !r.answered(ctx, a) {
				lost = true
			}
		}
		if !lost {
			b.mark.sent = r.echoes.unstored()
			if lost = !r.keep(ctx, func(ctx context.Context) error { return r.db.save(ctx, b.mark) }); !lost {
				r.echoes.kept(b.mark.sent)
			}
		}
	}
}

// answered waits for an answer, and gives an update again that was not handled. It
// reports false if ctx was done before.
func (r *receiver) answered(ctx context.Context, a answer) bool {
	err := r.outcome(ctx, a)
	for wait := firstWait / 4; err != nil && a.update != nil && pause(ctx, wait); wait = min(2*wait, longest) {
		err = <-r.queue.Submit(ctx, a.update)
	}
	if err != nil {
		return false
	}
	r.handled(a.update)
	return a.then == nil || r.keep(ctx, a.then)
}

// keep stores something, again and again until it is or ctx is done; even then it tries
// once.
func (r *receiver) keep(ctx context.Context, fn func(context.Context) error) bool {
	for {
		once, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTime)
		err := fn(once)
		cancel()
		if err == nil {
			return true
		}
		r.Log.Error("matrix: what was handled is not noted", "kind", kindOf(err))
		if !pause(ctx, firstWait) {
			return false
		}
	}
}

// await waits for the answers of a batch that is not settled.
func (r *receiver) await(b *batch) {
	for _, a := range b.answers {
		<-a.done
	}
}
