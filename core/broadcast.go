package core

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

// BroadcastID names a broadcast.
type BroadcastID int64

// A Broadcast is one message to many people, or a change of one that was sent. What is
// approved is exactly its Letterhead; the rest is where it stands.
type Broadcast struct {
	ID   BroadcastID
	Kind BroadcastKind
	Of   BroadcastID // the broadcast that this corrects or recalls
	Letterhead

	State    BroadcastState
	Moved    time.Time // when it came into State; the store sets it
	Why      Reason    // with Paused: what for; with Draft: why it is one again
	Due      time.Time // when the first may leave
	Large    bool      // it needed a second person: it is held, and a canary goes first
	Proposer SupporterID
	Approver SupporterID
	Hash     Hash      // what was proposed, and then approved
	Menu     MenuToken // what its buttons are pressed on, in every chat
	Frozen   SupporterID
	Upto     SupporterID // people above it came too late; 0: freezing has not begun
	Streak   int         // failures in a row of all that is sent
	Final    *Progress   // once the trail is gone
}

// A Letterhead is what a broadcast says, to whom, when and in whose name.
type Letterhead struct {
	Speaker  string      `json:"s"` // who speaks, as people read it
	Area     AreaID      `json:"a"` // in which the right to it is held
	Texts    []Wording   `json:"t"` // the first is for who reads none of the others
	File     *Attachment `json:"f,omitempty"`
	Action   ActionID    `json:"x,omitempty"` // shown with buttons to answer
	Answers  [][]Wording `json:"q,omitempty"` // of a question: each in the languages of Texts
	Audience Audience    `json:"w"`
	Rooms    []ChatID    `json:"r,omitempty"` // groups and channels, which get it first
	Start    Start       `json:"b"`
	Expires  time.Time   `json:"e,omitzero"`
	Again    Again       `json:"g"`
	Stars    int         `json:"p,omitempty"` // most that may be paid to the platform for a faster way; 0: nothing is paid
}

// A Wording is words in one language (BCP 47).
type Wording struct {
	Language string `json:"l"`
	Body     []Span `json:"b"`
}

// BroadcastKind says what the copies of a broadcast are.
type BroadcastKind string

const (
	Announce BroadcastKind = "announce" // a message each
	Correct  BroadcastKind = "correct"  // every copy of Of that arrived is replaced
	Recall   BroadcastKind = "recall"   // every copy of Of that arrived is taken back
)

// BroadcastState is where a broadcast stands. Copies leave while it is in CanaryFlight,
// of the first wave, or Running.
type BroadcastState string

const (
	Draft        BroadcastState = "draft"
	Proposed     BroadcastState = "proposed"
	Approved     BroadcastState = "approved"
	Holding      BroadcastState = "holding"
	Freezing     BroadcastState = "freezing"
	CanaryFlight BroadcastState = "canary"
	Running      BroadcastState = "running"
	Paused       BroadcastState = "paused"
	Stopping     BroadcastState = "stopping" // nothing is claimed any more; what was may be on its way
	Stopped      BroadcastState = "stopped"  // nothing is on its way
	Finished     BroadcastState = "finished"
	Recalled     BroadcastState = "recalled"
)

// Over reports whether nothing leaves any more, whatever happens.
func (s BroadcastState) Over() bool { return s == Stopped || s == Finished || s == Recalled }

// A Reason says why something was not sent, or is not being sent.
type Reason string

const (
	NoConsent  Reason = "consent" // consent, ban, /stop, or nobody we know
	InSilence  Reason = "silence"
	OverBudget Reason = "budget"
	OnBreak    Reason = "pause" // chosen by the person
	TooLate    Reason = "expired"
	NothingNow Reason = "nothing" // there is nothing to say to them any more
	ChatGone   Reason = "closed"
	Unedited   Reason = "unedited" // the platform cannot edit or take back

	ByPerson   Reason = "person"  // somebody paused it
	ByCanary   Reason = "canary"  // the first people did not take it well
	ByFailures Reason = "failure" // everything fails, the same way
	ByTime     Reason = "time"    // a proposal that nobody approved in time
)

// A Start says when a broadcast leaves: at once, at an instant, or, with Local, at a
// time of each person's own clock.
type Start struct {
	At    time.Time `json:"a,omitzero"`
	Local LocalTime `json:"l,omitempty"`
}

// A LocalTime is a time on the wall, "2027-03-14T18:00".
type LocalTime string

const localLayout = "2006-01-02T15:04"

