package telegramtest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/bots/telegram/telegramtest"
)

// An update, as far as these tests read it.
type update struct {
	ID       int `json:"update_id"`
	Message  *message
	Edited   *message `json:"edited_message"`
	Post     *message `json:"channel_post"`
	Callback *struct {
		ID      string
		Data    string
		Message *message
		Inline  string `json:"inline_message_id"`
	} `json:"callback_query"`
	Member *struct {
		Chat struct{ ID int64 }
		From struct{ ID int64 }
		Old  struct{ Status string } `json:"old_chat_member"`
		New  struct{ Status string } `json:"new_chat_member"`
	} `json:"my_chat_member"`
}

type message struct {
	ID     int `json:"message_id"`
	Date   int64
	Edit   int64 `json:"edit_date"`
	Text   string
	Thread int  `json:"message_thread_id"`
	Topic  bool `json:"is_topic_message"`
	Auto   bool `json:"is_automatic_forward"`
	From   *struct{ ID int64 }
	Sender *struct{ ID int64 } `json:"sender_chat"`
	Chat   struct {
		ID   int64
		Type string
	}
	Entities []telegramtest.Entity
	Location *telegramtest.Location
	Venue    *telegramtest.Venue
	Contact  *telegramtest.Contact
	Photo    []struct {
		ID string `json:"file_id"`
	}
	Document *struct {
		ID string `json:"file_id"`
	}
	Voice   *struct{ Duration int }
	Sticker *struct{ Emoji string }
	Reply   *message `json:"reply_to_message"`
	To      int64    `json:"migrate_to_chat_id"`
	Origin  *struct {
		Type string
	} `json:"forward_origin"`
}

// updates polls once, without waiting unless p has a timeout.
func (c *client) updates(p params) []update {
	c.t.Helper()
	var all []update
	c.call("getUpdates", p).into(c.t, &all)
	return all
}

// waiting polls in a goroutine; the answer comes on the channel.
func (c *client) waiting(ctx context.Context, p params) <-chan outcome {
	c.t.Helper()
	out := make(chan outcome, 1)
	go func() {
		o, _ := c.try(ctx, "getUpdates", p)
		out <- o
	}()
	c.polls++
	c.bot.WaitPolls(c.t, c.polls)
	return out
}

func texts(all []update) string {
	var out []string
	for _, u := range all {
		if u.Message != nil {
			out = append(out, u.Message.Text)
		}
	}
	return strings.Join(out, " ")
}

func TestOffsetsForgetKeepAndAreIgnored(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		offset  func(first int) int
		want    string
		pending int
	}{
		"none reads from the head":            {func(int) int { return 0 }, "a b c", 3},
		"the first keeps all":                 {func(n int) int { return n }, "a b c", 3},
		"the second forgets the first":        {func(n int) int { return n + 1 }, "b c", 2},
		"the next forgets all":                {func(n int) int { return n + 3 }, "", 0},
		"up to ten ahead forgets all":         {func(n int) int { return n + 13 }, "", 0},
		"more than ten ahead is ignored":      {func(n int) int { return n + 14 }, "a b c", 3},
		"100,000 behind forgets nothing":      {func(n int) int { return n - 100_000 }, "a b c", 3},
		"more than 100,000 behind is ignored": {func(n int) int { return n - 100_001 }, "a b c", 3},
		"minus one keeps the last":            {func(int) int { return -1 }, "c", 1},
		"minus more than there are keeps all": {func(int) int { return -9 }, "a b c", 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv, c := open(t, telegramtest.Options{Clock: telegramtest.Virtual})
			ada := srv.User("Ada", "fr")
			for _, text := range []string{"a", "b", "c"} {
				ada.Send(text)
			}
			first := c.updates(nil)[0].ID
			if first <= 2_000_001 {
				t.Errorf("the first id is %d", first)
			}
			srv.Advance(5 * time.Second)
			answer := make(chan outcome, 1)
			go func() {
				o, _ := c.try(t.Context(), "getUpdates", params{"offset": tc.offset(first)})
				answer <- o
			}()
			var all []update
			(<-answer).into(t, &all)
			if got := texts(all); got != tc.want || c.bot.Pending() != tc.pending {
				t.Errorf("%q come, %d are left", got, c.bot.Pending())
			}
		})
	}
}

func TestLimitsAreClamped(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	ada := srv.User("Ada", "fr")
	for range 120 {
		ada.Send("x")
	}
	for limit, want := range map[int]int{-5: 1, 0: 1, 3: 3, 100: 100, 1000: 100} {
		srv.Advance(5 * time.Second)
		if n := len(c.updates(params{"limit": limit})); n != want {
			t.Errorf("limit %d returns %d", limit, n)
		}
	}
}

