package telegram

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
)

// Deadlines of a call, and how much of an answer is read.
const (
	dialTime   = 10 * time.Second
	callTime   = 20 * time.Second
	uploadTime = 60 * time.Second
	pollSlack  = 15 * time.Second // of a long poll, beyond the server's own time
	mostBytes  = 8 << 20

	// Of a connection that many calls share: one that has died without a word is noticed
	// before a second call is lost on it.
	pingAfter = 5 * time.Second
	pingTime  = 4 * time.Second
)

// A client calls methods of the Bot API. No error of it holds the token.
type client struct {
	api     tgbotapi.BotAPI
	http    *http.Client
	limited atomic.Int64 // calls answered 429
	paused  atomic.Int64 // what these asked to wait, in nanoseconds
}

// newClient makes a client; it reaches nothing yet.
func newClient(c Config) *client {
	if c.Dialer == nil {
		c.Dialer = (&net.Dialer{Timeout: dialTime}).DialContext
	}
	k := &client{http: &http.Client{
		// A redirect would carry the token to another host, in Referer.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           c.Dialer,
			TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:   dialTime,
			MaxIdleConnsPerHost:   40, // of all that a dispatcher sends at once, and some
			IdleConnTimeout:       90 * time.Second,
			ExpectContinueTimeout: time.Second,
			ForceAttemptHTTP2:     true,
			HTTP2:                 &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTime},
		},
	}}
	k.api.Token = c.Token
	k.api.SetAPIEndpoint(strings.TrimSuffix(c.API, "/") + "/bot%s/%s")
	return k
}

// call calls a method, and decodes its result into out unless that is nil.
func (k *client) call(ctx context.Context, m method, p params, out any) error {
	return k.callFor(ctx, callTime, m, p, out)
}

// callFor is call with another deadline.
func (k *client) callFor(ctx context.Context, limit time.Duration, m method, p params, out any) error {
	return k.do(ctx, limit, out, func(api *tgbotapi.BotAPI) (*tgbotapi.APIResponse, error) {
		return api.MakeRequest(string(m), tgbotapi.Params(p))
	})
}

// An upload is a file that goes with a call.
type upload struct {
	field string // "document"
	name  string
	bytes []byte
}

// upload calls a method with a file.
func (k *client) upload(ctx context.Context, m method, p params, u upload, out any) error {
	return k.do(ctx, uploadTime, out, func(api *tgbotapi.BotAPI) (*tgbotapi.APIResponse, error) {
		file := tgbotapi.FileBytes{Name: u.name, Bytes: u.bytes}
		return api.UploadFiles(string(m), tgbotapi.Params(p), []tgbotapi.RequestFile{{Name: u.field, Data: file}})
	})
}

// do binds the library to a context for one call. The library keeps no state that a
// copy could share.
func (k *client) do(ctx context.Context, limit time.Duration, out any, call func(*tgbotapi.BotAPI) (*tgbotapi.APIResponse, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	d := &doer{ctx: ctx, http: k.http}
	api := k.api
	api.Client = d
	answer, err := call(&api)
	if err != nil {
		return k.count(d.judge(answer, err))
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(answer.Result, out); err != nil {
		return &fault{kind: unknown, cause: errors.New("the result is of another form")}
	}
	return nil
}

// count returns why a call failed, and counts it if it came too early.
func (k *client) count(err error) error {
	if kindOf(err) == rateLimited {
		k.limited.Add(1)
		k.paused.Add(int64(afterOf(err)))
	}
	return err
}

// A doer does one HTTP request, and remembers how far it came.
type doer struct {
	ctx    context.Context
	http   *http.Client
	wrote  atomic.Bool // part of the request may have reached the server
	moved  bool        // the server sent us elsewhere, and has done nothing
	status int
}

// Do implements tgbotapi.HTTPClient. Its errors hold no URL, since that holds the token.
func (d *doer) Do(r *http.Request) (*http.Response, error) {
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { d.wrote.Store(true) }}
	resp, err := d.http.Do(r.WithContext(httptrace.WithClientTrace(d.ctx, trace)))
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err
		}
		return nil, err
	}
	d.status = resp.StatusCode
	if d.moved = resp.StatusCode/100 == 3; d.moved {
		_ = resp.Body.Close()
		return nil, fmt.Errorf("the server sends us elsewhere: %d", resp.StatusCode)
	}
	if kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); kind != "application/json" {
		_ = resp.Body.Close()
		return nil, fmt.Errorf("the server answered %d without JSON", resp.StatusCode)
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, mostBytes), resp.Body}
	return resp, nil
}
