package scheduler

import (
	"context"
	"fmt"
	"time"

	"tocsin/core"
	"tocsin/core/geo"
)

// The limits of instant alerts.
const (
	instantActions = 100 // announced in one run
	instantBatch   = 1_000
	instantEvery   = 100 * time.Millisecond // from one alert of an action to the next
	callBefore     = 24 * time.Hour         // how long before its start more people are called to an action
	callAtLeast    = 2 * time.Hour          // later it would be of no use
	callWider      = 2
)

// Instant is the job that tells those near an action of it who chose to hear at once: when
// it became public, or changed in time or place; and, once, those twice as far away of one
// that starts within a day and lacks people. Groups that follow a place near it are told too,
// and shown what becomes of it. It returns how many people and groups are told something.
func (a *Alerts) Instant(ctx context.Context, store core.Store, dry Dry) (int, error) {
	now, err := store.Now(ctx)
	if err != nil {
		return 0, err
	}
	total := 0
	for _, round := range [...]struct {
		wider int
		find  func(r core.Reader) ([]core.Opening, error)
	}{
		{1, func(r core.Reader) ([]core.Opening, error) { return r.Openings(ctx, instantActions) }},
		{callWider, func(r core.Reader) ([]core.Opening, error) {
			return r.Calls(ctx, now.Add(callAtLeast), now.Add(callBefore), instantActions)
		}},
	} {
		var found []core.Opening
		err := store.Read(ctx, func(r core.Reader) (err error) {
			found, err = round.find(r)
			return err
		})
		for _, o := range found {
			if err != nil {
				break
			}
			n := 0
			n, err = a.announce(ctx, store, o, calling{now, round.wider, dry})
			total += n
		}
		if err != nil {
			return total, fmt.Errorf("scheduler: announce actions: %w", err)
		}
	}
	renewed, err := a.renewPosts(ctx, store, now, dry)
	return total + renewed, err
}

// A calling says how an action is announced.
type calling struct {
	now   time.Time
	wider int // how many times the radius of people
	dry   Dry
}

// rule says why people are told.
func (c calling) rule() core.Rule {
	if c.wider > 1 {
		return core.LastCall
	}
	return core.AtOnce
}

// announce tells those near an action of it, and closes its opening. While its area is
// silent, it waits.
func (a *Alerts) announce(ctx context.Context, store core.Store, o core.Opening, c calling) (int, error) {
	action, near, err := a.audience(ctx, store, o, c)
	if err != nil || action != nil && a.Campaign.Silent(action.Area, c.now) {
		return 0, err
	}
	total, err := a.tellGroups(ctx, store, action, c)
	if err != nil {
		return 0, err
	}
	groups := total
	for len(near) > 0 {
		n := min(len(near), instantBatch)
		told, err := a.tellNear(ctx, store, core.Announced{Action: action, Since: o.Since}, near[:n], c, total-groups)
		if total += told; err != nil {
			return total, err
		}
		near = near[n:]
	}
	if c.dry {
		return total, nil
	}
	o.Called = o.Called || c.wider > 1
	return total, store.Tx(ctx, func(tx core.Tx) error { return tx.CloseOpening(ctx, o) })
}

// audience returns an action and the people near it, the nearest first. One that nobody
// can come to any more, or that is online, has none.
func (a *Alerts) audience(ctx context.Context, store core.Store, o core.Opening, c calling) (action *core.Action, near []core.Neighbour, err error) {
	err = store.Read(ctx, func(r core.Reader) error {
		action, err = r.Action(ctx, o.Action)
		if core.CodeOf(err) == core.NotFound {
			return nil
		}
		if err != nil || action.Online || action.State != core.Public || !action.StartsAt.After(c.now) {
			return err
		}
		near, err = r.Neighbours(ctx, core.Circle{Center: action.Point, Wider: c.wider, Limit: a.Campaign.InstantMost})
		return err
	})
	return action, near, err
}

// tellNear tells some people of one action; before says how many were told of it before.
func (a *Alerts) tellNear(ctx context.Context, store core.Store, one core.Announced, near []core.Neighbour, c calling, before int) (int, error) {
	ids := make([]core.SupporterID, len(near))
	for i, n := range near {
		ids[i] = n.ID
	}
	var people []core.Watcher
	err := store.Read(ctx, func(r core.Reader) (err error) {
		people, err = r.Watchers(ctx, ids)
		return err
	})
	if err != nil {
		return 0, err
	}
	m := core.NewMatcher([]core.Announced{one}, c.now)
	zones := core.Zones{}
	var ds []core.Digest
	for i := range people {
		w := &people[i]
		sent := w.Sent(c.now.Add(time.Duration(before+len(ds))*instantEvery), zones)
		if w.Often != core.Instantly || !w.Reachable(a.Campaign, c.now, sent) {
			continue
		}
		d := core.Digest{Of: w, Last: w.Last, Rule: c.rule()}
		tell(&d, m.Within(nil, w, w.Radius*core.Radius(c.wider)), c.now, sent)
		if len(d.Actions) == 0 {
			continue
		}
		if d.Expires = one.Action.StartsAt.Add(-travel(d.Actions[0].Distance)); d.Expires.After(d.Due) {
			ds = append(ds, d)
		}
	}
	return put(ctx, store, ds, c.dry)
}

// travel is how long it takes to get to an action, roughly: what comes later is of no use.
func travel(d geo.Km) time.Duration {
	const (
		start = 15 * time.Minute
		speed = 40 // km an hour
	)
	return start + time.Duration(float64(d)/speed*float64(time.Hour))
}
