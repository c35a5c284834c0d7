package storagetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core"
	"tocsin/core/geo"
)

var alertProperties = []property{
	{"Watcher/ComesWithAllThatIsKnown", watcherComesWhole},
	{"Watcher/SpeaksFromTheNewestOpenPrivateChat", watcherNewestChat},
	{"Watcher/DueComeInOrderAndPageByPage", watchersInOrder},
	{"Digest/IsStoredWithItsMessage", digestIsStored},
	{"Digest/ManyAreStoredAtOnce", digestsInBulk},
	{"Digest/OfSomebodyWhoChangedIsPassedOver", digestPassedOver},
	{"Digest/IsPlannedAnewWhenAnythingChanges", digestPlannedAnew},
	{"Opening/WaitsUntilItIsClosed", openingWaits},
	{"Opening/NoneOfWhatHasBegun", noOpeningOfWhatHasBegun},
	{"Opening/ChangeThatPeopleMustHearOfOpensAgain", openingAgain},
	{"Call/IsOfWhatLacksPeople", callsLack},
	{"Upcoming/HasWhatIsPublicAndWhenItBecameSo", upcomingPublic},
	{"Neighbour/IsWhoseRadiusReaches", neighbours},
	{"Neighbour/OfAWiderCircleAreMore", neighboursWider},
	{"Contact/BudgetIsOfSevenDays", contactBudget},
	{"Contact/BudgetIsNeverExceededInParallel", contactsInParallel},
}

// neighbour returns an active supporter in Lyon who hears instantly, with an open chat and
// the consent to be written to.
func neighbour(t *testing.T, s core.Store, name string, change func(*core.Supporter)) *core.Supporter {
	t.Helper()
	p := &core.Supporter{
		State: core.Active, Language: "fr", Zone: "Europe/Paris", Radius: 10, Often: core.Instantly, Area: "FR/84/69",
		Cell: geo.CellOf(geo.Point{Lat: 45.7578, Lon: 4.8320}), Since: "2026-11-22", Seen: "2026-11-22",
	}
	if change != nil {
		change(p)
	}
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		p.ID = 0
		if err := tx.CreateSupporter(ctx, p); err != nil {
			return err
		}
		c, err := tx.EnterChat(ctx, chatRef(name), core.Private)
		must(t, err)
		a, err := tx.EnterAccount(ctx, accountRef(name))
		must(t, err)
		a.Supporter, a.Home = p.ID, c.ID
		must(t, tx.PutAccount(ctx, a))
		return tx.RecordConsent(ctx, &core.Consent{Supporter: p.ID, Purpose: core.ToMessages, Given: true, Version: "1", At: noon})
	})
	return p
}

// watcher returns somebody as the matching sees them.
func watcher(t *testing.T, s core.Store, id core.SupporterID) *core.Watcher {
	t.Helper()
	var out *core.Watcher
	read(t, s, func(ctx context.Context, r core.Reader) error {
		ws, err := r.Watchers(ctx, []core.SupporterID{id})
		if err == nil && len(ws) != 1 {
			return fmt.Errorf("%d watchers", len(ws))
		}
		if err == nil {
			out = &ws[0]
		}
		return err
	})
	return out
}

// putDigests wants that many alerts to be sent.
func putDigests(t *testing.T, s core.Store, want int, ds ...core.Digest) {
	t.Helper()
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		n, err := tx.PutDigests(ctx, ds)
		if n != want {
			t.Errorf("%d alerts are sent, want %d", n, want)
		}
		return err
	})
}

