package main

import (
	"net/http"
	"testing"
	"time"

	"tocsin/core"
	"tocsin/storage/pgtest"
)

// Two processes serve one bot on one PostgreSQL, and one of them polls. When it is killed,
// the other takes over as soon as the lease has run out, and nothing is lost.
func TestAnotherProcessPollsWhenTheFirstIsKilled(t *testing.T) {
	t.Parallel()
	size := scale{kills: 1, people: 20, rounds: 1}
	calm := besiege(t, sqliteFile(t), scale{0, size.people, size.rounds})
	s := newSiege(t, pgtest.New(t), size)
	s.start()
	s.server.Bot().WaitPolling(t)
	first := s.program
	s.start() // which waits
	third := size.updates() / 3
	s.run("a third is said", third, func() bool { return s.said == third })
	crash(first)
	died, polls := time.Now(), len(s.server.Calls("getUpdates"))
	s.run("the other one polls", 2*third, func() bool { return len(s.server.Calls("getUpdates")) > polls })
	deaf := time.Since(died)
	if deaf > core.LeaseLife+core.RenewEvery+2*time.Second {
		t.Errorf("nobody listened for %s", deaf)
	}
	s.run("all is answered", size.updates(), s.done)
	for _, c := range s.server.Calls("getUpdates") {
		if c.Status == http.StatusConflict {
			t.Error("both polled")
		}
	}
	s.stop() // which breaks a poll off and asks once more
	s.outcome().compare(t, calm, size)
	t.Logf("somebody listened again after %s", deaf.Round(time.Second))
}
