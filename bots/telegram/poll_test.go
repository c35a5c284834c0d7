package telegram_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/bots/telegram"
	"tocsin/bots/telegram/telegramtest"
	"tocsin/core"
)

const (
	conflicting = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
	hookActive  = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)

func TestAServerThatDoesNotWaitIsAskedThreeTimesInTenSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		b.server.Plan(telegramtest.Fault{Kind: telegramtest.Hollow, Method: "getUpdates"})
		start := time.Now()
		b.run(b.adapter, b.got)
		time.Sleep(5 * time.Minute)
		at := b.asked("getUpdates", start)
		if n := most(at, 10*time.Second); n > 3 {
			t.Errorf("%d requests in ten seconds", n)
		}
		if n := most(at, time.Minute); n < 10 {
			t.Errorf("%d requests a minute: what is written waits too long", n)
		}
	})
}

func TestARefusedTokenIsTriedOnceAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			name  string
			after time.Duration
			first int // calls in the first minute
		}{{"from the start", 0, 2}, {"in the course of things", 20 * time.Minute, 1}} {
			b := newBubble(t)
			refuse := func() {
				b.server.Plan(telegramtest.Fault{Kind: telegramtest.Refused, Code: 401, Text: "Unauthorized"})
			}
			if tt.after == 0 {
				refuse()
			}
			stop := b.run(b.adapter, b.got)
			time.Sleep(tt.after)
			b.server.Forget()
			if tt.after > 0 {
				refuse()
			}
			start := time.Now()
			time.Sleep(time.Hour)
			at := b.asked("", start)
			if n := most(at, time.Minute); n > tt.first || len(at) > 62 || len(at) < 50 {
				t.Errorf("%s: %d calls in an hour, %d in a minute", tt.name, len(at), n)
			}
			if n := most(at[tt.first:], time.Minute); n > 1 {
				t.Errorf("%s: later, %d calls in a minute", tt.name, n)
			}
			if b.adapter.State() != telegram.TokenRejected {
				t.Errorf("%s: the state is %q", tt.name, b.adapter.State())
			}
			b.server.Heal()
			time.Sleep(2*time.Minute + time.Second)
			if b.adapter.State() != telegram.Receiving || len(b.server.Calls("getMe")) == 0 && tt.after == 0 {
				t.Errorf("%s: once it is taken, the state is %q", tt.name, b.adapter.State())
			}
			stop()
			b.server.Stop()
		}
	})
}

func TestNoPollComesBeforeRetryAfterHasPassed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		for on, after := range []int{0, 37, 2, 10072} {
			b.server.Plan(telegramtest.Fault{Kind: telegramtest.Limited, Method: "getUpdates", On: on + 1, After: after})
		}
		start := time.Now()
		b.run(b.adapter, b.got)
		time.Sleep(3 * time.Hour)
		if v := b.server.Violations(); len(v) > 0 {
			t.Errorf("too early: %v", v)
		}
		at := b.asked("getUpdates", start)
		for i, after := range []time.Duration{1, 37, 2, 10072} {
			if gap := at[i+1] - at[i]; gap > (after+1)*time.Second {
				t.Errorf("after a wait of %d s it was asked after %s", after, gap)
			}
		}
	})
}

func TestAnotherPollerIsGivenWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		b.server.Plan(telegramtest.Fault{Kind: telegramtest.Refused, Method: "getUpdates", Code: 409, Text: conflicting})
		start := time.Now()
		b.run(b.adapter, b.got)
		time.Sleep(10 * time.Minute)
		at := b.asked("getUpdates", start)
		for i := 1; i < len(at); i++ {
			if gap := at[i] - at[i-1]; gap < 5*time.Second || gap > time.Minute || i > 4 && gap < 30*time.Second {
				t.Errorf("gap %d is %s", i, gap)
			}
		}
		if b.adapter.State() != telegram.PolledTwice {
			t.Errorf("the state is %q", b.adapter.State())
		}
	})
}

// Two installations have one token, and no lease in common. They disturb each other, but
// the server is not flooded, and what is written reaches one of them.
func TestTwoInstallationsWithOneTokenLoseNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		other := &shelf{}
		start := time.Now()
		b.run(b.adapter, b.got)
		b.run(b.another(), other)
		ids := map[string]bool{}
		for i := range 60 {
			ids[strconv.Itoa(b.server.Bot().Push("message", text(int64(i+1), "hello")))] = true
			time.Sleep(20 * time.Second)
		}
		time.Sleep(2 * time.Minute)
		for _, u := range append(b.got.all(), other.all()...) {
			delete(ids, u.ID)
		}
		if len(ids) > 0 {
			t.Errorf("%d updates are lost", len(ids))
		}
		if n := most(b.asked("getUpdates", start), time.Minute); n > 30 {
			t.Errorf("%d requests in a minute", n)
		}
	})
}

