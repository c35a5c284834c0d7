package core

import (
	"context"
	"time"

	"tocsin/core/geo"
)

// AlertKind is the kind of reference that is rendered as an alert: its subjects are the
// actions, the most fitting first.
const AlertKind ReferenceKind = "alert"

// A Rule says why a person is told of actions: what they had chosen when they were.
type Rule string

const (
	ByDay     Rule = "daily"     // at their hour, once a day or oftener
	ByWeek    Rule = "weekly"    // at their hour, once a week or more rarely
	AtOnce    Rule = "instantly" // the action was announced just then
	LastCall  Rule = "call"      // it lacks people, and they are a bit further away
	ByWelcome Rule = "welcome"   // they had just signed up
)

// RuleOf returns the rule by which digests of a rhythm come.
func RuleOf(o Often) Rule {
	if o == Weekly {
		return ByWeek
	}
	return ByDay
}

// A Digest is what becomes of a Watcher in one run: which actions they are told of, and
// when the next digest is due. Without actions nothing is sent.
type Digest struct {
	Of      *Watcher
	Actions []Match // the most fitting first
	Rule    Rule    // of the actions
	Told    []Told  // that they know afterwards
	Last    time.Time
	Next    time.Time // zero: none is planned
	Due     time.Time // of the message
	Expires time.Time // of the message
}

// A DigestPoint is a place in the order in which digests are due; the zero one is before
// all.
type DigestPoint struct {
	Due time.Time
	ID  SupporterID
}

// An Opening is a public action whose announcement waits: it became public, or changed
// so that people must hear of it, at Since.
type Opening struct {
	Action ActionID
	Since  time.Time
	Called bool // a wider circle was asked
}

// An Announced is a public action and when it became so, or changed last: zero if that is
// not known.
type Announced struct {
	Action *Action
	Since  time.Time
}

// A Circle is the people who chose to hear instantly, whose radius times Wider reaches a
// point.
type Circle struct {
	Center geo.Point
	Wider  int // 1: as they chose
	Limit  int // the nearest so many
}

// A Neighbour is somebody in a Circle.
type Neighbour struct {
	ID       SupporterID
	Distance geo.Km
}

// AlertReader finds who may be told of what.
type AlertReader interface {
	// DueWatchers returns the next people after a point whose digest is due at an instant
	// or was never planned, in the order of the points, limit at most. It may be fewer, as
	// long as it is one if there is one.
	DueWatchers(ctx context.Context, after DigestPoint, at time.Time, limit int) ([]Watcher, error)

	// CountDue returns for how many DueWatchers would be called until none is left.
	CountDue(ctx context.Context, at time.Time) (int, error)

	// Watchers returns people by their ids, in this order; who is gone is left out.
	Watchers(ctx context.Context, ids []SupporterID) ([]Watcher, error)

	// Upcoming returns the public actions that start in [from, to), by id.
	Upcoming(ctx context.Context, from, to time.Time) ([]Announced, error)

	// Neighbours returns the people of a circle, the nearest first.
	Neighbours(ctx context.Context, c Circle) ([]Neighbour, error)

	// Openings returns what waits, the oldest first, limit at most.
	Openings(ctx context.Context, limit int) ([]Opening, error)

	// Calls returns the public and announced actions that start in [from, to), have fewer people than are
	// needed, and for which no wider circle was asked, the first to start first.
	Calls(ctx context.Context, from, to time.Time, limit int) ([]Opening, error)

	// Contacts returns how many messages that we began a person was sent from a day on.
	Contacts(ctx context.Context, s SupporterID, since Day) (int, error)
}

// AlertStore keeps who was told of what.
type AlertStore interface {
	AlertReader

	// PutDigests stores digests, together with their messages: of those whose Watcher is
	// as it was read. It returns to how many people something is sent.
	PutDigests(ctx context.Context, ds []Digest) (int, error)

	// CloseOpening notes that an action was announced, unless it changed since.
	CloseOpening(ctx context.Context, o Opening) error

	// CountContact notes that a message which we begin is sent to a person on a day. It
	// fails with Conflict if that would be more than most in the seven days up to it.
	CountContact(ctx context.Context, s SupporterID, on Day, most int) error

	// CountContacts is CountContact for several people, each once, and returns those
	// whose budget is not used up.
	CountContacts(ctx context.Context, on Day, cs []ContactOf) ([]SupporterID, error)

	// UncountContact takes one back.
	UncountContact(ctx context.Context, s SupporterID, on Day) error
}

// A ContactOf is a person whom we are about to write to, and their budget.
type ContactOf struct {
	Supporter SupporterID
	Most      int
}

// BudgetDays is over how many days contacts are counted against a budget.
const BudgetDays = 7

// BudgetFrom returns the first of the days that a budget looks at on a day.
func BudgetFrom(on Day) Day { return DayOf(on.Time().AddDate(0, 0, 1-BudgetDays)) }

// Counts reports whether o is a message that we begin, and that people have a budget of:
// alerts, offers and broadcasts. Reminders are not, for people said that they come; nor answers.
func (o *Outgoing) Counts() bool {
	if o.Lane == Bulk {
		return !o.changes()
	}
	r, ok := o.Content.(*Reference)
	return ok && (r.Kind == AlertKind || r.Kind == TeamKind || r.Kind == DemandKind)
}