// In returns when l is in a zone. A time that a change of clocks skips is an hour later.
// It is zero if l is no time.
func (l LocalTime) In(loc *time.Location) time.Time {
	t, err := time.ParseInLocation(localLayout, string(l), loc)
	if err != nil {
		return time.Time{}
	}
	return t
}

// East is where each day begins first: no clock is before it.
var East = time.FixedZone("", 14*60*60)

// For returns when a broadcast that begins at due leaves for people of a zone.
func (s Start) For(due time.Time, loc *time.Location) time.Time {
	if s.Local == "" {
		return due
	}
	if t := s.Local.In(loc); t.After(due) {
		return t.UTC()
	}
	return due
}

// Begin returns when the first of s leaves, if it is approved at now.
func (s Start) Begin(now time.Time) time.Time {
	first := s.At
	if s.Local != "" {
		first = s.Local.In(East)
	}
	if first.Before(now) {
		return now
	}
	return first.UTC()
}

// The bounds of a Letterhead.
const (
	MaxAnswers      = 8
	MaxSpeaker      = 80
	MaxAhead        = 60 * day
	MaxAnswerLength = 40
)

// Check fails with Invalid, with a key, if l cannot be proposed at now. It brings the
// audience into its canonical form.
func (l *Letterhead) Check(now time.Time) (err error) {
	if l.Audience, err = l.Audience.Canonical(); err != nil {
		return err
	}
	switch {
	case l.Speaker == "" || len(l.Speaker) > 4*MaxSpeaker || !Visible(l.Speaker):
		return Fail(Invalid, "broadcast.speaker")
	case !written(l.Texts):
		return Fail(Invalid, "broadcast.text")
	case len(l.Answers) == 1 || len(l.Answers) > MaxAnswers || !slices.EqualFunc(l.Answers, l.Answers, l.answerable):
		return Fail(Invalid, "broadcast.answers")
	case l.Start.Local != "" && (!l.Start.At.IsZero() || l.Start.Local.In(time.UTC).IsZero()),
		l.Start.Begin(now).After(now.Add(MaxAhead)):
		return Fail(Invalid, "broadcast.time")
	case !l.Expires.IsZero() && !l.Expires.After(l.Start.Begin(now)):
		return Fail(Invalid, "broadcast.expiry")
	}
	if l.Again == "" {
		l.Again = Once
	}
	return nil
}

// written reports whether there is one text at least, each has words, and no language
// stands twice.
func written(ts []Wording) bool {
	seen := map[string]bool{}
	for _, t := range ts {
		if t.Language == "" || seen[t.Language] || (&Message{Body: t.Body}).PlainText() == "" {
			return false
		}
		seen[t.Language] = true
	}
	return len(ts) > 0
}

// answerable reports whether an answer has words in each language of the text.
func (l *Letterhead) answerable(answer, _ []Wording) bool {
	if !written(answer) || len(answer) != len(l.Texts) {
		return false
	}
	for _, t := range l.Texts {
		if In(answer, t.Language).Language != t.Language {
			return false
		}
	}
	return true
}

// In returns the text for who reads a language: theirs, one of the same tongue ("fr" for
// "fr-CA"), or the first, which is the stated fallback.
func In(ts []Wording, language string) Wording {
	for _, same := range []func(string) bool{
		func(l string) bool { return l == language },
		func(l string) bool { return tongue(l) == tongue(language) },
	} {
		if i := slices.IndexFunc(ts, func(t Wording) bool { return same(t.Language) }); i >= 0 {
			return ts[i]
		}
	}
	if len(ts) == 0 {
		return Wording{}
	}
	return ts[0]
}

func tongue(language string) string {
	for i, r := range language {
		if r == '-' || r == '_' {
			return language[:i]
		}
	}
	return language
}

// A Hash names exactly what is approved.
type Hash [sha256.Size]byte

// Sum returns the hash of l: any change of text, audience or time has another.
func (l *Letterhead) Sum() Hash {
	b, _ := json.Marshal(l) // fields in their order, lists as they are: one form
	return sha256.Sum256(b)
}

// A Copy is one person's copy of a broadcast, rendered when it is sent.
type Copy struct {
	Broadcast *Broadcast // shared by all copies of a claim: it is only read
	Target    OutgoingID // what a correction or a recall is about
}

func (*Copy) isContent() {}

// A Recipient is one person's copy of a broadcast, or a room's.
type Recipient struct {
	Chat    ChatID
	Account AccountID
}

