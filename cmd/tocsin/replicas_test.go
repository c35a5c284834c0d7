package main

import (
	"strings"
	"testing"

	"tocsin/storage/pgtest"
)

// Two processes serve one busy chat on one PostgreSQL: every update is answered, and
// none twice, whoever takes it and whoever sends the answer.
func TestTwoProcessesLoseNoUpdateOfOneChat(t *testing.T) {
	t.Parallel()
	s := newScripted(t, "DATABASE_URL="+pgtest.New(t), "LOG_LEVEL=error")
	s.call("", "migrate")
	a, b := s.serve(), s.serve()
	const updates = 100
	for i := range updates {
		p := a
		if i%2 == 1 {
			p = b
		}
		s.say(p, "busy", "/help")
	}
	s.until("every update is answered", func() bool { return len(s.answered) == updates })
	s.until("every answer is heard", func() bool { return len(s.heard["busy"]) == updates })
	a.leave()
	b.leave()
	for _, text := range s.heard["busy"] {
		if !strings.Contains(text, "On peut dire") {
			t.Errorf("an update that lost a race was answered %q", text)
		}
	}
	if len(s.keys) != updates {
		t.Errorf("%d answers to %d updates", len(s.keys), updates)
	}
	for key, n := range s.keys {
		if n > 1 {
			t.Errorf("the answer %s was sent %d times", key, n)
		}
	}
}
