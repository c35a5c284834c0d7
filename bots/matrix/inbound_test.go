package matrix

import (
	"encoding/json"
	"testing"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// Whatever somebody sends, it is read or passed over, and breaks nothing.
func FuzzWhatPeopleSend(f *testing.F) {
	for _, seed := range [][2]string{
		{"m.room.message", `{"msgtype":"m.text","body":"> <@a:b> x\n\ny","m.relates_to":{"m.in_reply_to":{"event_id":"$1"}}}`},
		{"m.room.message", `{"msgtype":"m.text","body":"* x","m.relates_to":{"rel_type":"m.replace","event_id":"$1"},"m.new_content":{"msgtype":"m.text","body":"x"}}`},
		{"m.room.message", `{"msgtype":"m.location","geo_uri":"geo:1,2","m.location":{"uri":7}}`},
		{"m.reaction", `{"m.relates_to":{"rel_type":"m.annotation","event_id":"$1","key":"1\ufe0f\u20e3"}}`},
		{"m.beacon", `{"org.matrix.msc3488.location":[]}`},
		{"m.room.member", `{"membership":"leave"}`},
		{"org.matrix.msc3381.poll.start", `{}`},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, kind, content string) {
		text, err := json.Marshal(map[string]any{"type": kind, "event_id": "$e", "sender": "@a:b", "content": json.RawMessage(content)})
		e := new(event.Event)
		if err != nil || json.Unmarshal(text, e) != nil {
			return
		}
		s := &session{Adapter: &Adapter{user: "@bot:b"}, live: map[id.RoomID]time.Time{}}
		prepare(e, "!r:b")
		if malformed(e) {
			return
		}
		_, _, _ = s.own(e), s.comes(e), relation(e)
		if what := s.event(e); what != nil {
			s.public(e, what)
		}
	})
}
