package core

import (
	"context"
	"time"

	"tocsin/core/geo"
)

// The kinds of references of what a person is offered unasked besides alerts: a team, and
// to organise an action where people search in vain. Each counts against their budget.
const (
	TeamKind   ReferenceKind = "nudge.team"
	DemandKind ReferenceKind = "nudge.demand"
)

// A NudgeStep is what somebody who signed up is offered, in this order.
type NudgeStep int

const (
	NudgeAction NudgeStep = 1 // a first action, from the day after
	NudgeTeam   NudgeStep = 2 // a team, from the seventh day on
	NudgesDone  NudgeStep = 3
)

// nudges say from which day after the sign-up to which a step is tried, day by day.
var nudges = map[NudgeStep]struct{ from, until int }{NudgeAction: {1, 6}, NudgeTeam: {7, 28}}

// NudgeHour is when a nudge comes at the earliest, on the person's own clock.
const NudgeHour = 10

// A Nudge is the step at which somebody is who signed up. What was done is known by the
// step and never by the date: what was missed comes later, and nothing twice.
type Nudge struct {
	Supporter SupporterID
	Since     Day
	Step      NudgeStep
	Due       time.Time // zero: not planned yet
}

// Plan returns n with when it is looked at next, after now: at NudgeHour of the first day
// of its step that is to come, outside quiet hours. A step whose last day is over gives way
// to the next; with NudgesDone there is none.
func (n Nudge) Plan(now time.Time, q Quiet, loc *time.Location) Nudge {
	for ; n.Step < NudgesDone; n.Step++ {
		days := nudges[n.Step]
		since := n.Since.Time()
		last := since.AddDate(0, 0, days.until+1)
		for day := days.from; day <= days.until; day++ {
			at := time.Date(since.Year(), since.Month(), since.Day()+day, NudgeHour, 0, 0, 0, loc)
			if at = q.End(at); at.After(now) && at.Before(last) {
				n.Due = at.UTC()
				return n
			}
		}
	}
	n.Due = time.Time{}
	return n
}

// Ready reports whether n is due at now, in the person's waking hours.
func (n Nudge) Ready(now time.Time, q Quiet, loc *time.Location) bool {
	return !n.Due.IsZero() && !n.Due.After(now) && n.Step < NudgesDone && (q.From == q.Until || !q.Holds(now.In(loc)))
}

// A Demand is a square in which people search in vain, and how many did.
type Demand struct {
	Square geo.Square
	People int
}

// FewestSearchers is from how many people on a square is spoken of at all: FewPeople.
const FewestSearchers = FewPeople

// NudgeReader finds who is to be offered what.
type NudgeReader interface {
	// DueNudges returns the next nudges, by supporter and after that one, that are due at an
	// instant or were never planned, limit at most.
	DueNudges(ctx context.Context, after SupporterID, at time.Time, limit int) ([]Nudge, error)

	// TeamsIn returns teams that work in one of some areas and have a public action that
	// starts after from, by id, limit at most.
	TeamsIn(ctx context.Context, areas []AreaID, from time.Time, limit int) ([]Team, error)

	// Demands returns the squares in which at least so many people searched in vain in the
	// week of a Monday, and of which nobody was told, by square.
	Demands(ctx context.Context, week Day, least int) ([]Demand, error)
}

// NudgeStore keeps it.
type NudgeStore interface {
	NudgeReader

	// PutNudge stores when n is looked at next; one that is NudgesDone goes. It fails with
	// Conflict unless what is stored is before.
	PutNudge(ctx context.Context, n, before Nudge) error

	// TellDemand notes that somebody is told of a square. It fails with Conflict if somebody
	// was in that week.
	TellDemand(ctx context.Context, s geo.Square, week Day) error
}
