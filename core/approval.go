package core

import (
	"strings"
	"time"
)

// The rules of who may send what.
const (
	SmallBroadcast = 1_000           // people whom one person may write to, in their own area
	ProposalLife   = time.Hour       // an approval that takes longer is of what was
	HoldTime       = 2 * time.Minute // from the approval to the first message
)

// An Actor is a person with what they may do. Two accounts of one person are one Actor.
type Actor struct {
	Supporter SupporterID
	Grants    []Grant // that may be used from where they speak
}

// may reports whether a has one of some rights in an area.
func (a Actor) may(area AreaID, now time.Time, rights ...Right) bool {
	for _, r := range rights {
		if May(a.Grants, r, area, now) {
			return true
		}
	}
	return false
}

// Alone reports whether one person may send l to so many: they are few, and all in an
// area that is not a country.
func (l *Letterhead) Alone(people int) bool {
	local := l.Area != World && strings.Contains(string(l.Area), "/")
	return people <= SmallBroadcast && local && l.Audience.Within(l.Area) && l.Stars == 0
}

// StarsFor is what so many paid messages cost on Telegram at most, in Stars: a tenth each
// (Bot FAQ, "How can I message all of my bot's subscribers at once?").
func StarsFor(people int) int { return (people + 9) / 10 }

// Pays fails with Invalid, with a key, unless what l may cost for so many people is within
// what the campaign pays, and no more than l says.
func (c *Campaign) Pays(l *Letterhead, people int) error {
	if l.Stars != 0 && (l.Stars < StarsFor(people) || l.Stars > c.PaidBudget) {
		return Fail(Invalid, "broadcast.stars")
	}
	return nil
}

// Typed is the number that is shown of so many people, and that confirms a small
// broadcast: rounded as all numbers of people are.
func Typed(people int) int {
	n, few := Blurred(people)
	if few {
		return FewPeople
	}
	return n
}

// Send starts a draft that one person may send alone; typed is the number that they
// typed. It fails with Forbidden, or Invalid for a draft that is not ready, for too many
// people, and for another number, each with a key.
func (b *Broadcast) Send(by Actor, people, typed int, now time.Time) error {
	if err := b.ready(by, now); err != nil {
		return err
	}
	switch {
	case !b.Alone(people):
		return Fail(Forbidden, "broadcast.second")
	case typed != Typed(people):
		return Fail(Invalid, "broadcast.number")
	}
	b.State, b.Large, b.Hash = Approved, false, b.Sum()
	b.Proposer, b.Approver, b.Due = by.Supporter, by.Supporter, b.Start.Begin(now)
	return nil
}

// Propose asks for a second person. It fails as Send does.
func (b *Broadcast) Propose(by Actor, now time.Time) error {
	if err := b.ready(by, now); err != nil {
		return err
	}
	b.State, b.Large, b.Hash, b.Proposer, b.Approver = Proposed, true, b.Sum(), by.Supporter, 0
	return nil
}

// ready fails unless b is a draft that by may send.
func (b *Broadcast) ready(by Actor, now time.Time) error {
	switch {
	case b.State != Draft:
		return Fail(Conflict, "broadcast.moved")
	case !by.may(b.Area, now, BroadcastPropose, TeamBroadcast), !b.Audience.Within(b.Area):
		return Fail(Forbidden, "broadcast.forbidden")
	}
	return b.Check(now)
}

// Approve lets a proposal go. hash is of what the person saw. It fails with Forbidden if
// they may not, or are the one who proposed it, and with Conflict if it is not what was
// proposed, or too late; each with a key.
func (b *Broadcast) Approve(by Actor, hash Hash, now time.Time) error {
	switch {
	case b.State != Proposed:
		return Fail(Conflict, "broadcast.moved")
	case !now.Before(b.Moved.Add(ProposalLife)):
		return Fail(Conflict, "broadcast.late")
	case !by.may(b.Area, now, BroadcastApprove):
		return Fail(Forbidden, "broadcast.forbidden")
	case by.Supporter == b.Proposer:
		return Fail(Forbidden, "broadcast.same")
	case hash != b.Hash || b.Sum() != b.Hash:
		return Fail(Conflict, "broadcast.changed")
	}
	b.State, b.Approver, b.Due = Approved, by.Supporter, b.Start.Begin(now)
	return nil
}

