package matrix

import (
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"maunium.net/go/mautrix"

	"tocsin/core"
)

// How long a limit lasts of which the server does not say it: at first, and at most.
const (
	usualWait   = 5 * time.Second
	longestWait = 5 * time.Minute
)

// waitOf returns how long a limit lasts: Retry-After in seconds or as a date, else the
// older retry_after_ms. It reports true if the server says neither.
func waitOf(answer mautrix.HTTPError) (wait time.Duration, vague bool) {
	header := answer.Response.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(header); err == nil && seconds >= 0 {
		return max(time.Duration(seconds)*time.Second, time.Second), false
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(time.Until(at), time.Second), false
	}
	if answer.RespError != nil {
		if ms, ok := answer.RespError.ExtraData["retry_after_ms"].(float64); ok && ms >= 0 {
			return max(time.Duration(ms)*time.Millisecond, time.Second), false
		}
	}
	return usualWait, true
}

// A limit is how long to wait before a message is sent again, where the server does not
// say it: twice as long each time that it was too short.
type limit struct {
	mu    sync.Mutex
	next  time.Duration // 0: usualWait
	until time.Time     // what was said last
}

// judged returns the error of a send, with how long to wait if that is ours to say. Those
// that were under way at once are told of one end.
func (l *limit) judged(err error) error {
	f, ok := errors.AsType[*fault](err)
	if err != nil && (!ok || !f.vague) {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		l.next = 0
		return nil
	}
	if wait := time.Until(l.until); wait > 0 {
		return &core.Error{Code: core.RateLimited, After: wait, Err: err}
	}
	wait := max(l.next, usualWait)
	l.next, l.until = min(2*wait, longestWait), time.Now().Add(wait)
	return &core.Error{Code: core.RateLimited, After: wait, Err: err}
}