func TestLongPollWakesTimesOutAndIsClamped(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	ada := srv.User("Ada", "fr")
	poll := c.waiting(t.Context(), params{"timeout": 20})
	ada.Send("now")
	var all []update
	(<-poll).into(t, &all)
	if texts(all) != "now" {
		t.Errorf("the poll returned %v", all)
	}
	next := all[0].ID + 1
	poll = c.waiting(t.Context(), params{"timeout": 500, "offset": next})
	srv.Advance(49 * time.Second)
	select {
	case <-poll:
		t.Fatal("the poll ended early")
	default:
	}
	srv.Advance(time.Second)
	(<-poll).into(t, &all)
	if len(all) != 0 {
		t.Errorf("the poll returned %v", all)
	}
}

func TestHastyPollsAreSlowedDown(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	ada := srv.User("Ada", "fr")
	if n := len(c.updates(nil)); n != 0 {
		t.Fatalf("%d updates come", n)
	}
	poll := c.waiting(t.Context(), nil) // the same offset at once: it waits 3 s
	srv.Advance(3 * time.Second)
	(<-poll).into(t, new([]update))
	ada.Send("a")
	ada.Send("b")
	if got := texts(c.updates(nil)); got != "a b" {
		t.Errorf("after 3 s %q come", got)
	}
	if got := texts(c.updates(nil)); got != "a" {
		t.Errorf("within half a second %q come", got)
	}
}

func TestWhoGoesAwayConsumesNothing(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	ada := srv.User("Ada", "fr")
	ctx, cancel := context.WithCancel(t.Context())
	poll := c.waiting(ctx, params{"timeout": 30})
	cancel()
	<-poll
	ada.Send("kept")
	srv.Advance(5 * time.Second)
	if got := texts(c.updates(nil)); got != "kept" {
		t.Errorf("%q come", got)
	}
}

const taken = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"

func TestOlderOfTwoPollsEndsInConflict(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	first := c.waiting(t.Context(), params{"timeout": 30})
	second := c.waiting(t.Context(), params{"timeout": 30, "offset": 7})
	if o := <-first; o.Status != 409 || o.Description != taken {
		t.Errorf("the first poll is answered %d %q", o.Status, o.Description)
	}
	third := c.waiting(t.Context(), params{"timeout": 30})
	srv.Advance(3 * time.Second)
	if o := <-second; o.Description != taken {
		t.Errorf("the second poll is answered %q", o.Description)
	}
	srv.User("Ada", "").Send("x")
	(<-third).into(t, new([]update))
}

func TestRepeatedConflictsAreAnsweredLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, c := open(t, telegramtest.Options{Clock: telegramtest.Real, InMemory: true})
		c.call("setWebhook", params{"url": "https://example.org"})
		for _, want := range []time.Duration{0, 3 * time.Second, 0, 3 * time.Second} {
			began := time.Now()
			if o := c.call("getUpdates", nil); o.Status != 409 || time.Since(began) != want {
				t.Errorf("after %v comes %d, want %v", time.Since(began), o.Status, want)
			}
		}
		c.via.CloseIdleConnections()
	})
}

func TestAbandonedPollIsInNobodysWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, c := open(t, telegramtest.Options{Clock: telegramtest.Real, InMemory: true})
		ctx, cancel := context.WithCancel(t.Context())
		poll := c.waiting(ctx, params{"timeout": 30})
		cancel()
		<-poll
		synctest.Wait()
		second := c.waiting(t.Context(), params{"timeout": 30})
		third := c.waiting(t.Context(), params{"timeout": 30})
		began := time.Now()
		if o := <-second; o.Status != 409 || time.Since(began) != 0 {
			t.Errorf("after %v comes %d", time.Since(began), o.Status)
		}
		srv.User("Ada", "").Send("x")
		(<-third).into(t, new([]update))
		c.via.CloseIdleConnections()
	})
}

func TestUpdatesExpireByTheirKind(t *testing.T) {
	t.Parallel()
	for kind, keep := range map[string]time.Duration{"message": 24 * time.Hour, "callback_query": 150 * time.Second} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			srv, c := open(t, telegramtest.Options{})
			ada := srv.User("Ada", "fr")
			ada.Start("")
			first := c.updates(nil)
			c.call("getUpdates", params{"offset": first[0].ID + 1, "timeout": 0, "limit": 1})
			if kind == "message" {
				ada.Send("x")
			} else {
				ada.Forge(telegramtest.Message{ID: 5}, "x")
			}
			srv.Advance(keep)
			if n := c.bot.Pending(); n != 1 {
				t.Errorf("after %v %d are left", keep, n)
			}
			srv.Advance(time.Second)
			if n := c.bot.Pending(); n != 0 {
				t.Errorf("a second later %d are left", n)
			}
		})
	}
}

