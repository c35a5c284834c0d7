package core_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"tocsin/core"
)

// paris returns an instant of Wednesday 10 March 2027 and the days after, on its clocks.
func paris(t *testing.T, day int, clock string) time.Time {
	t.Helper()
	loc, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", "2027-03-10 "+clock, loc)
	if err != nil {
		t.Fatal(err)
	}
	return at.AddDate(0, 0, day).UTC()
}

// The whole life of the reminders of one answer, looked at each quarter of an hour.
func remindersOf(t *testing.T, w *core.Watcher, a *core.Action, from time.Time) (out []time.Time) {
	t.Helper()
	r := &core.Reminder{Answer: core.Going}
	for at := from; at.Before(a.EndsAt); at = at.Add(15 * time.Minute) {
		if !r.Due.IsZero() && r.Due.After(at) {
			continue
		}
		p := r.Plan(w, a, at, core.Zones{})
		if p.Send != 0 {
			out = append(out, at)
		}
		if r.Sent, r.Due, r.Start = p.Sent, p.Next, a.StartsAt; p.Next.IsZero() {
			break
		}
	}
	return out
}

func TestRemindersComeAtUsefulTimes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		signed, starts string // the action is on the fourth day
		day            int    // of the answer
		settings       core.Settings
		want           []time.Time
	}{
		"the day before and two hours before":      {"09:00", "14:00", 0, core.Settings{}, []time.Time{paris(t, 2, "14:00"), paris(t, 3, "12:00")}},
		"what falls into the night comes after it": {"09:00", "09:30", 0, core.Settings{}, []time.Time{paris(t, 2, "09:30"), paris(t, 3, "08:00")}},
		"of an early action on the eve":            {"09:00", "07:30", 0, core.Settings{}, []time.Time{paris(t, 2, "08:00"), paris(t, 2, "20:00")}},
		"late to it: at once, the last alone":      {"13:00", "14:00", 3, core.Settings{}, []time.Time{paris(t, 3, "13:00")}},
		"late to it: at once, then two hours before": {
			"18:00", "14:00", 2, core.Settings{}, []time.Time{paris(t, 2, "18:00"), paris(t, 3, "12:00")},
		},
		"in the night before: in the morning": {"23:00", "14:00", 2, core.Settings{}, []time.Time{paris(t, 3, "08:00"), paris(t, 3, "12:00")}},
		"too late to be of use":               {"13:45", "14:00", 3, core.Settings{}, nil},
		"in the night before an early action": {"23:00", "07:30", 2, core.Settings{}, nil},
		"their own lead":                      {"09:00", "14:00", 0, core.Settings{Leads: &core.Leads{Last: 3}}, []time.Time{paris(t, 3, "11:00")}},
		"none":                                {"09:00", "14:00", 0, core.Settings{Leads: &core.Leads{}}, nil},
		"without quiet hours":                 {"09:00", "07:30", 0, core.Settings{Quiet: &core.Quiet{}}, []time.Time{paris(t, 2, "07:30"), paris(t, 3, "05:30")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := &core.Action{State: core.Public, StartsAt: paris(t, 3, c.starts), EndsAt: paris(t, 3, c.starts).Add(time.Hour)}
			w := &core.Watcher{Zone: "Europe/Paris", Settings: c.settings}
			got := remindersOf(t, w, a, paris(t, c.day, c.signed))
			if len(got) != len(c.want) {
				t.Fatalf("reminded at %v, want %v", got, c.want)
			}
			for i, at := range got {
				if !at.Equal(c.want[i]) {
					t.Errorf("reminder %d at %s, want %s", i, at, c.want[i])
				}
			}
		})
	}
}

