package core

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"log/slog"
	"math/big"
	"strings"
	"time"
)

// A Fingerprint stands for an e-mail address: HMAC-SHA-256 under the campaign's
// key, over its canonical form. Without the key it answers nothing.
type Fingerprint [32]byte

func (Fingerprint) String() string       { return "[fingerprint]" }
func (Fingerprint) GoString() string     { return "[fingerprint]" }
func (Fingerprint) LogValue() slog.Value { return slog.StringValue("[fingerprint]") }

// A Sponsorship is public support that was given on a separate site.
type Sponsorship struct {
	Fingerprint Fingerprint
	At          Day    // "" if not known
	Department  string // as the registry says; may be empty
	Revoked     bool
	Barred      bool // who proved it was banned, and forgotten since
}

// A Challenge asks a person to prove that a mailbox is theirs. It is made for every
// address, and its code for every Challenge, before anything is looked up, so that
// a stranger's dialogue cannot differ from a sponsor's.
type Challenge struct {
	Account     AccountID
	Fingerprint Fingerprint
	Code        Code8
	Made        time.Time
	Tries       int // wrong codes so far
	Sends       int // how often it was asked for
	LastSend    time.Time
	Closed      bool // used, void, or replaced
}

// The rules of a code. Life: NIST SP 800-63A allows 24 h to confirm an address; 15
// minutes are enough. Tries: SP 800-63B, a new code never resets a count.
const (
	CodeLife    = 15 * time.Minute
	CodeTries   = 5
	ResendAfter = 60 * time.Second
)

// The quotas of codes. Those of a chat count the asker; those of an address count
// its fingerprint, whether it is known or not.
var (
	TriesPerAccount = Quota{Kind: "code.account", Max: 10, Window: 24 * time.Hour}
	TriesPerAddress = Quota{Kind: "code.address", Max: 10, Window: 24 * time.Hour}
	TriesPerMinute  = Quota{Kind: "code.all", Max: 600, Window: time.Minute} // of everybody: a guess that is spread out
	MailsPerHour    = Quota{Kind: "mail.hour", Max: 3, Window: time.Hour}
	MailsPerDay     = Quota{Kind: "mail.day", Max: 6, Window: 24 * time.Hour}
	AsksPerAccount  = Quota{Kind: "mail.account", Max: 6, Window: time.Hour}
)

// A Code8 is a code of 8 decimal digits. It prints and logs as "[code]".
type Code8 string

func (Code8) String() string       { return "[code]" }
func (Code8) GoString() string     { return "[code]" }
func (Code8) LogValue() slog.Value { return slog.StringValue("[code]") }

// NewCode draws a code, uniformly.
func NewCode() Code8 {
	n, err := rand.Int(rand.Reader, big.NewInt(100_000_000))
	if err != nil {
		panic("core: no randomness: " + err.Error()) // crypto/rand never fails on a supported system
	}
	return Code8(fmt.Sprintf("%08d", n))
}

// Shown returns the code as a letter shows it: "1234 5678".
func (c Code8) Shown() string { return string(c[:4]) + " " + string(c[4:]) }

// ParseCode reads a code as people type it, with spaces, dots or hyphens. It
// reports false if the text is no code.
func ParseCode(s string) (Code8, bool) {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune("  \u202f.-", r) {
			return -1
		}
		return r
	}, strings.TrimSpace(s))
	if len(s) != 8 || strings.Trim(s, "0123456789") != "" {
		return "", false
	}
	return Code8(s), true
}

// Equal compares in constant time.
func (c Code8) Equal(d Code8) bool { return subtle.ConstantTimeCompare([]byte(c), []byte(d)) == 1 }

// Live reports whether the code may still be tried at now.
func (c *Challenge) Live(now time.Time) bool {
	return !c.Closed && c.Tries < CodeTries && now.Before(c.Made.Add(CodeLife))
}

// SponsorshipReader looks into the registry.
type SponsorshipReader interface {
	// Fingerprint needs no database, only the key. Its argument is canonical.
	Fingerprint(a Address) Fingerprint

	// Sponsorship fails with NotFound if the registry has none.
	Sponsorship(ctx context.Context, f Fingerprint) (*Sponsorship, error)

	// CountSponsorships counts those that are not revoked.
	CountSponsorships(ctx context.Context) (int, error)
}

// SponsorshipStore keeps the registry and the challenges.
type SponsorshipStore interface {
	SponsorshipReader

	// PutSponsorships adds those that are not there yet, and returns how many were
	// new. A revoked one stays revoked.
	PutSponsorships(ctx context.Context, s []Sponsorship) (int, error)

	// RevokeSponsorship fails with NotFound if the registry has none.
	RevokeSponsorship(ctx context.Context, f Fingerprint) error

	// Challenge returns the latest of an account, or NotFound.
	Challenge(ctx context.Context, a AccountID) (*Challenge, error)

	// PutChallenge stores c as the latest of its account. The code is sealed, and
	// wiped once c is closed.
	PutChallenge(ctx context.Context, c *Challenge) error
}

// SuspendedNotice tells a person that their sponsorship was withdrawn.
const SuspendedNotice ReferenceKind = "suspended"

// Revoke ends a sponsorship, suspends who proved it, and has them told why. It fails with
// NotFound if the registry has none.
func Revoke(ctx context.Context, tx Tx, f Fingerprint) error {
	if err := tx.RevokeSponsorship(ctx, f); err != nil {
		return err
	}
	s, err := tx.SponsoredBy(ctx, f)
	if CodeOf(err) == NotFound {
		return nil
	}
	if err != nil || s.State != Active {
		return err
	}
	s.State = Suspended
	if err := tx.PutSupporter(ctx, s); err != nil {
		return err
	}
	accounts, err := tx.AccountsOf(ctx, s.ID)
	if err != nil {
		return err
	}
	return Tell(ctx, tx, accounts, Reference{Kind: SuspendedNotice, Supporter: s.ID})
}

// Tell enqueues r, as an answer, to the chats where accounts last spoke to us.
func Tell(ctx context.Context, tx Tx, accounts []Account, r Reference) error {
	now, err := tx.Now(ctx)
	if err != nil {
		return err
	}
	for _, a := range accounts {
		if a.Home == 0 {
			continue
		}
		about := r
		o := &Outgoing{Chat: a.Home, Account: a.ID, Lane: Talk, Content: &about, Due: now, Again: TwiceOkay}
		if err := tx.Enqueue(ctx, o); err != nil {
			return err
		}
	}
	return nil
}
