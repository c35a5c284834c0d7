package core

import (
	"context"
	"encoding/hex"
	"strconv"
	"time"
)

// A Limit is a rate with a burst: one every Every, and Burst at once after a pause.
// The zero Limit does not limit.
type Limit struct {
	Every time.Duration
	Burst int
}

// Limits says how fast a bot may send. Talk obeys only its chat's limit, and what
// it uses is taken from the others.
type Limits struct {
	Bot     Limit // notice and bulk together, over all chats
	Private Limit // to one private chat
	Group   Limit // to one group or channel
	Open    Limit // private chats that are opened: see OpenAt
}

// Of returns the limit of one chat of the given kind.
func (l Limits) Of(k ChatKind) Limit {
	if k == Private {
		return l.Private
	}
	return l.Group
}

// A SlotKey names one row of the limiter: a bot, or a chat.
type SlotKey struct {
	Bot  BotID
	Chat ChatID // 0: the bot's own row; a thread stands for its chat
}

// SlotStore keeps the limits, as "next free slot" rows on the database's clock, so
// that any number of replicas keep one limit together.
type SlotStore interface {
	// Reserve takes up to n slots that are free now, and returns how many it got.
	Reserve(ctx context.Context, k SlotKey, l Limit, n int) (int, error)

	// ReserveAhead is Reserve for slots that may lie a burst ahead, and returns how long it is
	// until the first of them; the others follow at the rate. Whoever waits for them keeps
	// the rate without any burst.
	ReserveAhead(ctx context.Context, k SlotKey, l Limit, n int) (got int, first time.Duration, err error)

	// Spend takes n slots whether they are free or not: what talk uses is taken from
	// the others. Of what was spent before beyond a burst nothing is remembered: no
	// platform counts what was sent long ago.
	Spend(ctx context.Context, k SlotKey, l Limit, n int) error

	// SpendEach is Spend for one slot of each chat, of one limit. A chat that is named
	// twice, itself or by its threads, spends two.
	SpendEach(ctx context.Context, b BotID, l Limit, chats []ChatID) error

	// Hold makes the row give no slot before until: a platform's retry_after.
	Hold(ctx context.Context, k SlotKey, until time.Time) error
}

// A TallyKey names a count of attempts: what is counted, of whom.
type TallyKey struct {
	Kind    TallyKind
	Subject string // a surrogate id or a fingerprint, never an address
}

// OfAccount, OfAddress and OfSupporter are the subjects of the counts of one person: an
// account of theirs, the fingerprint of an address, and they themselves.
func OfAccount(a AccountID) string     { return "account " + strconv.FormatInt(int64(a), 10) }
func OfAddress(f Fingerprint) string   { return "address " + hex.EncodeToString(f[:]) }
func OfSupporter(s SupporterID) string { return "supporter " + strconv.FormatInt(int64(s), 10) }

// TallyKind names what is counted.
type TallyKind string

// A Quota is how many attempts are allowed in a window.
type Quota struct {
	Kind   TallyKind
	Max    int
	Window time.Duration
}

// TallyStore counts attempts in sliding windows of whole-window buckets.
type TallyStore interface {
	// Tally counts one more attempt of k and returns how many there were within the
	// window, this one included.
	Tally(ctx context.Context, k TallyKey, window time.Duration) (int, error)
}
