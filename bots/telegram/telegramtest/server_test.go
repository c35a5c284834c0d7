package telegramtest_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"tocsin/bots/telegram/telegramtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// params are those of a call; what is no string goes as JSON.
type params map[string]any

// An outcome is the answer to a call.
type outcome struct {
	Status      int `json:"-"`
	OK          bool
	Result      json.RawMessage
	Code        int `json:"error_code"`
	Description string
	Parameters  struct {
		RetryAfter int   `json:"retry_after"`
		Migrate    int64 `json:"migrate_to_chat_id"`
	}
	Header http.Header `json:"-"`
}

// into reads the result.
func (o outcome) into(t *testing.T, to any) {
	t.Helper()
	if !o.OK {
		t.Fatalf("the answer is %d %q", o.Code, o.Description)
	}
	if err := json.Unmarshal(o.Result, to); err != nil {
		t.Fatalf("the result %s: %v", o.Result, err)
	}
}

// A client calls methods as one bot.
type client struct {
	t   *testing.T
	srv *telegramtest.Server
	bot *telegramtest.Bot
	via *http.Client

	polls int // that waited
}

// open runs a server and returns it with a client of its bot.
func open(t *testing.T, o telegramtest.Options) (*telegramtest.Server, *client) {
	t.Helper()
	srv := telegramtest.New(t, o)
	return srv, connect(t, srv, srv.Bot())
}

