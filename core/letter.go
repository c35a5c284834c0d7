package core

import (
	"context"
	"log/slog"
)

// An Address is an e-mail address as a person typed it. It lives in memory and in
// a sealed Task, at most 15 minutes; it prints and logs as "[address]".
type Address string

func (Address) String() string       { return "[address]" }
func (Address) GoString() string     { return "[address]" }
func (Address) LogValue() slog.Value { return slog.StringValue("[address]") }

// A Letter is one e-mail on its way to one person.
type Letter struct {
	ID       string // stable: a letter sent again carries the same Message-ID
	To       Address
	Language string // BCP 47, for Content-Language
	Subject  string
	Text     string // the body, plain, lines of at most 78 characters
}

func (l *Letter) String() string       { return "[letter]" }
func (l *Letter) GoString() string     { return "[letter]" }
func (l *Letter) LogValue() slog.Value { return slog.StringValue("[letter]") }

// A Mailer sends letters.
type Mailer interface {
	// Post hands l to the mail server. It fails with Invalid if the server refuses
	// the recipient for good (5xx), Unavailable if it may be tried again (away, 4xx,
	// greylisting), Uncertain if the connection was lost after the text was sent.
	Post(ctx context.Context, l *Letter) error

	// Check fails with Unavailable if the mail server cannot be reached at all. It sends
	// nothing, so it says nothing of an address.
	Check(ctx context.Context) error
}
