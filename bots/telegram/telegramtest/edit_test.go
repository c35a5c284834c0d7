package telegramtest_test

import (
	"strings"
	"testing"
	"time"

	"tocsin/bots/telegram/telegramtest"
)

const same = "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message"

func TestEditsAreCheckedInTheWordsOfTheRealServer(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	ada := srv.User("Ada", "fr")
	hers := ada.Start("")
	id := c.say(ada.ID, "first")
	c.call("sendLocation", params{"chat_id": ada.ID, "latitude": 1, "longitude": 1}).into(t, new(any))
	place := ada.Last().ID
	c.call("sendMessage", params{"chat_id": ada.ID, "text": "x", "reply_markup": params{"keyboard": [][]string{{"a"}}}}).into(t, new(any))
	keyboard := ada.Last().ID
	edit := func(id int, p params) params {
		whole := params{"chat_id": ada.ID, "message_id": id, "text": "second"}
		for k, v := range p {
			whole[k] = v
		}
		return whole
	}
	for want, p := range map[string]params{
		same:                                                   edit(id, params{"text": "first"}),
		"Bad Request: message to edit not found":               edit(9999, nil),
		"Bad Request: message can't be edited":                 edit(hers.ID, nil),
		"Bad Request: message can't be edited ":                edit(keyboard, nil),
		"Bad Request: message text is empty":                   edit(id, params{"text": ""}),
		"Bad Request: message is too long":                     edit(id, params{"text": strings.Repeat("x", 4097)}),
		"Bad Request: there is no text in the message to edit": edit(place, nil),
		"Bad Request: inline keyboard expected":                edit(id, params{"reply_markup": params{"keyboard": [][]string{{"a"}}}}),
		"Bad Request: message identifier is not specified":     edit(0, nil),
	} {
		c.refused("editMessageText", p, strings.TrimSpace(want))
	}
	c.refused("editMessageCaption", params{"chat_id": ada.ID, "message_id": id, "caption": "x"}, "Bad Request: there is no caption in the message to edit")
	if n := len(srv.Problems()); n != 0 {
		t.Errorf("%d problems", n)
	}
}

func TestEditsChangeTextAndButtons(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	ada := srv.User("Ada", "fr")
	ada.Start("")
	var m message
	c.call("sendMessage", params{"chat_id": ada.ID, "text": "one", "reply_markup": keys(2)}).into(t, &m)
	srv.Advance(time.Minute)
	c.call("editMessageText", params{"chat_id": ada.ID, "message_id": m.ID, "text": "two", "reply_markup": keys(1)}).into(t, &m)
	if got := ada.NextEdit(t); got.Text != "two" || len(got.Labels()) != 1 || m.Text != "two" || m.Edit != srv.Now().Unix() || m.Edit == m.Date {
		t.Errorf("the message is %+v", got)
	}
	c.call("editMessageReplyMarkup", params{"chat_id": ada.ID, "message_id": m.ID}).into(t, &m)
	if got := ada.Message(m.ID); got.Text != "two" || len(got.Labels()) != 0 {
		t.Errorf("without buttons the message is %+v", got)
	}
	c.upload("sendDocument", map[string]string{"chat_id": itoa64(ada.ID)}, "document", "a.txt", []byte("a")).into(t, &m)
	c.call("editMessageCaption", params{"chat_id": ada.ID, "message_id": m.ID, "caption": "below"}).into(t, &m)
	if got := ada.Last(); got.Text != "below" || got.File.Name != "a.txt" {
		t.Errorf("the document is %+v", got)
	}
}

func TestInlineMessagesAreEditedWithoutBeingSeen(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	ada := srv.User("Ada", "fr")
	in := ada.SendInline("one", telegramtest.Button{Text: "go", Data: "g"})
	in.Tap("g")
	if u := c.updates(nil); u[0].Callback.Message != nil || u[0].Callback.Data != "g" {
		t.Errorf("the update is %+v", u[0])
	}
	var done bool
	c.call("editMessageText", params{"inline_message_id": in.ID, "text": "two"}).into(t, &done)
	if m := in.Message(); !done || m.Text != "two" || len(m.Buttons) != 0 {
		t.Errorf("the message is %+v", m)
	}
	c.refused("editMessageText", params{"inline_message_id": in.ID, "text": "two"}, same)
	c.refused("editMessageText", params{"inline_message_id": "x", "text": "two"}, "Bad Request: MESSAGE_ID_INVALID")
}

func TestMessagesAreDeletedForTwoDays(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	ada := srv.User("Ada", "fr")
	hers := ada.Start("")
	old := c.say(ada.ID, "old")
	srv.Advance(47 * time.Hour)
	mine := c.say(ada.ID, "new")
	for _, id := range []int{hers.ID, mine} {
		c.call("deleteMessage", params{"chat_id": ada.ID, "message_id": id}).into(t, new(bool))
		if !ada.Message(id).Deleted {
			t.Errorf("message %d is still there", id)
		}
	}
	c.refused("deleteMessage", params{"chat_id": ada.ID, "message_id": mine}, "Bad Request: message to delete not found")
	srv.Advance(time.Hour)
	c.refused("deleteMessage", params{"chat_id": ada.ID, "message_id": old}, "Bad Request: message can't be deleted")
}

