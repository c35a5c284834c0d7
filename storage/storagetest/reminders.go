package storagetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core"
)

var reminderProperties = []property{
	{"Reminder/WaitsToBePlannedOnceSomebodyComes", reminderWaits},
	{"Reminder/ComeInOrderAndPageByPage", remindersInOrder},
	{"Reminder/IsPlannedAnewWhenAnythingChanges", reminderAnew},
	{"Reminder/OfSomebodyWhoChangedIsPassedOver", reminderPassedOver},
	{"Reminder/IsStoredWithItsMessage", reminderStored},
	{"Reminder/ComesOnceForEachStartAndNeverToWhoDoesNotCome", remindersOfALife},
	{"Briefing/IsNotedOnce", briefingOnce},
	{"Briefing/IsNotedOnceInParallel", briefingRace},
	{"Briefing/KeepsTheLastOutcome", briefingOutcome},
	{"Briefing/FindsWhatEnded", endedActions},
}

func dueReminders(t *testing.T, s core.Store, after core.ReminderPoint, at time.Time, limit int) (out []core.Reminder) {
	t.Helper()
	read(t, s, func(ctx context.Context, r core.Reader) (err error) {
		out, err = r.DueReminders(ctx, after, at, limit)
		return err
	})
	return out
}

// says answers for somebody.
func says(t *testing.T, s core.Store, who core.SupporterID, a core.ActionID, what core.Answer) {
	t.Helper()
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		if what == "" {
			return tx.DropRsvp(ctx, a, who)
		}
		return tx.PutRsvp(ctx, &core.Rsvp{Action: a, Supporter: who, Answer: what, On: "2026-12-01"})
	})
}

// putReminder does something about a reminder, and wants that many messages.
func putReminder(t *testing.T, s core.Store, want int, step core.ReminderStep) {
	t.Helper()
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		n, err := tx.PutReminders(ctx, []core.ReminderStep{step})
		if n != want {
			t.Errorf("%d messages, want %d", n, want)
		}
		return err
	})
}

func reminderWaits(t *testing.T, s core.Store) {
	who, a := supporter(t, s), leafleting("1")
	putActions(t, s, a)
	for _, c := range []struct {
		says core.Answer
		want int
	}{{core.Maybe, 0}, {core.Going, 1}, {core.NotGoing, 0}, {core.Going, 1}, {"", 0}, {core.NotForMe, 0}} {
		says(t, s, who, a.ID, c.says)
		got := dueReminders(t, s, core.ReminderPoint{}, noon, 9)
		if len(got) != c.want {
			t.Fatalf("after %q: %+v", c.says, got)
		}
		if c.want > 0 {
			got[0].Version = 0
			if d := cmp.Diff(core.Reminder{Supporter: who, Action: a.ID, Answer: core.Going}, got[0]); d != "" {
				t.Errorf("reminder (-want +got):\n%s", d)
			}
		}
	}
}

