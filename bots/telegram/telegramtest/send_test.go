package telegramtest_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"strings"
	"testing"
	"time"

	"tocsin/bots/telegram/telegramtest"
)

// keys returns an inline keyboard with so many buttons in rows of five.
func keys(n int) params {
	var rows [][]params
	for i := range n {
		if i%5 == 0 {
			rows = append(rows, nil)
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], params{"text": fmt.Sprint(i + 1), "callback_data": fmt.Sprint("b", i+1)})
	}
	return params{"inline_keyboard": rows}
}

func button(b params) params { return params{"inline_keyboard": [][]params{{b}}} }

func TestSendsAreRefusedInTheWordsOfTheRealServer(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	ada := srv.User("Ada", "fr")
	ada.Start("")
	g := srv.Supergroup("Lyon")
	g.Add(c.bot)
	emoji := strings.Repeat("😀", 4096)
	for want, all := range map[string][]params{
		"chat_id is empty":      {{"chat_id": ""}},
		"chat not found":        {{"chat_id": 99}, {"chat_id": "@nobody_here"}, {"chat_id": "ada"}},
		"message text is empty": {{"text": ""}, {"text": " \n "}, {"text": "<b> </b>", "parse_mode": "HTML"}},
		"text is too long":      {{"text": strings.Repeat("x", 32769)}},
		"message is too long":   {{"text": strings.Repeat("x", 4097)}, {"text": emoji + "x"}, {"text": "<b>" + emoji + "x</b>", "parse_mode": "html"}},
		`can't parse entities: Unsupported start tag "foo" at byte offset 0`: {{"text": "<foo>", "parse_mode": "HTML"}},
		"unsupported parse_mode":                        {{"parse_mode": "RTF"}},
		"can't parse reply keyboard markup JSON object": {{"reply_markup": "{"}, {"reply_markup": params{"inline_keyboard": 5}}},
		"object expected as reply markup":               {{"reply_markup": nil}, {"reply_markup": "null"}, {"reply_markup": []int{1}}},
		"can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard": {
			{"reply_markup": button(params{"text": "a"})}, {"reply_markup": button(params{"text": "a", "callback_data": ""})},
		},
		"BUTTON_DATA_INVALID": {
			{"reply_markup": button(params{"text": "a", "callback_data": strings.Repeat("x", 65)})},
			{"reply_markup": button(params{"text": "a", "callback_data": strings.Repeat("é", 33)})},
		},
		"inline keyboard button URL 'ftp://x.org' is invalid: Unsupported URL protocol": {{"reply_markup": button(params{"text": "a", "url": "ftp://x.org"})}},
		"reply markup is too long":               {{"reply_markup": keys(101)}},
		"keyboard button text must be non-empty": {{"reply_markup": params{"keyboard": [][]string{{""}}}}, {"reply_markup": button(params{"text": "", "callback_data": "x"})}},
		"location can be requested in private chats only": {
			{"chat_id": g.ID, "reply_markup": params{"keyboard": [][]params{{{"text": "x", "request_location": true}}}}},
		},
		"BUTTON_TYPE_INVALID":             {{"chat_id": g.ID, "reply_markup": button(params{"text": "a", "web_app": params{"url": "https://x.org"}})}},
		"message to be replied not found": {{"reply_parameters": params{"message_id": 12345}}},
		"message thread not found":        {{"message_thread_id": 1}, {"chat_id": g.ID, "message_thread_id": 1}, {"chat_id": g.ID, "message_thread_id": 77}},
		"EFFECT_ID_INVALID":               {{"chat_id": g.ID, "message_effect_id": "5"}},
	} {
		for _, p := range all {
			whole := params{"chat_id": ada.ID, "text": "x"}
			for k, v := range p {
				whole[k] = v
			}
			c.refused("sendMessage", whole, "Bad Request: "+want)
		}
	}
	if n := len(ada.Chat()) + len(g.Chat()); n != 0 {
		t.Errorf("%d messages are sent", n)
	}
}

