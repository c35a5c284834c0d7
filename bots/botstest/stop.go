package botstest

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tocsin/core"
)

// prompt is how soon an adapter returns that has nothing left to do.
const prompt = time.Second

func stopsWithContext(t *testing.T, w World) {
	before := goleak.IgnoreCurrent()
	s := begin(t, w, accept)
	p := w.People()[0]
	w.Write(p, "hello")
	s.next()
	send(t, w, p, say("hello"))
	if err := s.finish(prompt); err != nil {
		t.Errorf("Run = %v after its context ended, want nil", err)
	}
	if h, ok := w.(Hanger); ok {
		h.HangUp()
	}
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}

func runReturnsOnceAllIsAnswered(t *testing.T, w World) {
	release := make(chan struct{})
	s := begin(t, w, func(context.Context, *core.Update) error {
		<-release
		return nil
	})
	w.Write(w.People()[0], "hello")
	s.next()
	s.stop()
	select {
	case <-s.ended:
		t.Error("Run has returned before the update was answered")
	case <-time.After(prompt / 5):
	}
	close(release)
	if err := s.finish(prompt); err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
}
