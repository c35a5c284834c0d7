package core

import (
	"context"
	"math/bits"
	"time"
)

// ReminderKind is the kind of reference that is rendered as a reminder: its subject is the
// action.
const ReminderKind ReferenceKind = "reminder"

// Reminding says which reminder of an action one is; several are added up.
type Reminding int

const (
	FirstReminder Reminding = 1 // the day before, unless the person chose another lead
	LastReminder  Reminding = 2 // some hours before
)

// Count returns how many reminders r is.
func (r Reminding) Count() int { return bits.OnesCount(uint(r)) }

// How late a reminder is still of use: what would come less than UsefulBefore before the
// start is left out. One that quiet hours put off comes LeastNotice before the start or
// earlier; else it comes EveningLead before they begin.
const (
	UsefulBefore = 30 * time.Minute
	LeastNotice  = time.Hour
	EveningLead  = time.Hour
)

// A Reminder is what is planned for somebody who answered an action.
type Reminder struct {
	Supporter SupporterID
	Action    ActionID
	Answer    Answer    // as it stands; "" if it was taken back
	Due       time.Time // zero: not planned yet
	Sent      Reminding // for Start
	Start     time.Time // of the action, when some were sent; zero: none was
	Version   int       // grows with each write
}

// A ReminderPlan is what becomes of a Reminder: Send is the one that is sent now, 0 if none
// is; Sent are those that were, or are not sent any more; Next is when to look again, zero
// if never.
type ReminderPlan struct {
	Send Reminding
	Sent Reminding
	Next time.Time
}

// Plan says which reminder of a is sent to w at now, and when the next one is. Whoever
// comes late to it gets what was missed at once, and of two that were missed the last
// alone; nothing comes in quiet hours, or after it is of use. A reminder comes once for
// each start: one that is due anew, since the action was put off, comes again.
func (r *Reminder) Plan(w *Watcher, a *Action, now time.Time, zones Zones) ReminderPlan {
	p := ReminderPlan{Sent: r.Sent}
	if r.Answer != Going || a.State != Public || !a.StartsAt.After(now) {
		return p
	}
	q, loc := w.Settings.QuietHours(), zones.Of(w.Zone)
	for _, kind := range [...]Reminding{FirstReminder, LastReminder} {
		lead := w.Settings.ReminderLeads().Of(kind)
		if lead == 0 {
			continue
		}
		at := remindAt(a.StartsAt, lead, q, loc)
		switch {
		case at.After(now):
			if !r.Start.Equal(a.StartsAt) {
				p.Sent &^= kind
			}
			if p.Sent&kind == 0 && (p.Next.IsZero() || at.Before(p.Next)) {
				p.Next = at
			}
		case p.Sent&kind == 0:
			p.Send, p.Sent = kind, p.Sent|kind
		}
	}
	last := a.StartsAt.Add(-UsefulBefore)
	switch wait := q.End(now.In(loc)); {
	case p.Send == 0:
	case wait.After(last):
		p.Send = 0
	case wait.After(now): // it is night: look again in the morning
		p.Send, p.Sent = 0, p.Sent&^p.Send
		if p.Next.IsZero() || wait.Before(p.Next) {
			p.Next = wait.UTC()
		}
	}
	return p
}

// remindAt returns when somebody is reminded of what starts at an instant: that long
// before, or, where that is in their quiet hours, at the end of these, or else on the
// evening before them.
func remindAt(start time.Time, lead time.Duration, q Quiet, loc *time.Location) time.Time {
	at := start.Add(-lead).In(loc)
	if q.From == q.Until || !q.Holds(at) {
		return at.UTC()
	}
	if end := q.End(at); !end.After(start.Add(-LeastNotice)) {
		return end.UTC()
	}
	begin := time.Date(at.Year(), at.Month(), at.Day(), q.From, 0, 0, 0, loc)
	if begin.After(at) {
		begin = time.Date(at.Year(), at.Month(), at.Day()-1, q.From, 0, 0, 0, loc)
	}
	return begin.Add(-EveningLead).UTC()
}

// A ReminderPoint is a place in the order in which reminders are due; the zero one is
// before all.
type ReminderPoint struct {
	Due       time.Time
	Supporter SupporterID
	Action    ActionID
}

// A ReminderStep is what is done about a Reminder.
type ReminderStep struct {
	Of    *Reminder
	To    *Watcher
	About *Action
	Plan  ReminderPlan
	Due   time.Time // of the message
}

// Message returns the message of s. One that may have arrived is sent once more: it is
// better twice than missed.
func (s *ReminderStep) Message() *Outgoing {
	return &Outgoing{
		Chat: s.To.Chat, Account: s.To.Account, Lane: Notice, Due: s.Due, Expires: s.About.StartsAt.Add(-UsefulBefore), Again: TwiceOkay,
		Content: &Reference{Kind: ReminderKind, Supporter: s.To.ID, Subjects: []int64{int64(s.About.ID)}, Sequences: []int{s.About.Sequence}},
	}
}

// ReminderReader finds what people are to be reminded of.
type ReminderReader interface {
	// DueReminders returns the next reminders after a point that are due at an instant or
	// were never planned, in the order of the points, limit at most.
	DueReminders(ctx context.Context, after ReminderPoint, at time.Time, limit int) ([]Reminder, error)
}

// ReminderStore keeps them.
type ReminderStore interface {
	ReminderReader

	// PutReminders stores steps, together with their messages: of those whose Reminder is
	// as it was read. It returns how many messages are sent.
	PutReminders(ctx context.Context, steps []ReminderStep) (int, error)
}
