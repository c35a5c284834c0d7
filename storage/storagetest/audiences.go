package storagetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core"
	"tocsin/core/geo"
)

var audienceProperties = []property{
	{"Audiences/HoldWhomTheirFiltersHold", audienceHoldsWhomFiltersHold},
	{"Audiences/LeaveOutWhoMayNotBeWrittenTo", audienceLeavesOutWhoMayNotBeWrittenTo},
	{"Audiences/CountIsWhatIsFrozen", countIsWhatIsFrozen},
	{"Audiences/EachHearsAtTheirOwnHour", eachHearsAtTheirOwnHour},
	{"Audiences/SilenceAndBudgetSkip", silenceAndBudgetSkip},
	{"Audiences/CanaryIsAShare", canaryIsAShare},
	{"Audiences/FreezingGoesOnWhereItWasCutShort", freezingGoesOn},
	{"Audiences/CorrectionGoesToWhatArrived", correctionGoesToWhatArrived},
	{"Audiences/SavedOnesAreTheOwners", savedAudiencesAreTheOwners},
}

// A member is somebody of an audience.
type member struct {
	core.Supporter
	bot     core.BotID // "": testBot
	refused bool       // messages
	closed  bool       // their chat
}

// join stores people, and returns them with their ids.
func join(t *testing.T, s core.Store, people ...member) []member {
	t.Helper()
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		for i := range people {
			p := &people[i]
			if p.State == "" {
				p.State = core.Active
			}
			must(t, tx.CreateSupporter(ctx, &p.Supporter))
			bot := p.bot
			if bot == "" {
				bot = testBot
			}
			name := fmt.Sprint(bot, p.ID)
			c, err := tx.EnterChat(ctx, core.ChatRef{Bot: bot, Chat: name}, core.Private)
			must(t, err)
			a, err := tx.EnterAccount(ctx, core.AccountRef{Bot: bot, ID: name})
			must(t, err)
			a.Supporter, a.Home = p.ID, c.ID
			must(t, tx.PutAccount(ctx, a))
			must(t, tx.RecordConsent(ctx, &core.Consent{
				Supporter: p.ID, Purpose: core.ToMessages, Given: !p.refused, Version: "1", Platform: core.Telegram, At: time.Now(),
			}))
			if p.closed {
				must(t, tx.CloseChat(ctx, c.ID, true))
			}
		}
		return nil
	})
	return people
}

// At midday in Europe nobody has usual quiet hours there.
func midday() time.Time { return time.Date(2027, 3, 10, 12, 0, 0, 0, time.UTC) }

func prospect(a core.Audience) core.Prospect {
	return core.Prospect{Audience: a, Campaign: &core.Campaign{}, Now: midday()}
}

// freeze makes the copies of a new broadcast, limit people at a time, and returns it.
func freeze(t *testing.T, s core.Store, b core.Broadcast, p core.Prospect, limit int) *core.Broadcast {
	t.Helper()
	b.State, b.Audience = core.Freezing, p.Audience
	if b.Due.IsZero() {
		b.Due = p.Start.Begin(p.Now)
	}
	b.Start = p.Start
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.CreateBroadcast(ctx, &b) })
	for done := false; !done; {
		do(t, s, func(ctx context.Context, tx core.Tx) (err error) {
			done, err = tx.Freeze(ctx, &b, p, limit)
			return err
		})
	}
	return &b
}

// frozen returns who has a copy that waits, by claiming all.
func frozen(t *testing.T, s core.Store, b *core.Broadcast) (ids []core.SupporterID) {
	t.Helper()
	setBroadcast(t, s, b.ID, core.Running)
	for _, bot := range []core.BotID{testBot, anotherBot, "matrix:@bot:x"} {
		do(t, s, func(ctx context.Context, tx core.Tx) error {
			os, err := tx.ClaimRecipients(ctx, core.Claim{Bot: bot, Max: 10_000, Lease: lease, Now: midday().AddDate(0, 0, 3)})
			must(t, err)
			for _, o := range os {
				a, err := tx.Account(ctx, o.Account)
				must(t, err)
				ids = append(ids, a.Supporter)
			}
			return nil
		})
	}
	slices.Sort(ids)
	return ids
}

