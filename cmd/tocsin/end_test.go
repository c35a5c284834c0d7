package main

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/core"
	"tocsin/storage"
)

// A slow platform, whose input is over after a second, takes some time for each message.
type slow struct {
	takes time.Duration
	sent  int
}

func (*slow) Bot() core.BotID                 { return "console:t" }
func (*slow) Capabilities() core.Capabilities { return core.Capabilities{} }

func (*slow) Run(context.Context, core.Queue) error {
	time.Sleep(time.Second)
	return nil
}

func (s *slow) Send(ctx context.Context, _ core.Delivery) (core.Receipt, error) {
	select {
	case <-time.After(s.takes):
		s.sent++
		return core.Receipt{"1"}, nil
	case <-ctx.Done():
		return nil, &core.Error{Code: core.Uncertain, Err: ctx.Err()}
	}
}

// Who sits at a terminal gets the last answer also from what is slow; a server that is
// told to end waits for it no longer than it must.
func TestOnlyATerminalWaitsForWhatIsSlowAtTheEnd(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		end  func(*engine) *engine
		sent int
		took time.Duration
	}{
		"terminal": {(*engine).patiently, 1, 7 * time.Second},
		"server":   {func(e *engine) *engine { return e }, 0, 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := t.TempDir()
				store, err := storage.Open(t.Context(), storage.Config{
					URL: "sqlite:" + filepath.Join(dir, "t.db"), KeyFile: filepath.Join(dir, "t.key"),
				})
				if err != nil {
					t.Fatal(err)
				}
				defer store.Close()
				a := &slow{takes: 7 * time.Second}
				err = store.Tx(t.Context(), func(tx core.Tx) error {
					chat, err := tx.EnterChat(t.Context(), core.ChatRef{Bot: a.Bot(), Chat: "anna"}, core.Private)
					if err != nil {
						return err
					}
					m := &core.Message{Body: []core.Span{{Text: "an answer"}}}
					return tx.Enqueue(t.Context(), &core.Outgoing{Chat: chat.ID, Lane: core.Talk, Content: m})
				})
				if err != nil {
					t.Fatal(err)
				}
				conf := &Config{Campaign: &core.Campaign{Language: "en"}, Zone: time.UTC}
				e, err := newEngine(&opened{conf, store, slog.New(slog.DiscardHandler)}, nil, a)
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				if err := want.end(e).Run(t.Context()); err != nil {
					t.Error(err)
				}
				if took := time.Since(began); a.sent != want.sent || took.Truncate(time.Second) != want.took {
					t.Errorf("%d sent within %s", a.sent, took)
				}
			})
		})
	}
}
