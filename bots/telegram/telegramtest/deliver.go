package telegramtest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Times of webhooks.
const (
	hookTimeout  = 60 * time.Second
	hookLongest  = 60 * time.Second // between attempts: up to twice as much, at random
	hookDropped  = 23 * time.Hour   // of nothing but 410
	hookMaxAfter = 3600             // seconds of Retry-After that are obeyed
)

// pump starts all deliveries that may start, and sets an alarm for the next.
func (b *Bot) pump() {
	h, s := b.hook, b.server
	if h == nil || s.over {
		return
	}
	b.expire()
	now := s.clock.time()
	busy := map[string]bool{}
	var next time.Time
	for _, u := range slices.Clone(b.queue) {
		if busy[u.order] {
			continue
		}
		busy[u.order] = true
		switch {
		case u.flying:
		case u.wake.After(now):
			if next.IsZero() || u.wake.Before(next) {
				next = u.wake
			}
		case h.flying < h.most:
			h.flying++
			b.flying++
			u.flying = true
			s.delivery.Go(func() { b.attempt(h, u) })
		}
	}
	if h.alarm != nil {
		h.alarm()
		h.alarm = nil
	}
	if !next.IsZero() {
		h.alarm = s.clock.after(next.Sub(now), func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			b.pump()
		})
	}
}

// attempt delivers one update. It is called without mu.
func (b *Bot) attempt(h *webhook, u *update) {
	s := b.server
	ctx, cancel := context.WithCancelCause(s.life)
	defer cancel(nil)
	stop := s.clock.after(hookTimeout, func() { cancel(errLate) })
	defer stop()
	status, after, body, trouble := s.post(ctx, h, u)
	s.mu.Lock()
	defer s.mu.Unlock()
	h.flying--
	b.flying--
	defer s.wake()
	if b.hook != h {
		return
	}
	u.flying = false
	if trouble == "" {
		b.delivered(u, h, body)
	} else {
		b.failed(u, h, trouble, status, after)
	}
	b.pump()
}

type lateError struct{}

func (lateError) Error() string { return "Read timeout expired" }

var errLate error = lateError{}

// post sends an update and returns what came back; trouble is why it counts as not
// delivered. It is called without mu.
func (s *Server) post(ctx context.Context, h *webhook, u *update) (status, after int, body []byte, trouble string) {
	text, err := json.Marshal(object{"update_id": u.id, u.kind: u.content})
	if err != nil {
		return 0, 0, nil, "Bad update"
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(text))
	if err != nil {
		return 0, 0, nil, "Bad URL"
	}
	r.Header.Set("Content-Type", "application/json")
	if h.secret != "" {
		r.Header.Set("X-Telegram-Bot-Api-Secret-Token", h.secret)
	}
	resp, err := s.hooks.Do(r)
	if err == nil {
		defer resp.Body.Close()
		body, err = io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	}
	switch {
	case context.Cause(ctx) == errLate:
		return 0, 0, nil, errLate.Error()
	case err != nil && resp == nil:
		return 0, 0, nil, "Connection refused"
	case err != nil:
		return 0, 0, nil, "Webhook connection closed"
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		after, _ = strconv.Atoi(resp.Header.Get("Retry-After"))
		return resp.StatusCode, after, nil, "Wrong response from the webhook: " + strings.TrimSpace(resp.Status)
	}
	return resp.StatusCode, 0, answerCall(resp, body), ""
}

// answerCall returns the body of an answer as a JSON object if it can be a call.
func answerCall(resp *http.Response, body []byte) []byte {
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
		return body
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil
	}
	fields := map[string]string{}
	for name, values := range form {
		fields[name] = values[0]
	}
	text, _ := json.Marshal(fields)
	return text
}

// delivered forgets an update, and makes the call that the answer may hold.
func (b *Bot) delivered(u *update, h *webhook, body []byte) {
	h.goneSince = time.Time{}
	b.queue = slices.DeleteFunc(b.queue, func(q *update) bool { return q == u })
	c := &call{server: b.server, ctx: b.server.life, bot: b, params: map[string]string{}, uploads: map[string]upload{}}
	if c.readJSON(bytes.NewReader(body)) != nil {
		return
	}
	method := c.params["method"]
	delete(c.params, "method")
	c.method = strings.ToLower(method)
	barred := []string{"", "setwebhook", "deletewebhook", "close", "logout"}
	if strings.HasPrefix(c.method, "get") || slices.Contains(barred, c.method) {
		return
	}
	b.server.record(c, method)
	a := b.server.dispatch(c) // its result is lost
	c.record.Done, c.record.Status = true, 200
	if a.refused != nil {
		c.record.Status, c.record.Error = a.refused.code, a.refused.text
	}
}

// failed plans the next attempt: at once the first time, then after 2, 4, 8 … s, or
// when the webhook asked for it. What would come too late is dropped.
func (b *Bot) failed(u *update, h *webhook, trouble string, status, after int) {
	s := b.server
	now := s.clock.time()
	h.lastError, h.lastDate = trouble, now
	if status != http.StatusGone {
		h.goneSince = time.Time{}
	} else if h.goneSince.IsZero() {
		h.goneSince = now
	} else if now.Sub(h.goneSince) > hookDropped {
		b.unhook()
		return
	}
	longest := hookLongest + time.Duration(s.random.Int64N(int64(hookLongest)))
	delay := time.Duration(min(after, hookMaxAfter)) * time.Second
	if delay == 0 && u.fails > 0 {
		delay = min(longest, time.Second<<min(u.fails, 10))
	}
	u.fails++
	u.wake = now.Add(delay)
	if u.wake.After(u.expires) {
		b.queue = slices.DeleteFunc(b.queue, func(q *update) bool { return q == u })
	}
}

// Webhook returns where the bot's updates go, "" for nowhere, and its last error.
func (b *Bot) Webhook() (url, lastError string) {
	b.server.mu.Lock()
	defer b.server.mu.Unlock()
	if b.hook == nil {
		return "", ""
	}
	return b.hook.url, b.hook.lastError
}

// String names a bot without its token.
func (b *Bot) String() string { return fmt.Sprintf("@%s", b.Username) }