// Whatever zone, quiet hours and leads: no reminder comes in quiet hours, after it is of
// use, more often than once each, or to somebody who does not come.
func TestNoReminderComesAtNightOrTwice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		zones := []string{"Europe/Paris", "Australia/Lord_Howe", "Pacific/Apia", "America/Cayenne", "Africa/Casablanca"}
		w := &core.Watcher{Zone: rapid.SampledFrom(zones).Draw(rt, "zone")}
		loc, err := time.LoadLocation(w.Zone)
		if err != nil {
			rt.Fatal(err)
		}
		hour := rapid.IntRange(0, 23)
		q := core.Quiet{From: hour.Draw(rt, "from"), Until: hour.Draw(rt, "until")}
		w.Settings.Quiet = &q
		w.Settings.Leads = &core.Leads{First: rapid.IntRange(0, core.MaxLead).Draw(rt, "first"), Last: rapid.IntRange(0, 30).Draw(rt, "last")}
		now := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 365*24*60).Draw(rt, "now")) * time.Minute)
		a := &core.Action{State: core.Public, StartsAt: now.Add(time.Duration(rapid.IntRange(1, 10*24*60).Draw(rt, "in")) * time.Minute)}
		r := &core.Reminder{Answer: core.Going}
		var sent core.Reminding
		for range 12 {
			p := r.Plan(w, a, now, core.Zones{})
			switch {
			case p.Send == 0:
			case sent&p.Send != 0:
				rt.Fatalf("reminder %d comes twice", p.Send)
			case q.From != q.Until && q.Holds(now.In(loc)):
				rt.Fatalf("at %s it is night", now.In(loc))
			case now.After(a.StartsAt.Add(-core.UsefulBefore)):
				rt.Fatal("it comes too late")
			}
			if sent |= p.Send; p.Next.IsZero() {
				if gone := (&core.Reminder{Answer: core.NotGoing}).Plan(w, a, now, core.Zones{}); gone.Send != 0 || !gone.Next.IsZero() {
					rt.Fatal("who does not come is reminded")
				}
				return
			}
			if !p.Next.After(now) {
				rt.Fatalf("it is planned for %s, which has passed", p.Next)
			}
			r.Sent, r.Start, now = p.Sent, a.StartsAt, p.Next
		}
		rt.Fatal("it has no end")
	})
}

// An action that is put off after its reminder came is told of anew; one that moves
// towards now is not told of twice.
func TestRemindersFollowAnActionThatMoves(t *testing.T) {
	t.Parallel()
	w := &core.Watcher{Zone: "Europe/Paris"}
	a := &core.Action{State: core.Public, StartsAt: paris(t, 3, "14:00")}
	r := &core.Reminder{Answer: core.Going, Sent: core.FirstReminder, Start: a.StartsAt}
	now := paris(t, 2, "15:00")
	a.StartsAt = paris(t, 5, "14:00")
	p := r.Plan(w, a, now, core.Zones{})
	if p.Send != 0 || p.Sent != 0 || !p.Next.Equal(paris(t, 4, "14:00")) {
		t.Errorf("put off: %+v", p)
	}
	a.StartsAt = paris(t, 3, "12:00")
	p = r.Plan(w, a, now, core.Zones{})
	if p.Send != 0 || p.Sent != core.FirstReminder || !p.Next.Equal(paris(t, 3, "10:00")) {
		t.Errorf("earlier: %+v", p)
	}
	a.State = core.Cancelled
	if p := r.Plan(w, a, now, core.Zones{}); p.Send != 0 || !p.Next.IsZero() {
		t.Errorf("cancelled: %+v", p)
	}
}

func TestTheSmallestAreaOrganises(t *testing.T) {
	t.Parallel()
	now := paris(t, 0, "12:00")
	grant := func(s core.SupporterID, r core.RoleName, a core.AreaID) core.Grant {
		return core.Grant{Supporter: s, Role: r, Area: a, Expires: now.Add(time.Hour)}
	}
	a := &core.Action{Area: "FR/84/69", Team: 12}
	region, lead, other := grant(1, core.Organiser, "FR/84"), grant(2, core.Lead, "FR/84/69/team-12"), grant(3, core.Lead, "FR/84/69/team-1")
	owner, here, old := grant(4, core.Owner, ""), grant(5, core.Organiser, "FR/84/69"), grant(6, core.Lead, "FR/84/69/team-12")
	old.Expires = now
	approver := grant(7, core.Approver, "FR/84/69")
	for i, c := range []struct {
		grants []core.Grant
		want   []core.SupporterID
	}{
		{nil, nil}, {[]core.Grant{owner, other, approver, old}, nil}, {[]core.Grant{region, owner}, []core.SupporterID{1}},
		{[]core.Grant{region, here, lead, other}, []core.SupporterID{2}},
		{[]core.Grant{here, region, grant(8, core.Organiser, "FR/84/69"), here}, []core.SupporterID{5, 8}},
	} {
		got := core.Organisers(c.grants, a, now)
		if len(got) != len(c.want) {
			t.Fatalf("%d: %v, want %v", i, got, c.want)
		}
		for j := range got {
			if got[j].Supporter != c.want[j] {
				t.Errorf("%d: %v, want %v", i, got, c.want)
			}
		}
	}
}
