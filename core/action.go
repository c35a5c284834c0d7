package core

import (
	"context"
	"time"

	"tocsin/core/geo"
)

// ActionID names an action.
type ActionID int64

// KindID names a kind of action: "leafleting". The campaign file says which there are.
type KindID string

// An Action is a dated event: leafleting, canvassing, a meeting. Its place is
// public and exact; nothing in it says where a person is.
type Action struct {
	ID         ActionID
	Source     string // who announced it: "import:UID"; unique
	Sequence   int    // grows with each change that people must hear of
	Title      string
	Kind       KindID
	StartsAt   time.Time
	EndsAt     time.Time
	Zone       string // IANA, of the place
	Online     bool   // no place, no point
	Place      string // as people read it: "Place Bellecour, Lyon"
	Area       AreaID
	Point      geo.Point // unless Online
	Capacity   int       // 0: no limit
	Taken      int       // people who come, guests included
	Quorum     int       // people who are needed; 0: nobody said
	Visibility Visibility
	State      ActionState
	Note       string // the organiser's; shown with the confirmation
	Team       TeamID // 0 if none
}

// Visibility says who may see an action.
type Visibility string

const (
	ForSupporters Visibility = "supporters"
	ForEveryone   Visibility = "everyone"
)

// ActionState is where an action stands.
type ActionState string

const (
	InReview  ActionState = "review"
	Public    ActionState = "public"
	Cancelled ActionState = "cancelled"
)

// Free returns how many places are left; it reports false if there is no limit.
func (a *Action) Free() (int, bool) {
	if a.Capacity == 0 {
		return 0, false
	}
	return max(0, a.Capacity-a.Taken), true
}

// Local returns t on the clocks at the action's place.
func (a *Action) Local(t time.Time) time.Time {
	loc, err := time.LoadLocation(a.Zone)
	if err != nil {
		return t.UTC()
	}
	return t.In(loc)
}

// A NearQuery asks for public actions near a point.
type NearQuery struct {
	Center   geo.Point
	Radius   geo.Km
	From, To time.Time   // StartsAt in [From, To)
	Kinds    []KindID    // empty: all
	Everyone bool        // only what is open to everyone: the asker is no supporter
	For      SupporterID // without what this person said is NotForMe; 0: nobody in particular
	Limit    int
	Skip     int // matches to pass over: the pages before
}

// A Near is an action and how far it is.
type Near struct {
	Action   *Action
	Distance geo.Km
}

// ActionReader finds actions.
type ActionReader interface {
	// Action fails with NotFound if there is none.
	Action(ctx context.Context, id ActionID) (*Action, error)

	// NearActions returns the matches in the order of their start: first those with a
	// place, then those online. A Radius below 0 finds only the latter.
	NearActions(ctx context.Context, q NearQuery) ([]Near, error)

	// TeamActions returns the first public actions of a team that end after from, in the
	// order of their start.
	TeamActions(ctx context.Context, t TeamID, from time.Time, limit int) ([]*Action, error)

	// NearestAction returns the nearest match with a place beyond the radius of q,
	// however far; of two at one distance the one that starts first. It fails with
	// NotFound if there is none on earth. Limit and Skip mean nothing to it.
	NearestAction(ctx context.Context, q NearQuery) (*Near, error)
}

// ActionStore keeps actions.
type ActionStore interface {
	ActionReader

	// PutActions stores actions by Source: a new one gets its ID, a known one is
	// replaced but for ID and Taken, its Sequence raised if time, place or state
	// changed. It returns how many were new and how many changed.
	PutActions(ctx context.Context, as []*Action) (added, changed int, err error)

	// TakePlaces adds n to Taken, or frees -n. It fails with Conflict if fewer than n
	// are free.
	TakePlaces(ctx context.Context, id ActionID, n int) error
}
