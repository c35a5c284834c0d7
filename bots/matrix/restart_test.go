//go:build goolm

package matrix_test

import (
	"fmt"
	"testing"

	"tocsin/bots/matrix"
	"tocsin/bots/matrix/matrixtest"
	"tocsin/core"
)

// The homeserver restarts under a running bot, and forgets the names of sends: what it took
// is not sent again, and what is said next is heard.
func TestAServerThatRestartsLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	server := matrixtest.Start(t, matrixtest.Options{Durable: true})
	proxy := server.Proxy(t)
	s := newStageAt(t, server, func(c *matrix.Config) { c.Homeserver = proxy.URL() })
	s.run()
	chat := server.Human(t, "anna").Direct(s.bot.ID)
	chat.Write("before")
	s.hear()
	proxy.Fail(matrixtest.Fault{Paths: []string{"/send/m.room.encrypted/"}, Cut: matrixtest.After})
	if err := s.trySay(chat.Room, "an answer"); core.CodeOf(err) != core.Uncertain {
		t.Fatalf("Send = %v, want Uncertain", err)
	}
	chat.Hear("an answer")
	chat.Write("the bot has read on")
	s.hear()
	proxy.Heal()
	server.Restart(t)
	s.say(chat.Room, "an answer")
	chat.Write("after")
	if got := s.hear(); got != "after" {
		t.Errorf("got %q", got)
	}
	s.say(chat.Room, "the end")
	if m := chat.Next(); m.Text != "the end" {
		t.Errorf("after the restart came %q", m.Text)
	}
}

// Of two processes with one account one uses the device, and gives its lease back when it
// ends.
func TestOneProcessUsesTheDevice(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	lease := &oneLease{}
	s.lease = lease
	s.run()
	other := &stage{t: t, server: s.server, bot: s.bot, config: s.config, lease: lease, got: s.got, seen: map[string]bool{}}
	other.begin()
	other.becomes(matrix.Waiting)
	if _, err := other.adapter.Identify(t.Context()); core.CodeOf(err) != core.Conflict {
		t.Errorf("a command beside it is told %v, want Conflict", err)
	}
	chat := s.server.Human(t, "anna").Direct(s.bot.ID)
	for i := range 3 {
		chat.Write(fmt.Sprint("message ", i))
		if got := s.hear(); got != fmt.Sprint("message ", i) {
			t.Errorf("got %q", got)
		}
	}
	other.halt()
	s.halt()
	lease.mu.Lock()
	defer lease.mu.Unlock()
	if lease.holder != "" {
		t.Error("the lease was not given back")
	}
}
