//go:build goolm

package matrix_test

import (
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"tocsin/bots/matrix"
	"tocsin/bots/matrix/matrixtest"
	"tocsin/core"
	"tocsin/core/geo"
)

// raw is the content of an event as a client sends it.
func raw(content map[string]any) *event.Content { return &event.Content{Raw: content} }

// What people do in a chat comes as what it is: an answer without what it quotes, a
// correction with what it corrects, in the thread in which it was said.
func TestWhatIsSaidComesAsWhatItIs(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run()
	chat := s.server.Human(t, "anna").Direct(s.bot.ID)
	first := chat.Write("69002")
	if u := s.next(); u.Event != (core.Text{Body: "69002", In: core.ReceiptID(first)}) {
		t.Fatalf("came %#v", u.Event)
	}
	chat.Edit(first, "69003")
	if u := s.next(); u.Event != (core.Text{Body: "69003", Edited: true, In: core.ReceiptID(first)}) {
		t.Errorf("a correction came as %#v", u.Event)
	}
	answer := chat.Send(event.EventMessage, raw(map[string]any{
		"msgtype": "m.text", "body": "> <@tocsin:localhost> Où ?\n> Ici ?\n\nLyon",
		"m.relates_to": map[string]any{"m.in_reply_to": map[string]any{"event_id": first}},
	}))
	if u := s.next(); u.Event != (core.Text{Body: "Lyon", In: core.ReceiptID(answer)}) {
		t.Errorf("an answer came as %#v", u.Event)
	}
	inThread := chat.Send(event.EventMessage, raw(map[string]any{
		"msgtype": "m.text", "body": "/near",
		"m.relates_to": map[string]any{"rel_type": "m.thread", "event_id": first, "is_falling_back": true, "m.in_reply_to": map[string]any{"event_id": first}},
	}))
	u := s.next()
	if u.Event != (core.Command{Name: "near"}) || u.Chat.Thread != string(first) || inThread == "" {
		t.Errorf("in a thread came %#v, in thread %q", u.Event, u.Chat.Thread)
	}
	_, err := s.adapter.Send(t.Context(), core.Delivery{
		Key: "in the thread", To: u.Chat, Kind: core.Private, Lane: core.Talk, Content: &core.Message{Body: []core.Span{{Text: "here"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if m := chat.Hear("here"); m.Thread != first {
		t.Errorf("the answer is in thread %q", m.Thread)
	}
}

// Of a live location one point is taken, and not the track.
func TestOfALiveLocationOnePointIsTaken(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run()
	chat := s.server.Human(t, "anna").Direct(s.bot.ID)
	beacon := event.Type{Type: "org.matrix.msc3672.beacon"}
	for i, uri := range []string{"geo:45.7578,4.8320;u=9", "geo:45.7600,4.8400;u=9", "geo:45.7700,4.8500;u=9"} {
		chat.Send(beacon, raw(map[string]any{
			"m.relates_to":                map[string]any{"rel_type": "m.reference", "event_id": "$start"},
			"org.matrix.msc3488.location": map[string]any{"uri": uri}, "org.matrix.msc3488.ts": time.Now().UnixMilli() + int64(i),
		}))
	}
	chat.Write("done")
	if u := s.next(); u.Event != (core.Position{Point: geo.Point{Lat: 45.7578, Lon: 4.8320}, Live: true}) {
		t.Errorf("first came %#v", u.Event)
	}
	if u := s.next(); u.Kind != core.Private || !isText(u, "done") {
		t.Errorf("then came %#v", u.Event)
	}
}

func isText(u *core.Update, body string) bool {
	e, ok := u.Event.(core.Text)
	return ok && e.Body == body
}

// Calendars and the file of all that we hold are encrypted like words: the server has
// nothing of them, not even the name.
func TestFilesAreEncryptedInEncryptedChats(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run()
	chat := s.server.Human(t, "anna").Direct(s.bot.ID)
	chat.Write("hello")
	s.hear()
	for _, f := range []core.Attachment{
		{Name: "action.ics", MIME: "text/calendar", Data: []byte("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")},
		{Name: "mes-donnees.json", MIME: "application/json", Data: []byte(`{"schema": 1}`)},
	} {
		_, err := s.adapter.Send(t.Context(), core.Delivery{
			Key: core.SendKey(f.Name), To: core.ChatRef{Bot: s.adapter.Bot(), Chat: string(chat.Room)}, Kind: core.Private, Lane: core.Talk,
			Content: &core.Message{File: &f},
		})
		if err != nil {
			t.Fatal(err)
		}
		m := chat.Next()
		name, data := chat.Download(m)
		if name != f.Name || string(data) != string(f.Data) || !m.Encrypted || m.Type != event.MsgFile {
			t.Errorf("%s came as %s of %d bytes, encrypted %t", f.Name, name, len(data), m.Encrypted)
		}
		if stored := chat.Stored(m); strings.Contains(string(stored), string(f.Data)) || len(stored) == 0 {
			t.Errorf("the server has %s in clear", f.Name)
		}
	}
}

// Whether it is sure who speaks, and from where, comes with what they say.
func TestHowSureItIsWhoSpeaksIsTold(t *testing.T) {
	t.Parallel()
	server := matrixtest.Shared(t)
	for name, c := range map[string]struct {
		person  matrixtest.HumanOptions
		chat    matrixtest.ChatOptions
		servers []string
		want    core.Trust
	}{
		"a verified device":                {want: core.Verified},
		"a device that nobody vouches for": {person: matrixtest.HumanOptions{Unverified: true}, want: core.Unverified},
		"a chat that is not encrypted":     {chat: matrixtest.ChatOptions{Plain: true}, want: core.Unverified},
		"a server that the campaign lists": {servers: []string{"localhost"}, want: core.Verified},
		"a server that it does not list":   {servers: []string{"example.org"}, want: core.Foreign},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, func(m *matrix.Config) { m.Organisers = c.servers })
			s.run()
			chat := server.HumanWith(t, "anna", c.person).Open(c.chat, s.bot.ID)
			chat.Joined(s.bot.ID)
			chat.Write("hello")
			if u := s.next(); u.Trust != c.want {
				t.Errorf("it is told as %d, want %d", u.Trust, c.want)
			}
			chat.React(id.EventID("$some"), "1\ufe0f\u20e3")
			want := core.Unverified
			if c.want == core.Foreign {
				want = core.Foreign
			}
			if u := s.next(); u.Trust != want {
				t.Errorf("a reaction is told as %d, want %d: it is never encrypted", u.Trust, want)
			}
		})
	}
}

// Who is banned stays out: nothing is sent, and no way back is sought.
func TestABannedBotStaysOut(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.run()
	anna, ben := s.server.Human(t, "anna"), s.server.Human(t, "ben")
	room := s.group(anna, ben.ID)
	room.Ban(s.bot.ID)
	for u := s.next(); u.Event != (core.Membership{Now: core.Removed}); u = s.next() {
		if u.Event != (core.Membership{Now: core.Added}) {
			t.Fatalf("came %#v", u.Event)
		}
	}
	if err := s.post(room.Room, "still there?"); core.CodeOf(err) != core.Unreachable {
		t.Errorf("Send = %v, want Unreachable", err)
	}
	s.halt()
	s.run()
	if err := s.post(room.Room, "and now?"); core.CodeOf(err) != core.Unreachable {
		t.Errorf("after a restart Send = %v, want Unreachable", err)
	}
	room.Gone(s.bot.ID)
}