func TestManyMessagesAreDeletedAtOnce(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	ada := srv.User("Ada", "fr")
	ada.Start("")
	one, two := c.say(ada.ID, "1"), c.say(ada.ID, "2")
	c.refused("deleteMessages", params{"chat_id": ada.ID, "message_ids": []int{two, one}}, "Bad Request: message identifiers must be in a strictly increasing order")
	c.refused("deleteMessages", params{"chat_id": ada.ID, "message_ids": []int{}}, "Bad Request: message identifiers are not specified")
	c.refused("deleteMessages", params{"chat_id": ada.ID, "message_ids": make([]int, 101)}, "Bad Request: too many message identifiers specified")
	c.call("deleteMessages", params{"chat_id": ada.ID, "message_ids": []int{one, two, two + 50}}).into(t, new(bool))
	if n := len(ada.Chat()); n != 0 {
		t.Errorf("%d messages are left", n)
	}
}

func TestInGroupsOnlyAdministratorsDeleteWhatOthersWrote(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	g := srv.Supergroup("Lyon")
	g.Add(c.bot)
	m := srv.User("Ada", "").In(g).Send("spam")
	p := params{"chat_id": g.ID, "message_id": m.ID}
	c.refused("deleteMessage", p, "Bad Request: message can't be deleted")
	g.Promote(c.bot)
	c.refused("deleteMessage", p, "Bad Request: message can't be deleted")
	g.Promote(c.bot, "can_delete_messages")
	c.call("deleteMessage", p).into(t, new(bool))
}

const tooOld = "Bad Request: query is too old and response timeout expired or query ID is invalid"

func TestTapsAreAnsweredWithinTheirWindow(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{CallbackWindow: 20 * time.Second})
	ada := srv.User("Ada", "fr")
	ada.Start("")
	c.call("sendMessage", params{"chat_id": ada.ID, "text": "x", "reply_markup": keys(2)}).into(t, new(any))
	first, second := ada.DoubleTap(ada.Last(), "2")
	srv.Advance(5 * time.Second)
	all := c.updates(nil)[1:]
	if len(all) != 2 || all[0].Callback.Data != "b2" || all[0].Callback.Message.Text != "x" || all[1].Callback.ID == all[0].Callback.ID {
		t.Fatalf("the updates are %+v", all)
	}
	c.refused("answerCallbackQuery", params{"callback_query_id": all[0].Callback.ID, "text": strings.Repeat("x", 201)}, "Bad Request: MESSAGE_TOO_LONG")
	c.call("answerCallbackQuery", params{"callback_query_id": all[0].Callback.ID, "text": "done", "show_alert": true}).into(t, new(bool))
	if a := first.Answer(t); a.Text != "done" || !a.Alert || srv.Unanswered() != 1 {
		t.Errorf("the answer is %+v, %d are missing", a, srv.Unanswered())
	}
	srv.Advance(16 * time.Second)
	c.refused("answerCallbackQuery", params{"callback_query_id": all[1].Callback.ID}, tooOld)
	c.refused("answerCallbackQuery", params{"callback_query_id": "1"}, tooOld)
	if n := len(second.Answers()); n != 0 {
		t.Errorf("the second has %d answers", n)
	}
}

func TestTapOnWhatIsDeletedShowsNoMessage(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	ada := srv.User("Ada", "fr")
	ada.Start("")
	c.call("sendMessage", params{"chat_id": ada.ID, "text": "x", "reply_markup": keys(1)}).into(t, new(any))
	m := ada.Last()
	c.call("deleteMessage", params{"chat_id": ada.ID, "message_id": m.ID}).into(t, new(bool))
	ada.Forge(m, "b1")
	got := c.updates(params{"offset": -1})[0].Callback
	if got.Message.Date != 0 || got.Message.Text != "" || got.Message.ID != m.ID || got.Message.Chat.ID != ada.ID {
		t.Errorf("the message is %+v", got.Message)
	}
}

func TestPeoplePressOnlyWhatIsThere(t *testing.T) {
	t.Parallel()
	srv := telegramtest.Open(telegramtest.Options{})
	defer srv.Stop()
	ada := srv.User("Ada", "fr")
	m := ada.Start("")
	for name, act := range map[string]func(){
		"a button that is not there":  func() { ada.Tap(m, "Agenda") },
		"a message that is not there": func() { ada.Tap(telegramtest.Message{ID: 99}, "Agenda") },
		"a key that is not there":     func() { ada.Press("Agenda") },
		"a payload that fits no link": func() { ada.Start("é") },
		"a place nobody asked for":    func() { ada.PressLocation(1, 2) },
		"a message of nobody":         func() { ada.Edit(telegramtest.Message{ID: 99}, "x") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s is pressed", name)
				}
			}()
			act()
		}()
	}
	ada.Block()
	defer func() {
		if recover() == nil {
			t.Error("a bot that is blocked is written to")
		}
	}()
	ada.Send("x")
}
