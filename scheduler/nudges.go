package scheduler

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tocsin/core"
	"tocsin/core/geo"
)

// nudgesBatch is how many people are looked at a time.
const nudgesBatch = 500

// Nudge is the job that offers who signed up a first action from the day after on, and a
// team from the seventh day on, once each, within their budget and outside quiet hours. It
// returns how many messages are sent.
func (a *Alerts) Nudge(ctx context.Context, store core.Store, dry Dry) (int, error) {
	now, matcher, err := a.begin(ctx, store)
	if err != nil {
		return 0, err
	}
	total := 0
	for after := core.SupporterID(0); ; {
		var due []core.Nudge
		var people map[core.SupporterID]*core.Watcher
		err := store.Read(ctx, func(r core.Reader) (err error) {
			if due, err = r.DueNudges(ctx, after, now, nudgesBatch); err != nil {
				return err
			}
			people, err = watchersOf(ctx, r, due)
			return err
		})
		if err != nil {
			return total, fmt.Errorf("scheduler: read nudges: %w", err)
		}
		if len(due) == 0 {
			return total, nil
		}
		after = due[len(due)-1].Supporter
		n := &nudging{Alerts: a, matcher: matcher, now: now, dry: dry, zones: core.Zones{}}
		for _, d := range due {
			sent, err := n.one(ctx, store, d, people[d.Supporter])
			if total += sent; err != nil {
				return total, fmt.Errorf("scheduler: write nudges: %w", err)
			}
		}
	}
}

func watchersOf(ctx context.Context, r core.Reader, due []core.Nudge) (map[core.SupporterID]*core.Watcher, error) {
	var ids []core.SupporterID
	for _, d := range due {
		ids = append(ids, d.Supporter)
	}
	ws, err := r.Watchers(ctx, ids)
	people := map[core.SupporterID]*core.Watcher{}
	for i := range ws {
		people[ws[i].ID] = &ws[i]
	}
	return people, err
}

// nudging is one run.
type nudging struct {
	*Alerts
	matcher *core.Matcher
	now     time.Time
	dry     Dry
	zones   core.Zones
}

// A nudgeDone is what becomes of a nudge: send writes its message and reports whether there
// was one; nil if there is none.
type nudgeDone struct {
	next core.Nudge
	send func(tx core.Tx) (bool, error)
}

// errPassed undoes a transaction: somebody changed meanwhile, and the next run looks again.
var errPassed = errors.New("passed over")

// one does what is due for one person.
func (n *nudging) one(ctx context.Context, store core.Store, d core.Nudge, w *core.Watcher) (int, error) {
	if w == nil {
		return 0, nil
	}
	q, loc := w.Settings.QuietHours(), n.zones.Of(w.Zone)
	done := nudgeDone{next: d.Plan(n.now, q, loc)}
	switch {
	case d.Due.IsZero():
	case !d.Ready(n.now, q, loc):
		return 0, nil
	default:
		var err error
		if done, err = n.decide(ctx, store, d, w); err != nil {
			return 0, err
		}
	}
	if n.dry {
		if done.send != nil {
			return 1, nil
		}
		return 0, nil
	}
	sent := 0
	err := store.Tx(ctx, func(tx core.Tx) error {
		sent = 0
		if done.send != nil {
			said, err := done.send(tx)
			if err != nil {
				return err
			}
			if !said {
				return errPassed
			}
			sent = 1
		}
		return tx.PutNudge(ctx, done.next, d)
	})
	if errors.Is(err, errPassed) || core.CodeOf(err) == core.Conflict {
		return 0, nil
	}
	return sent, err
}

// decide says what is offered to w now, if anything; else it is looked at again the next
// day.
func (n *nudging) decide(ctx context.Context, store core.Store, d core.Nudge, w *core.Watcher) (nudgeDone, error) {
	q, loc := w.Settings.QuietHours(), n.zones.Of(w.Zone)
	later := nudgeDone{next: d.Plan(n.now, q, loc)}
	further := d
	further.Step++
	further = further.Plan(n.now, q, loc)
	if d.Step == core.NudgeAction && len(w.Answered)+len(w.Told) > 0 {
		return nudgeDone{next: further}, nil // they found one, or were told of one
	}
	if !w.Reachable(n.Campaign, n.now, n.now) {
		return later, nil
	}
	if d.Step == core.NudgeTeam {
		team, err := n.team(ctx, store, w)
		if err != nil || team == 0 {
			return later, err
		}
		o := offer(w, &core.Reference{Kind: core.TeamKind, Subjects: []int64{int64(team)}}, n.now)
		return nudgeDone{further, func(tx core.Tx) (bool, error) { return true, tx.Enqueue(ctx, o) }}, nil
	}
	if w.Line() != "" && w.Due.IsZero() {
		return nudgeDone{next: d}, nil // their digests are not planned yet
	}
	digest := core.Digest{Of: w, Told: w.Told, Last: w.Last, Next: w.Due, Rule: core.ByWelcome}
	best := n.matcher.Best(nil, w)
	if tell(&digest, best[:min(len(best), 1)], n.now, n.now); len(digest.Actions) == 0 {
		return later, nil
	}
	return nudgeDone{further, func(tx core.Tx) (bool, error) {
		told, err := tx.PutDigests(ctx, []core.Digest{digest})
		return told == 1, err
	}}, nil
}

