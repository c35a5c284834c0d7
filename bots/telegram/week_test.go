package telegram_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/bots/telegram/telegramtest"
	"tocsin/core"
)

// A drain is a queue that keeps nothing.
type drain struct{ n int }

func (d *drain) Submit(context.Context, *core.Update) <-chan error {
	d.n++
	done := make(chan error, 1)
	done <- nil
	return done
}

// A week of polling, with all that a week brings, leaves as much memory in use as its
// first day did. It runs alone: other tests use memory, too.
func TestAWeekOfPollingKeepsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		all := &drain{}
		b.run(b.adapter, all)
		var first, last usage
		for day := range 7 {
			for hour := range 24 {
				b.pass(day*24 + hour)
			}
			if last = b.usage(); day == 0 {
				first = last
			}
			if day == 3 { // a quiet week, after which the ids begin anew
				time.Sleep(7 * 24 * time.Hour)
				b.server.Forget()
				b.server.Bot().JumpIDs(1200)
			}
		}
		if want := 7 * 24 * 5; all.n != want {
			t.Errorf("%d updates came, want %d", all.n, want)
		}
		if grown := last.bytes - first.bytes; grown > 64<<10 || last.goroutines > first.goroutines {
			t.Errorf("%d bytes and %d goroutines after a day, %d and %d after a week",
				first.bytes, first.goroutines, last.bytes, last.goroutines)
		}
		t.Logf("%d KiB after a day, %d KiB after a week", first.bytes>>10, last.bytes>>10)
	})
}

// pass lets an hour pass, in which people are there whom nobody has seen before, and in
// which the server has its faults.
func (b *bubble) pass(hour int) {
	bot := b.server.Bot()
	chat := int64(hour+1) * 10
	bot.Push("message", text(chat, "hello"))
	bot.Push("edited_message", text(chat+1, "hello again"))
	bot.Push("callback_query", fmt.Appendf(nil, `{"id":"%d","from":{"id":%d,"first_name":"Ada"},"chat_instance":"1","data":"m.1",
		"message":{"message_id":1,"date":1,"chat":{"id":%d,"type":"private"}}}`, hour, chat, chat))
	bot.Push("message", fmt.Appendf(nil, `{"message_id":9,"date":%d,"chat":{"id":%d,"type":"private"},"from":{"id":%d,"first_name":"Ada"},
		"location":{"latitude":45.7,"longitude":4.8,"live_period":600}}`, time.Now().Unix(), chat+2, chat+2))
	bot.Push("message", []byte(`{"message_id":"unreadable"}`))
	time.Sleep(30 * time.Minute)
	kinds := []telegramtest.Fault{
		{Kind: telegramtest.Refused, Code: 409, Text: conflicting}, {Kind: telegramtest.Restart}, {Kind: telegramtest.BadGateway},
		{Kind: telegramtest.ResetBefore}, {Kind: telegramtest.Truncated}, {Kind: telegramtest.Limited, After: 20},
		{Kind: telegramtest.SlowHeaders, Wait: 2 * time.Minute}, {Kind: telegramtest.Hollow},
	}
	f := kinds[hour%len(kinds)]
	f.Method = "getUpdates"
	b.server.Plan(f)
	time.Sleep(5 * time.Minute)
	b.server.Heal()
	bot.Push("message", text(chat+3, "still there?"))
	time.Sleep(25 * time.Minute)
	b.server.Forget()
}

// A usage is what a process uses once it has tidied up.
type usage struct {
	bytes      int64
	goroutines int
}

func (b *bubble) usage() usage {
	b.server.Forget()
	synctest.Wait()
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return usage{int64(m.HeapAlloc), runtime.NumGoroutine()}
}
