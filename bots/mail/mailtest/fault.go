package mailtest

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// A stage is a point where a fault strikes.
type stage string

const (
	atMail   stage = "mail" // MAIL FROM came
	atRcpt   stage = "rcpt" // RCPT TO came
	afterEnd stage = "end"  // the whole text came, with its final dot
)

// A fault is what goes wrong at a stage. Its zero value is nothing.
type fault struct {
	code int   // answer this, 0: go on
	cut  bool  // close the connection without an answer
	hold *Hold // wait for its release first
}

var errCut = errors.New("mailtest: connection cut")

// Heal ends all faults. A Hold that was reached still waits for its Release.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.faults)
}

// FailMail makes the server answer MAIL with code, from 400 to 599, until Heal.
func (s *Server) FailMail(code int) { s.plan(atMail, fault{code: code}) }

// FailRcpt makes the server answer RCPT with code, from 400 to 599, until Heal. Its
// words repeat the address, as those of real servers do.
func (s *Server) FailRcpt(code int) { s.plan(atRcpt, fault{code: code}) }

// FailText makes the server answer the whole text with code, from 400 to 599, until
// Heal. The letter is not kept.
func (s *Server) FailText(code int) { s.plan(afterEnd, fault{code: code}) }

// CutAtRcpt makes the server close the connection when RCPT comes, until Heal.
func (s *Server) CutAtRcpt() { s.plan(atRcpt, fault{cut: true}) }

// CutAfterData makes the server take and keep the letter and then close the
// connection in place of an answer, until Heal.
func (s *Server) CutAfterData() { s.plan(afterEnd, fault{cut: true}) }

// HoldRcpt makes the server stand still when RCPT comes, until Heal.
func (s *Server) HoldRcpt() *Hold { return s.hold(atRcpt) }

// HoldText makes the server take and keep the letter and then stand still before it
// answers, until Heal.
func (s *Server) HoldText() *Hold { return s.hold(afterEnd) }

// A Hold is a place where the server stands still.
type Hold struct {
	reached  chan struct{}
	released chan struct{}
	release  func()
}

// Release lets all go on that wait there, and all that come later.
func (h *Hold) Release() { h.release() }

// Reached waits until the server stands still there once more than Reached was
// called before. It fails the test after 10 s.
func (h *Hold) Reached(t testing.TB) {
	t.Helper()
	late := time.NewTimer(10 * time.Second)
	defer late.Stop()
	select {
	case <-h.reached:
	case <-late.C:
		t.Fatal("mailtest: nobody came to the hold")
	}
}

func (s *Server) hold(at stage) *Hold {
	h := &Hold{reached: make(chan struct{}, 1000), released: make(chan struct{})}
	h.release = sync.OnceFunc(func() { close(h.released) })
	s.plan(at, fault{hold: h})
	return h
}

func (s *Server) plan(at stage, f fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[at] = f
}

// strike returns the error of the fault planned at a stage, after its wait; about is
// the address or other words that the answer repeats.
func (s *session) strike(at stage, about string) error {
	s.server.mu.Lock()
	f := s.server.faults[at]
	s.server.mu.Unlock()
	if f.hold != nil {
		f.hold.reached <- struct{}{}
		select {
		case <-f.hold.released:
		case <-s.server.stopping:
			f.cut = true
		}
	}
	if f.cut {
		_ = s.conn.Conn().Close()
		return errCut
	}
	if f.code == 0 {
		return nil
	}
	return &smtp.SMTPError{
		Code:         f.code,
		EnhancedCode: smtp.EnhancedCode{f.code / 100, 1, 1},
		Message:      "<" + about + ">: refused for this test",
	}
}
