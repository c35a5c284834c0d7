package core

import (
	"context"
	"strings"
	"time"
	"unicode"

	"github.com/rivo/uniseg"
	"golang.org/x/text/unicode/norm"
)

// SupporterID stands for a person. It is a surrogate: it tells nothing.
type SupporterID int64

// A Supporter is a person who consented and proved their sponsorship; before that we
// hold nobody. The name and the settings are sealed in the store; dates are kept by day.
type Supporter struct {
	ID       SupporterID
	State    SupporterState
	Name     string // as they chose to be called; may be empty
	Language string // BCP 47, chosen or last seen
	Zone     string // IANA
	Cell     Cell   // about where they are; 0 if not said
	Place    PlaceID
	Area     AreaID
	Radius   Radius
	Often    Often
	Stopped  bool // /stop: nothing but answers
	Settings Settings
	Since    Day
	Seen     Day // the last day they spoke to us
}

// SupporterState is where a person stands with the campaign.
type SupporterState string

const (
	Active    SupporterState = "active"    // a sponsorship and its mailbox are proven
	Suspended SupporterState = "suspended" // the sponsorship was withdrawn
	Banned    SupporterState = "banned"
)

// Often is how often a person wants to hear of actions near them.
type Often string

const (
	Instantly Often = "instantly"
	Daily     Often = "daily"
	Weekly    Often = "weekly"
	Never     Often = "never"
)

// SetOften changes how often the person hears of actions. A cron line of their own
// was of another rhythm: it goes.
func (s *Supporter) SetOften(o Often) { s.Often, s.Settings.Line = o, "" }

// SetLine makes the person hear at the times of a line of their own; the usual line of a
// rhythm is no choice.
func (s *Supporter) SetLine(o Often, l CronLine) {
	s.Often, s.Settings.Line = o, l
	if l == UsualLine(o) {
		s.Settings.Line = ""
	}
}

// Line returns when the person hears of actions, "" if at no set times.
func (s *Supporter) Line() CronLine {
	usual := UsualLine(s.Often)
	if usual != "" && s.Settings.Line != "" {
		return s.Settings.Line
	}
	return usual
}

// A Day is a date as YYYY-MM-DD, in UTC; "" is none. What we keep about a person is
// dated by day.
type Day string

// DayOf returns the day of t.
func DayOf(t time.Time) Day { return Day(t.UTC().Format(time.DateOnly)) }

// Time returns the first instant of d; zero if d is none.
func (d Day) Time() time.Time {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return time.Time{}
	}
	return t
}

// MaxName is the longest display name, in graphemes.
const MaxName = 40

// CleanName returns a display name in its stored form. It fails with Invalid if the
// name is empty, too long, has no letter, looks like an address, or holds characters
// that can mislead a reader in another chat: controls, bidirectional ones, invisible
// ones.
func CleanName(s string) (string, error) {
	s = strings.Join(strings.Fields(norm.NFC.String(s)), " ")
	switch {
	case s == "":
		return "", Fail(Invalid, "name.empty")
	case uniseg.GraphemeClusterCount(s) > MaxName || len(s) > 8*MaxName:
		return "", Fail(Invalid, "name.long")
	case !Visible(s):
		return "", Fail(Invalid, "name.characters")
	case !strings.ContainsFunc(s, unicode.IsLetter) || strings.ContainsAny(s, "@/\\"):
		return "", Fail(Invalid, "name.form") // a code, an address: sent a step too late
	}
	return s, nil
}

// Visible reports whether s has no control, no bidirectional control and no
// invisible character; a zero-width joiner is allowed inside emoji.
func Visible(s string) bool {
	for _, r := range s {
		switch {
		case r == '\u200d':
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs), r == unicode.ReplacementChar:
			return false
		}
	}
	return true
}

// SupporterReader finds people.
type SupporterReader interface {
	// Supporter fails with NotFound if there is none.
	Supporter(ctx context.Context, id SupporterID) (*Supporter, error)

	// SponsoredBy returns who proved the sponsorship, or NotFound.
	SponsoredBy(ctx context.Context, f Fingerprint) (*Supporter, error)
}

// SupporterStore keeps people.
type SupporterStore interface {
	SupporterReader

	// CreateSupporter stores s and sets its ID.
	CreateSupporter(ctx context.Context, s *Supporter) error

	// PutSupporter stores s as it is now. It fails with NotFound if there is none.
	PutSupporter(ctx context.Context, s *Supporter) error

	// SeeSupporter stores the last day that somebody spoke to us. It fails with NotFound if
	// there is no such supporter.
	SeeSupporter(ctx context.Context, id SupporterID, on Day) error

	// Prove records that s holds the sponsorship of f. It fails with Conflict if
	// another supporter does.
	Prove(ctx context.Context, s SupporterID, f Fingerprint) error
}
