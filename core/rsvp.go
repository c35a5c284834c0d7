package core

import (
	"context"
	"time"
)

// An Answer is what a person says to an action.
type Answer string

const (
	Going    Answer = "going"
	Maybe    Answer = "maybe"
	NotGoing Answer = "not-going"
	NotForMe Answer = "not-for-me" // not interested: it is not shown or announced any more
)

// MaxGuests is how many guests one person may bring.
const MaxGuests = 5

// An Rsvp is a person's answer to an action.
type Rsvp struct {
	Action    ActionID
	Supporter SupporterID
	Answer    Answer
	Guests    int
	Changes   int // how often the answer has changed; the store counts
	On        Day
}

// Places returns how many places the answer takes.
func (r *Rsvp) Places() int {
	if r == nil || r.Answer != Going {
		return 0
	}
	return 1 + r.Guests
}

// RsvpReader finds answers.
type RsvpReader interface {
	// Rsvp fails with NotFound if there is none.
	Rsvp(ctx context.Context, a ActionID, s SupporterID) (*Rsvp, error)

	// Agenda returns what a person goes to, or may, that ends after from, in the order
	// of its start.
	Agenda(ctx context.Context, s SupporterID, from time.Time) ([]Engagement, error)
}

// An Engagement is an answer together with its action.
type Engagement struct {
	Rsvp   Rsvp
	Action *Action
}

// RsvpStore keeps answers.
type RsvpStore interface {
	RsvpReader

	// PutRsvp stores r, and sets Changes: one more than before if there was an answer.
	PutRsvp(ctx context.Context, r *Rsvp) error
}

// Respond records r and keeps the action's count of places true, in one
// transaction. It fails with NotFound if the action is not to be seen, Invalid if it
// is over or cancelled or r has too many guests, Conflict with a key if it is full.
func Respond(ctx context.Context, tx Tx, r *Rsvp, now time.Time) (*Action, error) {
	if r.Guests < 0 || r.Guests > MaxGuests {
		return nil, Fail(Invalid, "rsvp.guests")
	}
	a, err := tx.Action(ctx, r.Action)
	if err != nil {
		return nil, err
	}
	switch {
	case a.State == Cancelled:
		return nil, Fail(Invalid, "rsvp.cancelled")
	case a.State != Public:
		return nil, Fail(NotFound, "rsvp.gone")
	case !now.Before(a.EndsAt):
		return nil, Fail(Invalid, "rsvp.over")
	}
	before, err := tx.Rsvp(ctx, r.Action, r.Supporter)
	if err != nil && CodeOf(err) != NotFound {
		return nil, err
	}
	more := r.Places() - before.Places()
	if err := tx.TakePlaces(ctx, a.ID, more); CodeOf(err) == Conflict {
		return nil, Fail(Invalid, "rsvp.full")
	} else if err != nil {
		return nil, err
	}
	a.Taken += more
	return a, tx.PutRsvp(ctx, r)
}