func TestAllowedUpdatesStick(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	ada := srv.User("Ada", "fr")
	for _, step := range []struct {
		allowed any
		heard   bool
	}{
		{nil, true}, {[]string{"callback_query"}, false}, {nil, false}, {[]string{"nonsense", "MESSAGE"}, true},
		{[]string{"nonsense"}, true}, {[]string{"edited_message"}, false}, {"null", false}, {"{", false}, {[]string{}, true},
	} {
		p := params{"offset": -1}
		if step.allowed != nil {
			p["allowed_updates"] = step.allowed
		}
		c.updates(p)
		before := c.bot.Pending()
		ada.Send("x")
		if heard := c.bot.Pending() > before; heard != step.heard {
			t.Errorf("after %v a message is heard: %v", step.allowed, heard)
		}
		srv.Advance(25 * time.Hour)
	}
}

func TestIDsCanRestart(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	ada := srv.User("Ada", "fr")
	ada.Send("old")
	old := c.updates(nil)[0].ID
	c.bot.JumpIDs(1200)
	ada.Send("still old")
	if got := c.updates(params{"offset": old + 1}); got[0].ID != old+1 {
		t.Errorf("with updates waiting the id is %d", got[0].ID)
	}
	poll := c.waiting(t.Context(), params{"offset": old + 2, "timeout": 5})
	srv.Advance(5 * time.Second)
	<-poll
	ada.Send("new")
	if got := c.updates(params{"offset": old + 2}); len(got) != 1 || got[0].ID != 1200 {
		t.Errorf("after the restart %v comes", got)
	}
}

func TestPushedUpdatesNeedNotMakeSense(t *testing.T) {
	t.Parallel()
	_, c := open(t, telegramtest.Options{})
	c.bot.Push("message", json.RawMessage(`{"message_id":"seven"}`))
	c.bot.Push("from_the_future", json.RawMessage(`[1]`))
	if n := c.bot.Push("message", json.RawMessage(fmt.Sprintf(`{"text":%q}`, strings.Repeat("x", 512<<10)))); n != 0 {
		t.Error("an update over 512 KiB is taken")
	}
	if n := c.bot.Push("chat_member", json.RawMessage(`{}`)); n != 0 {
		t.Error("an update that is not allowed is taken")
	}
	var raw []map[string]json.RawMessage
	c.call("getUpdates", nil).into(t, &raw)
	if len(raw) != 2 || string(raw[0]["message"]) != `{"message_id":"seven"}` || string(raw[1]["from_the_future"]) != "[1]" {
		t.Errorf("the updates are %s", raw)
	}
}

func TestPaddedMessageIsDeliveredWhole(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	srv.User("Ada", "fr").SendPadded("big", 500<<10)
	o := c.call("getUpdates", nil)
	if len(o.Result) < 500<<10 {
		t.Errorf("the answer has %d bytes", len(o.Result))
	}
}

func TestRepeatedUpdateComesAgainAlthoughConfirmed(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	ada := srv.User("Ada", "fr")
	ada.Send("once")
	first := c.updates(nil)[0].ID
	poll := c.waiting(t.Context(), params{"offset": first + 1, "timeout": 9})
	c.bot.Repeat(t, ada.ID)
	var all []update
	(<-poll).into(t, &all)
	if texts(all) != "once" || all[0].ID != first {
		t.Errorf("the repetition is %v", all)
	}
	if n := c.bot.Pending(); n != 0 {
		t.Errorf("%d updates are left", n)
	}
}

func TestQueueHoldsAHundredThousandUpdates(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	for range 100_000 {
		c.bot.Push("message", json.RawMessage(`{}`))
	}
	if id := c.bot.Push("message", json.RawMessage(`{}`)); id != 0 || c.bot.Pending() != 100_000 {
		t.Errorf("one more is taken as %d", id)
	}
	srv.Advance(24*time.Hour + time.Second)
	if id := c.bot.Push("message", json.RawMessage(`{}`)); id == 0 {
		t.Error("after a day none is taken")
	}
}

func TestAbandonedPollIsRecordedAsSuch(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	poll := c.waiting(ctx, params{"timeout": 30})
	cancel()
	<-poll
	if got := srv.WaitCalls(t, "getUpdates", 1)[0]; got.Status != 0 || got.Error != "the caller has gone" {
		t.Errorf("the call is %+v", got)
	}
}

func TestWaitPollingReturnsWhileAPollWaits(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	done := make(chan outcome, 1)
	go func() {
		o, _ := c.try(t.Context(), "getUpdates", params{"timeout": 10})
		done <- o
	}()
	c.bot.WaitPolling(t)
	srv.Advance(10 * time.Second)
	(<-done).into(t, new([]update))
	srv.Wait(t, "the call to be recorded", func() bool { return len(srv.Calls("getUpdates")) == 1 })
}
