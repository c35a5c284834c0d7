package core

import (
	"errors"
	"fmt"
	"time"
)

// A Code is the kind of a failure: all that a caller may branch on.
type Code string

const (
	Invalid     Code = "invalid"      // the input breaks a rule
	NotFound    Code = "not_found"    // no such thing
	Conflict    Code = "conflict"     // it exists already, or changed meanwhile
	Forbidden   Code = "forbidden"    // this person may not
	Unreachable Code = "unreachable"  // the chat is gone or has blocked the bot
	RateLimited Code = "rate_limited" // too much at once: Error.After says how long to wait
	Unavailable Code = "unavailable"  // it has not happened; a later try may work
	Uncertain   Code = "uncertain"    // it may have happened or not
	Internal    Code = "internal"     // ours to mend; also every error without a code
)

// An Error is a failure with a Code. Key names the sentence of the catalogue that
// the person is told; Err is the cause, which only the operator sees. Neither holds
// a token, an address, a name, a text of a person or a coordinate.
type Error struct {
	Code  Code
	Key   string
	After time.Duration // with RateLimited: how long to wait
	Err   error
}

// Error says the code, the key and the cause, for the operator.
func (e *Error) Error() string {
	s := string(e.Code)
	if e.Key != "" {
		s += " (" + e.Key + ")"
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Fail returns an error that the person is told about with the sentence under key.
func Fail(code Code, key string) error { return &Error{Code: code, Key: key} }

// Wrap gives err a code and says what was tried, as "package: verb noun". It
// returns nil if err is nil.
func Wrap(code Code, err error, what string) error {
	if err == nil {
		return nil
	}
	return &Error{Code: code, Err: fmt.Errorf("%s: %w", what, err)}
}

// CodeOf returns the code of err: "" for nil, Internal if it carries none.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}

// KeyOf returns the key of the sentence that the person is told for err, or "" if
// err is none to tell.
func KeyOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Key
	}
	return ""
}

// AfterOf returns how long err asks to wait, or 0.
func AfterOf(err error) time.Duration {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.After
	}
	return 0
}

// Retryable reports whether what failed with err is tried again as a whole, neither
// counted nor told: it lost a race, or what it needs is away for a moment.
func Retryable(err error) bool {
	switch CodeOf(err) {
	case Conflict, Unavailable:
		return KeyOf(err) == ""
	}
	return false
}
