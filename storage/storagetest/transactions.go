package storagetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"tocsin/core"
)

var transactionProperties = []property{
	{"Tx/RollsBackOnAnError", txRollsBackOnError},
	{"Tx/RollsBackOnAPanicWhichGoesOn", txRollsBackOnPanic},
	{"Tx/SurvivesAConflict", txSurvivesConflict},
	{"Tx/FailsIfAStatementFailedWhateverIsMadeOfIt", txFailsWithStatement},
	{"Tx/EndsWithItsContext", txEndsWithContext},
	{"Read/SeesOneMoment", readSeesOneMoment},
	{"Read/WaitsForNoWriter", readWaitsForNoWriter},
	{"Now/IsTheSameClockEverywhere", nowIsOneClock},
	{"Now/MovesWithTheClock", nowMoves},
}

func txRollsBackOnError(t *testing.T, s core.Store) {
	boom := errors.New("boom")
	err := s.Tx(t.Context(), func(tx core.Tx) error {
		must(t, tx.MarkSeen(t.Context(), testBot, "1"))
		return boom
	})
	if err != boom {
		t.Fatalf("got %v, want the error of the function", err)
	}
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.MarkSeen(ctx, testBot, "1") })
}

func txRollsBackOnPanic(t *testing.T, s core.Store) {
	func() {
		defer func() {
			if got := recover(); got != "boom" {
				t.Errorf("recovered %v, want what the function panicked with", got)
			}
		}()
		err := s.Tx(t.Context(), func(tx core.Tx) error {
			must(t, tx.MarkSeen(t.Context(), testBot, "1"))
			panic("boom")
		})
		t.Errorf("Tx returned %v after a panic", err)
	}()
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.MarkSeen(ctx, testBot, "1") })
}

// PostgreSQL ends a transaction at the first statement that fails, SQLite does not.
func txSurvivesConflict(t *testing.T, s core.Store) {
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		must(t, tx.MarkSeen(ctx, testBot, "1"))
		wantCode(t, tx.MarkSeen(ctx, testBot, "1"), core.Conflict)
		return tx.MarkSeen(ctx, testBot, "2")
	})
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		wantCode(t, tx.MarkSeen(ctx, testBot, "2"), core.Conflict)
		return nil
	})
}

func txFailsWithStatement(t *testing.T, s core.Store) {
	err := s.Tx(t.Context(), func(tx core.Tx) error {
		must(t, tx.MarkSeen(t.Context(), testBot, "1"))
		nobody := &core.Conversation{Chat: 404} // there is no such chat: a constraint fails
		if err := tx.PutConversation(t.Context(), nobody); err == nil {
			t.Error("a conversation in no chat was stored")
		}
		return nil
	})
	wantCode(t, err, core.Internal)
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.MarkSeen(ctx, testBot, "1") })
}

func txEndsWithContext(t *testing.T, s core.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	err := s.Tx(ctx, func(tx core.Tx) error {
		must(t, tx.MarkSeen(ctx, testBot, "1"))
		cancel()
		return nil
	})
	wantCode(t, err, core.Unavailable)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want one that says that the context was cancelled", err)
	}
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.MarkSeen(ctx, testBot, "1") })
}

func readSeesOneMoment(t *testing.T, s core.Store) {
	id := chat(t, s, "anna")
	read(t, s, func(ctx context.Context, r core.Reader) error {
		before, err := r.Chat(ctx, id)
		must(t, err)
		do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.CloseChat(ctx, id, true) })
		after, err := r.Chat(ctx, id)
		must(t, err)
		if before.Closed || after.Closed {
			t.Errorf("closed: %v, then %v in one reading", before.Closed, after.Closed)
		}
		return nil
	})
	read(t, s, func(ctx context.Context, r core.Reader) error {
		c, err := r.Chat(ctx, id)
		must(t, err)
		if !c.Closed {
			t.Error("the next reading does not see what was written")
		}
		return nil
	})
}

func readWaitsForNoWriter(t *testing.T, s core.Store) {
	id := chat(t, s, "anna")
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		must(t, tx.CloseChat(ctx, id, true))
		read(t, s, func(ctx context.Context, r core.Reader) error {
			c, err := r.Chat(ctx, id)
			must(t, err)
			if c.Closed {
				t.Error("a reading saw what was not committed")
			}
			return nil
		})
		return nil
	})
}

func nowIsOneClock(t *testing.T, s core.Store) {
	advance(t, s, 24*time.Hour)
	first := now(t, s)
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		second, err := tx.Now(ctx)
		must(t, err)
		third := second
		for range 1_000_000 { // a microsecond passes
			if third, err = tx.Now(ctx); err != nil || third.After(second) {
				break
			}
		}
		must(t, err)
		if second.Before(first) || !third.After(second) || third.Sub(first) > time.Minute {
			t.Errorf("the clock said %v, then %v, then %v", first, second, third)
		}
		return nil
	})
	read(t, s, func(ctx context.Context, r core.Reader) error {
		n, err := r.Now(ctx)
		must(t, err)
		if n.Location() != time.UTC || n.Nanosecond()%1000 != 0 || n.Before(first) {
			t.Errorf("the clock said %v: want UTC to the microsecond, and not before %v", n, first)
		}
		return nil
	})
}

func nowMoves(t *testing.T, s core.Store) {
	before := now(t, s)
	advance(t, s, -36*time.Hour)
	if d := now(t, s).Sub(before); d < -36*time.Hour || d > -36*time.Hour+time.Minute {
		t.Errorf("the clock moved by %v, want -36h", d)
	}
}
