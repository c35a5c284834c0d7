package core

import (
	"time"
)

// OutgoingID numbers what is to be sent, in the order of enqueuing.
type OutgoingID int64

// ReceiptID is the platform's own name of a message that it took.
type ReceiptID string

// A Receipt says what a platform took: the parts of one message, in order.
type Receipt []ReceiptID

// A Lane says how urgent an Outgoing is. Earlier lanes go first.
type Lane int

const (
	Talk   Lane = 1 // answers and codes: somebody waits
	Notice Lane = 2 // alerts and reminders
	Bulk   Lane = 3 // broadcasts
)

// An Outgoing is something that waits to be done towards a person.
type Outgoing struct {
	ID      OutgoingID
	Key     SendKey // the same for every try: platforms that know it show the message once
	Chat    ChatID  // 0 with a Task
	Account AccountID
	Lane    Lane
	Content Content
	Due     time.Time
	Expires time.Time // not sent after it; zero: never
	Again   Again
	Attempt int  // 1 on the first try
	Unsure  bool // an earlier attempt may have arrived
}

// A SendKey is the name of an Outgoing for a platform that knows such names.
// It is random, so it stays unique after a backup was restored.
type SendKey string

// Again says what becomes of a message that may have arrived, on a platform that
// cannot tell a repeat.
type Again string

const (
	Once      Again = "once"       // better missing than twice: alerts, broadcasts
	TwiceOkay Again = "twice-okay" // sent once more: answers, codes, confirmations, reminders
)

// Content is what an Outgoing carries: *Message, *Reference, *Copy, *Edit, *Redact or *Task.
type Content interface{ isContent() }

// A Reference says what a message is about; it is rendered when it is sent, so it
// is never stale.
type Reference struct {
	Kind      ReferenceKind `json:"k"`
	Supporter SupporterID   `json:"s"`
	Subjects  []int64       `json:"o,omitempty"` // ids of what it is about
	Sequences []int         `json:"q,omitempty"` // of the subjects, as they stood; there are none, or one for each
	Language  string        `json:"l,omitempty"` // BCP 47, for a person who has chosen none
	Of        OutgoingID    `json:"e,omitempty"` // what it is shown in place of, as an Edit; 0: nothing
	Rule      Rule          `json:"r,omitempty"` // of an alert: why it is sent
}

// ReferenceKind names a renderer: "alert", "reminder".
type ReferenceKind string

// An Edit replaces what an earlier Outgoing shows. Where the platform cannot edit,
// or the earlier one is gone, the Message is sent anew.
type Edit struct {
	Of      OutgoingID `json:"o"`
	Message *Message   `json:"m"`
	Parts   Receipt    `json:"-"` // there when the edit is rendered
}

// A Redact takes an earlier Outgoing back, where the platform can.
type Redact struct {
	Of    OutgoingID `json:"o"`
	Parts Receipt    `json:"-"` // there when the redaction is rendered
}

// A Task is work without a message, such as checking a typed address.
type Task struct {
	Name    TaskName `json:"n"`
	Payload []byte   `json:"p"` // what the task's runner wrote; sealed while it waits
}

// TaskName names a task's runner.
type TaskName string

func (*Message) isContent()   {}
func (*Reference) isContent() {}
func (*Edit) isContent()      {}
func (*Redact) isContent()    {}
func (*Task) isContent()      {}

// State is where an Outgoing stands.
type State string

const (
	Queued   State = "queued"
	Sent     State = "sent"
	Failed   State = "failed"   // for good: unreachable or invalid
	Unsent   State = "unsent"   // the gate said no: consent, stop, ban, silence, expiry
	Doubtful State = "doubtful" // it may have arrived, and is not sent again
)

// A Settlement is the verdict of the last attempt of an Outgoing.
type Settlement struct {
	*Outgoing
	Verdict
}

// A Verdict says how one attempt to send went.
type Verdict struct {
	State   State
	Code    Code      // why, when not sent
	Reason  Reason    // with Unsent: why
	Next    time.Time // with Queued: when to try again
	Unsure  bool      // with Queued: this attempt may have arrived
	Receipt Receipt   // with Sent
	Closed  bool      // the chat is gone or has blocked the bot
	Untried bool      // with Queued: it was only put off, and the attempt does not count
}