func watcherComesWhole(t *testing.T, s core.Store) {
	p := neighbour(t, s, "anna", func(p *core.Supporter) {
		p.Often, p.Settings.Kinds, p.Settings.Pause = core.Weekly, []core.KindID{"stall"}, "2027-01-01"
	})
	a := leafleting("1")
	putActions(t, s, a)
	at := now(t, s)
	today := core.DayOf(at)
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		for i := range 3 {
			must(t, tx.CountContact(ctx, p.ID, core.DayOf(at.AddDate(0, 0, -i)), 9))
		}
		must(t, tx.CountContact(ctx, p.ID, core.DayOf(at.AddDate(0, 0, -core.BudgetDays)), 9))
		must(t, tx.CountContact(ctx, p.ID, today, 9))
		return tx.PutRsvp(ctx, &core.Rsvp{Action: a.ID, Supporter: p.ID, Answer: core.Maybe, On: today})
	})
	before := watcher(t, s, p.ID)
	second := noon.Truncate(time.Second) // what was told is kept to the second
	told := []core.Told{{Action: 7, Sequence: 3, StartsAt: second}, {Action: 1 << 40, StartsAt: second.Add(time.Hour)}}
	putDigests(t, s, 0, core.Digest{Of: before, Told: told, Last: noon, Next: noon.Add(time.Hour)})
	want := &core.Watcher{
		ID: p.ID, State: core.Active, Agreed: true, Account: account(t, s, "anna"), Chat: chat(t, s, "anna"), Bot: testBot,
		Cell: p.Cell, Radius: 10, Zone: "Europe/Paris", Area: "FR/84/69", Often: core.Weekly, Settings: p.Settings,
		Contacts: 4, Answered: []core.ActionID{a.ID}, Told: told, Due: noon.Add(time.Hour), Last: noon, Version: before.Version + 1,
	}
	if d := cmp.Diff(want, watcher(t, s, p.ID)); d != "" {
		t.Errorf("watcher (-want +got):\n%s", d)
	}
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		return tx.RecordConsent(ctx, &core.Consent{Supporter: p.ID, Purpose: core.ToMessages, Version: "1", At: noon})
	})
	if watcher(t, s, p.ID).Agreed {
		t.Error("a consent that was withdrawn holds")
	}
}

func watcherNewestChat(t *testing.T, s core.Store) {
	p := neighbour(t, s, "anna", nil)
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		for name, kind := range map[string]core.ChatKind{"closed": core.Private, "team": core.Group} {
			c, err := tx.EnterChat(ctx, chatRef(name), kind)
			must(t, err)
			a, err := tx.EnterAccount(ctx, accountRef(name))
			must(t, err)
			a.Supporter, a.Home = p.ID, c.ID
			must(t, tx.PutAccount(ctx, a))
			if name == "closed" {
				must(t, tx.CloseChat(ctx, c.ID, true))
			}
		}
		return nil
	})
	if w := watcher(t, s, p.ID); w.Chat != chat(t, s, "anna") || w.Account != account(t, s, "anna") {
		t.Errorf("they are written to in chat %d from account %d", w.Chat, w.Account)
	}
	home := chat(t, s, "anna")
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.CloseChat(ctx, home, true) })
	if w := watcher(t, s, p.ID); w.Chat != 0 || w.Account != 0 {
		t.Errorf("with no chat open they are written to in %d", w.Chat)
	}
}

func watchersInOrder(t *testing.T, s core.Store) {
	at := now(t, s)
	var want []core.SupporterID
	for i, due := range []time.Time{{}, at.Add(-time.Minute), at, at.Add(time.Minute), at.Add(-time.Hour), {}} {
		p := neighbour(t, s, fmt.Sprint("p", i), nil)
		if !due.IsZero() {
			putDigests(t, s, 0, core.Digest{Of: watcher(t, s, p.ID), Next: due})
		}
		want = append(want, p.ID)
	}
	never := neighbour(t, s, "never", nil)
	putDigests(t, s, 0, core.Digest{Of: watcher(t, s, never.ID)})
	want = []core.SupporterID{want[0], want[5], want[4], want[1], want[2]}
	var got []core.SupporterID
	read(t, s, func(ctx context.Context, r core.Reader) error {
		var after core.DigestPoint
		for range 9 {
			ws, err := r.DueWatchers(ctx, after, at, 2)
			must(t, err)
			for _, w := range ws {
				got, after = append(got, w.ID), core.DigestPoint{Due: w.Due, ID: w.ID}
			}
		}
		if n := get[int](t)(r.CountDue(ctx, at)); n != len(want) {
			t.Errorf("%d are due, want %d", n, len(want))
		}
		return nil
	})
	if !slices.Equal(got, want) {
		t.Errorf("due are %v, want %v", got, want)
	}
}

// alertOf tells somebody of an action.
func alertOf(w *core.Watcher, at time.Time) core.Digest {
	return core.Digest{
		Of: w, Actions: []core.Match{{Action: 7, Sequence: 2}, {Action: 5}}, Told: []core.Told{{Action: 7, StartsAt: at.Add(time.Hour)}},
		Last: at, Next: at.Add(24 * time.Hour), Due: at, Expires: at.Add(time.Hour),
	}
}

