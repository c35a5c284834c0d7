package core

import "time"

// The course of a broadcast, once it is approved: what time and the copies make of it.
// All here is decided, nothing done.

// RecallTime is how long a copy can be taken back: Telegram's limit, kept for all. Until
// then it is kept who got what.
const RecallTime = 48 * time.Hour

// A canary is judged by shares of those who got it. Below CanaryLeast people a large
// broadcast needs none.
const (
	CanaryLeast    = 1_000
	CanaryShare    = 100 // one in so many
	canaryStops    = 0.03
	canaryFailures = 0.10 // blocked and failed together
)

// Failures in a row after which a broadcast is paused: those that are final, and those
// that may pass, as of a platform that is away, or a token that was revoked.
const (
	FinalStreak   = 20
	PassingStreak = 200
)

// Next returns the state that b goes to at now, which is its own where nothing changes,
// and why. sending says that a copy may be on its way, waits that one of the wave under
// way does, or is queued; canary counts the first wave, and is asked for only in
// CanaryFlight.
func (b *Broadcast) Next(now time.Time, sending, waits bool, canary *Progress) (BroadcastState, Reason) {
	switch b.State {
	case Proposed:
		if !now.Before(b.Moved.Add(ProposalLife)) {
			return Draft, ByTime
		}
	case Approved:
		switch {
		case !b.Large && !now.Before(b.Due):
			return Freezing, ""
		case b.Large && !now.Before(b.Due.Add(-HoldTime)):
			return Holding, ""
		}
	case Holding:
		if !now.Before(b.Moved.Add(HoldTime)) && !now.Before(b.Due) {
			return Freezing, ""
		}
	case CanaryFlight:
		switch {
		case b.expired(now) && !sending:
			return Finished, TooLate
		case !waits && canary.unwelcome():
			return Paused, ByCanary
		case !waits:
			return Running, ""
		}
	case Running:
		if !sending && (!waits || b.expired(now)) {
			return Finished, ""
		}
	case Stopping:
		if !sending {
			return Stopped, ""
		}
	}
	return b.State, b.Why
}

// After returns the state after the copies of b were made.
func (b *Broadcast) After() BroadcastState {
	if b.Large && b.Kind == Announce {
		return CanaryFlight
	}
	return Running
}

func (b *Broadcast) expired(now time.Time) bool { return !b.Expires.IsZero() && now.After(b.Expires) }

// unwelcome reports whether too many of a canary said /stop, or could not be reached.
func (p *Progress) unwelcome() bool {
	tried := float64(p.Sent + p.Blocked + p.Failed + p.Uncertain)
	return float64(p.Stops) > canaryStops*tried || float64(p.Blocked+p.Failed) > canaryFailures*tried
}

// Kept reports whether it is still kept who got what of a broadcast that came into its
// last state at b.Moved.
func (b *Broadcast) Kept(now time.Time) bool {
	return !b.State.Over() || now.Before(b.Moved.Add(RecallTime))
}