// offer is a message that we begin: it is sent once, and of no use after some days.
func offer(w *core.Watcher, about *core.Reference, now time.Time) *core.Outgoing {
	const life = 3 * 24 * time.Hour
	about.Supporter = w.ID
	return &core.Outgoing{
		Chat: w.Chat, Account: w.Account, Lane: core.Notice, Content: about, Due: now, Expires: now.Add(life), Again: core.Once,
	}
}

// team returns the team of a person's area whose next action is nearest, 0 if there is
// none, or if they do not want one.
func (n *nudging) team(ctx context.Context, store core.Store, w *core.Watcher) (best core.TeamID, err error) {
	const most = 20
	err = store.Read(ctx, func(r core.Reader) error {
		if ok, err := r.Consented(ctx, w.ID, core.ToTeam); err != nil || !ok || w.Area == core.World {
			return err
		}
		teams, err := r.TeamsIn(ctx, []core.AreaID{w.Area}, n.now, most)
		if err != nil {
			return err
		}
		var nearest geo.Km
		for _, t := range teams {
			actions, err := r.TeamActions(ctx, t.ID, n.now, 1)
			if err != nil {
				return err
			}
			if len(actions) == 0 {
				continue
			}
			km := geo.Distance(w.Cell.Center(), actions[0].Point)
			if best == 0 || km < nearest {
				best, nearest = t.ID, km
			}
		}
		return nil
	})
	return best, err
}

// Demand is the job that tells somebody who organises there of a square in which people
// search in vain, once a week and square, with their number rounded. It returns how many
// are told.
func (a *Alerts) Demand(ctx context.Context, store core.Store, dry Dry) (total int, err error) {
	now, err := store.Now(ctx)
	if err != nil {
		return 0, err
	}
	week := core.WeekOf(now)
	var demands []core.Demand
	var grants []core.Grant
	err = store.Read(ctx, func(r core.Reader) (err error) {
		if demands, err = r.Demands(ctx, week, core.FewestSearchers); err != nil || len(demands) == 0 {
			return err
		}
		grants, err = r.Grants(ctx, 0)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("scheduler: read demands: %w", err)
	}
	for _, d := range demands {
		w, err := a.trusted(ctx, store, d, grants, now)
		if err != nil {
			return total, fmt.Errorf("scheduler: find organiser: %w", err)
		}
		if w == nil {
			continue
		}
		if total++; dry {
			continue
		}
		rounded, _ := core.Blurred(d.People)
		o := offer(w, &core.Reference{Kind: core.DemandKind, Subjects: []int64{int64(d.Square), int64(rounded)}}, now)
		err = store.Tx(ctx, func(tx core.Tx) error {
			if err := tx.TellDemand(ctx, d.Square, week); err != nil {
				return err
			}
			return tx.Enqueue(ctx, o)
		})
		if core.CodeOf(err) == core.Conflict {
			total--
		} else if err != nil {
			return total, fmt.Errorf("scheduler: write demand: %w", err)
		}
	}
	return total, nil
}

// trusted returns who is nearest to a square of those who organise there and may be
// written to now, nil if nobody is.
func (a *Alerts) trusted(ctx context.Context, store core.Store, d core.Demand, grants []core.Grant, now time.Time) (best *core.Watcher, err error) {
	zones := core.Zones{}
	err = store.Read(ctx, func(r core.Reader) error {
		center := d.Square.Center()
		place, err := r.NearestPlace(ctx, geo.CellOf(center))
		if core.CodeOf(err) == core.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		var ids []core.SupporterID
		for _, g := range core.Organisers(grants, &core.Action{Area: place.Area}, now) {
			ids = append(ids, g.Supporter)
		}
		people, err := r.Watchers(ctx, ids)
		if err != nil {
			return err
		}
		var nearest geo.Km
		for i := range people {
			w := &people[i]
			if !w.Sent(now, zones).Equal(now) || !w.Reachable(a.Campaign, now, now) {
				continue
			}
			if km := geo.Distance(w.Cell.Center(), center); best == nil || km < nearest {
				best, nearest = w, km
			}
		}
		return nil
	})
	return best, err
}
