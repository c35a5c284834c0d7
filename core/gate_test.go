package core_test

import (
	"strings"
	"testing"
	"time"

	"tocsin/core"
)

func splitWords(s string) []string { return strings.Fields(s) }

func TestTheGateOpensOnlyToWhoAgreed(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 3, 10, 12, 0, 0, 0, time.UTC)
	private := &core.Chat{Kind: core.Private}
	willing := core.Facts{Chat: private, Supporter: &core.Supporter{State: core.Active}, Messages: true}
	with := func(f core.Facts, change func(*core.Facts)) core.Facts {
		s := *f.Supporter
		f.Supporter = &s
		change(&f)
		return f
	}
	for _, tt := range []struct {
		name  string
		lane  core.Lane
		facts core.Facts
		open  bool
	}{
		{"an alert to who agreed", core.Notice, willing, true},
		{"a broadcast to who agreed", core.Bulk, willing, true},
		{"an alert after /stop", core.Notice, with(willing, func(f *core.Facts) { f.Supporter.Stopped = true }), false},
		{"an answer after /stop", core.Talk, with(willing, func(f *core.Facts) { f.Supporter.Stopped = true }), true},
		{"an alert without the consent", core.Notice, with(willing, func(f *core.Facts) { f.Messages = false }), false},
		{"an alert to who is banned", core.Notice, with(willing, func(f *core.Facts) { f.Supporter.State = core.Banned }), false},
		{"an alert to who is suspended", core.Notice, with(willing, func(f *core.Facts) { f.Supporter.State = core.Suspended }), false},
		{"an alert in a silence", core.Notice, with(willing, func(f *core.Facts) { f.Silent = true }), false},
		{"a broadcast in a silence", core.Bulk, with(willing, func(f *core.Facts) { f.Silent = true }), false},
		{"an answer in a silence", core.Talk, with(willing, func(f *core.Facts) { f.Silent = true }), true},
		{"an alert to nobody we know", core.Notice, core.Facts{Chat: private}, false},
		{"an answer to nobody we know", core.Talk, core.Facts{Chat: private}, true},
		{"an answer into a chat that is gone", core.Talk, core.Facts{Chat: &core.Chat{Kind: core.Private, Closed: true}}, false},
		{"a notice to a group", core.Notice, core.Facts{Chat: &core.Chat{Kind: core.Group}}, true},
		{"a notice to a group in a silence", core.Notice, core.Facts{Chat: &core.Chat{Kind: core.Group}, Silent: true}, false},
		{"an answer into no chat", core.Talk, core.Facts{}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := core.Open(&core.Outgoing{Lane: tt.lane}, tt.facts, now); got != tt.open {
				t.Errorf("open: %t, want %t", got, tt.open)
			}
			late := &core.Outgoing{Lane: tt.lane, Expires: now.Add(-time.Second)}
			if core.Open(late, tt.facts, now) {
				t.Error("it opens after it expired")
			}
		})
	}
}

func TestSilenceHoldsWhereItMust(t *testing.T) {
	t.Parallel()
	c, err := core.ParseCampaign(strings.NewReader(`
		[[silence]]
		areas = ["FR/84", "FR/11/75"]
		zone = "Europe/Paris"
		from = "2027-04-10T00:00"
		until = "2027-04-11T20:00"
		[[silence]]
		areas = ["FR/01"]
		zone = "America/Guadeloupe"
		from = "2027-04-09T00:00"
		until = "2027-04-10T20:00"`))
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		when, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	for _, tt := range []struct {
		area core.AreaID
		at   string
		want bool
	}{
		{"FR/84/69", "2027-04-09T21:59:59Z", false},
		{"FR/84/69", "2027-04-09T22:00:00Z", true}, // midnight in Paris
		{"FR/84/69", "2027-04-11T17:59:59Z", true},
		{"FR/84/69", "2027-04-11T18:00:00Z", false},
		{"FR/93/13", "2027-04-10T12:00:00Z", false},
		{"FR/01/971", "2027-04-09T04:00:00Z", true}, // midnight in Guadeloupe
		{"FR/01/971", "2027-04-11T12:00:00Z", false},
		{core.World, "2027-04-10T12:00:00Z", true}, // we do not know where: any silence holds
	} {
		if got := c.Silent(tt.area, at(tt.at)); got != tt.want {
			t.Errorf("%q at %s: %t", tt.area, tt.at, got)
		}
	}
}

func TestAPauseStopsWhatWeBeginAndNothingElse(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 3, 10, 12, 0, 0, 0, time.UTC)
	facts := func(until core.Day) core.Facts {
		return core.Facts{Chat: &core.Chat{Kind: core.Private}, Messages: true, Supporter: &core.Supporter{
			State: core.Active, Settings: core.Settings{Pause: until},
		}}
	}
	alert := &core.Outgoing{Lane: core.Notice, Content: &core.Reference{Kind: core.AlertKind}}
	reminder := &core.Outgoing{Lane: core.Notice, Content: &core.Reference{Kind: "reminder"}}
	broadcast := &core.Outgoing{Lane: core.Bulk, Content: &core.Message{}}
	for o, counts := range map[*core.Outgoing]bool{alert: true, reminder: false, broadcast: true} {
		if core.Open(o, facts(core.PauseFrom(now)), now) == counts || !core.Open(o, facts("2027-03-09"), now) || o.Counts() != counts {
			t.Errorf("lane %d, %T: it counts: %v", o.Lane, o.Content, o.Counts())
		}
	}
}
