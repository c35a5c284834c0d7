package core

import (
	"context"
	"time"
)

// A Purpose is one thing that a person can agree to, by itself.
type Purpose string

const (
	ToMessages Purpose = "messages" // to be written to
	ToArea     Purpose = "area"     // that their area picks what they hear of
	ToTeam     Purpose = "team"     // that their team sees their name
)

// Purposes are all of them, in the order in which they are asked.
var Purposes = [...]Purpose{ToMessages, ToArea, ToTeam}

// ConsentVersion names the wording that is shown. It changes with the wording.
const ConsentVersion = "2026-11"

// A Consent records one answer to one purpose. Consents are never changed: the
// latest of a purpose holds, the others are the history.
type Consent struct {
	Supporter SupporterID
	Purpose   Purpose
	Given     bool // false: refused or withdrawn
	Version   string
	Platform  Platform
	At        time.Time
}

// StateOf returns the answer to p that holds, dated when it began to: an answer that
// repeats the one before changes nothing. ok is false if the history, oldest first, has none.
func StateOf(history []Consent, p Purpose) (c Consent, ok bool) {
	for _, next := range history {
		if next.Purpose != p || ok && next.Given == c.Given {
			continue
		}
		c, ok = next, true
	}
	return c, ok
}

// ConsentReader reads consents.
type ConsentReader interface {
	// Consents returns the history of a person, oldest first.
	Consents(ctx context.Context, s SupporterID) ([]Consent, error)

	// Consented reports whether the latest answer to p is yes.
	Consented(ctx context.Context, s SupporterID, p Purpose) (bool, error)
}

// ConsentStore keeps consents.
type ConsentStore interface {
	ConsentReader
	RecordConsent(ctx context.Context, c *Consent) error
}