func TestSendsAreTaken(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	ada := srv.User("Ada", "fr")
	hello := ada.Start("")
	for name, p := range map[string]params{
		"4096 characters of two units": {"text": strings.Repeat("😀", 4096)},
		"references count once":        {"text": strings.Repeat("&amp;", 4096), "parse_mode": "HTML"},
		"64 bytes of data":             {"reply_markup": button(params{"text": "a", "callback_data": strings.Repeat("x", 64)})},
		"100 buttons":                  {"reply_markup": keys(100)},
		"a reply":                      {"reply_parameters": params{"message_id": hello.ID}},
		"a reply to what is gone":      {"reply_parameters": params{"message_id": 99, "allow_sending_without_reply": true}},
		"no preview":                   {"link_preview_options": params{"is_disabled": true}},
		"protected":                    {"protect_content": true},
		"removal of a keyboard":        {"reply_markup": params{"remove_keyboard": true}},
		"entities":                     {"entities": []params{{"type": "bold", "offset": 0, "length": 1}}},
		"entities null":                {"entities": "null"},
	} {
		whole := params{"chat_id": ada.ID, "text": "x"}
		for k, v := range p {
			whole[k] = v
		}
		if o := c.call("sendMessage", whole); !o.OK {
			t.Errorf("%s: %s", name, o.Description)
		}
		m := ada.Next(t)
		for what, got := range map[string]bool{
			"a reply": m.ReplyTo == hello.ID, "no preview": m.NoPreview, "protected": m.Protected,
			"removal of a keyboard": m.Keyboard != nil && m.Keyboard.Removed, "entities": len(m.Entities) == 1,
			"100 buttons": len(m.Labels()) == 100,
		} {
			if got != (what == name) {
				t.Errorf("%s: %s is %v", name, what, got)
			}
		}
	}
}

func TestMessageResultIsWhole(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	ada := srv.User("Ada Lovelace", "en")
	ada.Start("")
	var got map[string]any
	c.call("sendMessage", params{
		"chat_id": ada.ID, "text": "<b>x</b> https://example.org", "parse_mode": "HTML", "reply_markup": keys(1),
	}).into(t, &got)
	got["message_id"] = nil
	want := fmt.Sprintf(`map[chat:map[first_name:Ada id:%[1]v last_name:Lovelace type:private] date:%[2]v`+
		` entities:[map[length:1 offset:0 type:bold] map[length:19 offset:2 type:url]]`+
		` from:map[first_name:tocsin_bot id:%[3]v is_bot:true username:tocsin_bot] message_id:<nil>`+
		` reply_markup:map[inline_keyboard:[[map[callback_data:b1 text:1]]]] text:x https://example.org]`,
		float64(ada.ID), float64(srv.Now().Unix()), float64(c.bot.ID))
	if fmt.Sprint(got) != want {
		t.Errorf("the result is\n%v, want\n%v", got, want)
	}
}

func TestWhoCannotBeWrittenTo(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	other := srv.AddBot("other_bot")
	blocked, gone, back := srv.User("B", ""), srv.User("D", ""), srv.User("R", "")
	for _, u := range []*telegramtest.User{blocked, gone, back} {
		u.Start("")
		u.Block()
	}
	gone.Deactivate()
	back.Start("")
	group, super, channel := srv.Group("G"), srv.Supergroup("S"), srv.Channel("C")
	group.Add(c.bot)
	met := srv.User("Met", "")
	met.In(group)
	group.Kick(c.bot)
	super.Add(c.bot)
	c.call("leaveChat", params{"chat_id": super.ID}).into(t, new(bool))
	channel.Add(c.bot)
	channel.Kick(c.bot)
	deleted := srv.Group("X")
	deleted.Add(c.bot)
	deleted.Delete()
	public := srv.Supergroup("P")
	public.Publish("public_group")
	hidden := srv.Supergroup("H")
	for want, chat := range map[string]any{
		"Forbidden: bot was blocked by the user":                 blocked.ID,
		"Forbidden: user is deactivated":                         gone.ID,
		"Forbidden: bot can't initiate conversation with a user": met.ID,
		"Forbidden: the bot can't send messages to the bot":      other.ID,
		"Forbidden: bot was kicked from the group chat":          group.ID,
		"Forbidden: bot was kicked from the channel chat":        channel.ID,
		"Forbidden: bot is not a member of the supergroup chat":  super.ID,
		"Forbidden: bot is not a member of the supergroup chat ": "@public_group",
		"Forbidden: the group chat was deleted":                  deleted.ID,
		"Bad Request: chat not found":                            hidden.ID,
	} {
		for _, method := range []string{"sendMessage", "sendChatAction"} {
			c.refused(method, map[string]params{
				"sendMessage":    {"chat_id": chat, "text": "x"},
				"sendChatAction": {"chat_id": chat, "action": "typing"},
			}[method], strings.TrimSpace(want))
		}
	}
	c.say(back.ID, "again")
}