func remindersInOrder(t *testing.T, s core.Store) {
	first, second := leafleting("1"), leafleting("2")
	putActions(t, s, first, second)
	var want []core.ReminderPoint
	for i := range 4 {
		who := supporter(t, s)
		for _, a := range []*core.Action{first, second} {
			says(t, s, who, a.ID, core.Going)
			due := noon.Add(-time.Duration(i) * time.Hour)
			for _, r := range dueReminders(t, s, core.ReminderPoint{}, noon.AddDate(-1, 0, 0), 9) {
				putReminder(t, s, 0, core.ReminderStep{Of: &r, About: a, Plan: core.ReminderPlan{Next: due}})
			}
			want = append(want, core.ReminderPoint{Due: due, Supporter: who, Action: a.ID})
		}
	}
	slices.SortFunc(want, func(a, b core.ReminderPoint) int {
		if c := a.Due.Compare(b.Due); c != 0 {
			return c
		}
		return int(a.Action - b.Action)
	})
	want = want[:len(want)-2] // due in an hour
	var got []core.ReminderPoint
	for range 9 {
		var after core.ReminderPoint
		if len(got) > 0 {
			after = got[len(got)-1]
		}
		for _, r := range dueReminders(t, s, after, noon.Add(-time.Minute), 2) {
			got = append(got, core.ReminderPoint{Due: r.Due, Supporter: r.Supporter, Action: r.Action})
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("due (-want +got):\n%s", d)
	}
}

func reminderAnew(t *testing.T, s core.Store) {
	p := neighbour(t, s, "anna", nil)
	a := leafleting("1")
	putActions(t, s, a)
	says(t, s, p.ID, a.ID, core.Going)
	for name, change := range map[string]func(){
		"nothing":      func() {},
		"settings":     func() { do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.PutSupporter(ctx, p) }) },
		"another time": func() { a.StartsAt = a.StartsAt.Add(time.Hour); putActions(t, s, a) },
		"cancelled":    func() { a.State = core.Cancelled; putActions(t, s, a) },
		"again":        func() { says(t, s, p.ID, a.ID, core.Going) },
	} {
		for _, r := range dueReminders(t, s, core.ReminderPoint{}, noon, 9) {
			putReminder(t, s, 0, core.ReminderStep{Of: &r, About: a, Plan: core.ReminderPlan{Sent: core.LastReminder}})
		}
		change()
		got := dueReminders(t, s, core.ReminderPoint{}, noon, 9)
		if anew := len(got) == 1 && got[0].Due.IsZero() && got[0].Sent == core.LastReminder; anew != (name != "nothing") {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func reminderPassedOver(t *testing.T, s core.Store) {
	p := neighbour(t, s, "anna", nil)
	a := leafleting("1")
	putActions(t, s, a)
	says(t, s, p.ID, a.ID, core.Going)
	r := dueReminders(t, s, core.ReminderPoint{}, noon, 9)[0]
	step := core.ReminderStep{
		Of: &r, To: watcher(t, s, p.ID), About: a, Plan: core.ReminderPlan{Send: core.FirstReminder, Sent: core.FirstReminder}, Due: now(t, s),
	}
	says(t, s, p.ID, a.ID, core.NotGoing)
	putReminder(t, s, 0, step)
	says(t, s, p.ID, a.ID, core.Going)
	putReminder(t, s, 0, step)
	r = dueReminders(t, s, core.ReminderPoint{}, noon, 9)[0]
	won := race(t, s, 4, core.NotFound, func(ctx context.Context, tx core.Tx, _ int) error {
		n, err := tx.PutReminders(ctx, []core.ReminderStep{step})
		if err == nil && n == 0 {
			return &core.Error{Code: core.NotFound}
		}
		return err
	})
	if won != 1 {
		t.Errorf("%d processes remind them", won)
	}
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		os, err := tx.Claim(ctx, core.Claim{Bot: testBot, Lanes: []core.Lane{core.Notice}, Max: 9, Lease: lease})
		if len(os) != 1 {
			t.Errorf("%d messages of one reminder", len(os))
		}
		return err
	})
}

func reminderStored(t *testing.T, s core.Store) {
	p := neighbour(t, s, "anna", nil)
	a := leafleting("1")
	putActions(t, s, a)
	says(t, s, p.ID, a.ID, core.Going)
	r := dueReminders(t, s, core.ReminderPoint{}, noon, 9)[0]
	at := now(t, s)
	putReminder(t, s, 1, core.ReminderStep{
		Of: &r, To: watcher(t, s, p.ID), About: a, Due: at,
		Plan: core.ReminderPlan{Send: core.FirstReminder, Sent: core.FirstReminder, Next: noon.Add(-2 * time.Hour)},
	})
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		os, err := tx.Claim(ctx, core.Claim{Bot: testBot, Lanes: []core.Lane{core.Notice}, Max: 9, Lease: lease})
		must(t, err)
		if len(os) != 1 || !os[0].Expires.Equal(a.StartsAt.Add(-core.UsefulBefore)) || os[0].Again != core.TwiceOkay {
			t.Fatalf("messages: %+v", os)
		}
		want := &core.Reference{Kind: core.ReminderKind, Supporter: p.ID, Subjects: []int64{int64(a.ID)}, Sequences: []int{0}}
		if d := cmp.Diff(core.Content(want), os[0].Content); d != "" {
			t.Errorf("content (-want +got):\n%s", d)
		}
		return nil
	})
	want := core.Reminder{
		Supporter: p.ID, Action: a.ID, Answer: core.Going, Due: noon.Add(-2 * time.Hour), Sent: core.FirstReminder, Start: a.StartsAt, Version: r.Version + 1,
	}
	if d := cmp.Diff([]core.Reminder{want}, dueReminders(t, s, core.ReminderPoint{}, noon, 9)); d != "" {
		t.Errorf("reminder (-want +got):\n%s", d)
	}
}

