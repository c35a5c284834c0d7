package telegramtest_test

import (
	"testing"
	"time"

	"tocsin/bots/telegram/telegramtest"
)

func limited(t *testing.T) (*telegramtest.Server, *client) {
	return open(t, telegramtest.Options{Limits: telegramtest.PublishedLimits()})
}

// sends counts how many of n messages pass at once, and returns the first refusal.
func (c *client) sends(n int, p params) (passed int, first outcome) {
	c.t.Helper()
	for range n {
		o := c.call("sendMessage", p)
		if !o.OK {
			return passed, o
		}
		passed++
	}
	return passed, outcome{}
}

func TestChatsHaveTheirRates(t *testing.T) {
	t.Parallel()
	srv, c := limited(t)
	ada := srv.User("Ada", "")
	ada.Start("")
	group := srv.Group("G")
	group.Add(c.bot)
	for _, tc := range []struct {
		chat  int64
		burst int
		after int
	}{{ada.ID, 3, 1}, {group.ID, 20, 3}} {
		passed, o := c.sends(50, params{"chat_id": tc.chat, "text": "x"})
		if passed != tc.burst || o.Status != 429 || o.Parameters.RetryAfter != tc.after || o.Header.Get("Retry-After") != itoa(tc.after) {
			t.Errorf("%d pass, then %+v", passed, o)
		}
		if o.Description != "Too Many Requests: retry after "+itoa(tc.after) || o.Code != 429 {
			t.Errorf("the answer is %q", o.Description)
		}
		srv.Advance(time.Duration(tc.after) * time.Second)
		if passed, _ := c.sends(50, params{"chat_id": tc.chat, "text": "x"}); passed != 1 {
			t.Errorf("after the pause %d pass", passed)
		}
		srv.Advance(10 * time.Minute)
	}
	if n := len(srv.Violations()); n != 0 {
		t.Errorf("%d violations", n)
	}
}

func TestBotHasARateForAllChats(t *testing.T) {
	t.Parallel()
	srv, c := limited(t)
	sent := 0
	var last outcome
	for range 40 {
		u := srv.User("U", "")
		u.Start("")
		if last = c.call("sendMessage", params{"chat_id": u.ID, "text": "x"}); last.OK {
			sent++
		} else {
			break
		}
	}
	if sent != 30 || last.Parameters.RetryAfter != 1 {
		t.Errorf("%d are sent, then %+v", sent, last)
	}
}

func TestCallsBeforeRetryAfterAreViolationsAndMakeItLonger(t *testing.T) {
	t.Parallel()
	srv, c := limited(t)
	group := srv.Group("G")
	group.Add(c.bot)
	p := params{"chat_id": group.ID, "text": "x"}
	c.sends(50, p)
	srv.Advance(2900 * time.Millisecond)
	if o := c.call("sendMessage", p); o.Parameters.RetryAfter != 3 {
		t.Errorf("the early call is answered %+v", o)
	}
	srv.Advance(2900 * time.Millisecond)
	if o := c.call("sendMessage", p); o.OK {
		t.Error("the pause has not begun anew")
	}
	srv.Advance(3 * time.Second)
	if o := c.call("sendMessage", p); !o.OK {
		t.Errorf("after the pause the answer is %+v", o)
	}
	all := srv.Violations()
	if len(all) != 2 || all[0].Chat != group.ID || all[0].Early != 100*time.Millisecond || all[0].Method != "sendMessage" {
		t.Errorf("the violations are %+v", all)
	}
}

func TestPaidMessagesUseTheirLaneWhileThereAreStars(t *testing.T) {
	t.Parallel()
	srv, c := limited(t)
	c.bot.Grant(1)
	sent := 0
	for range 60 {
		u := srv.User("U", "")
		u.Start("")
		if c.call("sendMessage", params{"chat_id": u.ID, "text": "x", "allow_paid_broadcast": true}).OK {
			sent++
		}
	}
	if sent < 39 || sent > 40 || c.bot.Stars() > 0.15 {
		t.Errorf("%d are sent, %v Stars are left", sent, c.bot.Stars())
	}
}

func TestEditsCountInGroupsOnly(t *testing.T) {
	t.Parallel()
	srv, c := limited(t)
	ada := srv.User("Ada", "")
	ada.Start("")
	group := srv.Group("G")
	group.Add(c.bot)
	for chat, want := range map[int64]bool{ada.ID: false, group.ID: true} {
		id := c.say(chat, "0")
		limit := false
		for i := range 30 {
			o := c.call("editMessageText", params{"chat_id": chat, "message_id": id, "text": itoa(i + 1)})
			limit = limit || o.Status == 429
		}
		if limit != want {
			t.Errorf("in %d edits are limited: %v", chat, limit)
		}
	}
}

func TestPlannedLimitsHoldForAnyMethod(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	for _, method := range []string{"getUpdates", "getMe", "setMyCommands"} {
		srv.Plan(telegramtest.Fault{Kind: telegramtest.Limited, Method: method, On: 1, After: 10_072})
		o := c.call(method, nil)
		if o.Status != 429 || o.Parameters.RetryAfter != 10_072 {
			t.Errorf("%s is answered %+v", method, o)
		}
	}
	srv.Advance(10_072 * time.Second)
	c.call("getMe", nil).into(t, new(any))
	if n := len(srv.Violations()); n != 0 {
		t.Errorf("%d violations", n)
	}
	srv.Plan(telegramtest.Fault{Kind: telegramtest.Limited, Method: "getMe", On: 1, After: 5})
	c.call("getMe", nil)
	c.call("getMe", nil)
	if n := len(srv.Violations()); n != 1 {
		t.Errorf("%d violations", n)
	}
}

func TestThirtyMessagesASecondPass(t *testing.T) {
	t.Parallel()
	srv, c := limited(t)
	u := make([]*telegramtest.User, 300)
	for i := range u {
		u[i] = srv.User("U", "")
		u[i].Start("")
	}
	for i := range 900 {
		if o := c.call("sendMessage", params{"chat_id": u[i%len(u)].ID, "text": "x"}); !o.OK {
			t.Fatalf("message %d is answered %q", i, o.Description)
		}
		srv.Advance(time.Second / 30)
	}
}
