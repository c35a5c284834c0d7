package scheduler_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/core"
	"tocsin/core/geo"
	"tocsin/scheduler"
)

// A season is random people over many days, and what was sent to each.
type season struct {
	*stage
	r      *rand.Rand
	alerts *scheduler.Alerts
	wake   chan struct{}
	names  []string
	acts   []*core.Action
	heard  map[string]bool        // person, action and sequence
	days   map[string][]time.Time // of the messages of each person
	total  int
}

// TestNobodyIsToldTwiceOrAgainstTheirWill lets people live for days, with two processes
// that run each job at the same time; 200 days with SOAK, else 20.
func TestNobodyIsToldTwiceOrAgainstTheirWill(t *testing.T) {
	days, seasons := 20, uint64(1)
	if os.Getenv("SOAK") != "" {
		days, seasons = 200, 3
	}
	for seed := range seasons {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { live(t, seed, days) })
		})
	}
}

func live(t *testing.T, seed uint64, days int) {
	st, alerts := alertStage(t, "contact_budget = 4")
	s := &season{
		stage: st, alerts: alerts, r: rand.New(rand.NewPCG(seed, 1)), wake: make(chan struct{}, 1),
		heard: map[string]bool{}, days: map[string][]time.Time{},
	}
	for i := range 12 {
		s.names = append(s.names, fmt.Sprint("p", i))
		s.neighbour(s.names[i], s.random)
	}
	d := s.dispatcher()
	d.Every, d.Wake = 90*24*time.Hour, s.wake
	s.run(d)
	s.planned(s.check)
	const step = 30 * time.Minute
	for range days * int(24*time.Hour/step) {
		s.chance()
		s.jobs()
		select {
		case s.wake <- struct{}{}:
		default:
		}
		time.Sleep(step)
	}
	if s.total < days {
		t.Errorf("only %d messages in %d days", s.total, days)
	}
}

// jobs runs each job in two processes at once.
func (s *season) jobs() {
	var wg sync.WaitGroup
	for _, do := range []func(context.Context, core.Store, scheduler.Dry) (int, error){s.alerts.Digests, s.alerts.Instant, s.alerts.Nudge} {
		for range 2 {
			wg.Go(func() {
				if _, err := do(s.t.Context(), s.store, false); err != nil && core.CodeOf(err) != core.Conflict {
					s.t.Error(err)
				}
			})
		}
	}
	wg.Wait()
}

// random gives a person some settings.
func (s *season) random(p *core.Supporter) {
	pick := func(n int) bool { return s.r.IntN(n) == 0 }
	zones := []string{"Europe/Paris", "Indian/Reunion", "America/Cayenne", "Australia/Lord_Howe"}
	p.Zone, p.Radius = zones[s.r.IntN(len(zones))], core.Radii[1+s.r.IntN(len(core.Radii)-1)]
	p.SetOften([]core.Often{core.Instantly, core.Instantly, core.Daily, core.Weekly}[s.r.IntN(4)])
	if pick(3) {
		p.Settings.Quiet = &core.Quiet{From: s.r.IntN(24), Until: s.r.IntN(24)}
	}
	if pick(4) {
		p.Settings.Line = core.CronLine(fmt.Sprintf("%d %d * * *", s.r.IntN(60), s.r.IntN(24)))
	}
	if pick(4) {
		n := s.r.IntN(5)
		p.Settings.Budget = &n
	}
	p.Settings.Free = pick(4)
}

// chance lets something happen, or not: an action is published or changes, somebody
// changes their mind.
func (s *season) chance() {
	now := time.Now()
	switch who := s.names[s.r.IntN(len(s.names))]; s.r.IntN(24) {
	case 0, 1, 2, 3:
		s.acts = append(s.acts, s.publish(fmt.Sprintf("Stall <%d>", len(s.acts)), time.Duration(1+s.r.IntN(20*24))*time.Hour, s.anyAction))
	case 4:
		if len(s.acts) > 0 {
			a := s.acts[s.r.IntN(len(s.acts))]
			a.StartsAt, a.EndsAt, a.Title = a.StartsAt.Add(time.Hour), a.EndsAt.Add(time.Hour), a.Title+"!"
			s.tx(func(tx core.Tx) error { _, _, err := tx.PutActions(s.t.Context(), []*core.Action{a}); return err })
		}
	case 5:
		s.alter(who, func(p *core.Supporter) { p.Stopped = !p.Stopped && s.r.IntN(2) == 0 })
	case 6:
		s.alter(who, func(p *core.Supporter) { p.Settings.Pause = core.PauseFrom(now) })
	case 7:
		s.alter(who, func(p *core.Supporter) { p.Settings.Snooze(core.DefaultKinds[s.r.IntN(7)].ID, core.PauseFrom(now)) })
	case 8:
		s.alter(who, s.random)
	case 9:
		s.answer(who)
	case 10:
		s.agree(who, s.r.IntN(3) > 0)
	}
}