func TestGroupBecomesASupergroup(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	old := srv.Group("Lyon")
	old.Add(c.bot)
	c.say(old.ID, "before")
	next := old.Migrate()
	o := c.call("sendMessage", params{"chat_id": old.ID, "text": "x"})
	if o.Description != "Bad Request: group chat was upgraded to a supergroup chat" || o.Parameters.Migrate != next.ID {
		t.Errorf("the answer is %+v", o)
	}
	if id := c.say(next.ID, "after"); id != 2 {
		t.Errorf("the first message there has the id %d", id)
	}
	srv.Advance(5 * time.Second)
	all := c.updates(nil)
	last := all[len(all)-2:]
	if m := last[0].Message; m == nil || m.To != next.ID || m.Chat.ID != old.ID || last[1].Message.Chat.ID != next.ID {
		t.Errorf("the updates are %+v", last)
	}
}

func TestLocationsAndVenuesAreChecked(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	ada := srv.User("Ada", "fr")
	ada.Start("")
	for want, p := range map[string]params{
		"latitude is empty":                      {"longitude": 6.5},
		"longitude is empty":                     {"latitude": 6.5},
		"invalid location specified":             {"latitude": 91, "longitude": 0},
		"invalid live location period specified": {"latitude": 1, "longitude": 2, "live_period": 59},
	} {
		p["chat_id"] = ada.ID
		c.refused("sendLocation", p, "Bad Request: "+want)
	}
	c.refused("sendLocation", params{"chat_id": ada.ID, "latitude": "north", "longitude": 1}, "Bad Request: invalid location specified")
	c.refused("sendVenue", params{"chat_id": ada.ID, "latitude": 1, "longitude": 1, "address": "a"}, "Bad Request: venue title must be non-empty")
	c.refused("sendVenue", params{"chat_id": ada.ID, "latitude": 1, "longitude": 1, "title": "a"}, "Bad Request: venue address must be non-empty")
	var m message
	c.call("sendLocation", params{"chat_id": ada.ID, "latitude": 0, "longitude": 0, "horizontal_accuracy": 9999}).into(t, &m)
	if got := ada.Last(); got.Location == nil || got.Location.Accuracy != 1500 || m.Location == nil || got.Kind != "location" {
		t.Errorf("the message is %+v", got)
	}
	c.call("sendVenue", params{"chat_id": ada.ID, "latitude": 45.76, "longitude": 4.83, "title": "Bourse", "address": "Lyon"}).into(t, &m)
	if got := ada.Last().Venue; got == nil || got.Title != "Bourse" || got.Location.Latitude != 45.76 || m.Venue == nil || m.Location == nil {
		t.Errorf("the venue is %+v", got)
	}
}