func digestIsStored(t *testing.T, s core.Store) {
	p := neighbour(t, s, "anna", nil)
	at := now(t, s)
	putDigests(t, s, 1, alertOf(watcher(t, s, p.ID), at))
	from, to := account(t, s, "anna"), chat(t, s, "anna")
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		os, err := tx.Claim(ctx, core.Claim{Bot: testBot, Lanes: []core.Lane{core.Notice}, Max: 9, Lease: lease})
		must(t, err)
		if len(os) != 1 {
			t.Fatalf("%d messages wait", len(os))
		}
		o := *os[0]
		if o.Key == "" || o.ID == 0 {
			t.Error("the message has no name")
		}
		o.ID, o.Key = 0, ""
		want := core.Outgoing{
			Chat: to, Account: from, Lane: core.Notice, Due: at, Expires: at.Add(time.Hour),
			Again: core.Once, Attempt: 1, Content: &core.Reference{Kind: core.AlertKind, Supporter: p.ID, Subjects: []int64{7, 5}, Sequences: []int{2, 0}},
		}
		if d := cmp.Diff(want, o); d != "" {
			t.Errorf("message (-want +got):\n%s", d)
		}
		return nil
	})
}

// digestsInBulk takes the way of many rows.
func digestsInBulk(t *testing.T, s core.Store) {
	const n = 120
	at := now(t, s)
	var ds []core.Digest
	for i := range n {
		p := neighbour(t, s, fmt.Sprint("p", i), nil)
		d := alertOf(watcher(t, s, p.ID), at)
		switch i % 3 {
		case 0:
			d.Actions, d.Told = nil, nil
		case 1:
			d.Next = time.Time{}
		}
		ds = append(ds, d)
	}
	putDigests(t, s, n*2/3, ds...)
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		os, err := tx.Claim(ctx, core.Claim{Bot: testBot, Lanes: []core.Lane{core.Notice}, Max: n, Lease: lease})
		must(t, err)
		names := map[core.SendKey]bool{}
		for _, o := range os {
			r, ok := o.Content.(*core.Reference)
			if !ok || !slices.Equal(r.Subjects, []int64{7, 5}) || !o.Expires.Equal(at.Add(time.Hour)) {
				t.Fatalf("a message is %+v", o)
			}
			names[o.Key] = true
		}
		if len(names) != n*2/3 {
			t.Errorf("%d messages wait", len(names))
		}
		return nil
	})
	for i, d := range ds {
		if i%10 != 0 {
			continue
		}
		want := *d.Of
		want.Told, want.Due, want.Last, want.Version = d.Told, d.Next, d.Last, want.Version+1
		for j := range want.Told {
			want.Told[j].StartsAt = want.Told[j].StartsAt.Truncate(time.Second)
		}
		if diff := cmp.Diff(&want, watcher(t, s, d.Of.ID)); diff != "" {
			t.Errorf("watcher %d (-want +got):\n%s", i, diff)
		}
	}
}

func digestPassedOver(t *testing.T, s core.Store) {
	at := now(t, s)
	for name, change := range map[string]func(ctx context.Context, tx core.Tx, p *core.Supporter) error{
		"told by another": func(ctx context.Context, tx core.Tx, p *core.Supporter) error {
			ws, err := tx.Watchers(ctx, []core.SupporterID{p.ID})
			must(t, err)
			_, err = tx.PutDigests(ctx, []core.Digest{{Of: &ws[0]}})
			return err
		},
		"new settings": func(ctx context.Context, tx core.Tx, p *core.Supporter) error { return tx.PutSupporter(ctx, p) },
		"gone":         func(ctx context.Context, tx core.Tx, p *core.Supporter) error { return tx.Forget(ctx, p.ID) },
	} {
		p := neighbour(t, s, name, nil)
		w := watcher(t, s, p.ID)
		do(t, s, func(ctx context.Context, tx core.Tx) error { return change(ctx, tx, p) })
		putDigests(t, s, 0, alertOf(w, at))
	}
}

