package conversation_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
	"tocsin/storage"
)

// A bench is a bot with one flow of faults, on a real database.
type bench struct {
	*conversation.Bot
	t     *testing.T
	log   *bytes.Buffer
	tries atomic.Int32
	last  core.ReceiptID // of what was said last
	fault func(context.Context, *conversation.Turn) error
}

func newBench(t *testing.T) *bench {
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
	b := &bench{t: t, log: &bytes.Buffer{}}
	fault := &conversation.Flow{
		Name: "fault",
		Commands: []conversation.Command{{Name: "fault", Do: func(ctx context.Context, turn *conversation.Turn, _ string) error {
			b.tries.Add(1)
			turn.Open("fault", "open")
			turn.Say("cancel.done", nil) // is undone with the turn
			return b.fault(ctx, turn)
		}}},
		Steps: map[string]conversation.Step{"open": {}},
	}
	b.Bot = &conversation.Bot{
		Store: store, Flows: []*conversation.Flow{fault}, Locale: words,
		Campaign: &core.Campaign{Language: "en"}, Log: slog.New(slog.NewTextHandler(b.log, nil)),
		Can: func(core.BotID) core.Capabilities { return core.Capabilities{Buttons: true} },
	}
	return b
}

func command(id string) *core.Update {
	return &core.Update{
		ID: id, Chat: core.ChatRef{Bot: "console:t", Chat: "1"}, Kind: core.Private, Language: "en",
		Sender: &core.AccountRef{Bot: "console:t", ID: "1"}, At: time.Now(), Event: core.Command{Name: "fault"},
	}
}

// said returns what waits in the outbox.
func (b *bench) said() []string {
	b.t.Helper()
	var out []string
	err := b.Store.Tx(b.t.Context(), func(tx core.Tx) error {
		for {
			claimed, err := tx.Claim(b.t.Context(), core.Claim{
				Bot: "console:t", Lanes: []core.Lane{core.Talk}, Max: 10, Lease: time.Hour,
			})
			if err != nil || len(claimed) == 0 {
				return err
			}
			for _, o := range claimed {
				out = append(out, o.Content.(*core.Message).PlainText())
				b.last = core.ReceiptID(fmt.Sprint(o.ID))
				if err := tx.Settle(b.t.Context(), o, core.Verdict{State: core.Sent, Receipt: core.Receipt{b.last}}); err != nil {
					return err
				}
			}
		}
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

// frames returns how many flows are open.
func (b *bench) frames() (n int) {
	b.t.Helper()
	err := b.Store.Tx(b.t.Context(), func(tx core.Tx) error {
		chat, err := tx.EnterChat(b.t.Context(), command("").Chat, core.Private)
		if err != nil {
			return err
		}
		account, err := tx.EnterAccount(b.t.Context(), *command("").Sender)
		if err != nil {
			return err
		}
		c, err := tx.Conversation(b.t.Context(), chat.ID, account.ID)
		n = len(c.Frames)
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

func TestWhatFailsIsUndoneAndToldOnce(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		fault  func(context.Context, *conversation.Turn) error
		told   string
		logged bool
	}{
		{"an error with a key", func(context.Context, *conversation.Turn) error {
			return core.Fail(core.Invalid, "rsvp.full")
		}, "There is no place left", false},
		{"an error of ours", func(context.Context, *conversation.Turn) error {
			return errors.New("flows: the cause")
		}, "on our side", true},
		{"a panic", func(context.Context, *conversation.Turn) error {
			panic("anna@exemple.fr")
		}, "on our side", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.fault = tt.fault
			for range 2 { // the platform delivers it twice
				if err := b.Handle(t.Context(), command("1")); err != nil {
					t.Fatal(err)
				}
			}
			said := b.said()
			if len(said) != 1 || !strings.Contains(said[0], tt.told) {
				t.Errorf("told %q", said)
			}
			if b.frames() != 0 {
				t.Error("what the turn changed is still there")
			}
			if got := b.log.Len() > 0; got != tt.logged {
				t.Errorf("the operator reads %q", b.log)
			}
			if strings.Contains(b.log.String(), "exemple") {
				t.Errorf("the log holds what a person wrote: %s", b.log)
			}
		})
	}
}

func TestALostRaceIsRunAgainAndNeverTold(t *testing.T) {
	t.Parallel()
	for _, code := range []core.Code{core.Conflict, core.Unavailable, core.Uncertain} {
		t.Run(string(code), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.fault = func(context.Context, *conversation.Turn) error {
				if b.tries.Load() < 4 {
					return &core.Error{Code: code}
				}
				return nil
			}
			if err := b.Handle(t.Context(), command("1")); err != nil {
				t.Fatal(err)
			}
			if said := b.said(); len(said) != 1 || b.tries.Load() != 4 || b.frames() != 1 || b.log.Len() > 0 {
				t.Errorf("said %q after %d tries, logged %q", said, b.tries.Load(), b.log)
			}
		})
	}
}

func TestAnUpdateThatCouldNotBeStoredIsGivenBack(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx, cancel := context.WithCancel(t.Context())
	b.fault = func(context.Context, *conversation.Turn) error {
		cancel()
		return &core.Error{Code: core.Unavailable}
	}
	if err := b.Handle(ctx, command("1")); err == nil {
		t.Fatal("it counts as received")
	}
	b.fault = func(context.Context, *conversation.Turn) error { return nil }
	if err := b.Handle(t.Context(), command("1")); err != nil || len(b.said()) != 1 {
		t.Errorf("given again it is not handled: %v", err)
	}
}

func TestAFloodIsAnsweredInTheOutbox(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if err := b.Flooded(t.Context(), command("1")); err != nil {
		t.Fatal(err)
	}
	if said := b.said(); len(said) != 1 || !strings.Contains(said[0], "faster than I read") {
		t.Errorf("said %q", said)
	}
}

func TestOnlyAStoredTurnThatMadeWorkTellsSo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	told := 0
	b.Tasked = func() { told++ }
	work := func(turn *conversation.Turn) error { return turn.Later("work", 1, conversation.Window{}) }
	for i, c := range []struct {
		fault func(context.Context, *conversation.Turn) error
		want  int
	}{
		{func(context.Context, *conversation.Turn) error { return nil }, 0},
		{func(_ context.Context, turn *conversation.Turn) error {
			return errors.Join(work(turn), errors.New("boom"))
		}, 0},
		{func(_ context.Context, turn *conversation.Turn) error { return work(turn) }, 1},
	} {
		told, b.fault = 0, c.fault
		if err := b.Handle(t.Context(), command(string(rune('a'+i)))); err != nil {
			t.Fatal(err)
		}
		if told != c.want {
			t.Errorf("turn %d told of work %d times, want %d", i+1, told, c.want)
		}
	}
}
