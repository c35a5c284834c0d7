package conversation_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"tocsin/core"
	"tocsin/core/conversation"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A slow handler notes what it handled, and how many it handled at once.
type slow struct {
	mu      sync.Mutex
	handled []string
	now     map[string]int
	most    int
	took    time.Duration
	fail    error
}

func (s *slow) Handle(_ context.Context, u *core.Update) error {
	s.mu.Lock()
	if s.now == nil {
		s.now = map[string]int{}
	}
	s.now[u.Chat.Chat]++
	if s.now[u.Chat.Chat] > 1 {
		s.handled = append(s.handled, "two at once in "+u.Chat.Chat)
	}
	total := 0
	for _, n := range s.now {
		total += n
	}
	s.most = max(s.most, total)
	s.mu.Unlock()
	time.Sleep(s.took)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now[u.Chat.Chat]--
	s.handled = append(s.handled, u.Chat.Chat+" "+u.ID)
	return s.fail
}

func update(chat string, n int) *core.Update {
	return &core.Update{ID: fmt.Sprint(n), Chat: core.ChatRef{Bot: "console:t", Chat: chat, Thread: fmt.Sprint(n % 2)}}
}

func TestOneChatIsHandledInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &slow{took: time.Second}
		q := &conversation.Queue{Handler: h, Workers: 4, Log: slog.New(slog.DiscardHandler)}
		var last <-chan error
		for n := range 15 {
			last = q.Submit(t.Context(), update("a", n))
		}
		<-last
		want := make([]string, 15)
		for n := range want {
			want[n] = fmt.Sprintf("a %d", n)
		}
		if !slices.Equal(h.handled, want) {
			t.Errorf("handled %q", h.handled)
		}
	})
}

func TestChatsAreHandledSideBySideWithinTheWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &slow{took: time.Second}
		q := &conversation.Queue{Handler: h, Workers: 4, Log: slog.New(slog.DiscardHandler)}
		start := time.Now()
		var all []<-chan error
		for n := range 8 {
			all = append(all, q.Submit(t.Context(), update(fmt.Sprint("chat", n), n)))
		}
		for _, c := range all {
			<-c
		}
		if took := time.Since(start); took != 2*time.Second || h.most != 4 {
			t.Errorf("8 chats took %s, %d at once", took, h.most)
		}
	})
}

func TestAFloodIsCutCountedAndAnsweredOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &slow{took: time.Second}
		var answered atomic.Int32
		q := &conversation.Queue{
			Handler: h, Workers: 4, Log: slog.New(slog.DiscardHandler),
			Flooded: func(context.Context, *core.Update) error { answered.Add(1); return nil },
		}
		var all []<-chan error
		for n := range 1000 {
			all = append(all, q.Submit(t.Context(), update("flood", n)))
		}
		start := time.Now()
		if err := <-q.Submit(t.Context(), update("calm", 1)); err != nil || time.Since(start) != time.Second {
			t.Errorf("another chat waited %s: %v", time.Since(start), err)
		}
		for _, c := range all {
			if err := <-c; err != nil {
				t.Fatal(err)
			}
		}
		if got := len(h.handled) - 1; got != conversation.Waiting+1 || answered.Load() != 1 || q.Dropped() != int64(1000-got) {
			t.Errorf("handled %d, answered %d times, dropped %d", got, answered.Load(), q.Dropped())
		}
	})
}

// What one chat wrote while the program was away is no flood, however much it is.
func TestWhatWasWrittenWhileWeWereAwayIsAllHandled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &slow{took: time.Millisecond}
		q := &conversation.Queue{Handler: h, Workers: 4, Log: slog.New(slog.DiscardHandler)}
		const messages = 10 * conversation.Waiting
		var done []<-chan error
		for n := range messages {
			u := update("anna", n)
			u.At = time.Now().Add(-time.Hour)
			done = append(done, q.Submit(t.Context(), u))
		}
		for _, d := range done {
			if err := <-d; err != nil {
				t.Error(err)
			}
		}
		if len(h.handled) != messages || q.Dropped() != 0 {
			t.Errorf("%d of %d were handled, %d dropped", len(h.handled), messages, q.Dropped())
		}
	})
}

func TestAFloodThatEndedIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var answered atomic.Int32
		q := &conversation.Queue{
			Handler: &slow{took: time.Second}, Workers: 1, Log: slog.New(slog.DiscardHandler),
			Flooded: func(context.Context, *core.Update) error { answered.Add(1); return nil },
		}
		for range 2 {
			for n := range 50 {
				q.Submit(t.Context(), update("flood", n))
			}
			time.Sleep(time.Hour)
		}
		if answered.Load() != 2 {
			t.Errorf("two floods were answered %d times", answered.Load())
		}
	})
}

func TestOfAFloodThatGoesOnOneUpdateASecondIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &slow{took: 5 * time.Millisecond}
		var answered atomic.Int32
		q := &conversation.Queue{
			Handler: h, Workers: 1, Log: slog.New(slog.DiscardHandler),
			Flooded: func(context.Context, *core.Update) error { answered.Add(1); return nil },
		}
		for n := range 10_000 {
			q.Submit(t.Context(), update("flood", n))
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if n := len(h.handled); n < 20 || n > 45 || answered.Load() != 1 {
			t.Errorf("of a flood of ten seconds %d updates were handled, and it was answered %d times", n, answered.Load())
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		before := len(h.handled)
		for n := range 10 {
			q.Submit(t.Context(), update("flood", n))
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if n := len(h.handled) - before; n != 10 {
			t.Errorf("once it was over %d of 10 were handled", n)
		}
	})
}

func TestWhatCannotBeStoredForAMomentIsGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		away := &core.Error{Code: core.Unavailable}
		q := &conversation.Queue{Handler: &slow{fail: away}, Workers: 1, Log: slog.New(slog.DiscardHandler)}
		if err := <-q.Submit(t.Context(), update("a", 1)); !errors.Is(err, away) {
			t.Errorf("%v, want the handler's error", err)
		}
	})
}

func TestWhatFailsThreeTimesIsSkippedAndStopsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &slow{fail: errors.New("boom")}
		q := &conversation.Queue{Handler: h, Workers: 1, Log: slog.New(slog.DiscardHandler)}
		for n := range 2 {
			if err := <-q.Submit(t.Context(), update("a", n)); err != nil {
				t.Errorf("it is given again: %v", err)
			}
		}
		if want := []string{"a 0", "a 0", "a 0", "a 1", "a 1", "a 1"}; !slices.Equal(h.handled, want) || q.Skipped() != 2 {
			t.Errorf("handled %q, skipped %d", h.handled, q.Skipped())
		}
	})
}
