//go:build linux

package main

import (
	"strconv"
	"syscall"
	"testing"
	"time"

	"tocsin/core"
	"tocsin/storage"
	"tocsin/storage/pgtest"
)

// until waits until something holds.
func (c *following) until(what string, is func() bool) {
	c.t.Helper()
	for deadline := time.Now().Add(5 * time.Minute); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			c.t.Fatalf("%s: it never comes to that", what)
		}
	}
}

func (c *following) reached() int {
	byChat, _ := c.copies()
	return len(byChat)
}

// A replica sleeps in the middle of its sends until its lease is long over, and wakes.
// Nobody gets the message twice, and nobody is forgotten.
func TestAReplicaThatSleptPastItsLeaseDoublesNothing(t *testing.T) {
	t.Parallel()
	c := newFollowing(t, pgtest.New(t), 2_000, core.Once)
	sleeper, other := c.start("SENDER_RATE="+strconv.Itoa(pacedRate)), c.start("SENDER_RATE="+strconv.Itoa(pacedRate))
	naps := 0
	for part := 1; part < 4; part++ {
		c.until("the next part is sent", func() bool { return c.reached() > part*c.people/5 || c.isOver() })
		if err := sleeper.Process.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		naps++
		time.Sleep(sendersLease + sendersLease/2)
		if err := sleeper.Process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
	}
	c.until("it is over", c.isOver)
	sleeper.kill()
	other.kill()
	c.check(core.Once, naps)
}

// The server of the database is killed and comes back. What could not be recorded was not
// sent, and all goes on without anybody's hand.
func TestADatabaseThatGoesAwayDoublesNothing(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	c := newFollowing(t, server.URL(), 2_000, core.Once)
	p := c.start()
	away := 0
	for part := 1; part < 3; part++ {
		c.until("the next part is sent", func() bool { return c.reached() > part*c.people/4 || c.isOver() })
		if err := server.Kill(); err != nil {
			t.Fatal(err)
		}
		away++
		if err := server.Restart(); err != nil {
			t.Fatal(err)
		}
	}
	c.until("it is over", c.isOver)
	p.kill()
	c.check(core.Once, away)
}

// The disk fills up. Nothing is sent that is not recorded before, and once there is room
// all goes on.
func TestADiskThatFillsStopsTheSending(t *testing.T) {
	t.Parallel()
	c := newFollowing(t, sqliteThere(t), 2_000, core.Once)
	full := c.start("SENDER_FULL=400000")
	c.until("something is sent", func() bool { return c.reached() > 10 })
	last := -1
	c.until("nothing is sent any more", func() bool {
		time.Sleep(time.Second)
		now := c.reached()
		stalled := now == last
		last = now
		return stalled
	})
	if last == c.people {
		t.Fatal("the disk was not full")
	}
	full.kill()
	c.with(func(s *storage.Store) {
		c.tx(s, func(tx core.Tx) error {
			p, err := tx.Progress(t.Context(), c.id)
			if known := p.Sent + p.Sending + p.Uncertain + p.Blocked; known < last {
				t.Errorf("%d people got it, %d of them are known", last, known)
			}
			return err
		})
	})
	p := c.start()
	c.until("it is over", c.isOver)
	p.kill()
	c.check(core.Once, 1)
}
