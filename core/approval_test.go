package core_test

import (
	"testing"
	"time"

	"tocsin/core"
)

var (
	atNoon    = time.Date(2027, 3, 10, 12, 0, 0, 0, time.UTC)
	organiser = actor(1, core.Organiser, "FR/84/69")
	approver  = actor(2, core.Approver, core.World)
)

func actor(id core.SupporterID, role core.RoleName, area core.AreaID) core.Actor {
	return core.Actor{Supporter: id, Grants: []core.Grant{{Supporter: id, Role: role, Area: area, Expires: atNoon.AddDate(0, 1, 0)}}}
}

func inArea(a core.AreaID) core.Audience {
	return core.Audience{With: []core.Filter{{Kind: core.InAreas, Areas: []core.AreaID{a}}}}
}

func draft(a core.AreaID) *core.Broadcast {
	return &core.Broadcast{Kind: core.Announce, State: core.Draft, Letterhead: core.Letterhead{
		Speaker: "Lyon", Area: a, Texts: []core.Wording{{Language: "fr", Body: []core.Span{{Text: "bonjour"}}}}, Audience: inArea(a),
	}}
}

func TestOnePersonSendsAloneOnlyToFewInTheirOwnArea(t *testing.T) {
	t.Parallel()
	national := actor(1, core.Organiser, core.World)
	for _, tt := range []struct {
		name          string
		by            core.Actor
		area          core.AreaID
		audience      core.Audience
		people, typed int
		key           string
	}{
		{"few of the own département", organiser, "FR/84/69", inArea("FR/84/69"), 1000, 1000, ""},
		{"rounded as it is shown", organiser, "FR/84/69", inArea("FR/84/69"), 237, 230, ""},
		{"the exact number is not shown", organiser, "FR/84/69", inArea("FR/84/69"), 237, 237, "broadcast.number"},
		{"fewer than eleven", organiser, "FR/84/69", inArea("FR/84/69"), 4, 11, ""},
		{"too many", organiser, "FR/84/69", inArea("FR/84/69"), 1001, 1000, "broadcast.second"},
		{"a whole country", national, "FR", inArea("FR"), 50, 50, "broadcast.second"},
		{"everywhere", national, core.World, core.Audience{}, 50, 50, "broadcast.second"},
		{"another département", organiser, "FR/84/38", inArea("FR/84/38"), 50, 50, "broadcast.forbidden"},
		{"in the name of one area to another", organiser, "FR/84/69", inArea("FR/84/38"), 50, 50, "broadcast.forbidden"},
		{"without an area", organiser, "FR/84/69", core.Audience{}, 50, 50, "broadcast.forbidden"},
		{"who may only approve", actor(1, core.Approver, core.World), "FR/84/69", inArea("FR/84/69"), 50, 50, "broadcast.forbidden"},
	} {
		b := draft(tt.area)
		b.Audience = tt.audience
		err := b.Send(tt.by, tt.people, tt.typed, atNoon)
		if core.KeyOf(err) != tt.key || (err == nil) != (b.State == core.Approved) {
			t.Errorf("%s: %v, and it is %s", tt.name, err, b.State)
		}
	}
}

