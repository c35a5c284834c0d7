package matrix

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"
)

func TestWhatPanicsIsTriedThreeTimes(t *testing.T) {
	t.Parallel()
	calls := 0
	err := attempt(tries, func() error {
		calls++
		panic("boom")
	})
	if kindOf(err) != broken || calls != 3 {
		t.Errorf("%v after %d calls, want broken after three", err, calls)
	}
	calls = 0
	err = attempt(tries, func() error {
		if calls++; calls < 3 {
			panic(errors.New("boom"))
		}
		return nil
	})
	if err != nil || calls != 3 {
		t.Errorf("%v after %d calls, want what the third says", err, calls)
	}
}

// A server passes on what other servers made. One event of another form hides no others,
// and the room whose state it was part of is not trusted until it is learnt anew.
func TestAnEventOfAnotherFormHidesNoOthers(t *testing.T) {
	t.Parallel()
	good := `{"type":"m.room.message","event_id":"$1","content":{"body":"x"},"origin_server_ts":1893456000123}`
	for _, bad := range []string{`"x"`, `{"type":"m.room.member","content":[]}`, `{"type":5}`, `{"msc4354_sticky":5}`, `{"prev_content":"x"}`} {
		sound, dropped := sift([]byte(`{"next_batch":"7","rooms":{"join":{"!a:b":{"timeline":{"events":[` + good + `,` + bad + `,` + good + `]}}}}}`))
		var resp mautrix.RespSync
		if err := json.Unmarshal(sound, &resp); err != nil {
			t.Errorf("%s: %v", bad, err)
			continue
		}
		events := resp.Rooms.Join["!a:b"].Timeline.Events
		if len(events) != 2 || events[0].Timestamp != 1893456000123 || !slices.Equal(dropped, []id.RoomID{"!a:b"}) {
			t.Errorf("%s: %d events are left, %v dropped", bad, len(events), dropped)
		}
		sound, dropped = sift([]byte(`{"end":"8","chunk":[` + bad + `,` + good + `]}`))
		var page mautrix.RespMessages
		if err := json.Unmarshal(sound, &page); err != nil || len(page.Chunk) != 1 || len(dropped) != 1 {
			t.Errorf("%s: %d events are left on the page (%v)", bad, len(page.Chunk), err)
		}
	}
}
