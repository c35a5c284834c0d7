package storage

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"tocsin/core"
	"tocsin/storage/pgtest"
)

const queueBot core.BotID = "telegram:4711"

// onBoth runs a test on an empty database of each kind.
func onBoth(t *testing.T, test func(t *testing.T, s *Store)) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, openQueue(t, "sqlite:"+filepath.Join(t.TempDir(), "tocsin.db")))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, openQueue(t, pgtest.New(t)))
	})
}

func openQueue(t testing.TB, url string) *Store {
	t.Helper()
	s, err := Open(t.Context(), Config{URL: url, KeyFile: filepath.Join(t.TempDir(), "keys"), Conns: 2, LongConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// inTx runs fn in a transaction that must be committed.
func inTx(t testing.TB, s *Store, fn func(ctx context.Context, t *tx) error) {
	t.Helper()
	if err := s.run(t.Context(), s.write, nil, func(x *tx) error { return fn(t.Context(), x) }); err != nil {
		t.Fatal(err)
	}
}

// scan returns the one value of a query.
func scan[T any](t testing.TB, s *Store, query string, args ...any) (v T) {
	t.Helper()
	inTx(t, s, func(ctx context.Context, x *tx) error { return x.NewRaw(query, args...).Scan(ctx, &v) })
	return v
}

// execute runs a statement, however long it takes.
func execute(t testing.TB, s *Store, query string, args ...any) {
	t.Helper()
	err := s.run(t.Context(), s.long, nil, func(x *tx) error {
		_, err := x.NewRaw(query, args...).Exec(t.Context())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// queueOne enqueues a message to a chat, by name.
func queueOne(t testing.TB, s *Store, name string, lane core.Lane) *core.Outgoing {
	t.Helper()
	o := &core.Outgoing{Lane: lane, Content: &core.Message{Body: []core.Span{{Text: "hello"}}}}
	inTx(t, s, func(ctx context.Context, x *tx) error {
		c, err := x.EnterChat(ctx, core.ChatRef{Bot: queueBot, Chat: name}, core.Private)
		if err != nil {
			return err
		}
		o.Chat = c.ID
		return x.Enqueue(ctx, o)
	})
	return o
}

func claimAll(t testing.TB, s *Store, lanes ...core.Lane) (os []*core.Outgoing) {
	t.Helper()
	inTx(t, s, func(ctx context.Context, x *tx) (err error) {
		os, err = x.Claim(ctx, core.Claim{Bot: queueBot, Lanes: lanes, Max: 5, Lease: time.Minute})
		return err
	})
	return os
}

func TestFinalVerdictWipesContent(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		sealed := func(id core.OutgoingID) bool {
			return scan[bool](t, s, "SELECT sealed IS NOT NULL FROM outbox WHERE id = ?", id)
		}
		o := queueOne(t, s, "anna", core.Talk)
		for _, state := range []core.State{core.Queued, core.Sent} {
			if !sealed(o.ID) {
				t.Fatal("the content of a queued row is gone")
			}
			claimed := claimAll(t, s, core.Talk)[0]
			inTx(t, s, func(ctx context.Context, x *tx) error {
				return x.Settle(ctx, claimed, core.Verdict{State: state, Code: core.Unavailable})
			})
		}
		if sealed(o.ID) {
			t.Error("the content of a settled row is still there")
		}
	})
}

func TestUnreadableRowStopsNothingElse(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		moved := queueOne(t, s, "anna", core.Talk)
		good := queueOne(t, s, "ben", core.Talk)
		execute(t, s, "UPDATE outbox SET uid = 'another' WHERE id = ?", moved.ID)
		if got := claimAll(t, s, core.Talk); len(got) != 1 || got[0].ID != good.ID {
			t.Errorf("claimed %d rows, want the one that can be read", len(got))
		}
		got := scan[string](t, s, "SELECT state || ' ' || code FROM outbox WHERE id = ?", moved.ID)
		if want := "failed internal"; got != want {
			t.Errorf("the unreadable row is %q, want %q", got, want)
		}
	})
}

func TestUnreadableBroadcastStopsNothingElse(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		chat := queueOne(t, s, "anna", core.Talk).Chat
		var ids []core.BroadcastID
		for range 2 {
			inTx(t, s, func(ctx context.Context, x *tx) error {
				b := &core.Broadcast{State: core.Running, Letterhead: core.Letterhead{Speaker: "us"}}
				if err := x.CreateBroadcast(ctx, b); err != nil {
					return err
				}
				ids = append(ids, b.ID)
				return x.AddRecipients(ctx, b.ID, core.MainWave, []core.Recipient{{Chat: chat}})
			})
		}
		execute(t, s, "UPDATE broadcasts SET uid = 'another' WHERE id = ?", ids[0])
		inTx(t, s, func(ctx context.Context, x *tx) error {
			got, err := x.ClaimRecipients(ctx, core.Claim{Bot: queueBot, Max: 5, Lease: time.Minute})
			if len(got) != 1 {
				t.Errorf("claimed %d copies, want the one that can be read", len(got))
			}
			return err
		})
	})
}

// What waits behind a row that is tried again is not looked at before that row is.
func TestRetryPutsOffWhatWaitsBehind(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		first := queueOne(t, s, "anna", core.Talk)
		queueOne(t, s, "anna", core.Talk)
		queueOne(t, s, "anna", core.Notice)
		queueOne(t, s, "ben", core.Talk)
		claimed := claimAll(t, s, core.Talk)[0]
		next := time.Now().Add(time.Hour).Truncate(time.Microsecond)
		inTx(t, s, func(ctx context.Context, x *tx) error {
			return x.Settle(ctx, claimed, core.Verdict{State: core.Queued, Next: next})
		})
		got := scan[int](t, s, "SELECT count(*) FROM outbox WHERE next_at = ? AND chat = ? AND lane = ?",
			microsOf(next), first.Chat, core.Talk)
		all := scan[int](t, s, "SELECT count(*) FROM outbox WHERE next_at = ?", microsOf(next))
		if got != 2 || all != 2 {
			t.Errorf("%d rows of the chat and lane and %d in all wait for the retry, want 2 and 2", got, all)
		}
	})
}
