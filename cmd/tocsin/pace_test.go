package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/bots/telegram"
	"tocsin/bots/telegram/telegramtest"
	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
	"tocsin/scheduler"
	"tocsin/storage"
)

// A crowd is people who are written to on Telegram by two processes with one database,
// in the time of a synctest bubble. Its server has the limits that Telegram names.
type crowd struct {
	t      *testing.T
	server *telegramtest.Server
	config storage.Config
	store  *storage.Store
	chats  []core.Outgoing // where to write to whom
	stop   func()          // the two processes
}

func newCrowd(t *testing.T, people int) *crowd {
	dir := t.TempDir()
	c := &crowd{
		t: t, config: storage.Config{URL: "sqlite:" + filepath.Join(dir, "t.db"), KeyFile: filepath.Join(dir, "keys")},
		server: telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real, InMemory: true, Limits: telegramtest.PublishedLimits()}),
	}
	c.open()
	for first := 0; first < people; first += 1000 {
		c.tx(func(tx core.Tx) error {
			for range min(people-first, 1000) {
				if err := c.meet(tx); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return c
}

// open opens the database, and lets two processes send.
func (c *crowd) open() {
	var err error
	if c.store, err = storage.Open(c.t.Context(), c.config); err != nil {
		c.t.Fatal(err)
	}
	words, err := locale.Load()
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for range 2 {
		a, err := telegram.New(telegram.Config{Token: c.server.Bot().Token, API: "http://localhost", Dialer: c.server.Dial})
		if err != nil {
			c.t.Fatal(err)
		}
		bot := &conversation.Bot{
			Store: c.store, Locale: words, Campaign: &core.Campaign{Language: "fr"}, Log: slog.New(slog.DiscardHandler),
			Can: func(core.BotID) core.Capabilities { return a.Capabilities() },
		}
		d := &scheduler.Dispatcher{Store: c.store, Adapter: a, Preparer: bot, Log: bot.Log}
		running.Go(func() { _ = d.Run(ctx) })
	}
	c.stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
		if err := c.store.Close(); err != nil {
			c.t.Error(err)
		}
	})
	c.t.Cleanup(func() { c.stop() })
}

// meet makes a supporter who agreed to messages at all hours.
func (c *crowd) meet(tx core.Tx) error {
	ctx := c.t.Context()
	u := c.server.User("Ada", "fr")
	u.Met()
	bot, id := core.BotID(fmt.Sprint(core.Telegram, ":", c.server.Bot().ID)), strconv.FormatInt(u.ID, 10)
	chat, err := tx.EnterChat(ctx, core.ChatRef{Bot: bot, Chat: id}, core.Private)
	if err != nil {
		return err
	}
	account, err := tx.EnterAccount(ctx, core.AccountRef{Bot: bot, ID: id})
	if err != nil {
		return err
	}
	p := &core.Supporter{State: core.Active, Since: "2000-01-01", Seen: "2000-01-01", Settings: core.Settings{Quiet: &core.Quiet{}}}
	if err := tx.CreateSupporter(ctx, p); err != nil {
		return err
	}
	account.Supporter, account.Home = p.ID, chat.ID
	if err := tx.PutAccount(ctx, account); err != nil {
		return err
	}
	c.chats = append(c.chats, core.Outgoing{Chat: chat.ID, Account: account.ID})
	return tx.RecordConsent(ctx, &core.Consent{
		Supporter: p.ID, Purpose: core.ToMessages, Given: true, Version: "1", Platform: core.Telegram, At: time.Now(),
	})
}

func (c *crowd) tx(fn func(core.Tx) error) {
	c.t.Helper()
	if err := c.store.Tx(c.t.Context(), fn); err != nil {
		c.t.Fatal(err)
	}
}

// write puts a message to each of some people into the outbox, in turn in each lane.
func (c *crowd) write(to []core.Outgoing, text string, lanes ...core.Lane) {
	c.t.Helper()
	c.tx(func(tx core.Tx) error {
		for i, o := range to {
			o.Lane, o.Again = lanes[i%len(lanes)], core.Once
			o.Content = &core.Message{Body: []core.Span{{Text: text}}}
			if err := tx.Enqueue(c.t.Context(), &o); err != nil {
				return err
			}
		}
		return nil
	})
}

// sends returns when a text was sent, since start, and how often it was refused.
func (c *crowd) sends(text string, start time.Time) (at []time.Duration, refused int) {
	for _, call := range c.server.Calls("sendMessage") {
		switch {
		case call.Params["text"] != text:
		case call.Status == 200:
			at = append(at, call.At.Sub(start))
		default:
			refused++
		}
	}
	return at, refused
}

// answers writes an answer to somebody, and fails unless it leaves within a second.
func (c *crowd) answers(who core.Outgoing, text string) {
	c.t.Helper()
	now := time.Now()
	c.write([]core.Outgoing{who}, text, core.Talk)
	time.Sleep(2 * time.Second)
	if at, _ := c.sends(text, now); len(at) != 1 || at[0] > time.Second {
		c.t.Errorf("%s: it left at %v", text, at)
	}
}

// obeyed fails if a call came before a retry_after was over.
func (c *crowd) obeyed() {
	c.t.Helper()
	if v := c.server.Violations(); len(v) > 0 {
		c.t.Errorf("%d calls came too early, the first %+v", len(v), v[0])
	}
}

// Ten thousand people are written to at 25 a second: in 400 seconds, with no refusal at
// all, while an answer does not wait.
func TestManyAreWrittenToAtTheLimitAndAnswersDoNotWait(t *testing.T) {
	t.Parallel()
	people := 500
	if os.Getenv("SOAK") != "" {
		people = 10_000
	}
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, people+1)
		want := time.Duration(people) * time.Second / 25
		start := time.Now()
		c.write(c.chats[1:], "to all", core.Notice, core.Bulk)
		time.Sleep(want / 2)
		c.answers(c.chats[0], "to one")
		time.Sleep(want)
		c.stop()
		at, refused := c.sends("to all", start)
		if len(at) != people || refused > 0 {
			t.Fatalf("%d were sent, %d refused", len(at), refused)
		}
		if took := at[len(at)-1] - at[0]; took < want-want/80 || took > want+want/80 {
			t.Errorf("it took %s, want %s", took, want)
		}
		c.obeyed()
		t.Logf("%d in %s by two processes", people, at[len(at)-1]-at[0])
	})
}