func digestPlannedAnew(t *testing.T, s core.Store) {
	p := neighbour(t, s, "anna", nil)
	plan := func() { putDigests(t, s, 0, core.Digest{Of: watcher(t, s, p.ID), Next: noon, Last: noon}) }
	plan()
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.SeeSupporter(ctx, p.ID, "2027-01-02") })
	if w := watcher(t, s, p.ID); !w.Due.Equal(noon) {
		t.Error("a word is a reason to plan anew")
	}
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.PutSupporter(ctx, p) })
	if w := watcher(t, s, p.ID); !w.Due.IsZero() || !w.Last.Equal(noon) {
		t.Errorf("due at %s, last at %s", w.Due, w.Last)
	}
}

func openings(t *testing.T, s core.Store) (out []core.Opening) {
	t.Helper()
	read(t, s, func(ctx context.Context, r core.Reader) (err error) {
		out, err = r.Openings(ctx, 9)
		return err
	})
	return out
}

func openingWaits(t *testing.T, s core.Store) {
	first, hidden, second := leafleting("1"), leafleting("2"), leafleting("3")
	hidden.State = core.InReview
	putActions(t, s, first, hidden)
	advance(t, s, time.Second)
	putActions(t, s, second)
	waiting := openings(t, s)
	if len(waiting) != 2 || waiting[0].Action != first.ID || waiting[1].Action != second.ID || !waiting[0].Since.Before(waiting[1].Since) {
		t.Fatalf("waiting: %+v", waiting)
	}
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.CloseOpening(ctx, waiting[0]) })
	if left := openings(t, s); len(left) != 1 || left[0].Action != second.ID {
		t.Errorf("left: %+v", left)
	}
}

func noOpeningOfWhatHasBegun(t *testing.T, s core.Store) {
	a := leafleting("1")
	a.StartsAt, a.EndsAt = now(t, s).Add(-time.Minute), now(t, s).Add(time.Hour)
	putActions(t, s, a)
	if waiting := openings(t, s); len(waiting) != 0 {
		t.Errorf("waiting: %+v", waiting)
	}
}

func openingAgain(t *testing.T, s core.Store) {
	a := leafleting("1")
	putActions(t, s, a)
	before := openings(t, s)[0]
	closes := func(o core.Opening) {
		do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.CloseOpening(ctx, o) })
	}
	closes(before)
	advance(t, s, time.Second)
	a.Title = "Autre titre"
	putActions(t, s, a)
	if len(openings(t, s)) != 0 {
		t.Error("another title opens an action again")
	}
	a.StartsAt = a.StartsAt.Add(time.Hour)
	putActions(t, s, a)
	closes(before) // by who did not know of the change
	after := openings(t, s)
	if len(after) != 1 || !after[0].Since.After(before.Since) {
		t.Fatalf("after a change: %+v", after)
	}
	a.State = core.Cancelled
	putActions(t, s, a)
	closes(after[0])
	if len(openings(t, s)) != 0 {
		t.Error("one that is cancelled is opened")
	}
}

func callsLack(t *testing.T, s core.Store) {
	lacks, enough, unsaid, later := leafleting("1"), leafleting("2"), leafleting("3"), leafleting("4")
	lacks.Quorum, lacks.Taken, enough.Quorum, enough.Taken, later.Quorum = 3, 2, 3, 3, 3
	later.StartsAt = noon.Add(48 * time.Hour)
	later.EndsAt = later.StartsAt.Add(time.Hour)
	putActions(t, s, lacks, enough, unsaid, later)
	waiting := openings(t, s)
	calls := func() (out []core.Opening) {
		read(t, s, func(ctx context.Context, r core.Reader) (err error) {
			out, err = r.Calls(ctx, noon, noon.Add(24*time.Hour), 9)
			return err
		})
		return out
	}
	if len(calls()) != 0 {
		t.Error("one is called to before it was announced")
	}
	for _, o := range waiting {
		do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.CloseOpening(ctx, o) })
	}
	got := calls()
	if len(got) != 1 || got[0].Action != lacks.ID {
		t.Fatalf("calls: %+v", got)
	}
	got[0].Called = true
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.CloseOpening(ctx, got[0]) })
	if len(calls()) != 0 {
		t.Error("a call comes twice")
	}
}

func upcomingPublic(t *testing.T, s core.Store) {
	in, hidden, late := leafleting("1"), leafleting("2"), leafleting("3")
	hidden.State, in.Quorum, late.StartsAt = core.Cancelled, 4, noon.Add(time.Hour)
	putActions(t, s, in, hidden, late)
	read(t, s, func(ctx context.Context, r core.Reader) error {
		got, err := r.Upcoming(ctx, noon, noon.Add(time.Hour))
		if len(got) != 1 || got[0].Since.IsZero() {
			t.Fatalf("upcoming: %+v", got)
		}
		if d := cmp.Diff(in, got[0].Action); d != "" {
			t.Errorf("action (-want +got):\n%s", d)
		}
		return err
	})
}