func picture(t *testing.T, width, height int) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFilesAreSentKeptAndFetched(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	other := connect(t, srv, srv.AddBot("other_bot"))
	ada := srv.User("Ada", "fr")
	ada.Start("")
	to := map[string]string{"chat_id": itoa64(ada.ID), "caption": "<b>x</b>", "parse_mode": "HTML"}
	var sent message
	c.upload("sendDocument", to, "document", "action.ics", []byte("BEGIN:VCALENDAR")).into(t, &sent)
	m := ada.Next(t)
	if m.Kind != "document" || m.File.Name != "action.ics" || string(m.File.Data) != "BEGIN:VCALENDAR" || m.Text != "x" || len(m.Entities) != 1 {
		t.Errorf("the message is %+v", m)
	}
	c.call("sendDocument", params{"chat_id": ada.ID, "document": sent.Document.ID}).into(t, &sent)
	if again := ada.Next(t); string(again.File.Data) != "BEGIN:VCALENDAR" {
		t.Errorf("by its id %+v is sent", again)
	}
	ada.With(other.bot).Start("")
	other.refused("sendDocument", params{"chat_id": ada.ID, "document": sent.Document.ID}, "Bad Request: wrong file identifier/HTTP URL specified")
	var f struct {
		Path string `json:"file_path"`
		Size int    `json:"file_size"`
	}
	c.call("getFile", params{"file_id": sent.Document.ID}).into(t, &f)
	resp, err := c.via.Get(srv.URL() + "/file/bot" + c.bot.Token + "/" + f.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var body bytes.Buffer
	_, _ = body.ReadFrom(resp.Body)
	if body.String() != "BEGIN:VCALENDAR" || f.Size != body.Len() || resp.StatusCode != 200 {
		t.Errorf("the file is %q, its size %d", body.String(), f.Size)
	}
	gone, err := c.post(t.Context(), "/file/bot"+c.bot.Token+"/documents/nothing.ics", "", nil)
	if err != nil || gone.Status != 404 {
		t.Errorf("a file that is not there is answered %d %v", gone.Status, err)
	}
}

func TestFilesAreRefused(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	ada := srv.User("Ada", "fr")
	ada.Start("")
	to := map[string]string{"chat_id": itoa64(ada.ID)}
	long := map[string]string{"chat_id": itoa64(ada.ID), "caption": strings.Repeat("x", 1025)}
	for want, o := range map[string]outcome{
		"Bad Request: message caption is too long":              c.upload("sendDocument", long, "document", "a", []byte("a")),
		"Bad Request: file must be non-empty":                   c.upload("sendDocument", to, "document", "a", nil),
		"Bad Request: IMAGE_PROCESS_FAILED":                     c.upload("sendPhoto", to, "photo", "a.png", []byte("no picture")),
		"Bad Request: PHOTO_INVALID_DIMENSIONS":                 c.upload("sendPhoto", to, "photo", "a.png", picture(t, 210, 10)),
		"Request Entity Too Large":                              c.upload("sendPhoto", to, "photo", "a.png", make([]byte, 10<<20+1)),
		"Bad Request: there is no document in the request":      c.call("sendDocument", params{"chat_id": ada.ID}),
		"Bad Request: wrong file identifier/HTTP URL specified": c.call("sendPhoto", params{"chat_id": ada.ID, "photo": "AgAC"}),
		"Bad Request: failed to get HTTP URL content":           c.call("sendPhoto", params{"chat_id": ada.ID, "photo": "https://example.org/a.png"}),
		"Bad Request: invalid file_id":                          c.call("getFile", params{"file_id": "x"}),
	} {
		if o.Description != want {
			t.Errorf("the answer is %d %q, want %q", o.Status, o.Description, want)
		}
	}
	if o := c.upload("sendPhoto", to, "photo", "a.png", picture(t, 200, 10)); !o.OK || ada.Last().File.Width != 200 {
		t.Errorf("a photo is answered %q", o.Description)
	}
	ada.SendLargeDocument("film.mp4", 20<<20+1)
	all := c.updates(params{"offset": -1})
	c.refused("getFile", params{"file_id": all[0].Message.Document.ID}, "Bad Request: file is too big")
}

func TestChatActionsAreChecked(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	ada := srv.User("Ada", "fr")
	ada.Start("")
	c.call("sendChatAction", params{"chat_id": ada.ID, "action": "typing"}).into(t, new(bool))
	c.refused("sendChatAction", params{"chat_id": ada.ID, "action": "sleeping"}, "Bad Request: wrong parameter action in request")
}