func (s *season) anyAction(a *core.Action) {
	a.Point = geo.Point{Lat: lyon.Lat + 0.3*s.r.NormFloat64(), Lon: lyon.Lon + 0.3*s.r.NormFloat64()}
	a.Kind, a.Online, a.Quorum = core.DefaultKinds[s.r.IntN(7)].ID, s.r.IntN(8) == 0, s.r.IntN(3)
	a.Capacity, a.Taken = s.r.IntN(3), s.r.IntN(3)
}

func (s *season) answer(who string) {
	if len(s.acts) == 0 {
		return
	}
	a, ctx := s.acts[s.r.IntN(len(s.acts))], s.t.Context()
	s.tx(func(tx core.Tx) error {
		account, err := tx.Account(ctx, s.chats[who].Account)
		if err != nil {
			return err
		}
		return tx.PutRsvp(ctx, &core.Rsvp{Action: a.ID, Supporter: account.Supporter, Answer: core.NotGoing, On: core.DayOf(time.Now())})
	})
}

func (s *season) agree(who string, given bool) {
	ctx := s.t.Context()
	s.tx(func(tx core.Tx) error {
		account, err := tx.Account(ctx, s.chats[who].Account)
		if err != nil {
			return err
		}
		return tx.RecordConsent(ctx, &core.Consent{
			Supporter: account.Supporter, Purpose: core.ToMessages, Given: given, Version: "2", Platform: core.Console, At: time.Now(),
		})
	})
}

var titleForm = regexp.MustCompile(`Stall <(\d+)>`)

// check looks at each message as it is sent. What it asks the database is as it was when
// the gate asked: only this goroutine and the one that waits for it are awake.
func (s *season) check(d core.Delivery) error {
	s.total++
	who, now, ctx := d.To.Chat, time.Now(), s.t.Context()
	var p *core.Supporter
	var agreed bool
	answered := map[core.ActionID]bool{}
	err := s.store.Read(ctx, func(r core.Reader) error {
		account, err := r.Account(ctx, s.chats[who].Account)
		if err != nil {
			return err
		}
		if p, err = r.Supporter(ctx, account.Supporter); err != nil {
			return err
		}
		for _, a := range s.acts {
			if _, err := r.Rsvp(ctx, a.ID, p.ID); err == nil {
				answered[a.ID] = true
			}
		}
		agreed, err = r.Consented(ctx, p.ID, core.ToMessages)
		return err
	})
	if err != nil {
		s.t.Error(err)
		return nil
	}
	text := d.Content.(*core.Message).PlainText()
	loc, _ := time.LoadLocation(p.Zone)
	for wrong, is := range map[string]bool{
		"without consent": !agreed, "after /stop": p.Stopped, "while paused": p.Settings.Paused(now),
		"in quiet hours": p.Settings.QuietHours().Holds(now.In(loc)), "over budget": s.over(who, p, now),
		"of nothing": !strings.Contains(text, "Stall"),
	} {
		if is {
			s.t.Errorf("%s is told %s, at %s: %s", who, wrong, now.In(loc), text)
		}
	}
	named := map[int]bool{} // the numbered choices name them again
	for _, m := range titleForm.FindAllStringSubmatch(text, -1) {
		var n int
		if _, _ = fmt.Sscan(m[1], &n); named[n] {
			continue
		}
		named[n] = true
		s.checkAction(who, p, s.acts[n], answered[s.acts[n].ID])
	}
	return nil
}

// over notes a message, and reports whether it is one too many in seven days.
func (s *season) over(who string, p *core.Supporter, now time.Time) bool {
	s.days[who] = append(s.days[who], now)
	n, from := 0, core.BudgetFrom(core.DayOf(now))
	for _, at := range s.days[who] {
		if core.DayOf(at) >= from {
			n++
		}
	}
	return p.Settings.Budget == nil && n > s.bot.Campaign.ContactBudget || p.Settings.Budget != nil && n > max(*p.Settings.Budget, 0)
}

func (s *season) checkAction(who string, p *core.Supporter, a *core.Action, answered bool) {
	key := fmt.Sprint(who, " ", a.ID, " ", a.Sequence)
	d := geo.Distance(p.Cell.Center(), a.Point)
	for wrong, is := range map[string]bool{
		"twice": s.heard[key], "of what they answered": answered, "of what has begun": !a.StartsAt.After(time.Now()),
		"of a kind that is snoozed": !p.Settings.Wants(a.Kind, time.Now()),
		"beyond any radius":         !a.Online && d > 2*geo.Km(core.MaxRadius),
	} {
		if is {
			s.t.Errorf("%s is told %s (action %d, %v km)", who, wrong, a.ID, d)
		}
	}
	s.heard[key] = true
}