var lyon, paris = geo.Point{Lat: 45.764, Lon: 4.836}, geo.Point{Lat: 48.857, Lon: 2.352}

func audienceHoldsWhomFiltersHold(t *testing.T, s core.Store) {
	const matrixBot core.BotID = "matrix:@bot:x"
	near := geo.Point{Lat: lyon.Lat + 0.1, Lon: lyon.Lon} // about 11 km away
	people := join(t, s,
		member{Supporter: core.Supporter{Area: "FR/84/69", Cell: geo.CellOf(lyon), Language: "fr", Seen: "2027-03-09"}},
		member{Supporter: core.Supporter{Area: "FR/84/69", Cell: geo.CellOf(near), Language: "en", Seen: "2027-01-01"}},
		member{Supporter: core.Supporter{Area: "FR/84/690", Cell: geo.CellOf(paris), Language: "fr", Seen: "2027-03-01"}, bot: matrixBot},
		member{Supporter: core.Supporter{Area: "FR/11/75", Language: "de", Seen: "2027-03-09", Settings: core.Settings{Kinds: []core.KindID{"stall"}}}},
	)
	action := &core.Action{
		Source: "x", Kind: "other", State: core.Public, Visibility: core.ForEveryone, Zone: "UTC", StartsAt: midday().Add(-2 * time.Hour),
		EndsAt: midday().Add(-time.Hour), Point: lyon,
	}
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		_, _, err := tx.PutActions(ctx, []*core.Action{action})
		must(t, err)
		must(t, tx.PutRsvp(ctx, &core.Rsvp{Action: action.ID, Supporter: people[0].ID, Answer: core.Going, On: "2027-03-01"}))
		return tx.PutRsvp(ctx, &core.Rsvp{Action: action.ID, Supporter: people[1].ID, Answer: core.NotGoing, On: "2027-03-01"})
	})
	areas := func(a ...core.AreaID) core.Filter { return core.Filter{Kind: core.InAreas, Areas: a} }
	around := func(r core.Radius) core.Filter { return core.Filter{Kind: core.Around, Center: lyon, Radius: r} }
	likes := func(k ...core.KindID) core.Filter { return core.Filter{Kind: core.Likes, Kinds: k} }
	answer := func(a core.Attendance) core.Filter {
		return core.Filter{Kind: core.ToAction, Action: action.ID, Answer: a}
	}
	type fs = []core.Filter
	for i, c := range []struct {
		with, without fs
		want          string
	}{
		{nil, nil, "0123"},
		{fs{areas("FR/84/69")}, nil, "01"},
		{fs{areas("FR/84")}, nil, "012"},
		{fs{areas("FR/84/690", "FR/11")}, nil, "23"},
		{nil, fs{areas("FR/84/69")}, "23"},
		{fs{around(5)}, nil, "0"},
		{fs{around(12)}, nil, "01"},
		{nil, fs{around(5)}, "123"},
		{fs{{Kind: core.Speaks, Languages: []string{"fr", "de"}}}, fs{areas("FR/11")}, "02"},
		{fs{{Kind: core.UsesPlatform, Platforms: []core.Platform{core.Matrix}}}, nil, "2"},
		{nil, fs{{Kind: core.UsesPlatform, Platforms: []core.Platform{core.Matrix}}}, "013"},
		{fs{{Kind: core.Inactive, Days: 8}}, nil, "12"},
		{fs{{Kind: core.Inactive, Days: 30}}, nil, "1"},
		{fs{likes("stall")}, nil, "0123"},
		{fs{likes("leafleting")}, nil, "012"},
		{nil, fs{likes("leafleting")}, "3"},
		{fs{answer(core.Came)}, nil, "0"},
		{fs{answer(core.Comes)}, nil, ""},
		{fs{answer(core.Unanswered)}, nil, "23"},
		{nil, fs{answer(core.Came)}, "123"},
		{fs{areas("FR/84"), around(50)}, fs{{Kind: core.Speaks, Languages: []string{"en"}}}, "0"},
	} {
		a := core.Audience{With: c.with, Without: c.without}
		b := freeze(t, s, core.Broadcast{}, prospect(a), i%3)
		var got strings.Builder
		for _, id := range frozen(t, s, b) {
			fmt.Fprint(&got, slices.IndexFunc(people, func(m member) bool { return m.ID == id }))
		}
		if got.String() != c.want {
			t.Errorf("with %+v without %+v: %q, want %q", c.with, c.without, got.String(), c.want)
		}
		setBroadcast(t, s, b.ID, core.Stopped)
	}
	read(t, s, func(ctx context.Context, r core.Reader) error {
		_, err := r.CountAudience(ctx, prospect(core.Audience{With: fs{{Kind: "of a later version"}}}))
		wantCode(t, err, core.Invalid)
		return nil
	})
}