func connect(t *testing.T, srv *telegramtest.Server, bot *telegramtest.Bot) *client {
	transport := &http.Transport{DialContext: srv.Dial, TLSClientConfig: &tls.Config{RootCAs: srv.RootCAs()}}
	t.Cleanup(transport.CloseIdleConnections)
	return &client{t: t, srv: srv, bot: bot, via: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// call makes a call that must come to an answer.
func (c *client) call(method string, p params) outcome {
	c.t.Helper()
	o, err := c.try(c.t.Context(), method, p)
	if err != nil {
		c.t.Fatalf("%s: %v", method, err)
	}
	return o
}

func (c *client) try(ctx context.Context, method string, p params) (outcome, error) {
	body, err := json.Marshal(p)
	if err != nil {
		c.t.Errorf("encode: %v", err)
	}
	return c.post(ctx, "/bot"+c.bot.Token+"/"+method, "application/json", body)
}

func (c *client) post(ctx context.Context, path, kind string, body []byte) (outcome, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.srv.URL()+path, bytes.NewReader(body))
	if err != nil {
		return outcome{}, err
	}
	r.Header.Set("Content-Type", kind)
	resp, err := c.via.Do(r)
	if err != nil {
		return outcome{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return outcome{}, err
	}
	o := outcome{Status: resp.StatusCode, Header: resp.Header}
	if err := json.Unmarshal(text, &o); err != nil {
		return o, err
	}
	return o, nil
}

// refused checks that a call is refused with these words.
func (c *client) refused(method string, p params, want string) {
	c.t.Helper()
	if o := c.call(method, p); o.Description != want || o.OK {
		c.t.Errorf("%s %v is answered %q, want %q", method, p, o.Description, want)
	}
}

// say sends a text that must be taken, and returns its message_id.
func (c *client) say(chat int64, text string) int {
	c.t.Helper()
	var m struct {
		ID int `json:"message_id"`
	}
	c.call("sendMessage", params{"chat_id": chat, "text": text}).into(c.t, &m)
	return m.ID
}

// upload makes a call with a file.
func (c *client) upload(method string, p map[string]string, field, name string, data []byte) outcome {
	c.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for k, v := range p {
		_ = w.WriteField(k, v)
	}
	part, err := w.CreateFormFile(field, name)
	if err != nil {
		c.t.Fatal(err)
	}
	_, _ = part.Write(data)
	_ = w.Close()
	o, err := c.post(c.t.Context(), "/bot"+c.bot.Token+"/"+method, w.FormDataContentType(), body.Bytes())
	if err != nil {
		c.t.Fatalf("%s: %v", method, err)
	}
	return o
}

func TestPathsAndTokensAreAnsweredAsDocumented(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	token := c.bot.Token
	for path, want := range map[string]string{
		"/":                "404 Not Found",
		"/bot" + token:     "404 Not Found",
		"/robots.txt":      "404 Not Found",
		"/botABC/getMe":    "401 Unauthorized: invalid token specified",
		"/bot0123:x/getMe": "401 Unauthorized: invalid token specified",
		"/bot12:" + strings.Repeat("x", 80) + "/getMe": "401 Unauthorized: invalid token specified",
		"/bot12:unknown/getMe":                         "401 Unauthorized",
		"/bot" + token + "/getUs":                      "404 Not Found: method not found",
		"/bot" + token + "/":                           "404 Not Found: method not found",
		"/bot" + token + "/GETME":                      "200 ",
		"/bot" + token + "/test/getMe":                 "200 ",
		"/bot" + token + "/?method=getMe":              "200 ",
	} {
		o, err := c.post(t.Context(), path, "application/json", nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := http.StatusText(o.Status); strings.TrimSpace(want) != strings.TrimSpace(strings.Join([]string{itoa(o.Status), o.Description}, " ")) {
			t.Errorf("%s is answered %d (%s) %q, want %q", path, o.Status, got, o.Description, want)
		}
		if o.Header.Get("Content-Type") != "application/json" || !o.OK && o.Code != o.Status {
			t.Errorf("%s is answered as %q with the code %d", path, o.Header.Get("Content-Type"), o.Code)
		}
	}
	_ = srv
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }

func TestMalformedTokensCanBeAnswered404(t *testing.T) {
	t.Parallel()
	_, c := open(t, telegramtest.Options{MalformedToken404: true})
	if o, err := c.post(t.Context(), "/botABC/getMe", "application/json", nil); err != nil || o.Status != 404 {
		t.Errorf("the answer is %d, %v", o.Status, err)
	}
}

func TestParametersComeInEveryKindOfBody(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	ada := srv.User("Ada", "fr")
	ada.Start("")
	form := url.Values{"chat_id": {itoa64(ada.ID)}, "text": {"é & ü"}, "disable_notification": {"yes"}}
	path := "/bot" + c.bot.Token + "/sendMessage"
	var multi bytes.Buffer
	w := multipart.NewWriter(&multi)
	for k, v := range form {
		_ = w.WriteField(k, v[0])
	}
	_ = w.Close()
	for kind, body := range map[string]string{
		"application/x-www-form-urlencoded": form.Encode(),
		w.FormDataContentType():             multi.String(),
		"application/json":                  `{"chat_id":` + itoa64(ada.ID) + `,"text":"é & ü","disable_notification":true,"entities":null}`,
	} {
		if o, err := c.post(t.Context(), path, kind, []byte(body)); err != nil || !o.OK {
			t.Fatalf("%s: %v %q", kind, err, o.Description)
		}
		if m := ada.Next(t); m.Text != "é & ü" || !m.Silent {
			t.Errorf("%s: the message is %+v", kind, m)
		}
	}
	if o, err := c.post(t.Context(), "/bot"+c.bot.Token+"/getMe", w.FormDataContentType(), nil); err != nil || !o.OK {
		t.Errorf("a form without a byte: %v %q", err, o.Description)
	}
	resp, err := c.via.Get(srv.URL() + path + "?" + form.Encode())
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if m := ada.Next(t); resp.StatusCode != 200 || m.Text != "é & ü" || !m.Silent {
		t.Errorf("GET: the message is %+v", m)
	}
}

func itoa64(n int64) string { b, _ := json.Marshal(n); return string(b) }

func TestUnknownNamesAreProblemsUnlessLenient(t *testing.T) {
	t.Parallel()
	send := func(o telegramtest.Options) []string {
		srv := telegramtest.Open(o)
		defer srv.Stop()
		ada := srv.User("Ada", "fr")
		ada.Start("")
		body := `{"chat_id":` + itoa64(ada.ID) + `,"text":"x","disable_web_page_preview":true,"reply_markup":` +
			`{"inline_keyboard":[[{"text":"a","callback_data":"b","colour":"red"}]]},"link_preview_options":{"disabled":true}}`
		r := httptest.NewRequest("POST", "/bot"+srv.Bot().Token+"/sendMessage", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		srv.ServeHTTP(w, r)
		if w.Code != 200 {
			t.Errorf("the answer is %d %s", w.Code, w.Body)
		}
		return srv.Problems()
	}
	want := "sendMessage has no parameter disable_web_page_preview|" +
		"sendMessage has no parameter link_preview_options.disabled|" +
		"sendMessage has no parameter reply_markup.inline_keyboard.colour"
	if got := strings.Join(send(telegramtest.Options{}), "|"); got != want {
		t.Errorf("the problems are %q", got)
	}
	if got := send(telegramtest.Options{Lenient: true}); len(got) > 0 {
		t.Errorf("the problems are %q", got)
	}
}

// A recorder is a testing.TB whose failures are kept.
type recorder struct {
	testing.TB
	cleanups []func()
	errors   []string
}

func (r *recorder) Cleanup(f func())             { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Helper()                      {}
func (r *recorder) Errorf(f string, args ...any) { r.errors = append(r.errors, f) }

func TestProblemsFailTheTest(t *testing.T) {
	t.Parallel()
	r := &recorder{TB: t}
	srv := telegramtest.New(r, telegramtest.Options{})
	connect(t, srv, srv.Bot()).call("getMe", params{"verbose": true})
	for _, f := range r.cleanups {
		f()
	}
	if len(r.errors) != 1 {
		t.Errorf("the test failed %d times", len(r.errors))
	}
}

func TestCallsAreRecorded(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	c.call("GETme", nil)
	c.call("sendMessage", params{"chat_id": 1, "text": "hallo"})
	srv.Advance(time.Minute)
	c.call("getMe", nil)
	calls := srv.WaitCalls(t, "getMe", 2)
	if calls[0].Status != 200 || calls[1].At.Sub(calls[0].At) != time.Minute {
		t.Errorf("the calls are %+v", calls)
	}
	sent := srv.Calls("sendMessage")[0]
	if sent.Params["text"] != "hallo" || sent.Status != 400 || sent.Error != "Bad Request: chat not found" {
		t.Errorf("the call is %+v", sent)
	}
	if n := len(srv.Calls("")); n != 3 {
		t.Errorf("%d calls are recorded", n)
	}
}

func TestBotsAreApart(t *testing.T) {
	t.Parallel()
	srv, one := open(t, telegramtest.Options{})
	two := connect(t, srv, srv.AddBot("other_bot"))
	ada := srv.User("Ada", "fr")
	ada.Start("")
	two.refused("sendMessage", params{"chat_id": ada.ID, "text": "x"}, "Bad Request: chat not found")
	ada.With(two.bot).Start("")
	two.say(ada.ID, "from two")
	one.say(ada.ID, "from one")
	if a, b := ada.Last().Text, ada.With(two.bot).Last().Text; a != "from one" || b != "from two" {
		t.Errorf("the bots say %q and %q", a, b)
	}
	two.bot.Revoke()
	if o := two.call("getMe", nil); o.Description != "Unauthorized" || o.Status != 401 {
		t.Errorf("the revoked bot is answered %q", o.Description)
	}
	one.call("getMe", nil).into(t, new(any))
}

func TestLoggedOutBotIsRefusedAndCloseNeedsTenMinutes(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	if o := c.call("close", nil); o.Status != 429 || o.Parameters.RetryAfter != 600 {
		t.Errorf("close is answered %+v", o)
	}
	srv.Advance(10 * time.Minute)
	c.call("close", nil).into(t, new(bool))
	c.call("logOut", nil).into(t, new(bool))
	c.refused("getMe", nil, "Logged out")
}

func TestDownServerRefusesConnectionsUntilUp(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]telegramtest.Options{"tcp": {}, "in memory": {InMemory: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv, c := open(t, o)
			c.call("getMe", nil)
			srv.Down()
			if _, err := c.try(t.Context(), "getMe", nil); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("the error is %v", err)
			}
			srv.Up(t)
			c.call("getMe", nil)
		})
	}
}

func TestCertificateIsTrustedOnlyByItsPool(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{TLS: true})
	c.call("getMe", nil).into(t, new(any))
	stranger := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	_, err := stranger.Get(srv.URL() + "/bot" + c.bot.Token + "/getMe")
	var untrusted *tls.CertificateVerificationError
	if !errors.As(err, &untrusted) {
		t.Errorf("the error is %v", err)
	}
}

func TestServerRunsInABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, c := open(t, telegramtest.Options{Clock: telegramtest.Real, InMemory: true})
		began := time.Now()
		c.call("getUpdates", params{"timeout": 50}).into(t, new([]any))
		if waited := time.Since(began); waited != 50*time.Second {
			t.Errorf("the poll waited %v", waited)
		}
		srv.Advance(time.Hour)
		if ahead := time.Until(srv.Now()); ahead != time.Hour {
			t.Errorf("the clock is %v ahead", ahead)
		}
		c.via.CloseIdleConnections()
	})
}

func TestDialReachesTheServer(t *testing.T) {
	t.Parallel()
	srv, _ := open(t, telegramtest.Options{})
	conn, err := srv.Dial(t.Context(), "tcp", "anywhere.test:443")
	if err != nil {
		t.Fatal(err)
	}
	var _ net.Conn = conn
	conn.Close()
}
