package telegram_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"tocsin/bots/telegram"
	"tocsin/bots/telegram/telegramtest"
	"tocsin/core"
)

// A bubble is the adapter in front of our own server, in the time of a synctest bubble.
type bubble struct {
	t       *testing.T
	server  *telegramtest.Server
	adapter *telegram.Adapter
	got     *shelf
}

func newBubble(t *testing.T) *bubble {
	b := &bubble{t: t, got: &shelf{}, server: telegramtest.New(t, telegramtest.Options{
		Clock: telegramtest.Real, InMemory: true, CallbackWindow: 150 * time.Second,
	})}
	b.adapter = b.another()
	return b
}

// another returns one more adapter of the same bot.
func (b *bubble) another() *telegram.Adapter {
	a, err := telegram.New(telegram.Config{Token: b.server.Bot().Token, API: "http://localhost", Dialer: b.server.Dial})
	if err != nil {
		b.t.Fatal(err)
	}
	return a
}

// run lets an adapter give what comes to a queue until stop is called, which returns how
// long that took.
func (b *bubble) run(a *telegram.Adapter, q core.Queue) (stop func() time.Duration) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, q) }()
	wait := sync.OnceValue(func() time.Duration {
		began := time.Now()
		cancel()
		if err := <-ended; err != nil {
			b.t.Error(err)
		}
		return time.Since(began)
	})
	b.t.Cleanup(func() { wait() })
	return wait
}

// asked returns when a method was called, since start.
func (b *bubble) asked(method string, start time.Time) (at []time.Duration) {
	for _, c := range b.server.Calls(method) {
		at = append(at, c.At.Sub(start))
	}
	return at
}

// most returns how many of some instants are within one span of time at most.
func most(at []time.Duration, span time.Duration) (n int) {
	for i := range at {
		for j := i; j < len(at) && at[j]-at[i] < span; j++ {
			n = max(n, j-i+1)
		}
	}
	return n
}

// text is an update as the server writes it: somebody says something in a chat.
func text(chat int64, says string) json.RawMessage {
	return fmt.Appendf(nil, `{"message_id":7,"date":%d,"chat":{"id":%d,"type":"private"},"from":{"id":%d,"first_name":"Ada"},"text":%q}`,
		time.Now().Unix(), chat, chat, says)
}
