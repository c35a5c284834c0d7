package telegram

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"tocsin/core"
)

// A faultKind says what became of a call that failed.
type faultKind string

const (
	rateLimited  faultKind = "rate limited"      // 429
	migrated     faultKind = "migrated"          // the group goes on under another id
	blocked      faultKind = "blocked"           // by the person
	deactivated  faultKind = "deactivated"       // the account is gone
	neverStarted faultKind = "never started"     // the person has not written first
	notMember    faultKind = "not a member"      // of the group or channel
	chatNotFound faultKind = "chat not found"    //
	badContent   faultKind = "bad content"       // ours to mend
	badMarkup    faultKind = "bad markup"        // the HTML was refused
	notModified  faultKind = "not modified"      // an edit to the same
	messageGone  faultKind = "message gone"      // it was deleted
	messageFixed faultKind = "message fixed"     // it cannot be edited or deleted any more
	messageOther faultKind = "message other"     // it has a picture, and no text to edit
	badPhoto     faultKind = "bad photo"         // a picture that is no photo to the server
	fileGone     faultKind = "file gone"         // the server does not know its name any more
	queryTooOld  faultKind = "query too old"     // of a button
	tooLarge     faultKind = "too large"         // a file
	unauthorized faultKind = "unauthorized"      // the token is refused
	polledTwice  faultKind = "polled twice"      // another process polls with this token
	hooked       faultKind = "webhook is active" // so polling is refused
	serverFault  faultKind = "server fault"      // 5xx with an answer: nothing has happened
	notSent      faultKind = "not sent"          // it never reached the server
	unknown      faultKind = "unknown"           // it may have happened
)

// A fault is why a call failed. It holds no token and no text of a person.
type fault struct {
	kind  faultKind
	after time.Duration // with rateLimited
	to    int64         // with migrated: the chat's new id
	cause error
}

func (f *fault) Error() string { return "telegram: " + string(f.kind) + ": " + f.cause.Error() }
func (f *fault) Unwrap() error { return f.cause }

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

// judge says what became of a call. The code is that of the answer or its status: the
// library's own error has none for an upload.
func (d *doer) judge(answer *tgbotapi.APIResponse, err error) error {
	if _, refused := errors.AsType[*tgbotapi.Error](err); refused && answer != nil {
		return refusal(answer, d.status)
	}
	kind := notSent
	switch {
	case d.moved:
		kind = serverFault
	case d.wrote.Load():
		kind = unknown
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = errors.New("it took too long")
	}
	return &fault{kind: kind, cause: err}
}

// A wording is how the server says something: its prefix after the class of the error,
// in lower case, and what it means. The strings are those of Telegram's own server.
type wording struct {
	prefix string
	kind   faultKind
}

var wordings = map[int][]wording{
	http.StatusForbidden: {
		{"bot was blocked by the user", blocked},
		{"user is deactivated", deactivated},
		{"bot can't initiate conversation with a user", neverStarted},
		{"the bot can't send messages to the bot", blocked},
		{"bot was kicked from", notMember},
		{"bot is not a member of", notMember},
		{"the group chat was deleted", notMember},
		{"", notMember},
	},
	http.StatusBadRequest: {
		{"chat not found", chatNotFound},
		{"private chat not found", chatNotFound},
		{"group chat was upgraded to a supergroup chat", migrated},
		{"message is not modified", notModified},
		{"message to edit not found", messageGone},
		{"message identifier is not specified", messageGone}, // it never had one: 0
		{"there is no text in the message to edit", messageOther},
		{"message can't be edited", messageFixed},
		{"message to delete not found", messageGone},
		{"message can't be deleted", messageFixed},
		{"query is too old", queryTooOld},
		{"message thread not found", chatNotFound},
		{"can't parse entities", badMarkup},
		{"image_process_failed", badPhoto},
		{"photo_", badPhoto},
		{"wrong file identifier", fileGone},
		{"wrong remote file identifier", fileGone},
		{"", badContent},
	},
	http.StatusConflict: {
		{"can't use getupdates method while webhook is active", hooked},
		{"", polledTwice},
	},
	http.StatusUnauthorized: {{"", unauthorized}},
	http.StatusNotFound: {
		{"method not found", badContent}, // of an older server
		{"", unauthorized},
	},
	http.StatusRequestEntityTooLarge: {{"", tooLarge}},
	http.StatusTooManyRequests:       {{"", rateLimited}},
}

// refusal says why the server refused.
func refusal(answer *tgbotapi.APIResponse, status int) *fault {
	code := answer.ErrorCode
	if code == 0 {
		code = status
	}
	f := &fault{kind: badContent, cause: fmt.Errorf("the server answered %d", code)}
	if code >= http.StatusInternalServerError {
		f.kind = serverFault
		return f
	}
	_, said, _ := strings.Cut(answer.Description, ": ") // after "Bad Request", "Forbidden"
	said = strings.ToLower(said)
	for _, w := range wordings[code] {
		if strings.HasPrefix(said, w.prefix) {
			f.kind = w.kind
			f.cause = fmt.Errorf("the server answered %d, %s", code, f.kind)
			break
		}
	}
	if p := answer.Parameters; p != nil {
		f.after = time.Duration(p.RetryAfter) * time.Second
		f.to = p.MigrateToChatID
	}
	return f
}

// asError returns what a failed send means to the dispatcher.
func asError(err error, what string) error {
	f, ok := errors.AsType[*fault](err)
	if !ok {
		return core.Wrap(core.Internal, err, what)
	}
	code := core.Invalid
	switch f.kind {
	case rateLimited:
		return &core.Error{Code: core.RateLimited, After: max(f.after, time.Second), Err: fmt.Errorf("%s: %w", what, f)}
	case blocked, deactivated, neverStarted, notMember, chatNotFound:
		code = core.Unreachable
	case serverFault, notSent, unauthorized, migrated: // the chat goes on under another name, which an update tells
		code = core.Unavailable
	case unknown:
		code = core.Uncertain
	}
	return core.Wrap(code, f, what)
}

// afterOf returns how long a fault asks to wait.
func afterOf(err error) time.Duration {
	if f, ok := errors.AsType[*fault](err); ok {
		return f.after
	}
	return 0
}
