//go:build goolm

package matrix_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tocsin/core"
	"tocsin/core/geo"
)

type fields = map[string]any

// What people send is read as what it is; what is not for us is passed over. Nothing that
// they attach is ever fetched.
func TestWhatPeopleSendIsReadAsWhatItIs(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.start()
		message := func(kind string, more fields) fields {
			c := fields{"msgtype": kind, "body": "x"}
			for name, value := range more {
				c[name] = value
			}
			return c
		}
		lyon := geo.Point{Lat: 45.7578, Lon: 4.832}
		where := fields{"uri": "geo:45.7578,4.832;u=20"}
		for name, c := range map[string]struct {
			kind    string
			content fields
			want    core.Event // nil: it is passed over
		}{
			"words":               {"m.room.message", message("m.text", nil), core.Text{Body: "x"}},
			"an emote":            {"m.room.message", message("m.emote", nil), core.Text{Body: "x"}},
			"a notice":            {"m.room.message", message("m.notice", nil), nil},
			"a verification":      {"m.room.message", message("m.key.verification.request", nil), nil},
			"what was taken back": {"m.room.message", fields{}, nil},
			"something newer":     {"m.room.message", message("org.example.hologram", nil), nil},
			"a command":           {"m.room.message", message("m.text", fields{"body": "!Near Lyon demain"}), core.Command{Name: "near", Arg: "Lyon demain"}},
			"a reply": {"m.room.message", message("m.text", fields{
				"body": "> <@bot:example.org> Who?\n> really\n\nme", "m.relates_to": fields{"m.in_reply_to": fields{"event_id": "$q"}},
			}), core.Text{Body: "me"}},
			"a correction": {"m.room.message", message("m.text", fields{
				"m.relates_to": fields{"rel_type": "m.replace", "event_id": "$first"}, "m.new_content": fields{"msgtype": "m.text", "body": "y"},
			}), core.Text{Body: "y", Edited: true, In: "$first"}},
			"an empty correction": {"m.room.message", message("m.text", fields{"m.relates_to": fields{"rel_type": "m.replace", "event_id": "$first"}}), nil},
			"a picture":           {"m.room.message", message("m.image", fields{"url": "mxc://example.org/a"}), core.Media{Kind: core.Photo}},
			"a film":              {"m.room.message", message("m.video", fields{"url": "mxc://example.org/a"}), core.Media{Kind: core.Video}},
			"a voice":             {"m.room.message", message("m.audio", fields{"url": "mxc://example.org/a"}), core.Media{Kind: core.Voice}},
			"a sealed file": {"m.room.message", message("m.file", fields{
				"file": fields{"url": "mxc://example.org/a", "v": "v2", "hashes": fields{"sha256": "wrong"}}, "info": fields{"size": 1 << 40},
			}), core.Media{Kind: core.File}},
			"a sticker":            {"m.sticker", fields{"body": "x", "url": "mxc://example.org/a"}, core.Media{Kind: core.Sticker}},
			"a place":              {"m.room.message", message("m.location", fields{"geo_uri": where["uri"]}), core.Position{Point: lyon}},
			"a place of its own":   {"m.location", fields{"m.location": where}, core.Position{Point: lyon}},
			"a place off earth":    {"m.room.message", message("m.location", fields{"geo_uri": "geo:95,0"}), core.Media{Kind: core.Unknown}},
			"a poll":               {"org.matrix.msc3381.poll.start", fields{"org.matrix.msc3381.poll.start": fields{}}, core.Media{Kind: core.Unknown}},
			"a vote":               {"org.matrix.msc3381.poll.response", fields{"org.matrix.msc3381.poll.response": fields{"answers": []string{"a"}}}, nil},
			"a choice":             {"m.reaction", reaction("2\ufe0f\u20e3"), core.Press{On: "$on", Choice: 2}},
			"a choice, plainly":    {"m.reaction", reaction("2\u20e3"), core.Press{On: "$on", Choice: 2}},
			"another reaction":     {"m.reaction", reaction("\U0001f44d"), nil},
			"what nobody knows of": {"org.example.unknown", fields{"a": 1}, nil},
		} {
			in := b.fake.Happen(b.chat, c.kind, c.content)
			b.fake.Say(b.chat, "end")
			var got core.Event
			for u := b.next(); u.Event != (core.Text{Body: "end", In: core.ReceiptID(u.ID)}); u = b.next() {
				got = u.Event
				if u.Kind != core.Private || u.Sender == nil || u.Sender.ID != "@anna:example.org" || u.ID != string(in) {
					t.Errorf("%s comes from %v in a %s", name, u.Sender, u.Kind)
				}
			}
			if want, ok := c.want.(core.Text); ok && !want.Edited {
				want.In = core.ReceiptID(in)
				c.want = want
			}
			if fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", c.want) {
				t.Errorf("%s is %#v, want %#v", name, got, c.want)
			}
		}
		if n := len(b.fake.Calls("media")); n > 0 {
			t.Errorf("%d files were fetched", n)
		}
		if n := b.adapter.Skipped(); n > 0 {
			t.Errorf("%d events broke the adapter", n)
		}
	})
}

func reaction(key string) fields {
	return fields{"m.relates_to": fields{"rel_type": "m.annotation", "event_id": "$on", "key": key}}
}

// Of who shares where they are as they go one point in ten minutes is taken, never the
// track, whatever the name of the event.
func TestOfATrackOnePointInTenMinutesIsTaken(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.start()
		taken := 0
		for minute := range 31 {
			kind := "m.beacon"
			if minute%2 == 0 {
				kind = "org.matrix.msc3672.beacon"
			}
			b.fake.Happen(b.chat, kind, fields{"org.matrix.msc3488.location": fields{"uri": fmt.Sprintf("geo:45.%02d,4.8", minute)}})
			b.fake.Say(b.chat, "end")
			for u := b.next(); ; u = b.next() {
				at, ok := u.Event.(core.Position)
				if !ok {
					break
				}
				if taken++; !at.Live || minute%10 != 0 {
					t.Errorf("in minute %d came %v", minute, at.Live)
				}
			}
			time.Sleep(time.Minute)
		}
		if taken != 4 {
			t.Errorf("%d points of half an hour were taken", taken)
		}
	})
}

// Who writes in a thread is answered there.
func TestAThreadIsAPlaceOfItsOwn(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.start()
		b.fake.Happen(b.chat, "m.room.message", fields{
			"msgtype": "m.text", "body": "x", "m.relates_to": fields{"rel_type": "m.thread", "event_id": "$root"},
		})
		if u := b.next(); u.Chat.Thread != "$root" {
			t.Fatalf("the thread is %q", u.Chat.Thread)
		}
		_, err := b.adapter.Send(t.Context(), core.Delivery{
			Key: "k", To: core.ChatRef{Bot: b.adapter.Bot(), Chat: string(b.chat), Thread: "$root"}, Kind: core.Private, Lane: core.Talk,
			Content: &core.Message{Body: []core.Span{{Text: "an answer"}}},
		})
		sent := b.fake.Calls("/send/m.room.message/")
		if err != nil || len(sent) != 1 {
			t.Fatalf("Send = %v, %d calls", err, len(sent))
		}
		want := `"m.relates_to":{"rel_type":"m.thread","event_id":"$root"`
		if !strings.Contains(sent[0].Body, want) || !strings.Contains(sent[0].Body, `"m.mentions":{}`) || !strings.Contains(sent[0].Body, `"m.notice"`) {
			t.Errorf("the answer is %s", sent[0].Body)
		}
	})
}
