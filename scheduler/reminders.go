package scheduler

import (
	"context"
	"fmt"
	"time"

	"tocsin/core"
)

// Reminders is the job that reminds people of actions to which they come.
type Reminders struct {
	Campaign *core.Campaign
	Batch    int // at a time; 0 means remindersBatch
}

// remindersBatch is how many reminders one transaction writes at most.
const remindersBatch = 200

// Remind tells people what they come to, at the times that they chose, and returns how many
// messages are sent. What was missed while nobody ran is made up for as long as it is of
// use. While an area is silent, nothing is planned for who is there.
func (j *Reminders) Remind(ctx context.Context, store core.Store, dry Dry) (int, error) {
	now, err := store.Now(ctx)
	if err != nil {
		return 0, err
	}
	total := 0
	for at := (core.ReminderPoint{}); ; {
		steps, err := j.steps(ctx, store, at, now)
		if err != nil {
			return total, fmt.Errorf("scheduler: read reminders: %w", err)
		}
		if len(steps) == 0 {
			return total, nil
		}
		last := steps[len(steps)-1].Of
		at = core.ReminderPoint{Due: last.Due, Supporter: last.Supporter, Action: last.Action}
		n, err := putReminders(ctx, store, steps, dry)
		if total += n; err != nil {
			return total, fmt.Errorf("scheduler: write reminders: %w", err)
		}
	}
}

// steps returns what is done about the next reminders after a point.
func (j *Reminders) steps(ctx context.Context, store core.Store, after core.ReminderPoint, now time.Time) (steps []core.ReminderStep, err error) {
	err = store.Read(ctx, func(r core.Reader) error {
		due, err := r.DueReminders(ctx, after, now, orDefault(j.Batch, remindersBatch))
		if err != nil {
			return err
		}
		people, err := peopleOf(ctx, r, due)
		if err != nil {
			return err
		}
		actions := map[core.ActionID]*core.Action{}
		zones := core.Zones{}
		for i := range due {
			d := &due[i]
			a := actions[d.Action]
			if a == nil {
				if a, err = r.Action(ctx, d.Action); err != nil {
					return err
				}
				actions[d.Action] = a
			}
			w := people[d.Supporter]
			steps = append(steps, core.ReminderStep{Of: d, To: w, About: a, Plan: j.plan(d, w, a, now, zones), Due: now})
		}
		return nil
	})
	return steps, err
}

// peopleOf returns who reminders are of.
func peopleOf(ctx context.Context, r core.Reader, due []core.Reminder) (map[core.SupporterID]*core.Watcher, error) {
	var ids []core.SupporterID
	people := map[core.SupporterID]*core.Watcher{}
	for _, d := range due {
		if _, known := people[d.Supporter]; !known {
			people[d.Supporter] = nil
			ids = append(ids, d.Supporter)
		}
	}
	ws, err := r.Watchers(ctx, ids)
	for i := range ws {
		people[ws[i].ID] = &ws[i]
	}
	return people, err
}

// plan is core's; in a silence it waits for an hour, and looks again.
func (j *Reminders) plan(d *core.Reminder, w *core.Watcher, a *core.Action, now time.Time, zones core.Zones) core.ReminderPlan {
	if w == nil {
		return core.ReminderPlan{Sent: d.Sent}
	}
	p := d.Plan(w, a, now, zones)
	if p.Send != 0 && j.Campaign.Silent(w.Area, now) {
		p.Send, p.Sent, p.Next = 0, d.Sent, now.Add(time.Hour)
	}
	return p
}

// putReminders stores steps, and returns how many messages are sent; with dry, how many
// would be.
func putReminders(ctx context.Context, store core.Store, steps []core.ReminderStep, dry Dry) (n int, err error) {
	if dry {
		for _, s := range steps {
			if s.Plan.Send != 0 && s.To.Account != 0 {
				n++
			}
		}
		return n, nil
	}
	for range putTries {
		err = store.Tx(ctx, func(tx core.Tx) error {
			n, err = tx.PutReminders(ctx, steps)
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
