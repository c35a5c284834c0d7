package intake

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"golang.org/x/text/unicode/norm"

	"tocsin/core"
)

// The limits of an action that a file announces. Lengths are in characters as people
// count them, but for those in bytes.
const (
	minTitle    = 3
	maxTitle    = 100
	maxPlace    = 200
	maxNote     = 1000
	maxKind     = 40 // bytes
	maxID       = 200
	maxCapacity = 100_000
	maxDuration = 7 * 24 * time.Hour

	maxCharacter = 8 // bytes, over a text: more is no writing but a heap of marks
)

// breaks takes the only controls that a note may have out of it.
var breaks = strings.NewReplacer("\n", "", "\t", "")

// A rule is one that an action must keep, and the reason to refuse it otherwise.
type rule struct {
	reason string
	broken func(*ActionRow) bool
}

// rules are looked at in this order.
var rules = [...]rule{
	{"title: shorter than 3 characters", func(a *ActionRow) bool { return !longer(a.Title, minTitle-1) }},
	{"title: longer than 100 characters", func(a *ActionRow) bool { return longer(a.Title, maxTitle) }},
	{"title: a character that cannot be seen", func(a *ActionRow) bool { return !core.Visible(a.Title) }},
	{"kind: not of letters a to z, digits and hyphens, or too long", func(a *ActionRow) bool { return !slug(string(a.Kind)) }},
	{"starts_at: missing", func(a *ActionRow) bool { return a.StartsAt.IsZero() }},
	{"ends_at: with an offset and starts_at without, or the reverse", func(a *ActionRow) bool {
		return !a.EndsAt.IsZero() && a.EndsAt.Wall != a.StartsAt.Wall
	}},
	{"ends_at: not after starts_at", func(a *ActionRow) bool {
		return !a.EndsAt.IsZero() && !a.EndsAt.Instant.After(a.StartsAt.Instant)
	}},
	{"ends_at: more than 7 days after starts_at", func(a *ActionRow) bool {
		return !a.EndsAt.IsZero() && a.EndsAt.Instant.Sub(a.StartsAt.Instant) > maxDuration
	}},
	{"place: missing", func(a *ActionRow) bool { return a.Place == "" && a.Point == nil && !a.Online }},
	{"place: longer than 200 characters", func(a *ActionRow) bool { return longer(a.Place, maxPlace) }},
	{"place: a character that cannot be seen", func(a *ActionRow) bool { return !core.Visible(a.Place) }},
	{"capacity: not from 0 to 100000", func(a *ActionRow) bool { return a.Capacity < 0 || a.Capacity > maxCapacity }},
	{"visibility: neither supporters nor everyone", func(a *ActionRow) bool {
		return a.Visibility != core.ForSupporters && a.Visibility != core.ForEveryone
	}},
	{"note: longer than 1000 characters", func(a *ActionRow) bool { return longer(a.Note, maxNote) }},
	{"note: a character that cannot be seen", func(a *ActionRow) bool {
		return !core.Visible(breaks.Replace(a.Note))
	}},
}

// idRules are looked at after the others; one that is cancelled must keep these alone.
var idRules = [...]rule{
	{"external_id: longer than 200 characters", func(a *ActionRow) bool { return utf8.RuneCountInString(a.ExternalID) > maxID }},
	{"external_id: a character that cannot be seen", func(a *ActionRow) bool { return !core.Visible(a.ExternalID) }},
}

// checked returns a with what its file left out. It fails with a *RowError if a
// breaks a rule.
func checked(a ActionRow) (ActionRow, error) {
	if a.Kind == "" {
		a.Kind = OtherKind
	}
	if a.Visibility == "" {
		a.Visibility = core.ForSupporters
	}
	if a.Online = a.Online || online(a.Place); a.Online {
		a.Point = nil
		if !link(a.Place) {
			a.Place = ""
		}
	}
	for _, r := range rules {
		if !a.Cancelled && r.broken(&a) {
			return a, &RowError{a.Line, r.reason}
		}
	}
	for _, r := range idRules {
		if r.broken(&a) {
			return a, &RowError{a.Line, r.reason}
		}
	}
	return a, nil
}

// online reports whether a place is none on a map.
func online(place string) bool {
	return strings.EqualFold(place, "online") || strings.EqualFold(place, "en ligne") || link(place)
}

func link(place string) bool {
	return strings.HasPrefix(place, "https://") || strings.HasPrefix(place, "http://")
}

// longer reports whether s has more than most characters as people count them.
func longer(s string, most int) bool {
	return len(s) > most*maxCharacter || uniseg.GraphemeClusterCount(s) > most
}

// slug reports whether s may name a kind in a campaign file.
func slug(s string) bool {
	return s != "" && len(s) <= maxKind && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// tidy returns s in NFC on one line, with single spaces.
func tidy(s string) string { return strings.Join(strings.Fields(norm.NFC.String(s)), " ") }
