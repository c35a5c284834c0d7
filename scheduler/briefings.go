package scheduler

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"tocsin/core"
)

// organised is an action, and the account from which somebody organises it: a role is used
// where it was taken up.
type organised struct {
	*core.Action
	from core.AccountID
}

// Brief is the job that tells who organises actions, on their eve, who comes, and asks
// them the morning after how it went: once of each. It returns how many messages are sent.
func (j *Reminders) Brief(ctx context.Context, store core.Store, dry Dry) (total int, err error) {
	now, err := store.Now(ctx)
	if err != nil {
		return 0, err
	}
	for _, kind := range [...]core.ReferenceKind{core.EveKind, core.AfterKind} {
		found, people, err := j.briefings(ctx, store, kind, now)
		if err != nil {
			return total, fmt.Errorf("scheduler: read briefings: %w", err)
		}
		for i := range people {
			w := &people[i]
			if w.State != core.Active || w.Stopped || !w.Agreed || j.Campaign.Silent(w.Area, now) {
				continue
			}
			n, err := brief(ctx, store, kind, w, found[w.ID], now, dry)
			if total += n; err != nil {
				return total, fmt.Errorf("scheduler: write briefings: %w", err)
			}
		}
	}
	return total, nil
}

// briefings returns of which actions each is to be told or asked at now.
func (j *Reminders) briefings(ctx context.Context, store core.Store, kind core.ReferenceKind, now time.Time) (found map[core.SupporterID][]organised, people []core.Watcher, err error) {
	const ahead, back = 48 * time.Hour, (core.AfterDays + 2) * 24 * time.Hour
	found = map[core.SupporterID][]organised{}
	err = store.Read(ctx, func(r core.Reader) error {
		grants, err := r.Grants(ctx, 0)
		if err != nil || len(grants) == 0 {
			return err
		}
		actions, err := r.EndedActions(ctx, now.Add(-back), now)
		if kind == core.EveKind {
			var announced []core.Announced
			actions, announced, err = nil, nil, nil
			if announced, err = r.Upcoming(ctx, now, now.Add(ahead)); err != nil {
				return err
			}
			for _, a := range announced {
				actions = append(actions, a.Action)
			}
		}
		if err != nil {
			return err
		}
		var ids []core.SupporterID
		for _, a := range actions {
			for _, g := range core.Organisers(grants, a, now) {
				if found[g.Supporter] == nil {
					ids = append(ids, g.Supporter)
				}
				found[g.Supporter] = append(found[g.Supporter], organised{a, g.Account})
			}
		}
		people, err = r.Watchers(ctx, ids)
		return err
	})
	return found, people, err
}

// brief tells one person what was not told before: in one message on the eve, in one for
// each action afterwards.
func brief(ctx context.Context, store core.Store, kind core.ReferenceKind, w *core.Watcher, actions []organised, now time.Time, dry Dry) (int, error) {
	zones := core.Zones{}
	due := map[core.ActionID]organised{}
	var ids []core.ActionID
	for _, a := range actions {
		if core.BriefingDue(kind, a.Action, now, w.Settings.QuietHours(), zones.Of(w.Zone)) {
			due[a.ID] = a
			ids = append(ids, a.ID)
		}
	}
	if len(ids) == 0 || bool(dry) {
		return min(len(ids), 1), nil
	}
	sent := 0
	err := store.Tx(ctx, func(tx core.Tx) error {
		sent = 0
		fresh, err := tx.Brief(ctx, w.ID, kind, ids)
		if err != nil || len(fresh) == 0 {
			return err
		}
		slices.SortFunc(fresh, func(a, b core.ActionID) int { return due[a].StartsAt.Compare(due[b].StartsAt) })
		account, err := tx.Account(ctx, due[fresh[0]].from)
		if core.CodeOf(err) == core.NotFound || err == nil && account.Home == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		for _, subjects := range grouped(kind, fresh) {
			o := briefing(kind, w, subjects, due, now)
			o.Chat, o.Account = account.Home, account.ID
			if err := tx.Enqueue(ctx, o); err != nil {
				return err
			}
			sent++
		}
		return nil
	})
	if core.CodeOf(err) == core.Conflict {
		return 0, nil // another process tells them, or the next run
	}
	return sent, err
}

// grouped puts ids into messages.
func grouped(kind core.ReferenceKind, ids []core.ActionID) [][]core.ActionID {
	if kind == core.EveKind {
		return [][]core.ActionID{ids}
	}
	return slices.Collect(slices.Chunk(ids, core.AfterMost))
}

// briefing is one message. What is told on an eve is of no use once all has begun.
func briefing(kind core.ReferenceKind, w *core.Watcher, ids []core.ActionID, of map[core.ActionID]organised, now time.Time) *core.Outgoing {
	about := &core.Reference{Kind: kind, Supporter: w.ID}
	last := slices.MaxFunc(ids, func(a, b core.ActionID) int { return cmp.Compare(of[a].StartsAt.Unix(), of[b].StartsAt.Unix()) })
	expires := of[last].StartsAt
	if kind == core.AfterKind {
		expires = of[last].EndsAt.Add((core.AfterDays + 1) * 24 * time.Hour)
	}
	for _, id := range ids {
		about.Subjects = append(about.Subjects, int64(id))
	}
	return &core.Outgoing{Lane: core.Notice, Content: about, Due: now, Expires: expires, Again: core.TwiceOkay}
}
