package core

import (
	"context"
	"strings"
	"time"
)

// An Adapter connects one Bot of ours to its platform. It translates and nothing
// else: it keeps no state of ours, knows no campaign and decides nothing.
// botstest.Run says what every Adapter must do.
type Adapter interface {
	Bot() BotID
	Capabilities() Capabilities

	// Run submits every update to q, the updates of one chat in order, until ctx is
	// done; it then returns nil once q has answered for all of them. An update is
	// confirmed to the platform only after q has answered nil for it. An error means
	// that the adapter cannot go on without the operator.
	Run(ctx context.Context, q Queue) error

	// Send delivers d and returns what the platform named its parts. Its error's code
	// says what is certain: Unreachable and Invalid are final, RateLimited says how
	// long to wait, Uncertain means that d may have arrived, and with any other it has
	// not. Two calls with one Key deliver d once where Capabilities.SendsOnce says so.
	Send(ctx context.Context, d Delivery) (Receipt, error)
}

// A Forgetter is an Adapter beside which something about people is kept, since its
// platform cannot do without. Forget lets go of what is kept of an account; to call it
// again does no harm. It fails with Unavailable if that must be tried again.
type Forgetter interface {
	Forget(ctx context.Context, a AccountRef) error
}

// A Delivery is a rendered Outgoing on its way to a platform. Content is a
// *Message, an *Edit or a *Redact.
type Delivery struct {
	Key     SendKey
	Due     time.Time // not now, but then; zero: now. What it holds is asked for again then
	To      ChatRef
	Kind    ChatKind
	Lane    Lane
	Content Content
	Paid    bool // by a faster way, which costs the campaign
}

// Capabilities says what a platform can show. It is data: a flow never asks on
// which platform it is.
type Capabilities struct {
	Buttons   bool // else choices are numbered lines
	Edits     bool // a sent message can be replaced
	Redacts   bool // a sent message can be taken back
	Files     bool
	SendsOnce bool // sending twice under one key shows the message once
	Opens     bool // it opens a private chat when something is to be said there: see OpenAt
	Lists     bool // groups that follow a place are found in a list of the campaign's
	MaxText   int  // of one message, in UTF-16 units; 0 means no limit
	Limits    Limits

	// StartURL opens the private chat with the bot; what is appended to it is said after
	// /start there. It is "" where there is no such address, or none is known yet.
	StartURL string
}

// StartLink returns the address that leads to l in the private chat with the bot, or "".
// To the zero Link it is that of the chat alone: a query without a value is none.
func (c Capabilities) StartLink(l Link) string {
	chat, _, _ := strings.Cut(c.StartURL, "?")
	if payload := l.Payload(); payload != "" && chat != "" {
		return c.StartURL + payload
	}
	return chat
}

// A Handler takes updates. Handle returns nil once all that u changes and all that
// is to be said is stored, or u was dropped on purpose; with an error nothing is
// stored, and u must be given again.
type Handler interface {
	Handle(ctx context.Context, u *Update) error
}

// A Queue hands updates to a Handler: those of one chat in the order of the calls,
// those of different chats side by side. Submit does not wait; its channel yields
// the one answer of Handle.
type Queue interface {
	Submit(ctx context.Context, u *Update) <-chan error
}

// A Preparer decides what becomes of a claimed Outgoing, in the transaction of its
// claim: it asks the gate, and renders. The State is Queued if the Delivery is to be
// sent, or else final: Unsent if the gate says no. One that is Due later is not sent now.
// now is the store's clock.
type Preparer interface {
	Prepare(ctx context.Context, tx Tx, o *Outgoing, now time.Time) (Delivery, State, error)

	// PrepareCopies is Prepare for copies of broadcasts, in their order. One that cannot
	// be rendered has Failed, and fails no other.
	PrepareCopies(ctx context.Context, tx Tx, os []*Outgoing, now time.Time) ([]Prepared, error)
}

// A Prepared is what becomes of a claimed copy.
type Prepared struct {
	Delivery
	State  State
	Reason Reason // with Unsent
	Err    error  // with Failed: for the operator
}

// A TaskRunner does the work of a Task. Its error's code says what the dispatcher
// may do, as that of Adapter.Send.
type TaskRunner interface {
	RunTask(ctx context.Context, t *Task) error
}
