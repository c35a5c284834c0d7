package scheduler_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
	"tocsin/storage"
)

// A platform takes what it is sent, or does what its plan says instead.
type platform struct {
	can core.Capabilities

	mu    sync.Mutex
	plan  func(d core.Delivery) error // nil: all is well
	start time.Time
	sent  []sent
	calls int
}

type sent struct {
	key  core.SendKey
	text string
	at   time.Duration // since the start
}

var _ core.Adapter = (*platform)(nil)

func (p *platform) Bot() core.BotID                       { return "console:t" }
func (p *platform) Capabilities() core.Capabilities       { return p.can }
func (p *platform) Run(context.Context, core.Queue) error { return nil }
func (p *platform) planned(f func(core.Delivery) error)   { p.mu.Lock(); p.plan = f; p.mu.Unlock() }
func (p *platform) texts() (out []string) {
	for _, s := range p.all() {
		out = append(out, s.text)
	}
	return out
}
func (p *platform) all() []sent {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]sent(nil), p.sent...)
}

func (p *platform) Send(_ context.Context, d core.Delivery) (core.Receipt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls++
	if p.plan != nil {
		if err := p.plan(d); err != nil {
			return nil, err
		}
	}
	p.sent = append(p.sent, sent{d.Key, d.Content.(*core.Message).PlainText(), time.Since(p.start)})
	return core.Receipt{core.ReceiptID(d.Key)}, nil
}

// A stage is a dispatcher and its surroundings on a real database, in a bubble.
type stage struct {
	*platform
	t     *testing.T
	store *storage.Store
	bot   *conversation.Bot
	chats map[string]core.Outgoing // where to write to whom
}

func newStage(t *testing.T, can core.Capabilities) *stage {
	t.Helper()
	dir := t.TempDir()
	store, err := storage.Open(t.Context(), storage.Config{
		URL: "sqlite:" + filepath.Join(dir, "t.db"), KeyFile: filepath.Join(dir, "t.key"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	words, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{
		platform: &platform{can: can, start: time.Now()}, t: t, store: store, chats: map[string]core.Outgoing{},
		bot: &conversation.Bot{
			Store: store, Locale: words, Campaign: &core.Campaign{Language: "en"},
			Can: func(core.BotID) core.Capabilities { return can }, Log: slog.New(slog.DiscardHandler),
		},
	}
	return s
}

// meet makes a supporter who agreed to messages, with a private chat.
func (s *stage) meet(who string) {
	ctx := s.t.Context()
	s.tx(func(tx core.Tx) error {
		chat, err := tx.EnterChat(ctx, core.ChatRef{Bot: s.Bot(), Chat: who}, core.Private)
		if err != nil {
			return err
		}
		account, err := tx.EnterAccount(ctx, core.AccountRef{Bot: s.Bot(), ID: who})
		if err != nil {
			return err
		}
		p := &core.Supporter{State: core.Active, Since: "2027-03-10", Seen: "2027-03-10"}
		p.Settings.Quiet = &core.Quiet{} // the bubble begins at midnight
		if err := tx.CreateSupporter(ctx, p); err != nil {
			return err
		}
		account.Supporter, account.Home = p.ID, chat.ID
		if err := tx.PutAccount(ctx, account); err != nil {
			return err
		}
		s.chats[who] = core.Outgoing{Chat: chat.ID, Account: account.ID}
		return tx.RecordConsent(ctx, &core.Consent{
			Supporter: p.ID, Purpose: core.ToMessages, Given: true, Version: "1", Platform: core.Console, At: time.Now(),
		})
	})
}

func (s *stage) tx(fn func(core.Tx) error) {
	s.t.Helper()
	if err := s.store.Tx(s.t.Context(), fn); err != nil {
		s.t.Fatal(err)
	}
}

// write enqueues texts to a person.
func (s *stage) write(who string, lane core.Lane, again core.Again, texts ...string) {
	s.t.Helper()
	s.tx(func(tx core.Tx) error {
		for _, text := range texts {
			o := s.chats[who]
			o.Lane, o.Again = lane, again
			o.Content = &core.Message{Body: []core.Span{{Text: text}}}
			if err := tx.Enqueue(s.t.Context(), &o); err != nil {
				return err
			}
		}
		return nil
	})
}

// run runs parts until the end of the test, or until stop is called.
func (s *stage) run(parts ...interface{ Run(context.Context) error }) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for _, p := range parts {
		wg.Go(func() {
			if err := p.Run(ctx); err != nil {
				s.t.Error(err)
			}
		})
	}
	stop = sync.OnceFunc(func() { cancel(); wg.Wait() })
	s.t.Cleanup(stop)
	return stop
}

// numbered returns n texts.
func numbered(prefix string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprint(prefix, i)
	}
	return out
}