func TestASecondPersonApprovesExactlyWhatWasProposed(t *testing.T) {
	t.Parallel()
	proposed := func() *core.Broadcast {
		b := draft("FR/84/69")
		if err := b.Propose(organiser, atNoon); err != nil {
			t.Fatal(err)
		}
		b.Moved = atNoon
		return b
	}
	soon := atNoon.Add(time.Minute)
	for _, tt := range []struct {
		name string
		do   func(b *core.Broadcast) error
		key  string
	}{
		{"as it was", func(b *core.Broadcast) error { return b.Approve(approver, b.Hash, soon) }, ""},
		{"another text than the one seen", func(b *core.Broadcast) error { return b.Approve(approver, core.Hash{1}, soon) }, "broadcast.changed"},
		{"a text that changed in the store", func(b *core.Broadcast) error {
			b.Texts[0].Body[0].Text = "bonsoir"
			return b.Approve(approver, b.Hash, soon)
		}, "broadcast.changed"},
		{"another time", func(b *core.Broadcast) error { b.Start.At = soon; return b.Approve(approver, b.Hash, soon) }, "broadcast.changed"},
		{"another audience", func(b *core.Broadcast) error {
			b.Audience = inArea("FR/84")
			return b.Approve(approver, b.Hash, soon)
		}, "broadcast.changed"},
		{"the same person, from another account", func(b *core.Broadcast) error {
			return b.Approve(core.Actor{Supporter: 1, Grants: approver.Grants}, b.Hash, soon)
		}, "broadcast.same"},
		{"who may not", func(b *core.Broadcast) error {
			return b.Approve(actor(3, core.Organiser, core.World), b.Hash, soon)
		}, "broadcast.forbidden"},
		{"who may elsewhere", func(b *core.Broadcast) error {
			return b.Approve(actor(3, core.Approver, "FR/11"), b.Hash, soon)
		}, "broadcast.forbidden"},
		{"after an hour", func(b *core.Broadcast) error { return b.Approve(approver, b.Hash, atNoon.Add(time.Hour)) }, "broadcast.late"},
		{"after an edit", func(b *core.Broadcast) error {
			hash := b.Hash
			if err := b.Edit(b.Letterhead); err != nil {
				return err
			}
			return b.Approve(approver, hash, soon)
		}, "broadcast.moved"},
	} {
		b := proposed()
		err := tt.do(b)
		if core.KeyOf(err) != tt.key || (err == nil) != (b.State == core.Approved) {
			t.Errorf("%s: %v, and it is %s", tt.name, err, b.State)
		}
	}
}

func TestAnEditAfterTheApprovalVoidsIt(t *testing.T) {
	t.Parallel()
	for _, s := range []core.BroadcastState{core.Proposed, core.Approved, core.Holding} {
		b := draft("FR/84/69")
		b.State, b.Hash, b.Approver, b.Large = s, core.Hash{1}, 2, true
		if err := b.Edit(b.Letterhead); err != nil || b.State != core.Draft || b.Hash != (core.Hash{}) || b.Approver != 0 {
			t.Errorf("%s: %v, %+v", s, err, b)
		}
	}
	b := draft("FR/84/69")
	b.State = core.Running
	if err := b.Edit(b.Letterhead); core.KeyOf(err) != "broadcast.moved" {
		t.Errorf("one that runs: %v", err)
	}
}

func TestWhoMayApproveMayStop(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		by   core.Actor
		from core.BroadcastState
		want core.BroadcastState
	}{
		{approver, core.Running, core.Stopping}, {organiser, core.CanaryFlight, core.Stopping}, {approver, core.Paused, core.Stopping},
		{approver, core.Holding, core.Stopped}, {approver, core.Finished, core.Finished},
		{actor(3, core.Organiser, "FR/84/69"), core.Running, core.Running},
	} {
		b := draft("FR/84/69")
		b.State, b.Proposer = tt.from, organiser.Supporter
		err := b.Stop(tt.by, atNoon)
		if b.State != tt.want || (err == nil) != (tt.from != tt.want) {
			t.Errorf("person %d stops one that is %s: %v, %s", tt.by.Supporter, tt.from, err, b.State)
		}
	}
}

func TestARecallIsPossibleForTwoDays(t *testing.T) {
	t.Parallel()
	b := draft("FR/84/69")
	b.State, b.Moved, b.Proposer = core.Finished, atNoon, organiser.Supporter
	if r, err := b.TakeBack(organiser, atNoon.Add(47*time.Hour)); err != nil || r.Kind != core.Recall || r.State != core.Freezing {
		t.Errorf("after 47 hours: %v, %+v", err, r)
	}
	if _, err := b.TakeBack(organiser, atNoon.Add(48*time.Hour)); core.KeyOf(err) != "broadcast.kept" {
		t.Errorf("after 48 hours: %v", err)
	}
}

func TestOnlyWhatTheCampaignPaysForIsPaid(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		budget, stars, people int
		ok                    bool
	}{
		{0, 0, 5_000, true}, {0, 500, 5_000, false}, {500, 500, 5_000, true}, {500, 500, 5_001, false}, {500, 501, 5_001, false}, {900, 501, 5_001, true},
	} {
		l := draft("FR/84/69").Letterhead
		l.Stars = tt.stars
		if err := (&core.Campaign{PaidBudget: tt.budget}).Pays(&l, tt.people); (err == nil) != tt.ok {
			t.Errorf("%+v: %v", tt, err)
		}
		if tt.stars > 0 && l.Alone(5) {
			t.Error("one person pays alone")
		}
	}
}
