package scheduler_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/core"
	"tocsin/core/flows"
	"tocsin/core/geo"
	"tocsin/scheduler"
)

// alertStage is a stage in Paris on Wednesday 10 March 2027, 9:00, with the flows that
// render alerts, and people in Lyon.
func alertStage(t *testing.T, campaign string) (*stage, *scheduler.Alerts) {
	t.Helper()
	time.Sleep(time.Until(time.Date(2027, 3, 10, 8, 0, 0, 0, time.UTC)))
	s := newStage(t, core.Capabilities{})
	c, err := core.ParseCampaign(strings.NewReader(campaign))
	if err != nil {
		t.Fatal(err)
	}
	c.Language = "en"
	s.bot.Campaign, s.bot.Flows = c, flows.All()
	return s, &scheduler.Alerts{Campaign: c, Planner: new(scheduler.Planner)}
}

// lyon is where they are.
var lyon = geo.Point{Lat: 45.7578, Lon: 4.8320}

// neighbour makes a supporter in Lyon who hears daily.
func (s *stage) neighbour(who string, change func(*core.Supporter)) {
	s.t.Helper()
	s.meet(who)
	s.alter(who, func(p *core.Supporter) {
		p.Cell, p.Radius, p.Zone, p.Often, p.Settings.Quiet = geo.CellOf(lyon), 10, "Europe/Paris", core.Daily, nil
		p.Language = "en"
		if change != nil {
			change(p)
		}
	})
}

func (s *stage) alter(who string, change func(*core.Supporter)) {
	s.t.Helper()
	ctx := s.t.Context()
	s.tx(func(tx core.Tx) error {
		a, err := tx.Account(ctx, s.chats[who].Account)
		if err != nil {
			return err
		}
		p, err := tx.Supporter(ctx, a.Supporter)
		if err != nil {
			return err
		}
		change(p)
		return tx.PutSupporter(ctx, p)
	})
}

// publish stores an action that begins after some days.
func (s *stage) publish(title string, in time.Duration, change func(*core.Action)) *core.Action {
	s.t.Helper()
	a := &core.Action{
		Source: "test:" + title, Title: title, Kind: "stall", Zone: "Europe/Paris", Place: "Place Bellecour", Area: "FR/84/69",
		Point: lyon, State: core.Public, Visibility: core.ForSupporters, StartsAt: time.Now().Add(in), EndsAt: time.Now().Add(in + time.Hour),
	}
	if change != nil {
		change(a)
	}
	s.tx(func(tx core.Tx) error { _, _, err := tx.PutActions(s.t.Context(), []*core.Action{a}); return err })
	return a
}

// runs runs a job as often as the clock would until a time, and returns what it told.
func runs(t *testing.T, s *stage, do func(context.Context, core.Store, scheduler.Dry) (int, error), every, until time.Duration) (total int) {
	t.Helper()
	for end := time.Now().Add(until); time.Now().Before(end); time.Sleep(every) {
		n, err := do(t.Context(), s.store, false)
		if err != nil {
			t.Fatal(err)
		}
		total += n
	}
	return total
}

func TestAPublishedActionReachesWhoIsNearAtTheirHourAndOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, alerts := alertStage(t, "")
		s.neighbour("anna", nil)
		s.neighbour("ben", func(p *core.Supporter) { p.Settings.Line = "30 9 * * *" })
		s.neighbour("chloe", func(p *core.Supporter) { p.Cell = geo.CellOf(geo.Point{Lat: 48.85, Lon: 2.35}) })
		s.run(s.dispatcher())
		s.publish("Stall on the square", 72*time.Hour, nil)
		if n, err := alerts.Digests(t.Context(), s.store, true); n != 0 || err != nil {
			t.Errorf("before any hour, %d would be told, %v", n, err)
		}
		if n := runs(t, s, alerts.Digests, 5*time.Minute, 24*time.Hour); n != 2 {
			t.Errorf("%d people are told", n)
		}
		all := s.all()
		if len(all) != 2 {
			t.Fatalf("%d messages arrive", len(all))
		}
		for i, want := range []time.Duration{30 * time.Minute, 9 * time.Hour} {
			if at := all[i].at.Truncate(time.Minute); at != want || !strings.Contains(all[i].text, "Stall on the square") {
				t.Errorf("after %s: %s", at, all[i].text)
			}
		}
		if n := runs(t, s, alerts.Digests, 5*time.Minute, 48*time.Hour); n != 0 {
			t.Errorf("%d people are told again", n)
		}
	})
}

// Instant alerts go to whom the radius of their own reaches, a last call to twice as far.
func TestAnActionThatLacksPeopleCallsAWiderCircleOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, alerts := alertStage(t, "")
		instantly := func(km core.Radius) func(*core.Supporter) {
			return func(p *core.Supporter) {
				p.SetOften(core.Instantly)
				p.Radius = km
			}
		}
		s.neighbour("anna", instantly(25))
		s.neighbour("ben", instantly(10))
		s.neighbour("chloe", instantly(5))
		s.run(s.dispatcher())
		s.publish("Stall in a suburb", 26*time.Hour, func(a *core.Action) {
			a.Quorum, a.Point = 5, geo.Point{Lat: lyon.Lat + 15/111.2, Lon: lyon.Lon}
		})
		for _, want := range []int{1, 0} {
			if n := runs(t, s, alerts.Instant, time.Minute, time.Hour); n != want {
				t.Errorf("%d people are told, want %d", n, want)
			}
		}
		if n := runs(t, s, alerts.Instant, time.Minute, 2*time.Hour); n != 1 {
			t.Errorf("%d people are called, want 1", n)
		}
		if got := len(s.all()); got != 2 {
			t.Errorf("%d messages arrive", got)
		}
	})
}
