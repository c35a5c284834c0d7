package telegramtest

import (
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestAlarmsRingInTheirOrderAtTheirTime(t *testing.T) {
	t.Parallel()
	c := newClock(Virtual)
	began := c.time()
	var rung []time.Duration
	ring := func() { rung = append(rung, c.time().Sub(began)) }
	for _, d := range []time.Duration{5, 1, 3, 2, 4, 90} {
		c.after(d*time.Second, ring)
	}
	c.after(time.Second, func() { c.after(500*time.Millisecond, ring) })
	c.after(time.Second, ring)()
	c.advance(10 * time.Second)
	want := []time.Duration{1000, 1500, 2000, 3000, 4000, 5000}
	for i := range want {
		want[i] *= time.Millisecond
	}
	if !slices.Equal(rung, want) || c.time().Sub(began) != 10*time.Second {
		t.Errorf("they rang at %v, now it is %v", rung, c.time().Sub(began))
	}
}

func TestRealAlarmsRingByThemselvesAndAfterAJump(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClock(Real)
		var rung atomic.Int32
		c.after(time.Minute, func() { rung.Add(1) })
		c.after(time.Hour, func() { rung.Add(1) })
		c.after(3*time.Hour, func() { rung.Add(1) })
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := rung.Load(); n != 1 {
			t.Errorf("after a minute %d rang", n)
		}
		c.advance(59 * time.Minute)
		if n := rung.Load(); n != 2 {
			t.Errorf("after the jump %d rang", n)
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if n := rung.Load(); n != 3 {
			t.Errorf("in the end %d rang", n)
		}
	})
}