// ring returns the point that many kilometres north of the neighbours.
func ring(km float64) geo.Point { return geo.Point{Lat: 45.7578 + km/111.2, Lon: 4.8320} }

func neighboursOf(t *testing.T, s core.Store, c core.Circle) (ids []core.SupporterID) {
	t.Helper()
	read(t, s, func(ctx context.Context, r core.Reader) error {
		all, err := r.Neighbours(ctx, c)
		for _, n := range all {
			ids = append(ids, n.ID)
		}
		return err
	})
	return ids
}

func neighbours(t *testing.T, s core.Store) {
	near := neighbour(t, s, "near", nil)
	far := neighbour(t, s, "far", func(p *core.Supporter) { p.Cell, p.Radius = geo.CellOf(ring(-60)), 93 })
	neighbour(t, s, "too far", func(p *core.Supporter) { p.Cell = geo.CellOf(ring(-60)) })
	neighbour(t, s, "almost", func(p *core.Supporter) { p.Radius = 6 }) // of the class of 10
	neighbour(t, s, "daily", func(p *core.Supporter) { p.Often = core.Daily })
	neighbour(t, s, "stopped", func(p *core.Supporter) { p.Stopped = true })
	neighbour(t, s, "suspended", func(p *core.Supporter) { p.State = core.Suspended })
	neighbour(t, s, "nowhere", func(p *core.Supporter) { p.Cell = 0 })
	c := core.Circle{Center: ring(8), Wider: 1}
	if got := neighboursOf(t, s, c); !slices.Equal(got, []core.SupporterID{near.ID, far.ID}) {
		t.Errorf("neighbours %v, want %d and %d", got, near.ID, far.ID)
	}
	c.Limit = 1
	if got := neighboursOf(t, s, c); !slices.Equal(got, []core.SupporterID{near.ID}) {
		t.Errorf("the nearest is %v, want %d", got, near.ID)
	}
	for i, p := range faces {
		who := neighbour(t, s, fmt.Sprint("face", i), func(s *core.Supporter) { s.Cell = geo.CellOf(p) })
		if got := neighboursOf(t, s, core.Circle{Center: p, Wider: 1}); !slices.Equal(got, []core.SupporterID{who.ID}) {
			t.Errorf("face %d: neighbours %v, want %d", i, got, who.ID)
		}
	}
}

func neighboursWider(t *testing.T, s core.Store) {
	p := neighbour(t, s, "anna", nil)
	for wider, want := range map[int]int{1: 0, 2: 1} {
		if got := neighboursOf(t, s, core.Circle{Center: ring(15), Wider: wider}); len(got) != want || want > 0 && got[0] != p.ID {
			t.Errorf("%d times wider: %v", wider, got)
		}
	}
}

func contactBudget(t *testing.T, s core.Store) {
	who := supporter(t, s)
	count := func(on core.Day, most int, want core.Code) {
		t.Helper()
		do(t, s, func(ctx context.Context, tx core.Tx) error {
			wantCode(t, tx.CountContact(ctx, who, on, most), want)
			return nil
		})
	}
	count("2027-03-01", 2, "")
	count("2027-03-07", 2, "")
	count("2027-03-07", 2, core.Conflict)
	count("2027-03-08", 2, "")
	count("2027-03-08", 2, core.Conflict)
	count("2027-03-08", 3, "")
	count("2027-03-20", 0, core.Conflict)
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		must(t, tx.UncountContact(ctx, who, "2027-03-08"))
		if n := get[int](t)(tx.Contacts(ctx, who, "2027-03-07")); n != 2 {
			t.Errorf("%d contacts, want 2", n)
		}
		return nil
	})
}

func contactsInParallel(t *testing.T, s core.Store) {
	who := supporter(t, s)
	won := race(t, s, 8, core.Conflict, func(ctx context.Context, tx core.Tx, _ int) error {
		return tx.CountContact(ctx, who, "2027-03-01", 3)
	})
	if won != 3 {
		t.Errorf("%d contacts on a budget of 3", won)
	}
}
