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

// Same reports whether r says what before does; a nil before says nothing.
func (r *Rsvp) Same(before *Rsvp) bool {
	return before != nil && r.Answer == before.Answer && r.Guests == before.Guests
}

// Said returns the answer, or "" if r is nil: no answer was given.
func (r *Rsvp) Said() Answer {
	if r == nil {
		return ""
	}
	return r.Answer
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

// Sequence orders what a calendar is told of e (RFC 5545, 3.8.7.4): it grows with each
// change of the action that people must hear of, and with each change of the answer.
func (e *Engagement) Sequence() int { return e.Action.Sequence + e.Rsvp.Changes }

// RsvpStore keeps answers.
type RsvpStore interface {
	RsvpReader

	// PutRsvp stores r, and sets Changes: one more than before if there was an answer.
	PutRsvp(ctx context.Context, r *Rsvp) error

	// DropRsvp takes an answer back, as if there had been none. The places that it took
	// are the caller's to free.
	DropRsvp(ctx context.Context, a ActionID, s SupporterID) error
}

// Respond records r, unless it was said before, and keeps the action's count of places
// true, in one transaction. Only who goes has places; r.Changes is what is stored then.
//
// It fails with NotFound if the action is not to be seen, Invalid if it is over or
// cancelled or r has too many guests, Conflict if there are fewer places left than r
// takes more than before: then all stays as it was. Each failure has a key.
func Respond(ctx context.Context, tx Tx, r *Rsvp, now time.Time) (*Action, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	// Two chats of one person may answer at once: the action is held from here on.
	if err := tx.TakePlaces(ctx, r.Action, 0); CodeOf(err) == NotFound {
		return nil, Fail(NotFound, "rsvp.gone")
	} else if err != nil {
		return nil, err
	}
	a, err := tx.Action(ctx, r.Action)
	if err != nil {
		return nil, err
	}
	if err := a.Answerable(now); err != nil {
		return nil, err
	}
	before, err := tx.Rsvp(ctx, r.Action, r.Supporter)
	if err != nil && CodeOf(err) != NotFound {
		return nil, err
	}
	if r.Same(before) {
		r.Changes = before.Changes
		return a, nil
	}
	more := r.Places() - before.Places()
	if err := tx.TakePlaces(ctx, a.ID, more); CodeOf(err) == Conflict {
		return nil, Fail(Conflict, "rsvp.full")
	} else if err != nil {
		return nil, err
	}
	a.Taken += more
	return a, tx.PutRsvp(ctx, r)
}

// check fails with Invalid if r has guests that it must not have.
func (r *Rsvp) check() error {
	most := 0
	if r.Answer == Going {
		most = MaxGuests
	}
	if r.Guests < 0 || r.Guests > most {
		return Fail(Invalid, "rsvp.guests")
	}
	return nil
}

// Answerable fails with NotFound if a is not to be seen, Invalid if it is cancelled or
// over at now, each with a key.
func (a *Action) Answerable(now time.Time) error {
	switch {
	case a.State == Cancelled:
		return Fail(Invalid, "rsvp.cancelled")
	case a.State != Public:
		return Fail(NotFound, "rsvp.gone")
	case !now.Before(a.EndsAt):
		return Fail(Invalid, "rsvp.over")
	}
	return nil
}
