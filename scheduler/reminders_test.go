package scheduler_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/core"
	"tocsin/scheduler"
)

// A diary is what people come to, and which reminders each got.
type diary struct {
	*stage
	r     *rand.Rand
	names []string
	acts  []*core.Action
	got   map[string]int // by person, action and start
	total int
}

// Nobody is reminded twice for one start and lead, at night, late, of what is cancelled, or
// of what they do not come to; 200 days with SOAK, else 20. Two processes run the job at
// once, and now and then none does for hours.
func TestNobodyIsRemindedTwiceOrAtNight(t *testing.T) {
	days := 20
	if os.Getenv("SOAK") != "" {
		days = 200
	}
	synctest.Test(t, func(t *testing.T) {
		st, alerts := alertStage(t, "")
		d := &diary{stage: st, r: rand.New(rand.NewPCG(3, 1)), got: map[string]int{}}
		for i := range 8 {
			d.names = append(d.names, fmt.Sprint("p", i))
			d.neighbour(d.names[i], d.settings)
		}
		dispatcher, wake := d.dispatcher(), make(chan struct{}, 1)
		dispatcher.Every, dispatcher.Wake = 90*24*time.Hour, wake
		d.run(dispatcher)
		d.planned(d.check)
		job := &scheduler.Reminders{Campaign: alerts.Campaign, Batch: 3}
		away := 0
		for range days * 48 {
			d.chance()
			if away--; away < 0 {
				d.remind(job)
			}
			if d.r.IntN(60) == 0 {
				away = d.r.IntN(20)
			}
			wake <- struct{}{}
			time.Sleep(30 * time.Minute)
		}
		if d.total < days {
			t.Errorf("only %d reminders in %d days", d.total, days)
		}
	})
}

// remind runs the job in two processes at once.
func (d *diary) remind(job *scheduler.Reminders) {
	done := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := job.Remind(d.t.Context(), d.store, false)
			done <- err
		}()
	}
	for range 2 {
		if err := <-done; err != nil && core.CodeOf(err) != core.Conflict {
			d.t.Error(err)
		}
	}
}

func (d *diary) settings(p *core.Supporter) {
	zones := []string{"Europe/Paris", "Indian/Reunion", "America/Cayenne", "Australia/Lord_Howe"}
	p.Zone = zones[d.r.IntN(len(zones))]
	p.Settings.Quiet, p.Settings.Leads = nil, nil
	if d.r.IntN(2) == 0 {
		p.Settings.Quiet = &core.Quiet{From: d.r.IntN(24), Until: d.r.IntN(24)}
	}
	if d.r.IntN(2) == 0 {
		p.Settings.SetLeads(core.Leads{First: d.r.IntN(72), Last: d.r.IntN(6)})
	}
}

// chance lets something happen: an action, an answer, a change.
func (d *diary) chance() {
	ctx := d.t.Context()
	if len(d.acts) < 4 || d.r.IntN(8) == 0 {
		d.acts = append(d.acts, d.publish(fmt.Sprintf("Stall <%d>", len(d.acts)), time.Duration(1+d.r.IntN(5*24))*time.Hour, nil))
		return
	}
	who, a := d.names[d.r.IntN(len(d.names))], d.acts[len(d.acts)-1-d.r.IntN(4)]
	switch d.r.IntN(10) {
	case 0, 1, 2, 3:
		answer := []core.Answer{core.Going, core.Going, core.NotGoing}[d.r.IntN(3)]
		d.tx(func(tx core.Tx) error {
			account, err := tx.Account(ctx, d.chats[who].Account)
			if err != nil {
				return err
			}
			_, err = core.Respond(ctx, tx, &core.Rsvp{Action: a.ID, Supporter: account.Supporter, Answer: answer, On: core.DayOf(time.Now())}, time.Now())
			if core.KeyOf(err) != "" {
				return nil // it is over, or cancelled
			}
			return err
		})
	case 4:
		d.alter(who, d.settings)
	case 5:
		if d.r.IntN(4) == 0 {
			a.State = core.Cancelled
		} else {
			a.StartsAt = a.StartsAt.Add(time.Duration(d.r.IntN(30)-10) * time.Hour)
			a.EndsAt = a.StartsAt.Add(time.Hour)
		}
		d.tx(func(tx core.Tx) error { _, _, err := tx.PutActions(ctx, []*core.Action{a}); return err })
	}
}

// check looks at each message as it is sent.
func (d *diary) check(one core.Delivery) error {
	d.total++
	who, now, ctx := one.To.Chat, time.Now(), d.t.Context()
	text := one.Content.(*core.Message).PlainText()
	var n int
	m := titleForm.FindStringSubmatch(text)
	if m == nil || !strings.Contains(text, "Reminder") {
		d.t.Errorf("%s is told %s", who, text)
		return nil
	}
	_, _ = fmt.Sscan(m[1], &n)
	a := d.acts[n]
	err := d.store.Read(ctx, func(r core.Reader) error {
		account, err := r.Account(ctx, d.chats[who].Account)
		if err != nil {
			return err
		}
		p, err := r.Supporter(ctx, account.Supporter)
		if err != nil {
			return err
		}
		said, err := r.Rsvp(ctx, a.ID, p.ID)
		key := fmt.Sprint(who, " ", a.ID, " ", a.StartsAt.Unix())
		d.got[key]++
		loc, _ := time.LoadLocation(p.Zone)
		for wrong, is := range map[string]bool{
			"of what they do not come to": err != nil || said.Answer != core.Going, "of what is cancelled": a.State != core.Public,
			"too late": now.After(a.StartsAt.Add(-core.UsefulBefore)), "at night": p.Settings.QuietHours().Holds(now.In(loc)), "twice": d.got[key] > 2,
		} {
			if is {
				d.t.Errorf("%s is reminded %s, at %s of %s", who, wrong, now.In(loc), a.StartsAt)
			}
		}
		return nil
	})
	if err != nil {
		d.t.Error(err)
	}
	return nil
}
