package telegram

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/bots/telegram/telegramtest"
	"tocsin/core"
)

// A tally counts what goes out over HTTP.
type tally struct {
	next http.RoundTripper
	n    atomic.Int32
}

func (c *tally) RoundTrip(r *http.Request) (*http.Response, error) {
	c.n.Add(1)
	return c.next.RoundTrip(r)
}

// bubble returns a server in memory and an adapter of it, for a synctest bubble, and
// the count of its requests.
func bubble(t *testing.T) (*telegramtest.Server, *Adapter, *tally) {
	t.Helper()
	server := telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real, InMemory: true})
	a, err := New(Config{Token: server.Bot().Token, API: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	transport := a.client.http.Transport.(*http.Transport)
	transport.DialContext = server.Dial
	count := &tally{next: transport}
	a.client.http.Transport = count
	t.Cleanup(transport.CloseIdleConnections)
	return server, a, count
}

// taken is a queue that takes everything.
type taken chan *core.Update

func (q taken) Submit(_ context.Context, u *core.Update) <-chan error {
	q <- u
	done := make(chan error, 1)
	done <- nil
	return done
}

// start runs a until the returned function is called.
func start(t *testing.T, a *Adapter, q core.Queue) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- a.Run(ctx, q) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// A program starts while Telegram is away, says so, and receives once it is there.
func TestTelegramMayBeAwayAtTheStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, a, count := bubble(t)
		server.Down()
		if count.n.Load() != 0 || a.State() != Starting || a.Bot() == "" {
			t.Error("making the adapter has reached for the server")
		}
		q := make(taken, 10)
		stop := start(t, a, q)
		time.Sleep(5 * time.Minute)
		if a.State() != Away {
			t.Errorf("the state is %q", a.State())
		}
		if n := count.n.Load(); n > 40 {
			t.Errorf("%d requests in five minutes", n)
		}
		server.Up(t)
		server.User("Anna", "fr").Start("")
		if u := <-q; u.Event != (core.Command{Name: "start"}) || a.State() != Receiving {
			t.Errorf("came %#v, %q", u.Event, a.State())
		}
		stop()
	})
}

// A token that is refused is said once, and tried once a minute: a new one needs a new
// start, and the old one may come back.
func TestATokenThatIsRefusedIsTriedOnceAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, a, count := bubble(t)
		server.Bot().Revoke()
		var log bytes.Buffer
		a.Log = slog.New(slog.NewTextHandler(&log, nil))
		stop := start(t, a, make(taken, 10))
		time.Sleep(time.Second)
		first := count.n.Load()
		time.Sleep(10 * time.Minute)
		if n := count.n.Load() - first; n < 5 || n > 10 || first > 2 {
			t.Errorf("%d requests at first, %d in ten minutes", first, n)
		}
		state := a.State()
		stop()
		if state != TokenRejected || strings.Count(log.String(), string(TokenRejected)) != 1 || !strings.Contains(log.String(), "level=WARN") {
			t.Errorf("the state is %q, the log %s", state, log.String())
		}
	})
}

// A server that calls the bot by another id is used all the same, and said aloud: some
// know only one id, others are the wrong ones.
func TestABotOfAnotherIDIsALoudWarning(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"ok":true,"result":{"id":666,"is_bot":true,"first_name":"Test","username":"TestNameBot"}}`))
	}))
	defer server.Close()
	a, err := New(Config{Token: "4711:abcdefghijklmnop", API: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	a.Log = slog.New(slog.NewTextHandler(&log, nil))
	me, err := a.Identify(t.Context())
	if err != nil || me.Username != "TestNameBot" || a.name() != "TestNameBot" {
		t.Errorf("got %+v, %v", me, err)
	}
	if said := log.String(); !strings.Contains(said, "level=WARN") || !strings.Contains(said, "server=666 token=4711") || strings.Contains(said, "abcdefgh") {
		t.Errorf("the log says %s", said)
	}
	a.config.Token = "666:abcdefghijklmnop"
	log.Reset()
	if _, err := a.Identify(t.Context()); err != nil || log.Len() > 0 {
		t.Errorf("of the right id the log says %s", log.String())
	}
}

func TestAPollIsNotLongerThanTheServerKeepsItOpen(t *testing.T) {
	t.Parallel()
	for wait, ok := range map[time.Duration]bool{0: true, time.Second: true, longPoll: true, longPoll + 1: false, -1: false} {
		if _, err := New(Config{Token: "4711:abcdefghijklmnop", PollTimeout: wait}); (err == nil) != ok {
			t.Errorf("%s: %v", wait, err)
		}
	}
}

// A poll waits as long as the server keeps it open and a little more, and no longer.
func TestAPollThatNeverEndsIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, a, _ := bubble(t)
		server.Plan(telegramtest.Fault{Kind: telegramtest.SlowHeaders, Method: "getUpdates", On: 1, Wait: time.Hour})
		q := make(taken, 10)
		stop := start(t, a, q)
		server.User("Anna", "fr").Start("")
		begun := time.Now()
		<-q
		if waited := time.Since(begun); waited < 65*time.Second || waited > 70*time.Second {
			t.Errorf("the poll was given up after %s", waited)
		}
		for _, c := range server.Calls("getUpdates") {
			if c.Params["timeout"] != "50" || c.Params["limit"] != "100" {
				t.Errorf("polled with %v", c.Params)
			}
		}
		stop()
	})
}

// A halting queue takes one update, and answers for no other before the end.
type halting struct{ first, rest chan *core.Update }

func (q halting) Submit(ctx context.Context, u *core.Update) <-chan error {
	done := make(chan error, 1)
	select {
	case q.first <- u:
		done <- nil
	default:
		q.rest <- u
		go func() { <-ctx.Done(); done <- ctx.Err() }()
	}
	return done
}

// The end takes less than a second; what was handled is confirmed, and nothing else.
func TestAtTheEndOnlyWhatWasHandledIsConfirmed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, a, _ := bubble(t)
		q := halting{make(chan *core.Update, 1), make(chan *core.Update, 10)}
		anna := server.User("Anna", "fr")
		stop := start(t, a, q)
		anna.Send("un")
		<-q.first
		q.first <- nil // full
		server.WaitCalls(t, "getUpdates", 1)
		synctest.Wait()
		anna.Send("deux")
		<-q.rest
		begun := time.Now()
		stop()
		if took := time.Since(begun); took > time.Second {
			t.Errorf("the end took %s", took)
		}
		if n := server.Bot().Pending(); n != 1 {
			t.Errorf("%d updates wait, one was not handled", n)
		}

		// What is handled as the end comes is confirmed by a poll of its own, which does
		// not wait.
		ctx, end := context.WithCancel(t.Context())
		if err := a.Run(ctx, ending(end)); err != nil {
			t.Error(err)
		}
		calls := server.Calls("getUpdates")
		if last := calls[len(calls)-1].Params; last["timeout"] != "0" || last["limit"] != "1" || last["offset"] == "" {
			t.Errorf("the last poll was %v", last)
		}
		if n := server.Bot().Pending(); n != 0 {
			t.Errorf("%d updates wait, all were handled", n)
		}
	})
}

// ending is a queue that ends the run with the first update, which it takes.
type ending func()

func (end ending) Submit(context.Context, *core.Update) <-chan error {
	end()
	done := make(chan error, 1)
	done <- nil
	return done
}
