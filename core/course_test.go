package core_test

import (
	"testing"
	"time"

	"tocsin/core"
)

func TestTheCourseOfABroadcast(t *testing.T) {
	t.Parallel()
	type look struct{ sending, waits bool }
	good := &core.Progress{Sent: 100, Blocked: 10}
	for _, tt := range []struct {
		name   string
		b      core.Broadcast
		after  time.Duration // since it came into its state; it is due then
		look   look
		canary *core.Progress
		want   core.BroadcastState
		why    core.Reason
	}{
		{name: "a proposal waits", b: core.Broadcast{State: core.Proposed}, after: 59 * time.Minute, want: core.Proposed},
		{name: "a proposal dies", b: core.Broadcast{State: core.Proposed}, after: time.Hour, want: core.Draft, why: core.ByTime},
		{name: "a small one goes at once", b: core.Broadcast{State: core.Approved}, want: core.Freezing},
		{name: "a large one is held", b: core.Broadcast{State: core.Approved, Large: true}, want: core.Holding},
		{name: "a later one waits", b: core.Broadcast{State: core.Approved, Large: true}, after: -core.HoldTime - 1, want: core.Approved},
		{name: "a later one is held in time", b: core.Broadcast{State: core.Approved, Large: true}, after: -core.HoldTime, want: core.Holding},
		{name: "held for two minutes", b: core.Broadcast{State: core.Holding}, after: core.HoldTime - 1, want: core.Holding},
		{name: "and then it goes", b: core.Broadcast{State: core.Holding}, after: core.HoldTime, want: core.Freezing},
		{name: "a canary flies", b: core.Broadcast{State: core.CanaryFlight}, look: look{true, true}, want: core.CanaryFlight},
		{name: "a canary is well", b: core.Broadcast{State: core.CanaryFlight}, canary: good, want: core.Running},
		{name: "nobody was in it", b: core.Broadcast{State: core.CanaryFlight}, canary: new(core.Progress), want: core.Running},
		{name: "too many are blocked", b: core.Broadcast{State: core.CanaryFlight}, canary: &core.Progress{Sent: 88, Blocked: 8, Failed: 4}, want: core.Paused, why: core.ByCanary},
		{name: "too many stop", b: core.Broadcast{State: core.CanaryFlight}, canary: &core.Progress{Sent: 100, Stops: 4}, want: core.Paused, why: core.ByCanary},
		{name: "some stop", b: core.Broadcast{State: core.CanaryFlight}, canary: &core.Progress{Sent: 100, Stops: 3}, want: core.Running},
		{name: "it runs", b: core.Broadcast{State: core.Running}, look: look{false, true}, want: core.Running},
		{name: "the last is on its way", b: core.Broadcast{State: core.Running}, look: look{true, true}, want: core.Running},
		{name: "it ends", b: core.Broadcast{State: core.Running}, want: core.Finished},
		{name: "its time is over", b: core.Broadcast{State: core.Running, Letterhead: core.Letterhead{Expires: atNoon}}, after: 1, look: look{false, true}, want: core.Finished},
		{name: "a stop waits for what is on its way", b: core.Broadcast{State: core.Stopping}, look: look{true, true}, want: core.Stopping},
		{name: "a stop is certain", b: core.Broadcast{State: core.Stopping}, look: look{false, true}, want: core.Stopped},
		{name: "paused stays so", b: core.Broadcast{State: core.Paused, Why: core.ByPerson}, after: 1000 * time.Hour, want: core.Paused, why: core.ByPerson},
	} {
		tt.b.Moved, tt.b.Due = atNoon, atNoon
		to, why := tt.b.Next(atNoon.Add(tt.after), tt.look.sending, tt.look.waits, tt.canary)
		if to != tt.want || why != tt.why {
			t.Errorf("%s: %s %q, want %s %q", tt.name, to, why, tt.want, tt.why)
		}
	}
}

func TestEqualAudiencesAreEqual(t *testing.T) {
	t.Parallel()
	one, err := core.Audience{With: []core.Filter{
		{Kind: core.Speaks, Languages: []string{"fr", "en", "fr"}, Days: 3}, {Kind: core.InAreas, Areas: []core.AreaID{"FR/84", "FR/11"}},
	}}.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	two, err := core.Audience{With: []core.Filter{
		{Kind: core.InAreas, Areas: []core.AreaID{"FR/11", "FR/84", "FR/11"}}, {Kind: core.Speaks, Languages: []string{"en", "fr"}},
		{Kind: core.Speaks, Languages: []string{"fr", "en"}},
	}, Without: []core.Filter{}}.Canonical()
	if err != nil || one.Hash() != two.Hash() {
		t.Errorf("%+v and %+v differ (%v)", one, two, err)
	}
	for _, f := range []core.Filter{
		{}, {Kind: "x"}, {Kind: core.InAreas}, {Kind: core.InAreas, Areas: []core.AreaID{""}}, {Kind: core.Around},
		{Kind: core.ToAction, Action: 1}, {Kind: core.ToAction, Answer: core.Came}, {Kind: core.Inactive}, {Kind: core.Speaks, Languages: []string{""}},
		{Kind: core.Inactive, Days: 4000},
	} {
		if _, err := (core.Audience{With: []core.Filter{f}}).Canonical(); core.KeyOf(err) != "audience.filter" {
			t.Errorf("%+v: %v", f, err)
		}
	}
}

func TestATextIsInTheLanguageOrItsTongueOrTheFirst(t *testing.T) {
	t.Parallel()
	ts := []core.Wording{{Language: "en"}, {Language: "fr"}, {Language: "pt-BR"}}
	for language, want := range map[string]string{"fr": "fr", "fr-CA": "fr", "pt": "pt-BR", "de": "en", "": "en"} {
		if got := core.In(ts, language).Language; got != want {
			t.Errorf("%q reads %q, want %q", language, got, want)
		}
	}
}

func TestALetterheadIsCheckedBeforeItIsProposed(t *testing.T) {
	t.Parallel()
	two := func(l string) []core.Wording { return []core.Wording{{Language: l, Body: []core.Span{{Text: "x"}}}} }
	for key, change := range map[string]func(*core.Letterhead){
		"":                  func(*core.Letterhead) {},
		"broadcast.speaker": func(l *core.Letterhead) { l.Speaker = "An\u202ena" },
		"broadcast.text":    func(l *core.Letterhead) { l.Texts = append(l.Texts, l.Texts[0]) },
		"broadcast.answers": func(l *core.Letterhead) { l.Answers = [][]core.Wording{two("fr"), two("en")} },
		"broadcast.time":    func(l *core.Letterhead) { l.Start.At = atNoon.AddDate(0, 3, 0) },
		"broadcast.expiry":  func(l *core.Letterhead) { l.Expires = atNoon },
		"audience.filter":   func(l *core.Letterhead) { l.Audience.Without = []core.Filter{{}} },
	} {
		b := draft("FR/84/69")
		change(&b.Letterhead)
		if err := b.Check(atNoon); core.KeyOf(err) != key {
			t.Errorf("want %q, got %v", key, err)
		}
	}
}