// A 429 on one message stops notices and broadcasts for as long as it says, not answers
// in other chats.
func TestA429StopsBroadcastsButNoAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 201)
		c.server.Plan(telegramtest.Fault{Kind: telegramtest.Limited, Method: "sendMessage", On: 50, After: 30})
		start := time.Now()
		c.write(c.chats[1:], "to all", core.Bulk)
		time.Sleep(12 * time.Second)
		c.answers(c.chats[0], "to one")
		time.Sleep(time.Minute)
		c.stop()
		at, refused := c.sends("to all", start)
		if len(at) != 200 || refused != 1 {
			t.Fatalf("%d were sent, %d refused", len(at), refused)
		}
		pause := time.Duration(0)
		for i := 1; i < len(at); i++ {
			pause = max(pause, at[i]-at[i-1])
		}
		if pause < 30*time.Second || pause > 32*time.Second {
			t.Errorf("the longest pause is %s", pause)
		}
		c.obeyed()
	})
}

// Telegram may ask to wait for hours. Processes that begin anew know that.
func TestA429OfHoursSurvivesARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const hours = 10_072 * time.Second
		c := newCrowd(t, 51)
		c.server.Plan(telegramtest.Fault{Kind: telegramtest.Limited, Method: "sendMessage", On: 20, After: int(hours / time.Second)})
		start := time.Now()
		c.write(c.chats[1:], "to all", core.Bulk)
		time.Sleep(10 * time.Second)
		before, _ := c.sends("to all", start)
		c.stop()
		c.open()
		time.Sleep(time.Minute)
		c.stop()
		time.Sleep(hours - 2*time.Minute) // nothing runs, so that the test does not take as long as it seems
		c.open()
		c.answers(c.chats[0], "to one")
		if now, _ := c.sends("to all", start); len(now) != len(before) {
			t.Errorf("%d were sent while none might be", len(now)-len(before))
		}
		time.Sleep(2 * time.Minute)
		c.stop()
		at, refused := c.sends("to all", start)
		if len(at) != 50 || refused != 1 || at[len(before)] < hours || at[len(at)-1] > hours+10*time.Second {
			t.Errorf("%d were sent, %d refused, at %v", len(at), refused, at)
		}
		c.obeyed()
	})
}