// Progress is how a broadcast stands, in numbers.
type Progress struct {
	Queued    int            `json:"queued,omitempty"`
	Sending   int            `json:"sending,omitempty"` // claimed, and nothing is known yet
	Sent      int            `json:"sent,omitempty"`
	Blocked   int            `json:"blocked,omitempty"` // the chat is gone or has blocked us
	Failed    int            `json:"failed,omitempty"`
	Uncertain int            `json:"uncertain,omitempty"`
	Skipped   map[Reason]int `json:"skipped,omitempty"`
	Stops     int            `json:"stops,omitempty"` // of those who got it, who have said /stop since
	Answers   []int          `json:"answers,omitempty"`
}

// Total returns how many people, and rooms, a broadcast is to.
func (p *Progress) Total() int {
	n := p.Queued + p.Sending + p.Sent + p.Blocked + p.Failed + p.Uncertain
	for _, skipped := range p.Skipped {
		n += skipped
	}
	return n
}

// A Wave is which copies go first.
type Wave int

const (
	CanaryWave Wave = 0 // rooms, and one person in a hundred of a large broadcast
	MainWave   Wave = 1
)

// BroadcastReader finds broadcasts.
type BroadcastReader interface {
	// Broadcast fails with NotFound if there is none.
	Broadcast(ctx context.Context, id BroadcastID) (*Broadcast, error)

	// Broadcasts returns those in one of some states, or with none those of a proposer,
	// the newest first.
	Broadcasts(ctx context.Context, by SupporterID, states ...BroadcastState) ([]*Broadcast, error)

	// Progress counts the copies of a broadcast; with waves only those of these.
	Progress(ctx context.Context, id BroadcastID, waves ...Wave) (*Progress, error)

	// Waits reports whether a copy of a wave is queued or on its way.
	Waits(ctx context.Context, id BroadcastID, w Wave) (bool, error)

	// Sending reports whether a copy may be on its way.
	Sending(ctx context.Context, id BroadcastID) (bool, error)
}

// BroadcastStore keeps broadcasts and their recipients.
type BroadcastStore interface {
	BroadcastReader

	// CreateBroadcast stores b and sets its ID, its Menu and Moved.
	CreateBroadcast(ctx context.Context, b *Broadcast) error

	// PutBroadcast stores b, if it is in the state from; else it fails with Conflict.
	// Moved is set if the state has changed. It never touches what claims and freezing
	// keep: Frozen, Upto and Streak.
	PutBroadcast(ctx context.Context, b *Broadcast, from BroadcastState) error

	// Freeze makes copies of a broadcast that is Freezing for at most limit people more
	// (with 0, and where nothing waits for it, for all), by the query that CountAudience counts with; or, of a
	// correction or a recall, for the copies that arrived. It reports whether that were
	// all. A person who is there already stays as they are.
	Freeze(ctx context.Context, b *Broadcast, p Prospect, limit int) (done bool, err error)

	// AddRecipients makes copies for chats; one that is there already stays as it is.
	AddRecipients(ctx context.Context, id BroadcastID, w Wave, rs []Recipient) error

	// SkipQueued ends at most limit copies that wait, and returns how many.
	SkipQueued(ctx context.Context, id BroadcastID, why Reason, limit int) (int, error)

	// Answer notes which answer to the question a chat gave; the last counts. It fails
	// with NotFound if the chat has no copy.
	Answer(ctx context.Context, id BroadcastID, chat ChatID, answer int) error
}

// The verbs of the buttons under a broadcast; what they do stands in flows.
const (
	AnswerVerb Verb = "broadcast.answer" // the broadcast and the number of the answer
	StopVerb   Verb = "stop.all"
	GoingVerb  Verb = "rsvp.going"
	ShowVerb   Verb = "near.details"
)

// Choices are the buttons under each copy of b, in their order. Their labels are left to
// who renders it, but for those of answers, which are in the first language.
func (b *Broadcast) Choices() []Button {
	var out []Button
	id := func(n int64) string { return strconv.FormatInt(n, 10) }
	if b.Action != 0 {
		out = append(out, Button{Do: Do{Verb: GoingVerb, Arg: id(int64(b.Action))}}, Button{Do: Do{Verb: ShowVerb, Arg: id(int64(b.Action))}})
	}
	for i, answer := range b.Answers {
		out = append(out, Button{
			Label: (&Message{Body: answer[0].Body}).PlainText(), Do: Do{Verb: AnswerVerb, Arg: id(int64(b.ID)) + " " + strconv.Itoa(i+1)},
		})
	}
	return append(out, Button{Do: Do{Verb: StopVerb}})
}
