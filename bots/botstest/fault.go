package botstest

import (
	"time"

	"tocsin/core"
)

// A Fault is a way in which sending ends badly.
type Fault struct {
	Kind  FaultKind
	After time.Duration // with RateLimited: how long the platform says to wait
}

// FaultKind names a Fault by what the platform does.
type FaultKind string

const (
	Unreachable FaultKind = "unreachable"             // the person is gone, or blocked the bot
	RateLimited FaultKind = "rate limited"            // the platform says how long to wait
	Unavailable FaultKind = "unavailable"             // it is away, or says that it failed: nothing was sent
	Delivered   FaultKind = "uncertain but delivered" // the message is there, its answer was lost
	Lost        FaultKind = "uncertain and lost"      // as Delivered to the sender, but nothing arrived
	Invalid     FaultKind = "invalid"                 // the platform refuses the message for good
)

// A verdict is what an adapter must say of a Fault, and what is then to be seen.
type verdict struct {
	fault Fault
	code  core.Code
	shown visible
}

// visible says what of a message may be seen after Send.
type visible string

const (
	nothing visible = "nothing"
	whole   visible = "the whole message"
	unsure  visible = "anything"
)

var verdicts = []verdict{
	{Fault{Kind: Unreachable}, core.Unreachable, nothing},
	{Fault{Kind: RateLimited, After: 7 * time.Second}, core.RateLimited, nothing},
	{Fault{Kind: RateLimited, After: 3 * time.Hour}, core.RateLimited, nothing},
	{Fault{Kind: Unavailable}, core.Unavailable, nothing},
	{Fault{Kind: Invalid}, core.Invalid, nothing},
	{Fault{Kind: Delivered}, core.Uncertain, whole},
	{Fault{Kind: Lost}, core.Uncertain, unsure},
}