// Edit replaces what b says. Whatever was proposed or approved is void. It fails with
// Conflict, with a key, once copies were made.
func (b *Broadcast) Edit(l Letterhead) error {
	switch b.State {
	case Draft, Proposed, Approved, Holding:
	default:
		return Fail(Conflict, "broadcast.moved")
	}
	b.Letterhead, b.State, b.Why = l, Draft, ""
	b.Hash, b.Approver, b.Due, b.Large = Hash{}, 0, time.Time{}, false
	return nil
}

// MayEnd reports whether a person may pause, resume and stop b: who proposed it, and
// whoever may approve it.
func (b *Broadcast) MayEnd(by Actor, now time.Time) bool {
	return by.may(b.Area, now, BroadcastApprove) ||
		by.Supporter == b.Proposer && by.may(b.Area, now, BroadcastPropose, TeamBroadcast)
}

// Pause, Resume and Stop are what a person does to a broadcast under way. They fail with
// Forbidden, and with Conflict where there is nothing to do so to; each with a key. A
// stop is certain only once the state is Stopped.
func (b *Broadcast) Pause(by Actor, now time.Time) error {
	if err := b.end(by, now, CanaryFlight, Running); err != nil {
		return err
	}
	b.State, b.Why = Paused, ByPerson
	return nil
}

// Resume lets a paused broadcast go on: after a canary that was not taken well, with
// everybody.
func (b *Broadcast) Resume(by Actor, now time.Time) error {
	if err := b.end(by, now, Paused); err != nil {
		return err
	}
	b.State, b.Why = Running, ""
	return nil
}

// Stop ends a broadcast. Of one that has not begun, nothing is on its way.
func (b *Broadcast) Stop(by Actor, now time.Time) error {
	err := b.end(by, now, Proposed, Approved, Holding, Freezing, CanaryFlight, Running, Paused)
	if err != nil {
		return err
	}
	switch b.State {
	case Proposed, Approved, Holding:
		b.State = Stopped
	default:
		b.State = Stopping
	}
	return nil
}

func (b *Broadcast) end(by Actor, now time.Time, from ...BroadcastState) error {
	if !b.MayEnd(by, now) {
		return Fail(Forbidden, "broadcast.forbidden")
	}
	for _, s := range from {
		if b.State == s {
			return nil
		}
	}
	return Fail(Conflict, "broadcast.moved")
}

// Correction returns a draft that replaces the copies of b with other words. It is
// approved as b was.
func (b *Broadcast) Correction(texts []Wording) *Broadcast {
	out := &Broadcast{Kind: Correct, Of: b.ID, Letterhead: b.Letterhead, State: Draft}
	out.Texts, out.Start, out.Expires, out.Again = texts, Start{}, time.Time{}, TwiceOkay
	return out
}

// TakeBack returns a broadcast under way that takes the copies of b back. It fails with
// Forbidden, and with Conflict if b is not over, or who got it is not known any more;
// each with a key.
func (b *Broadcast) TakeBack(by Actor, now time.Time) (*Broadcast, error) {
	if err := b.end(by, now, Stopped, Finished); err != nil {
		return nil, err
	}
	if b.Kind == Recall || !b.Kept(now) {
		return nil, Fail(Conflict, "broadcast.kept")
	}
	out := &Broadcast{Kind: Recall, Of: b.ID, Letterhead: b.Letterhead, State: Freezing, Due: now}
	out.Start, out.Expires, out.Again = Start{}, time.Time{}, TwiceOkay
	out.Proposer, out.Approver, out.Hash = by.Supporter, by.Supporter, out.Sum()
	return out, nil
}