func audienceLeavesOutWhoMayNotBeWrittenTo(t *testing.T, s core.Store) {
	people := join(t, s,
		member{}, member{refused: true}, member{closed: true},
		member{Supporter: core.Supporter{Stopped: true}},
		member{Supporter: core.Supporter{State: core.Banned}},
		member{Supporter: core.Supporter{State: core.Suspended}},
		member{Supporter: core.Supporter{Settings: core.Settings{Plain: true}}},
		member{refused: true, Supporter: core.Supporter{Settings: core.Settings{Plain: true}}},
	)
	do(t, s, func(ctx context.Context, tx core.Tx) error { // a newer account of the first, and one in a group
		c, err := tx.EnterChat(ctx, core.ChatRef{Bot: anotherBot, Chat: "newer"}, core.Private)
		must(t, err)
		a, err := tx.EnterAccount(ctx, core.AccountRef{Bot: anotherBot, ID: "newer"})
		must(t, err)
		a.Supporter, a.Home = people[0].ID, c.ID
		must(t, tx.PutAccount(ctx, a))
		g, err := tx.EnterChat(ctx, core.ChatRef{Bot: anotherBot, Chat: "group"}, core.Group)
		must(t, err)
		a, err = tx.EnterAccount(ctx, core.AccountRef{Bot: anotherBot, ID: "newest"})
		must(t, err)
		a.Supporter, a.Home = people[0].ID, g.ID
		return tx.PutAccount(ctx, a)
	})
	b := freeze(t, s, core.Broadcast{}, prospect(core.Audience{}), 0)
	if d := cmp.Diff([]core.SupporterID{people[0].ID, people[6].ID}, frozen(t, s, b)); d != "" {
		t.Errorf("who is written to (-want +got):\n%s", d)
	}
}

// Whatever the people and the filters are, as many copies wait, and as many are skipped
// for each reason, as the count said; no matter how it is cut.
func countIsWhatIsFrozen(t *testing.T, s core.Store) {
	r := rand.New(rand.NewPCG(7, 7))
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	var people []member
	for range 120 {
		m := member{Supporter: core.Supporter{
			Area: core.AreaID(pick("FR/84/69", "FR/11/75", "")), Language: pick("fr", "en"), Zone: pick("Europe/Paris", "Pacific/Noumea", "no zone"),
			Cell: geo.CellOf(geo.Point{Lat: 45 + r.Float64(), Lon: 4 + r.Float64()}), Stopped: r.IntN(9) == 0, Seen: "2027-03-01",
		}, refused: r.IntN(9) == 0}
		if r.IntN(3) == 0 {
			none := 0
			m.Settings = []core.Settings{{Plain: true}, {Budget: &none}, {Kinds: []core.KindID{"stall"}}, {Pause: "2099-01-01"}, {Quiet: &core.Quiet{From: 1, Until: 23}}}[r.IntN(5)]
		}
		people = append(people, m)
	}
	join(t, s, people...)
	for i, a := range []core.Audience{
		{}, {With: []core.Filter{{Kind: core.Around, Center: lyon, Radius: 30}}},
		{With: []core.Filter{{Kind: core.Likes, Kinds: []core.KindID{"leafleting"}}}, Without: []core.Filter{{Kind: core.Speaks, Languages: []string{"en"}}}},
	} {
		p := prospect(a)
		var slices []core.Slice
		read(t, s, func(ctx context.Context, r core.Reader) (err error) {
			slices, err = r.CountAudience(ctx, p)
			return err
		})
		b := freeze(t, s, core.Broadcast{}, p, []int{0, 7, 50}[i])
		want := core.Progress{Queued: core.People(slices, func(s *core.Slice) bool { return s.Skipped == "" })}
		for _, reason := range []core.Reason{core.OverBudget, core.OnBreak, core.InSilence} {
			if n := core.People(slices, func(s *core.Slice) bool { return s.Skipped == reason }); n > 0 {
				if want.Skipped == nil {
					want.Skipped = map[core.Reason]int{}
				}
				want.Skipped[reason] = n
			}
		}
		if want.Queued == 0 || core.People(slices, func(s *core.Slice) bool { return s.Waiting }) == 0 {
			t.Errorf("%d people are written to in %v", want.Queued, slices)
		}
		wantProgress(t, s, b.ID, want)
	}
}

