package scheduler

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tocsin/core"
)

// Alerts are the jobs that tell people of actions near them.
type Alerts struct {
	Campaign *core.Campaign
	Planner  core.Planner
	Batch    int // people at a time; 0 means DigestBatch
}

// DigestBatch is for how many people one transaction works at most.
const DigestBatch = 20_000

// Digests is the job that tells each person whose hour has come of the actions that fit
// them best, once of each. It returns how many people are told something. Memory does not
// grow with their number. A run that is cut short loses nothing: who was not told is due
// still.
func (a *Alerts) Digests(ctx context.Context, store core.Store, dry Dry) (int, error) {
	now, matcher, err := a.begin(ctx, store)
	if err != nil {
		return 0, err
	}
	pages := &pages{store: store, at: now, limit: orDefault(a.Batch, DigestBatch)}
	defer pages.end()
	written := &writing{store: store, dry: dry}
	for {
		people, err := pages.next(ctx)
		if err != nil {
			err = errors.Join(fmt.Errorf("scheduler: read digests: %w", err), written.end())
			return written.total, err
		}
		if len(people) == 0 {
			err := written.end()
			return written.total, err
		}
		if err := written.put(ctx, a.decide(matcher, people, now)); err != nil {
			return written.total, err
		}
	}
}

// A writing writes digests while the caller decides on the next ones.
type writing struct {
	store core.Store
	dry   Dry
	total int           // told so far; not to be read before end
	err   error         // of what was written last
	done  chan struct{} // nil: nothing is being written
}

// put begins to write. It fails if what was written before did.
func (w *writing) put(ctx context.Context, ds []core.Digest) error {
	if err := w.end(); err != nil {
		return err
	}
	done := make(chan struct{})
	w.done = done
	go func() {
		defer close(done)
		n, err := put(ctx, w.store, ds, w.dry)
		if w.total += n; err != nil {
			w.err = fmt.Errorf("scheduler: write digests: %w", err)
		}
	}()
	return nil
}

// end waits for what is being written.
func (w *writing) end() error {
	if w.done != nil {
		<-w.done
		w.done = nil
	}
	return w.err
}

// begin returns the clock, and a matcher of the actions that people may be told of.
func (a *Alerts) begin(ctx context.Context, store core.Store) (now time.Time, m *core.Matcher, err error) {
	err = store.Read(ctx, func(r core.Reader) error {
		if now, err = r.Now(ctx); err != nil {
			return err
		}
		actions, err := r.Upcoming(ctx, now, now.AddDate(0, 0, core.MatchDays))
		m = core.NewMatcher(actions, now)
		return err
	})
	if err != nil {
		return now, nil, fmt.Errorf("scheduler: read actions: %w", err)
	}
	return now, m, nil
}

// decide returns what becomes of people whose digest is due, or was never planned.
func (a *Alerts) decide(m *core.Matcher, people []core.Watcher, now time.Time) []core.Digest {
	ds := make([]core.Digest, len(people))
	zones := core.Zones{}
	var best []core.Match
	for i := range people {
		w := &people[i]
		plan := w.Plan(a.Planner, now)
		d := core.Digest{Of: w, Told: w.Told, Last: w.Last, Next: plan.Next, Rule: core.RuleOf(w.Often)}
		if w.Last.IsZero() {
			d.Last = now // what comes before is not made up for
		}
		if !plan.At.IsZero() {
			d.Last = plan.At
			if sent := w.Sent(now, zones); w.Reachable(a.Campaign, now, sent) {
				best = m.Best(best[:0], w)
				tell(&d, best, now, sent)
			}
		}
		ds[i] = d
	}
	return ds
}

// tell makes a digest one that tells of the best, as far as they have not begun when it is
// sent.
func tell(d *core.Digest, best []core.Match, now, sent time.Time) {
	for _, m := range best {
		if !m.StartsAt.After(sent) {
			continue
		}
		d.Actions = append(d.Actions, m)
		if m.StartsAt.After(d.Expires) {
			d.Expires = m.StartsAt
		}
	}
	if len(d.Actions) > 0 {
		d.Due, d.Told = sent, d.Of.Hear(d.Actions, now)
	}
}

// putTries is how often digests are written that lost a race.
const putTries = 5

// put stores digests and returns how many people are told something. With dry it only
// counts.
func put(ctx context.Context, store core.Store, ds []core.Digest, dry Dry) (n int, err error) {
	if dry {
		for i := range ds {
			if len(ds[i].Actions) > 0 {
				n++
			}
		}
		return n, nil
	}
	for range putTries {
		err = store.Tx(ctx, func(tx core.Tx) error {
			n, err = tx.PutDigests(ctx, ds)
			return err
		})
		if core.CodeOf(err) != core.Conflict {
			break
		}
	}
	if err != nil {
		return 0, err
	}
	return n, nil
}

// pages reads people page by page: the next while the caller works on the one before.
type pages struct {
	store core.Store
	at    time.Time
	limit int
	ahead chan page // nil: nothing is being read
}

// A page is some people, or why there are none.
type page struct {
	people []core.Watcher
	err    error
}

// next returns the next page; an empty one is the last.
func (p *pages) next(ctx context.Context) ([]core.Watcher, error) {
	if p.ahead == nil {
		p.read(ctx, core.DigestPoint{})
	}
	got := <-p.ahead
	p.ahead = nil
	if n := len(got.people); got.err == nil && n > 0 {
		last := &got.people[n-1]
		p.read(ctx, core.DigestPoint{Due: last.Due, ID: last.ID})
	}
	return got.people, got.err
}

// read begins to read a page.
func (p *pages) read(ctx context.Context, after core.DigestPoint) {
	ahead := make(chan page, 1)
	p.ahead = ahead
	go func() {
		var got page
		got.err = p.store.Read(ctx, func(r core.Reader) (err error) {
			got.people, err = r.DueWatchers(ctx, after, p.at, p.limit)
			return err
		})
		ahead <- got
	}()
}

// end waits for what is being read.
func (p *pages) end() {
	if p.ahead != nil {
		<-p.ahead
	}
}
