package core

import (
	"context"
	"slices"
	"strings"
	"time"
)

// The kinds of references that are rendered for who organises actions: on the eve of some,
// who comes; on the day after one, how it went.
const (
	EveKind   ReferenceKind = "briefing.eve"
	AfterKind ReferenceKind = "briefing.after"
)

// Whoever organises is written to at these hours of their own clock, or later.
const (
	EveHour   = 18 // of the day before
	AfterHour = 9  // of the day after
	AfterDays = 3  // for how long it is asked how something went
	AfterMost = 7  // about so many in one message
)

// An Outcome is how an action went, as somebody says who organises it.
type Outcome string

const (
	WentWell Outcome = "well"
	FewCame  Outcome = "few"
	NotHeld  Outcome = "not-held"
)

// Outcomes are all of them.
var Outcomes = [...]Outcome{WentWell, FewCame, NotHeld}

// A Briefing is what was said about an action to somebody who organises it, and what they
// said.
type Briefing struct {
	Supporter SupporterID
	Action    ActionID
	Outcome   Outcome // "": they did not say
	On        Day
}

// Organisers returns the roles by which people organise a, one of each: of those who may
// publish actions in its area, but for the owners of the campaign, whoever holds their
// role in the smallest one.
func Organisers(grants []Grant, a *Action, now time.Time) []Grant {
	area := a.Area
	if a.Team != 0 {
		area = a.Team.In(a.Area)
	}
	var out []Grant
	smallest := 0
	for _, g := range grants {
		if g.Role == Owner || !May([]Grant{g}, ActionPublish, area, now) {
			continue
		}
		if n := g.Area.depth(); n > smallest || out == nil {
			out, smallest = nil, n
		} else if n < smallest {
			continue
		}
		if !slices.ContainsFunc(out, func(o Grant) bool { return o.Supporter == g.Supporter }) {
			out = append(out, g)
		}
	}
	return out
}

// depth is how far below the World an area lies.
func (a AreaID) depth() int {
	if a == World {
		return 0
	}
	return 1 + strings.Count(string(a), "/")
}

// BriefingDue reports whether at now somebody with a clock is told of an action on its eve,
// or asked how it went. In quiet hours neither is done.
func BriefingDue(k ReferenceKind, a *Action, now time.Time, q Quiet, loc *time.Location) bool {
	local := now.In(loc)
	if q.From != q.Until && q.Holds(local) {
		return false
	}
	at := func(t time.Time, days, hour int) time.Time {
		t = t.In(loc)
		return time.Date(t.Year(), t.Month(), t.Day()+days, hour, 0, 0, 0, loc)
	}
	if k == EveKind {
		return !now.Before(at(a.StartsAt, -1, EveHour)) && now.Before(a.StartsAt)
	}
	return !now.Before(at(a.EndsAt, 1, AfterHour)) && now.Before(at(a.EndsAt, 1+AfterDays, 0))
}

// BriefingReader finds what whoever organises was told and said.
type BriefingReader interface {
	// EndedActions returns the public actions that end in [from, to), by id.
	EndedActions(ctx context.Context, from, to time.Time) ([]*Action, error)

	// Briefings returns those of an action on which something was said, by supporter.
	Briefings(ctx context.Context, a ActionID) ([]Briefing, error)
}

// BriefingStore keeps it.
type BriefingStore interface {
	BriefingReader

	// Brief notes that somebody is told of actions on their eve, or asked how they went,
	// and returns those of which they were not before.
	Brief(ctx context.Context, s SupporterID, k ReferenceKind, as []ActionID) ([]ActionID, error)

	// PutOutcome stores what somebody says of an action; the last word holds.
	PutOutcome(ctx context.Context, b *Briefing) error
}
