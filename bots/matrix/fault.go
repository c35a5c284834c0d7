package matrix

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"maunium.net/go/mautrix"

	"tocsin/core"
)

// A faultKind says what became of a call that failed.
type faultKind string

const (
	rateLimited  faultKind = "rate limited" // 429
	tokenRefused faultKind = "the token is refused"
	userRefused  faultKind = "the account is refused"
	wrongDevice  faultKind = "the device is another"
	notMember    faultKind = "not in the room"
	gone         faultKind = "not found"
	tooLarge     faultKind = "too large"
	badContent   faultKind = "bad content" // ours to mend
	notBuilt     faultKind = "e2ee_not_built"
	unknownRoom  faultKind = "the room's state is not known"
	closedRoom   faultKind = "the room is another now"
	movedRoom    faultKind = "the room goes on as another"
	serverAway   faultKind = "the server is away" // it says that nothing has happened
	notSent      faultKind = "not sent"           // it never reached the server
	unknown      faultKind = "unknown"            // it may have happened
	storeFailed  faultKind = "the store failed"
	noDatabase   faultKind = "there is no database for the keys"
	noRecovery   faultKind = "there is an identity, and no recovery key"
	badRecovery  faultKind = "the recovery key is another's"
	broken       faultKind = "it breaks us"
)

// codes are what a fault means to whoever called.
var codes = map[faultKind]core.Code{
	rateLimited:  core.RateLimited,
	tokenRefused: core.Unavailable,
	userRefused:  core.Forbidden,
	wrongDevice:  core.Forbidden,
	notMember:    core.Unreachable,
	gone:         core.Unreachable,
	closedRoom:   core.Unreachable,
	movedRoom:    core.Unavailable,
	tooLarge:     core.Invalid,
	badContent:   core.Invalid,
	notBuilt:     core.Invalid,
	unknownRoom:  core.Unavailable,
	serverAway:   core.Unavailable,
	notSent:      core.Unavailable,
	unknown:      core.Uncertain,
	storeFailed:  core.Unavailable,
	noDatabase:   core.Unavailable,
	noRecovery:   core.Conflict,
	badRecovery:  core.Forbidden,
}

// A fault is why a call failed. It holds no token, no id and no text of a person.
type fault struct {
	kind  faultKind
	after time.Duration // with rateLimited
	vague bool          // with rateLimited: the server does not say how long it lasts
	cause string
}

func (f *fault) Error() string {
	if f.cause == "" {
		return "matrix: " + string(f.kind)
	}
	return "matrix: " + string(f.kind) + ": " + f.cause
}

// kindOf returns the kind of a fault; "" for nil.
func kindOf(err error) faultKind {
	if f, ok := errors.AsType[*fault](err); ok {
		return f.kind
	}
	if err == nil {
		return ""
	}
	return unknown
}

// refusals are what the server's codes mean (spec, "Common error codes"). What is not
// named follows from the status.
var refusals = map[string]faultKind{
	"M_UNKNOWN_TOKEN":    tokenRefused,
	"M_MISSING_TOKEN":    tokenRefused,
	"M_USER_DEACTIVATED": userRefused,
	"M_USER_LOCKED":      userRefused,
	"M_USER_SUSPENDED":   userRefused,
	"M_FORBIDDEN":        notMember,
	"M_NOT_FOUND":        gone,
	"M_TOO_LARGE":        tooLarge,
	"M_LIMIT_EXCEEDED":   rateLimited,

	"invalid_grant":       tokenRefused, // RFC 6749, section 5.2: the token that refreshes was used, or revoked
	"invalid_client":      tokenRefused,
	"unauthorized_client": tokenRefused,
}

// judge says what became of a call. wrote says that the request may have reached the
// server.
func judge(err error, wrote bool) *fault {
	if f, ok := errors.AsType[*fault](err); ok {
		return f
	}
	answer, ok := errors.AsType[mautrix.HTTPError](err)
	if !ok || answer.Response == nil {
		f := &fault{kind: notSent}
		if wrote {
			f.kind = unknown
		}
		if errors.Is(err, context.DeadlineExceeded) {
			f.cause = "it took too long"
		}
		return f
	}
	status := answer.Response.StatusCode
	f := &fault{kind: ofStatus(status), cause: "the server answered " + strconv.Itoa(status)}
	if answer.RespError != nil {
		if kind, ok := refusals[answer.RespError.ErrCode]; ok {
			f.kind = kind
		}
	}
	if f.kind == rateLimited {
		f.after, f.vague = waitOf(answer)
	}
	return f
}

func ofStatus(status int) faultKind {
	switch {
	case status == http.StatusTooManyRequests:
		return rateLimited
	case status == http.StatusUnauthorized:
		return tokenRefused
	case status == http.StatusForbidden:
		return notMember
	case status == http.StatusRequestEntityTooLarge:
		return tooLarge
	case status == http.StatusServiceUnavailable:
		return serverAway
	case status >= 400 && status < 500:
		return badContent
	}
	return unknown
}

// asError returns what a fault means to the dispatcher.
func asError(f *fault, what string) error {
	code := codes[f.kind]
	if code == "" {
		code = core.Internal
	}
	return &core.Error{Code: code, After: f.after, Err: fmt.Errorf("%s: %w", what, f)}
}