func eachHearsAtTheirOwnHour(t *testing.T, s core.Store) {
	zones := []string{"Europe/Paris", "Pacific/Noumea", "America/Guadeloupe", "UTC"}
	for _, z := range zones {
		join(t, s, member{Supporter: core.Supporter{Zone: z}}, member{Supporter: core.Supporter{Zone: z, Settings: core.Settings{Plain: true}}})
	}
	p := prospect(core.Audience{})
	p.Start = core.Start{Local: "2027-03-14T18:00"}
	b := freeze(t, s, core.Broadcast{}, p, 3)
	setBroadcast(t, s, b.ID, core.Running)
	for _, c := range []struct {
		at   string
		want int
	}{
		{"2027-03-14T06:59:00Z", 0}, {"2027-03-14T07:00:00Z", 2}, {"2027-03-14T16:59:00Z", 0},
		{"2027-03-14T17:00:00Z", 2}, {"2027-03-14T18:00:00Z", 2}, {"2027-03-14T22:00:00Z", 2},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		must(t, err)
		do(t, s, func(ctx context.Context, tx core.Tx) error {
			os, err := tx.ClaimRecipients(ctx, core.Claim{Bot: testBot, Max: 100, Lease: 100 * time.Hour, Now: at})
			if len(os) != c.want {
				t.Errorf("at %s %d are due, want %d", c.at, len(os), c.want)
			}
			return err
		})
	}
}

func silenceAndBudgetSkip(t *testing.T, s core.Store) {
	campaign, err := core.ParseCampaign(strings.NewReader(`
		contact_budget = 2
		[[silence]]
		areas = ["FR/84"]
		zone = "UTC"
		from = "2027-03-10T11:00"
		until = "2027-03-10T13:00"`))
	must(t, err)
	three := 3
	people := join(t, s,
		member{Supporter: core.Supporter{Area: "FR/84/69"}}, member{Supporter: core.Supporter{Area: "FR/11"}},
		member{Supporter: core.Supporter{Area: "FR/11"}}, member{Supporter: core.Supporter{Area: "FR/11", Settings: core.Settings{Budget: &three}}},
		member{}, // nobody knows where
	)
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		for range 2 {
			for _, m := range people[2:4] {
				must(t, tx.CountContact(ctx, m.ID, core.DayOf(midday()), 100))
			}
		}
		return nil
	})
	p := prospect(core.Audience{})
	p.Campaign = campaign
	b := freeze(t, s, core.Broadcast{}, p, 0)
	wantProgress(t, s, b.ID, core.Progress{Queued: 2, Skipped: map[core.Reason]int{core.InSilence: 2, core.OverBudget: 1}})
	if d := cmp.Diff([]core.SupporterID{people[1].ID, people[3].ID}, frozen(t, s, b)); d != "" {
		t.Errorf("who is written to (-want +got):\n%s", d)
	}
}

func canaryIsAShare(t *testing.T, s core.Store) {
	people := make([]member, 1_000)
	join(t, s, people...)
	b := freeze(t, s, core.Broadcast{Large: true}, prospect(core.Audience{}), 0)
	setBroadcast(t, s, b.ID, core.CanaryFlight)
	take := func(want func(int) bool) {
		t.Helper()
		do(t, s, func(ctx context.Context, tx core.Tx) error {
			os, err := tx.ClaimRecipients(ctx, core.Claim{Bot: testBot, Max: 2_000, Lease: 100 * time.Hour, Now: midday()})
			if !want(len(os)) {
				t.Errorf("claimed %d copies", len(os))
			}
			return err
		})
	}
	take(func(n int) bool { return n > 2 && n < 30 })
	take(func(n int) bool { return n == 0 })
	setBroadcast(t, s, b.ID, core.Running)
	take(func(n int) bool { return n > 970 })
}

