package core_test

import (
	"testing"
	"time"

	"tocsin/core"
)

func TestQuietHoursEndOnThePersonsOwnClock(t *testing.T) {
	t.Parallel()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		quiet    core.Quiet
		at, want string
	}{
		{core.Quiet{From: 21, Until: 8}, "2027-03-10 20:59", "2027-03-10 20:59"},
		{core.Quiet{From: 21, Until: 8}, "2027-03-10 21:00", "2027-03-11 08:00"},
		{core.Quiet{From: 21, Until: 8}, "2027-03-11 07:59", "2027-03-11 08:00"},
		{core.Quiet{From: 12, Until: 14}, "2027-03-11 13:30", "2027-03-11 14:00"},
		{core.Quiet{From: 8, Until: 8}, "2027-03-11 08:00", "2027-03-11 08:00"}, // there are none
		{core.Quiet{From: 0, Until: 2}, "2027-03-28 01:30", "2027-03-28 03:00"}, // 02:00 is not that night
		{core.Quiet{From: 0, Until: 3}, "2027-10-31 01:30", "2027-10-31 03:00"}, // 02:00 is twice
	} {
		at, err := time.ParseInLocation("2006-01-02 15:04", tt.at, paris)
		if err != nil {
			t.Fatal(err)
		}
		if got := tt.quiet.End(at).Format("2006-01-02 15:04"); got != tt.want {
			t.Errorf("%v at %s end at %s, want %s", tt.quiet, tt.at, got, tt.want)
		}
	}
}

func TestWhatWeBeginWaitsForTheMorningAndAnAnswerDoesNot(t *testing.T) {
	t.Parallel()
	night := time.Date(2027, 3, 10, 23, 0, 0, 0, time.UTC) // midnight in Paris, 3 in Réunion
	facts := core.Facts{Chat: &core.Chat{Kind: core.Private}, Supporter: &core.Supporter{Zone: "Europe/Paris"}}
	if got := core.NotBefore(&core.Outgoing{Lane: core.Notice}, facts, night); !got.Equal(night.Add(8 * time.Hour)) {
		t.Errorf("an alert waits until %s", got)
	}
	facts.Supporter.Zone = "Indian/Reunion"
	if got := core.NotBefore(&core.Outgoing{Lane: core.Bulk}, facts, night); !got.Equal(night.Add(5 * time.Hour)) {
		t.Errorf("a broadcast waits until %s", got)
	}
	facts.Chat.Kind = core.Group
	for _, lane := range []core.Lane{core.Notice, core.Talk} {
		if got := core.NotBefore(&core.Outgoing{Lane: lane}, facts, night); !got.Equal(night) {
			t.Errorf("lane %d to a group waits until %s", lane, got)
		}
		facts.Chat.Kind = core.Private
	}
}
