package matrix

import (
	"testing"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// Whoever may set the state of a room runs it: by their level, or because they made a room
// of version 12.
func TestWhoRunsARoomFollowsFromItsLevels(t *testing.T) {
	t.Parallel()
	const ada, ben, chloe = id.UserID("@ada:x"), id.UserID("@ben:x"), id.UserID("@chloe:x")
	create := func(version id.RoomVersion, more ...id.UserID) *event.Event {
		return &event.Event{Type: event.StateCreate, Sender: ada, Content: event.Content{
			Parsed: &event.CreateEventContent{RoomVersion: version, AdditionalCreators: more},
		}}
	}
	levels := func(ben, stateDefault, usersDefault int) *event.PowerLevelsEventContent {
		return &event.PowerLevelsEventContent{Users: map[id.UserID]int{"@ben:x": ben}, StateDefaultPtr: &stateDefault, UsersDefault: usersDefault}
	}
	for name, c := range map[string]struct {
		power power
		runs  []id.UserID
	}{
		"the usual":                       {power{levels(50, 50, 0), create("10")}, []id.UserID{ben}},
		"below the level":                 {power{levels(49, 50, 0), create("10")}, nil},
		"a higher level for state":        {power{levels(99, 100, 0), create("10")}, nil},
		"everybody may":                   {power{levels(0, 0, 0), create("10")}, nil},
		"everybody may, one stands above": {power{levels(60, 0, 50), create("10")}, []id.UserID{ben}},
		"who made version 11":             {power{levels(50, 50, 0), create("11")}, []id.UserID{ben}},
		"who made version 12":             {power{levels(50, 50, 0), create("12")}, []id.UserID{ada, ben}},
		"two who made version 12":         {power{levels(0, 100, 0), create("12", chloe)}, []id.UserID{ada, chloe}},
		"version 12, everybody may":       {power{levels(0, 0, 0), create("12")}, []id.UserID{ada}},
		"without levels":                  {power{nil, create("10")}, []id.UserID{ada}},
		"nothing is known":                {power{}, nil},
	} {
		for _, who := range []id.UserID{ada, ben, chloe} {
			want := false
			for _, w := range c.runs {
				want = want || w == who
			}
			if got := c.power.runs(who); got != want {
				t.Errorf("%s: %s runs it: %t", name, who, got)
			}
		}
	}
}
