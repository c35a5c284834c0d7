//go:build goolm

package matrix_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tocsin/bots/matrix"
	"tocsin/bots/matrix/matrixtest"
	"tocsin/core"
)

// A stage is an adapter that runs before the shared homeserver, and what it submits.
type stage struct {
	t       *testing.T
	server  *matrixtest.Server
	bot     matrixtest.Account
	config  matrix.Config
	adapter *matrix.Adapter
	me      *matrix.Identity
	got     chan *core.Update
	answer  func(*core.Update) error           // what the handler says; nil: it takes all
	slow    func(*core.Update) <-chan struct{} // what the answer waits for; nil: nothing
	log     *slog.Logger                       // nil: none
	lease   matrix.Lease                       // nil: this process alone

	timeline int // events of a room that one sync gives; 0: as usual

	stop  context.CancelFunc
	ended chan struct{}
	seen  map[string]bool
	mu    sync.Mutex
}

// newStage makes a bot with its keys, which does not run yet.
func newStage(t *testing.T, change ...func(*matrix.Config)) *stage {
	t.Helper()
	return newStageAt(t, matrixtest.Shared(t), change...)
}

func newStageAt(t *testing.T, server *matrixtest.Server, change ...func(*matrix.Config)) *stage {
	t.Helper()
	s := &stage{t: t, server: server, bot: server.Register(t, "bot"), got: make(chan *core.Update, 1000), seen: map[string]bool{}}
	s.config = matrix.Config{
		Homeserver: server.URL(), User: string(s.bot.ID), Password: s.bot.Password,
		Database: "sqlite:" + filepath.Join(t.TempDir(), "matrix.db"), Invites: matrix.Invites{Rooms: true},
	}
	for _, fn := range change {
		fn(&s.config)
	}
	s.adapter = newAdapter(t, s.config)
	me, err := s.adapter.Identify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.me = me
	return s
}

// run starts the adapter, as a new one, and waits until it receives.
func (s *stage) run() {
	s.t.Helper()
	s.begin()
	s.becomes(matrix.Receiving) // a server may forget an invitation of the same instant
}

// begin starts the adapter, as a new one.
func (s *stage) begin() {
	s.adapter = newAdapter(s.t, s.config)
	if s.timeline > 0 {
		s.adapter.SetTimeline(s.timeline)
	}
	s.adapter.Lease = s.lease
	if s.log != nil {
		s.adapter.Log = s.log
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop, s.ended = stop, make(chan struct{})
	go func(a *matrix.Adapter, ended chan struct{}) {
		defer close(ended)
		if err := a.Run(ctx, s); err != nil {
			s.t.Errorf("Run: %v", err)
		}
	}(s.adapter, s.ended)
	s.t.Cleanup(s.halt)
}

// becomes waits until the adapter is in a state.
func (s *stage) becomes(want matrix.State) {
	s.t.Helper()
	late := time.After(20 * time.Second)
	for s.adapter.State() != want {
		select {
		case <-late:
			s.t.Fatalf("the adapter is %s, want %s", s.adapter.State(), want)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// halt stops the adapter.
func (s *stage) halt() {
	s.stop()
	<-s.ended
}

// Submit implements core.Queue. What was handled before is dropped, as the seen marks do.
func (s *stage) Submit(_ context.Context, u *core.Update) <-chan error {
	done := make(chan error, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen[u.ID] {
		done <- nil
		return done
	}
	var err error
	if s.answer != nil {
		err = s.answer(u)
	}
	if err == nil {
		s.seen[u.ID] = true
		s.got <- u
	}
	if s.slow == nil {
		done <- err
		return done
	}
	go func() {
		<-s.slow(u)
		done <- err
	}()
	return done
}

// next returns the next update that was handled.
func (s *stage) next() *core.Update {
	s.t.Helper()
	select {
	case u := <-s.got:
		return u
	case <-time.After(20 * time.Second):
		s.t.Fatalf("no update came; the adapter is %s", s.adapter.State())
		return nil
	}
}

// hear returns the text of the next update, passing over what is none.
func (s *stage) hear() string {
	s.t.Helper()
	for {
		if e, ok := s.next().Event.(core.Text); ok {
			return e.Body
		}
	}
}

// A oneLease is held by one.
type oneLease struct {
	mu     sync.Mutex
	holder string
}

// Hold implements matrix.Lease.
func (l *oneLease) Hold(_ context.Context, _ core.LeaseName, holder string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.holder != "" && l.holder != holder {
		return &core.Error{Code: core.Conflict}
	}
	l.holder = holder
	return nil
}

// Drop implements matrix.Lease.
func (l *oneLease) Drop(_ context.Context, _ core.LeaseName, holder string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.holder == holder {
		l.holder = ""
	}
	return nil
}
