package scheduler_test

import (
	"context"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/core"
)

// A clocked platform knows when each call began, and takes its time for each.
type clocked struct {
	*platform
	mu     sync.Mutex
	random *rand.Rand
	last   time.Time
}

func (c *clocked) Send(ctx context.Context, d core.Delivery) (core.Receipt, error) {
	c.mu.Lock()
	c.last = time.Now()
	takes := time.Duration(c.random.IntN(300)) * time.Millisecond
	c.mu.Unlock()
	time.Sleep(takes)
	return c.platform.Send(ctx, d)
}

func (c *clocked) began() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}

// Once a stop is confirmed, no call begins any more, whenever it was asked for.
func TestNothingStartsAfterAStopIsConfirmed(t *testing.T) {
	times := 20
	if os.Getenv("SOAK") != "" {
		times = 1_000
	}
	synctest.Test(t, func(t *testing.T) {
		s := newCampaignStage(t, core.Capabilities{Limits: core.Limits{Bot: core.Limit{Every: 10 * time.Millisecond, Burst: 5}}})
		s.bot.Campaign.ContactBudget = 1 << 30
		for _, who := range numbered("p", 60) {
			s.meet(who)
		}
		adapter, random := &clocked{platform: s.platform, random: rand.New(rand.NewPCG(1, 1))}, rand.New(rand.NewPCG(2, 2))
		one, two := s.dispatcher(), s.dispatcher()
		one.Adapter, two.Adapter = adapter, adapter
		leader := s.leader()
		leader.Every = 50 * time.Millisecond
		s.run(one, two, leader)
		cut := 0
		for range times {
			b := s.announce("to all", nil)
			time.Sleep(time.Duration(random.IntN(900)) * time.Millisecond)
			var before core.BroadcastState
			s.act(b.ID, func(b *core.Broadcast) {
				if before = b.State; b.State == core.Running || b.State == core.Freezing {
					b.State = core.Stopping
				} else if !b.State.Over() {
					b.State = core.Stopped
				}
			})
			now, p := s.standing(b.ID)
			for !now.State.Over() {
				time.Sleep(10 * time.Millisecond)
				now, p = s.standing(b.ID)
			}
			confirmed := time.Now()
			time.Sleep(2 * time.Second)
			_, after := s.standing(b.ID)
			if adapter.began().After(confirmed) || after.Sent != p.Sent || p.Sending > 0 {
				t.Fatalf("stopped while %s: a call began %s after the stop was confirmed; %+v, then %+v",
					before, adapter.began().Sub(confirmed), p, after)
			}
			if p.Sent > 0 && p.Queued > 0 {
				cut++
			}
		}
		if cut < times/4 {
			t.Errorf("only %d of %d were stopped on their way", cut, times)
		}
	})
}
