package matrix

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"

	"maunium.net/go/mautrix/event"
)

// Figures are what a monitoring wants to know of an adapter. None is of a person or a
// room.
type Figures struct {
	State    State
	Synced   time.Time // when the server answered last; zero: never since the start
	Limited  int64     // calls that the server answered 429, since the start
	Keys     int64     // one-time keys that are left on the server, as it said last
	Unread   int       // messages that wait for their keys
	Oldest   time.Time // since when the oldest of them waits; zero: none does
	Rooms    int       // in which the bot is
	Complete bool      // the last three could be read
}

// Figures returns the figures of now.
func (a *Adapter) Figures(ctx context.Context) Figures {
	f := Figures{State: a.State(), Limited: a.limited.Load(), Keys: a.keys.Load()}
	if at := a.synced.Load(); at != 0 {
		f.Synced = time.Unix(0, at)
	}
	err := a.use(func(s *session) error {
		var oldest int64
		err := s.db.QueryRow(ctx, "SELECT count(*), COALESCE(min(came), 0) FROM tocsin_unread WHERE user_id=$1", s.user).Scan(&f.Unread, &oldest)
		if err == nil && oldest != 0 {
			f.Oldest = time.Unix(oldest, 0)
		}
		if err == nil {
			err = s.db.QueryRow(ctx, "SELECT count(*) FROM mx_user_profile WHERE user_id=$1 AND membership=$2", s.user, event.MembershipJoin).Scan(&f.Rooms)
		}
		return err
	})
	f.Complete = err == nil
	return f
}

// counting is a transport that counts the calls which the server answered 429.
type counting struct {
	*Adapter
	under http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (c counting) RoundTrip(r *http.Request) (*http.Response, error) {
	send := c.under.RoundTrip
	if r.Header.Get("Content-Type") == "application/x-www-form-urlencoded" {
		send = c.whole // the token endpoint: nothing else takes forms
	}
	resp, err := send(r)
	if err == nil && resp.StatusCode == http.StatusTooManyRequests {
		c.limited.Add(1)
	}
	return resp, err
}

// whole is RoundTrip of a call whose answer must be read, though whoever made it has lost
// interest: a server that has made new tokens knows the old no more.
func (c counting) whole(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), callTime)
	defer cancel()
	resp, err := c.under.RoundTrip(r.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, mostTokens))
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// mostTokens is how much of an answer with tokens is read.
const mostTokens = 1 << 20

// CloseIdleConnections lets http.Client close what is under it.
func (c counting) CloseIdleConnections() {
	if t, ok := c.under.(*http.Transport); ok {
		t.CloseIdleConnections()
	}
}
