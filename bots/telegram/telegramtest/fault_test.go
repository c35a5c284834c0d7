package telegramtest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tocsin/bots/telegram/telegramtest"
)

// told is how a call ended: the description, ok, or what the program saw of it.
func told(o outcome, err error) string {
	switch {
	case err == nil && o.OK:
		return "ok"
	case err == nil:
		return itoa(o.Status) + " " + o.Description
	case o.Status != 0:
		return itoa(o.Status) + " no JSON"
	}
	return "cut"
}

func TestFaultsStrikeAsPlanned(t *testing.T) {
	t.Parallel()
	for kind, tc := range map[telegramtest.Kind]struct {
		fault telegramtest.Fault
		want  string
		sent  int
	}{
		telegramtest.ResetBefore: {want: "cut"},
		telegramtest.ResetAfter:  {want: "cut", sent: 1},
		telegramtest.Truncated:   {want: "200 no JSON", sent: 1},
		telegramtest.BadGateway:  {want: "502 no JSON"},
		telegramtest.EmptyAnswer: {want: "504 no JSON"},
		telegramtest.Restart:     {want: "500 Internal Server Error: restart"},
		telegramtest.Redirected:  {fault: telegramtest.Fault{URL: "http://elsewhere.test/"}, want: "307 no JSON"},
		telegramtest.Gzipped:     {want: "ok", sent: 1},
		telegramtest.Huge:        {fault: telegramtest.Fault{Size: 9 << 20}, want: "ok", sent: 1},
		telegramtest.Refused:     {fault: telegramtest.Fault{Code: 401, Text: "Unauthorized"}, want: "401 Unauthorized"},
		telegramtest.Limited:     {fault: telegramtest.Fault{After: 7}, want: "429 Too Many Requests: retry after 7"},
		telegramtest.ZeroID:      {want: "ok", sent: 1},
	} {
		for _, o := range []telegramtest.Options{{}, {InMemory: true}, {TLS: true}} {
			t.Run(string(kind), func(t *testing.T) {
				t.Parallel()
				srv, c := open(t, o)
				ada := srv.User("Ada", "")
				ada.Start("")
				f := tc.fault
				f.Kind, f.Method, f.On = kind, "sendMessage", 2
				srv.Plan(f)
				c.call("getMe", nil).into(t, new(any))
				c.say(ada.ID, "first")
				p := params{"chat_id": ada.ID, "text": "second"}
				if got := told(c.try(t.Context(), "sendMessage", p)); got != tc.want {
					t.Errorf("the program sees %q, want %q", got, tc.want)
				}
				if n := len(ada.Chat()); n != 1+tc.sent {
					t.Errorf("%d messages are there", n)
				}
				if calls := srv.Calls("sendMessage"); calls[1].Fault != string(kind) || calls[0].Fault != "" {
					t.Errorf("the calls are %+v", calls)
				}
				srv.Advance(time.Minute)
				c.say(ada.ID, "third")
			})
		}
	}
}

func TestSlowAnswersComeWhenTheTimeHasPassed(t *testing.T) {
	t.Parallel()
	for _, kind := range []telegramtest.Kind{telegramtest.SlowHeaders, telegramtest.SlowBody} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			srv, c := open(t, telegramtest.Options{})
			srv.Plan(telegramtest.Fault{Kind: kind, Method: "getMe", Wait: time.Minute})
			done := make(chan string, 1)
			go func() { done <- told(c.try(t.Context(), "getMe", nil)) }()
			srv.WaitCalls(t, "getMe", 1)
			select {
			case <-done:
				t.Error("the answer comes at once")
			case <-time.After(20 * time.Millisecond):
			}
			srv.Advance(time.Minute)
			if got := <-done; got != "ok" {
				t.Errorf("the program sees %q", got)
			}
		})
	}
}

func TestSlowAnswerCanBeGivenUp(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	srv.Plan(telegramtest.Fault{Kind: telegramtest.SlowHeaders, Method: "getMe", Wait: time.Hour})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := c.try(ctx, "getMe", nil)
		done <- err
	}()
	srv.WaitCalls(t, "getMe", 1)
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

func TestFaultsEndWhenHealedAndCanBeOfOneChat(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	ada, ben := srv.User("Ada", ""), srv.User("Ben", "")
	ada.Start("")
	ben.Start("")
	srv.Plan(telegramtest.Fault{Kind: telegramtest.Restart, Chat: ada.ID})
	for range 2 {
		c.refused("sendMessage", params{"chat_id": ada.ID, "text": "x"}, "Internal Server Error: restart")
		c.say(ben.ID, "x")
	}
	srv.Heal()
	c.say(ada.ID, "x")
}

func TestRevokedTokenEndsThePoll(t *testing.T) {
	t.Parallel()
	_, c := open(t, telegramtest.Options{})
	poll := c.waiting(t.Context(), params{"timeout": 30})
	c.bot.Revoke()
	if o := <-poll; o.Status != 401 || o.Description != "Unauthorized" {
		t.Errorf("the poll is answered %d %q", o.Status, o.Description)
	}
}

func TestZeroIDIsOnlyInTheAnswer(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	ada := srv.User("Ada", "")
	ada.Start("")
	srv.Plan(telegramtest.Fault{Kind: telegramtest.ZeroID, Method: "sendMessage"})
	if id := c.say(ada.ID, "later"); id != 0 || ada.Last().ID == 0 {
		t.Errorf("the ids are %d and %d", id, ada.Last().ID)
	}
}

func TestResetWithoutAConnectionAbortsTheHandler(t *testing.T) {
	t.Parallel()
	srv := telegramtest.Open(telegramtest.Options{})
	defer srv.Stop()
	srv.Plan(telegramtest.Fault{Kind: telegramtest.ResetBefore})
	defer func() {
		if err := recover(); err != http.ErrAbortHandler {
			t.Errorf("the handler ends with %v", err)
		}
	}()
	srv.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/bot"+srv.Bot().Token+"/getMe", strings.NewReader("")))
}

func TestDownloadsGoWrongToo(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	srv.User("Ada", "").SendDocument("a.txt", "text/plain", []byte("0123456789"))
	var f struct {
		Path string `json:"file_path"`
	}
	c.call("getFile", params{"file_id": c.updates(nil)[0].Message.Document.ID}).into(t, &f)
	srv.Plan(telegramtest.Fault{Kind: telegramtest.Truncated, Method: "file download", On: 1})
	for _, want := range []string{"01234", "0123456789"} {
		resp, err := c.via.Get(srv.URL() + "/file/bot" + c.bot.Token + "/" + f.Path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if string(body) != want {
			t.Errorf("%q is downloaded, want %q", body, want)
		}
	}
}
