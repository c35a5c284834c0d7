package scheduler_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/core"
	"tocsin/scheduler"
)

func (s *stage) dispatcher() *scheduler.Dispatcher {
	return &scheduler.Dispatcher{
		Store: s.store, Adapter: s, Preparer: s.bot, Log: slog.New(slog.DiscardHandler),
	}
}

func TestMessagesToOneChatArriveInOrderThroughFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, core.Capabilities{})
		s.meet("anna")
		fails := 3
		s.planned(func(core.Delivery) error {
			if fails--; fails >= 0 {
				return &core.Error{Code: core.Unavailable}
			}
			return nil
		})
		s.write("anna", core.Talk, core.TwiceOkay, "one", "two", "three")
		s.run(s.dispatcher())
		time.Sleep(time.Minute)
		if got := s.texts(); !slices.Equal(got, []string{"one", "two", "three"}) {
			t.Errorf("arrived %q", got)
		}
	})
}

func TestNoCallComesBeforeRetryAfterHasPassed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, core.Capabilities{})
		s.meet("anna")
		s.meet("ben")
		s.planned(func(d core.Delivery) error {
			if d.To.Chat == "anna" && time.Since(s.start) < 40*time.Second {
				if s.calls > 1 {
					t.Errorf("called again after %s", time.Since(s.start))
				}
				return &core.Error{Code: core.RateLimited, After: 40 * time.Second}
			}
			return nil
		})
		s.write("anna", core.Talk, core.TwiceOkay, "to anna")
		stop := s.run(s.dispatcher())
		time.Sleep(5 * time.Second)
		s.calls = 0
		s.write("ben", core.Notice, core.Once, "notice to ben")
		s.write("ben", core.Talk, core.TwiceOkay, "answer to ben")
		time.Sleep(2 * time.Minute)
		stop()
		at := map[string]time.Duration{}
		for _, m := range s.all() {
			at[m.text] = m.at
		}
		switch {
		case len(at) != 3:
			t.Errorf("arrived %v", at)
		case at["answer to ben"] > 10*time.Second:
			t.Errorf("an answer in another chat waited until %s", at["answer to ben"])
		case at["to anna"] < 40*time.Second, at["notice to ben"] < 40*time.Second:
			t.Errorf("too early: %v", at)
		}
	})
}

// A platform may ask to wait for hours. Until then the database is asked now and then, and
// an answer leaves all the same.
func TestALongWaitIsNoBusyOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, telegramLike)
		s.meet("anna")
		s.meet("ben")
		s.planned(func(d core.Delivery) error {
			if d.Lane == core.Bulk && time.Since(s.start) < 5*time.Minute {
				return &core.Error{Code: core.RateLimited, After: 5 * time.Minute}
			}
			return nil
		})
		s.write("anna", core.Bulk, core.Once, "1", "2")
		d := s.dispatcher()
		asked := 0
		d.Store = counted{s.store, &asked}
		stop := s.run(d)
		time.Sleep(4 * time.Minute)
		if asked > 800 {
			t.Errorf("the database was asked %d times in 240 s", asked)
		}
		s.write("ben", core.Talk, core.TwiceOkay, "answer")
		time.Sleep(time.Second + 100*time.Millisecond)
		if got := s.texts(); !slices.Equal(got, []string{"answer"}) {
			t.Errorf("arrived %q", got)
		}
		time.Sleep(2 * time.Minute)
		stop()
		if got := s.texts(); !slices.Equal(got, []string{"answer", "1", "2"}) {
			t.Errorf("arrived %q", got)
		}
	})
}

// A counted store counts its transactions.
type counted struct {
	core.Store
	n *int
}

func (c counted) Tx(ctx context.Context, fn func(core.Tx) error) error {
	*c.n++
	return c.Store.Tx(ctx, fn)
}

func TestWhatMayHaveArrivedIsRepeatedOnlyWhereItMay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			name  string
			can   core.Capabilities
			again core.Again
			calls int
			last  core.State
		}{
			{"an answer goes once more", core.Capabilities{}, core.TwiceOkay, 2, core.Doubtful},
			{"an alert does not", core.Capabilities{}, core.Once, 1, core.Doubtful},
		} {
			s := newStage(t, tt.can)
			s.meet("anna")
			s.planned(func(core.Delivery) error { return &core.Error{Code: core.Uncertain} })
			s.write("anna", core.Notice, tt.again, "x")
			stop := s.run(s.dispatcher())
			time.Sleep(10 * time.Minute)
			stop()
			if s.calls != tt.calls {
				t.Errorf("%s: %d calls", tt.name, s.calls)
			}
		}
	})
}

func TestARepeatCarriesTheSameKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, core.Capabilities{SendsOnce: true})
		s.meet("anna")
		var keys []core.SendKey
		s.planned(func(d core.Delivery) error {
			if keys = append(keys, d.Key); len(keys) < 4 {
				return &core.Error{Code: core.Uncertain}
			}
			return nil
		})
		s.write("anna", core.Bulk, core.Once, "x")
		s.run(s.dispatcher())
		time.Sleep(10 * time.Minute)
		if keys = slices.Compact(keys); len(keys) != 1 || len(s.texts()) != 1 {
			t.Errorf("%d keys, arrived %q", len(keys), s.texts())
		}
	})
}

// A process that dies between its claim and the platform's answer leaves an intent.
func TestACrashLeavesAnIntentThatIsNotSentTwiceUnlessItMay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, core.Capabilities{})
		s.meet("anna")
		s.write("anna", core.Notice, core.Once, "alert")
		s.write("anna", core.Talk, core.TwiceOkay, "answer")
		s.tx(func(tx core.Tx) error { // what a process does before it sends, and dies
			claimed, err := tx.Claim(t.Context(), core.Claim{
				Bot: s.Bot(), Lanes: []core.Lane{core.Talk, core.Notice}, Max: 9, Lease: scheduler.DefaultLease,
			})
			if len(claimed) != 2 {
				t.Errorf("claimed %d", len(claimed))
			}
			return err
		})
		s.run(s.dispatcher())
		time.Sleep(scheduler.DefaultLease * 2 / 3)
		if got := s.texts(); len(got) != 0 {
			t.Errorf("before the lease ended: %q", got)
		}
		time.Sleep(10 * time.Minute)
		if got := s.texts(); !slices.Equal(got, []string{"answer"}) {
			t.Errorf("arrived %q", got)
		}
	})
}

var telegramLike = core.Capabilities{Limits: core.Limits{
	Bot:     core.Limit{Every: 40 * time.Millisecond, Burst: 5},
	Private: core.Limit{Every: time.Second, Burst: 3},
	Group:   core.Limit{Every: 3334 * time.Millisecond, Burst: 1},
}}

func TestTheLimitHoldsInEverySecondAndAnswersDoNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, telegramLike)
		const people = 200
		for i := range people {
			who := numbered("p", people)[i]
			s.meet(who)
			s.write(who, core.Notice, core.Once, "alert")
		}
		s.meet("anna")
		s.start = time.Now()
		stop := s.run(s.dispatcher(), s.dispatcher(), s.dispatcher())
		time.Sleep(3 * time.Second)
		s.write("anna", core.Talk, core.TwiceOkay, "answer")
		time.Sleep(time.Minute)
		stop()
		all := s.all()
		if len(all) != people+1 {
			t.Fatalf("%d arrived", len(all))
		}
		for i, m := range all {
			if m.text == "answer" && m.at > 4*time.Second {
				t.Errorf("the answer left at %s", m.at)
			}
			if i+31 < len(all) && all[i+31].at-m.at < time.Second {
				t.Errorf("more than 30 in the second after %s", m.at)
			}
		}
		if took := all[len(all)-1].at; took > 9*time.Second {
			t.Errorf("200 alerts at 25/s took %s", took)
		}
	})
}

// A platform counts a place and a file as messages of their own, and a text as many as it
// takes.
func TestTheLimitCountsAllPartsOfAMessage(t *testing.T) {
	for what, m := range map[string]*core.Message{
		"a place":     {Body: []core.Span{{Text: "alert"}}, Pin: &core.Pin{Title: "there"}},
		"a long text": {Body: []core.Span{{Text: "an alert and more"}}},
	} {
		t.Run(what, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { limitCounts(t, m) }) })
	}
}

// limitCounts sends fifty people a message of two parts, of which 25 a second may leave.
func limitCounts(t *testing.T, m *core.Message) {
	can := telegramLike
	can.MaxText = 10
	s := newStage(t, can)
	const people = 50
	for _, who := range numbered("p", people) {
		s.meet(who)
		o := s.chats[who]
		o.Lane, o.Again, o.Content = core.Notice, core.Once, m
		s.tx(func(tx core.Tx) error { return tx.Enqueue(t.Context(), &o) })
	}
	s.start = time.Now()
	stop := s.run(s.dispatcher(), s.dispatcher())
	time.Sleep(time.Minute)
	stop()
	all := s.all()
	if len(all) != people {
		t.Fatalf("%d arrived", len(all))
	}
	for i, m := range all {
		if i+16 < len(all) && all[i+16].at-m.at < time.Second {
			t.Errorf("more than 30 parts in the second after %s", m.at)
		}
	}
	if took := all[len(all)-1].at; took > 5*time.Second {
		t.Errorf("50 alerts of two parts at 25/s took %s", took)
	}
}

func TestOneChatGetsABurstAndThenOneASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, telegramLike)
		s.meet("anna")
		s.start = time.Now()
		s.write("anna", core.Talk, core.TwiceOkay, numbered("m", 8)...)
		s.run(s.dispatcher())
		time.Sleep(time.Minute)
		all := s.all()
		if len(all) != 8 {
			t.Fatalf("%d arrived", len(all))
		}
		for i := range all {
			if i+3 < len(all) && all[i+3].at-all[i].at < 999*time.Millisecond {
				t.Errorf("messages %d to %d within a second", i, i+3)
			}
		}
		if all[7].at > 12*time.Second {
			t.Errorf("the last arrived after %s", all[7].at)
		}
	})
}

func TestTheGateIsAskedAgainWhenAMessageIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, core.Capabilities{})
		s.meet("anna")
		s.write("anna", core.Notice, core.Once, "alert")
		s.write("anna", core.Talk, core.TwiceOkay, "answer")
		s.tx(func(tx core.Tx) error { // /stop comes after the alert was enqueued
			a, err := tx.Account(t.Context(), s.chats["anna"].Account)
			if err != nil {
				return err
			}
			p, err := tx.Supporter(t.Context(), a.Supporter)
			if err != nil {
				return err
			}
			p.Stopped = true
			return tx.PutSupporter(t.Context(), p)
		})
		s.run(s.dispatcher())
		time.Sleep(time.Minute)
		if got := s.texts(); !slices.Equal(got, []string{"answer"}) {
			t.Errorf("arrived %q", got)
		}
	})
}

// A runner does tasks as its plan says.
type runner func(context.Context, *core.Task) error

func (r runner) RunTask(ctx context.Context, t *core.Task) error { return r(ctx, t) }

func TestATaskIsTriedUntilItsTimeIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, core.Capabilities{})
		tries := 0
		var last time.Duration
		away := runner(func(context.Context, *core.Task) error {
			tries, last = tries+1, time.Since(s.start)
			return &core.Error{Code: core.Unavailable}
		})
		s.tx(func(tx core.Tx) error {
			return tx.Enqueue(t.Context(), &core.Outgoing{
				Lane: core.Talk, Content: &core.Task{Name: "x"}, Expires: time.Now().Add(15 * time.Minute),
			})
		})
		s.run(&scheduler.Tasks{Store: s.store, Runner: away, Log: slog.New(slog.DiscardHandler)})
		time.Sleep(20 * time.Minute)
		if tries < 8 || last > 15*time.Minute || last < 14*time.Minute {
			t.Errorf("%d tries, the last after %s", tries, last)
		}
	})
}

func TestASlowTaskDelaysNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, core.Capabilities{})
		s.meet("anna")
		slow := runner(func(ctx context.Context, _ *core.Task) error {
			<-ctx.Done()
			return &core.Error{Code: core.Unavailable, Err: errors.New("away")}
		})
		s.tx(func(tx core.Tx) error {
			return tx.Enqueue(t.Context(), &core.Outgoing{Lane: core.Talk, Content: &core.Task{Name: "x"}})
		})
		stop := s.run(s.dispatcher(), &scheduler.Tasks{Store: s.store, Runner: slow, Log: slog.New(slog.DiscardHandler)})
		time.Sleep(2 * time.Second)
		s.write("anna", core.Talk, core.TwiceOkay, "answer")
		time.Sleep(2 * time.Second)
		if got := strings.Join(s.texts(), ""); got != "answer" {
			t.Errorf("arrived %q", got)
		}
		stop()
	})
}

func TestWhoListensIsToldHowEachAttemptWent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, core.Capabilities{})
		s.meet("anna")
		s.planned(func(core.Delivery) error { return &core.Error{Code: core.RateLimited, After: 2 * time.Second} })
		d := s.dispatcher()
		told := map[string]int{}
		d.Told = func(l core.Lane, v core.Verdict) { told[fmt.Sprintf("%d %s %s", l, v.State, v.Code)]++ }
		s.write("anna", core.Notice, core.Once, "x")
		stop := s.run(d)
		time.Sleep(time.Second)
		synctest.Wait()
		s.planned(nil)
		time.Sleep(10 * time.Second)
		stop()
		if len(told) != 2 || told["2 queued rate_limited"] != 1 || told["2 sent "] != 1 {
			t.Errorf("told %v", told)
		}
	})
}