// remindersOfALife lets people say yes and no to actions that move and are cancelled, hour
// after hour for some days, two processes at a time, and looks at what is sent to whom.
func remindersOfALife(t *testing.T, s core.Store) {
	r := rand.New(rand.NewPCG(7, 7))
	var people []*core.Supporter
	var actions []*core.Action
	zones := []string{"Europe/Paris", "Indian/Reunion", "America/Cayenne", "Pacific/Apia"}
	for i := range 6 {
		people = append(people, neighbour(t, s, fmt.Sprint("p", i), func(p *core.Supporter) {
			p.Zone = zones[i%len(zones)]
			p.Settings.Leads = []*core.Leads{nil, {First: 48, Last: 3}, {Last: 1}}[i%3]
		}))
	}
	begin := now(t, s)
	at := begin
	for i := range 12 {
		a := leafleting(fmt.Sprint(i))
		a.StartsAt = begin.Add(time.Duration(r.IntN(6*24)) * time.Hour)
		a.EndsAt = a.StartsAt.Add(time.Hour)
		actions = append(actions, a)
	}
	putActions(t, s, actions...)
	sent, total := map[string]int{}, 0
	for range 7 * 24 {
		p, a := people[r.IntN(len(people))], actions[r.IntN(len(actions))]
		switch r.IntN(6) {
		case 0, 1, 2:
			says(t, s, p.ID, a.ID, core.Going)
		case 3:
			says(t, s, p.ID, a.ID, []core.Answer{core.NotGoing, core.Maybe, ""}[r.IntN(3)])
		case 4:
			if r.IntN(4) == 0 {
				a.StartsAt = a.StartsAt.Add(time.Duration(r.IntN(48)-12) * time.Hour)
				a.EndsAt = a.StartsAt.Add(time.Hour)
			}
			if r.IntN(8) == 0 {
				a.State = core.Cancelled
			}
			putActions(t, s, a)
		}
		var steps []core.ReminderStep
		for _, d := range dueReminders(t, s, core.ReminderPoint{}, at, 99) {
			w := watcher(t, s, d.Supporter)
			about := actions[slices.IndexFunc(actions, func(a *core.Action) bool { return a.ID == d.Action })]
			steps = append(steps, core.ReminderStep{Of: &d, To: w, About: about, Due: at, Plan: d.Plan(w, about, at, core.Zones{})})
		}
		for range 2 { // the second finds that the first did it
			do(t, s, func(ctx context.Context, tx core.Tx) error {
				n, err := tx.PutReminders(ctx, steps)
				total += n
				return err
			})
		}
		for _, step := range steps {
			if step.Plan.Send != 0 {
				checkReminder(t, &step, at, sent)
			}
		}
		at = at.Add(time.Hour)
	}
	all := 0
	for _, n := range sent {
		all += n
	}
	if total != all || total < 10 {
		t.Errorf("%d messages are stored of %d", total, all)
	}
}

func checkReminder(t *testing.T, s *core.ReminderStep, at time.Time, sent map[string]int) {
	t.Helper()
	loc, err := time.LoadLocation(s.To.Zone)
	must(t, err)
	key := fmt.Sprint(s.Of.Supporter, s.Of.Action, s.Plan.Send, s.About.StartsAt.Unix())
	sent[key]++
	for wrong, is := range map[string]bool{
		"twice": sent[key] > 1, "in quiet hours": s.To.Settings.QuietHours().Holds(at.In(loc)),
		"who does not come": s.Of.Answer != core.Going, "of what is cancelled": s.About.State != core.Public,
		"too late":  at.After(s.About.StartsAt.Add(-core.UsefulBefore)),
		"too early": at.Before(s.About.StartsAt.Add(-s.To.Settings.ReminderLeads().Of(s.Plan.Send) - 13*time.Hour)),
	} {
		if is {
			t.Errorf("%s is reminded %s, at %s of %s", key, wrong, at.In(loc), s.About.StartsAt)
		}
	}
}