func freezingGoesOn(t *testing.T, s core.Store) {
	join(t, s, make([]member, 10)...)
	b := core.Broadcast{State: core.Freezing, Due: midday()}
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.CreateBroadcast(ctx, &b) })
	part := func() (done bool) {
		do(t, s, func(ctx context.Context, tx core.Tx) (err error) {
			again, err := tx.Broadcast(ctx, b.ID) // as another process that takes over
			must(t, err)
			done, err = tx.Freeze(ctx, again, prospect(core.Audience{}), 4)
			return err
		})
		return done
	}
	if part() {
		t.Error("4 people are all 10")
	}
	join(t, s, make([]member, 3)...) // they came too late
	if part() || !part() {
		t.Error("three times 4 people are not all 10")
	}
	wantProgress(t, s, b.ID, core.Progress{Queued: 10})
	setBroadcast(t, s, b.ID, core.Stopping)
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		_, err := tx.Freeze(ctx, &b, prospect(core.Audience{}), 4)
		wantCode(t, err, core.Conflict)
		return nil
	})
}

func correctionGoesToWhatArrived(t *testing.T, s core.Store) {
	b := broadcast(t, s, core.Broadcast{}, 5)
	os := claimCopies(t, s, 3, 3)
	settleCopy(t, s, os[0], sent("a", "b"))
	settleCopy(t, s, os[1], core.Verdict{State: core.Doubtful})
	settleCopy(t, s, os[2], sent("c"))
	setBroadcast(t, s, b.ID, core.Stopped)
	c := freeze(t, s, core.Broadcast{Kind: core.Correct, Of: b.ID}, prospect(core.Audience{}), 2)
	setBroadcast(t, s, c.ID, core.Running)
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		copies, err := tx.ClaimRecipients(ctx, core.Claim{Bot: testBot, Max: 10, Lease: lease, Now: midday()})
		must(t, err)
		targets := map[core.OutgoingID]bool{}
		for _, o := range copies {
			targets[o.Content.(*core.Copy).Target] = true
		}
		if d := cmp.Diff(map[core.OutgoingID]bool{os[0].ID: true, os[2].ID: true}, targets); d != "" {
			t.Errorf("what is corrected (-want +got):\n%s", d)
		}
		return tx.SettleRecipients(ctx, []core.Settlement{{Outgoing: copies[0], Verdict: sent("d")}})
	})
	setBroadcast(t, s, c.ID, core.Stopped)
	wantProgress(t, s, b.ID, core.Progress{Queued: 2, Sent: 2, Uncertain: 1})
	do(t, s, func(ctx context.Context, tx core.Tx) error { // what shows it now is found by a recall
		var shown []core.ReceiptID
		for _, o := range []*core.Outgoing{os[0], os[2]} {
			r, err := tx.Receipt(ctx, o.ID)
			must(t, err)
			shown = append(shown, r...)
		}
		if !slices.Contains(shown, "d") {
			t.Errorf("the parts are %q", shown)
		}
		return nil
	})
}

func savedAudiencesAreTheOwners(t *testing.T, s core.Store) {
	mine, theirs := supporter(t, s), supporter(t, s)
	a := &core.SavedAudience{Owner: mine, Name: "the north", Audience: core.Audience{With: []core.Filter{{Kind: core.InAreas, Areas: []core.AreaID{"FR/32"}}}}}
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		must(t, tx.PutAudience(ctx, a))
		a.Name = "north"
		must(t, tx.PutAudience(ctx, a))
		got, err := tx.Audiences(ctx, mine)
		must(t, err)
		if d := cmp.Diff([]core.SavedAudience{*a}, got); d != "" {
			t.Errorf("audiences (-want +got):\n%s", d)
		}
		got, err = tx.Audiences(ctx, theirs)
		if len(got) != 0 {
			t.Errorf("another sees %v", got)
		}
		wantCode(t, tx.DropAudience(ctx, theirs, a.ID), core.NotFound)
		must(t, tx.DropAudience(ctx, mine, a.ID))
		wantCode(t, tx.PutAudience(ctx, a), core.NotFound)
		return err
	})
}