// A press that lies behind ten thousand messages is acknowledged as soon as it is
// fetched, and handled before the messages that came with it.
func TestAPressGoesBeforeTheMessagesItCameWith(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		ada := b.server.User("Ada", "fr")
		ada.Met()
		menu := &core.Message{Body: []core.Span{{Text: "?"}}, Menu: "m", Buttons: []core.Button{{Label: "Yes"}}}
		to := core.ChatRef{Bot: b.adapter.Bot(), Chat: strconv.FormatInt(ada.ID, 10)}
		if _, err := b.adapter.Send(t.Context(), core.Delivery{To: to, Kind: core.Private, Lane: core.Talk, Content: menu}); err != nil {
			t.Fatal(err)
		}
		const backlog = 10_000
		for i := range backlog - 1 {
			b.server.Bot().Push("message", text(int64(i%500+1), "hello"))
		}
		press := ada.Tap(ada.Last(), "Yes")
		b.got.takes = 500 * time.Millisecond // for a batch: the backlog takes 50 s
		b.run(b.adapter, b.got)
		time.Sleep(2 * time.Minute)
		press.Answer(t)
		all := b.got.all()
		if len(all) != backlog {
			t.Fatalf("%d updates came", len(all))
		}
		if _, pressed := all[backlog-100].Event.(core.Press); !pressed {
			t.Error("the press is not the first of its batch")
		}
		var fetched time.Time
		acked := b.server.Calls("answerCallbackQuery")[0].At
		for _, c := range b.server.Calls("getUpdates") {
			if !c.At.After(acked) {
				fetched = c.At
			}
		}
		if late := acked.Sub(fetched); late > 2*time.Second {
			t.Errorf("it is acknowledged after %s", late)
		}
	})
}

// A lease is one that another process holds, or that is lost after a while.
type lease struct{ until time.Time }

func (l lease) Hold(context.Context, core.LeaseName, string) error {
	if time.Now().After(l.until) {
		return &core.Error{Code: core.Conflict}
	}
	return nil
}

func (l lease) Drop(ctx context.Context, _ core.LeaseName, _ string) error {
	<-ctx.Done() // the database is away
	return ctx.Err()
}

// Wherever it stands, it ends within a second of being told to, and leaves no goroutine:
// a bubble that keeps one fails.
func TestItStopsWithinASecondInAnyState(t *testing.T) {
	t.Parallel()
	fault := func(f telegramtest.Fault) func(*bubble) { return func(b *bubble) { b.server.Plan(f) } }
	for name, prepare := range map[string]func(*bubble){
		"updates are awaited":       func(*bubble) {},
		"empty answers come fast":   fault(telegramtest.Fault{Kind: telegramtest.Hollow, Method: "getUpdates"}),
		"the server has a fault":    fault(telegramtest.Fault{Kind: telegramtest.Restart}),
		"it asks to wait for hours": fault(telegramtest.Fault{Kind: telegramtest.Limited, After: 10072}),
		"the token is refused":      fault(telegramtest.Fault{Kind: telegramtest.Refused, Code: 401, Text: "Unauthorized"}),
		"another one polls":         fault(telegramtest.Fault{Kind: telegramtest.Refused, Method: "getUpdates", Code: 409, Text: conflicting}),
		"a webhook is set":          fault(telegramtest.Fault{Kind: telegramtest.Refused, Method: "getUpdates", Code: 409, Text: hookActive}),
		"nothing is answered":       fault(telegramtest.Fault{Kind: telegramtest.SlowHeaders, Wait: time.Hour}),
		"half is answered":          fault(telegramtest.Fault{Kind: telegramtest.SlowBody, Wait: time.Hour}),
		"connections are cut":       fault(telegramtest.Fault{Kind: telegramtest.ResetBefore}),
		"connections are refused":   func(b *bubble) { b.server.Down() },
		"the database is away":      func(b *bubble) { b.got.answer = errors.New("away") },
		"another process polls":     func(b *bubble) { b.adapter.Lease = lease{} },
		"the lease is lost":         func(b *bubble) { b.adapter.Lease = lease{time.Now().Add(10 * time.Second)} },
		"the lease is held":         func(b *bubble) { b.adapter.Lease = lease{time.Now().Add(time.Hour)} },
		"presses are not acknowledged": fault(telegramtest.Fault{
			Kind: telegramtest.SlowHeaders, Method: "answerCallbackQuery", Wait: time.Hour,
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBubble(t)
				prepare(b)
				for i := range 40 {
					b.server.Bot().Push("message", text(int64(i+1), "hello"))
					b.server.Bot().Push("callback_query", []byte(`{"id":"1","from":{"id":5,"first_name":"Ada"},"chat_instance":"1","data":"m.1",
						"message":{"message_id":1,"date":1,"chat":{"id":5,"type":"private"}}}`))
				}
				stop := b.run(b.adapter, b.got)
				time.Sleep(5*time.Second + 100*time.Millisecond)
				if took := stop(); took > time.Second {
					t.Errorf("it took %s", took)
				}
			})
		})
	}
}