func briefed(t *testing.T, s core.Store, who core.SupporterID, k core.ReferenceKind, as ...core.ActionID) (fresh []core.ActionID) {
	t.Helper()
	do(t, s, func(ctx context.Context, tx core.Tx) (err error) {
		fresh, err = tx.Brief(ctx, who, k, as)
		return err
	})
	return fresh
}

func briefingOnce(t *testing.T, s core.Store) {
	who, first, second := supporter(t, s), leafleting("1"), leafleting("2")
	putActions(t, s, first, second)
	for i, c := range []struct {
		kind core.ReferenceKind
		of   []core.ActionID
		want int
	}{
		{core.EveKind, []core.ActionID{first.ID}, 1}, {core.EveKind, []core.ActionID{first.ID, second.ID}, 1},
		{core.EveKind, []core.ActionID{first.ID, second.ID}, 0}, {core.AfterKind, []core.ActionID{first.ID}, 1},
		{core.AfterKind, []core.ActionID{second.ID, first.ID, 1 << 40}, 1}, {core.AfterKind, nil, 0},
	} {
		if got := briefed(t, s, who, c.kind, c.of...); len(got) != c.want {
			t.Errorf("%d: %v, want %d", i, got, c.want)
		}
	}
	if got := briefed(t, s, supporter(t, s), core.EveKind, first.ID); len(got) != 1 {
		t.Errorf("the other is told of %v", got)
	}
}

func briefingRace(t *testing.T, s core.Store) {
	who, a := supporter(t, s), leafleting("1")
	putActions(t, s, a)
	won := race(t, s, 6, core.NotFound, func(ctx context.Context, tx core.Tx, _ int) error {
		fresh, err := tx.Brief(ctx, who, core.EveKind, []core.ActionID{a.ID})
		if err == nil && len(fresh) == 0 {
			return &core.Error{Code: core.NotFound}
		}
		return err
	})
	if won != 1 {
		t.Errorf("%d tell them", won)
	}
}

func briefingOutcome(t *testing.T, s core.Store) {
	who, a := supporter(t, s), leafleting("1")
	putActions(t, s, a)
	briefed(t, s, who, core.AfterKind, a.ID)
	put := func(b core.Briefing, want core.Code) {
		t.Helper()
		do(t, s, func(ctx context.Context, tx core.Tx) error {
			wantCode(t, tx.PutOutcome(ctx, &b), want)
			return nil
		})
	}
	of := func() (out []core.Briefing) {
		read(t, s, func(ctx context.Context, r core.Reader) (err error) {
			out, err = r.Briefings(ctx, a.ID)
			return err
		})
		return out
	}
	if got := of(); len(got) > 0 {
		t.Errorf("before a word: %v", got)
	}
	last := core.Briefing{Supporter: who, Action: a.ID, Outcome: core.WentWell, On: "2026-12-07"}
	put(core.Briefing{Supporter: who, Action: a.ID, Outcome: core.NotHeld, On: "2026-12-06"}, "")
	put(last, "")
	put(core.Briefing{Supporter: who + 1, Action: a.ID, Outcome: core.NotHeld}, core.NotFound)
	if d := cmp.Diff([]core.Briefing{last}, of()); d != "" {
		t.Errorf("outcomes (-want +got):\n%s", d)
	}
}

func endedActions(t *testing.T, s core.Store) {
	in, later, off := leafleting("1"), leafleting("2"), leafleting("3")
	later.EndsAt, off.State = in.EndsAt.Add(time.Hour), core.Cancelled
	putActions(t, s, in, later, off)
	read(t, s, func(ctx context.Context, r core.Reader) error {
		got, err := r.EndedActions(ctx, in.EndsAt, later.EndsAt)
		if len(got) != 1 || got[0].ID != in.ID {
			t.Errorf("ended: %+v", got)
		}
		return err
	})
}
