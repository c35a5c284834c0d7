package telegramtest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tocsin/bots/telegram/telegramtest"
)

// heard returns the texts that the bot has been told since the last call.
func (c *client) heard() string {
	c.t.Helper()
	c.srv.Advance(5 * time.Second)
	all := c.updates(nil)
	if len(all) > 0 {
		last := all[len(all)-1].ID
		c.srv.Advance(5 * time.Second)
		done := c.waiting(c.t.Context(), params{"offset": last + 1, "timeout": 1})
		c.srv.Advance(3 * time.Second)
		<-done
	}
	return texts(all)
}

func TestPrivacyModeHidesWhatIsNotForTheBot(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	other := connect(t, srv, srv.AddBot("other_bot"))
	g := srv.Supergroup("Lyon")
	g.Add(c.bot)
	g.Add(other.bot)
	ada := srv.User("Ada", "fr").In(g)
	c.heard()
	say := func(want, text string) {
		t.Helper()
		ada.Send(text)
		if got := c.heard(); got != want {
			t.Errorf("of %q the bot hears %q", text, got)
		}
	}
	say("", "hello all")
	say("", "/near")
	say("/near@tocsin_bot", "/near@tocsin_bot")
	say("/near@Tocsin_Bot x", "/near@Tocsin_Bot x")
	say("", "/near@other_bot")
	say("", "see /near@tocsin_bot")
	m := telegramtest.Message{ID: c.say(g.ID, "speaks last")}
	say("/near", "/near")
	other.say(g.ID, "now I")
	say("", "/near")
	reply := ada.Reply(m, "yes")
	if got := c.heard(); got != "yes" {
		t.Errorf("of a reply the bot hears %q", got)
	}
	ada.Reply(reply, "and more")
	if got := c.heard(); got != "and more" {
		t.Errorf("of a reply to what was meant for it the bot hears %q", got)
	}
	g.Promote(c.bot)
	c.heard()
	say("hello bot", "hello bot")
	g.Demote(c.bot)
	c.heard()
	say("", "hello all")
	c.bot.ReadAll()
	say("hello bot", "hello bot")
	g.Kick(c.bot)
	c.heard()
	say("", "/near@tocsin_bot")
}

func TestBotsDoNotHearBots(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	other := connect(t, srv, srv.AddBot("other_bot"))
	c.bot.ReadAll()
	g := srv.Group("G")
	g.Add(c.bot)
	g.Add(other.bot)
	c.heard()
	other.say(g.ID, "/near@tocsin_bot")
	c.say(g.ID, "own")
	if got := c.heard(); got != "" {
		t.Errorf("the bot hears %q", got)
	}
}

func TestMembershipIsTold(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	ada := srv.User("Ada", "fr")
	ada.Start("hello_1")
	ada.Block()
	ada.Block()
	ada.Start("")
	g := srv.Supergroup("S")
	g.Add(c.bot)
	g.Promote(c.bot, "can_delete_messages")
	g.Kick(c.bot)
	var got []string
	for _, u := range c.updates(nil) {
		switch {
		case u.Message != nil:
			got = append(got, "message "+u.Message.Text)
		case u.Member != nil:
			got = append(got, u.Member.Old.Status+"→"+u.Member.New.Status)
			if by := u.Member.From.ID; (by == ada.ID) != (u.Member.Chat.ID == ada.ID) || by == c.bot.ID {
				t.Errorf("in %d the bot is told of %d", u.Member.Chat.ID, by)
			}
		}
	}
	want := "message /start hello_1|member→kicked|kicked→member|message /start|left→member|message |member→administrator|message |administrator→kicked"
	if strings.Join(got, "|") != want {
		t.Errorf("the bot is told %q", strings.Join(got, "|"))
	}
}

func TestSendersWhoAreNoPersonAreShownAsSuch(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	c.bot.ReadAll()
	g, ch := srv.Supergroup("G"), srv.Channel("C")
	g.Add(c.bot)
	ch.Add(c.bot)
	ch.Link(g)
	c.heard()
	g.AnonymousAdmin().Send("masked")
	srv.User("Ada", "").In(g).As(ch).Send("as channel")
	post := ch.Post("post")
	ch.Edit(post, "post, corrected")
	all := c.updates(nil)
	if len(all) != 5 {
		t.Fatalf("%d updates come", len(all))
	}
	masked, channel, posted, copied := all[0].Message, all[1].Message, all[2].Post, all[3].Message
	switch {
	case masked.From.ID != 1087968824 || masked.Sender.ID != g.ID:
		t.Errorf("the masked message is %+v", masked)
	case channel.From.ID != 136817688 || channel.Sender.ID != ch.ID:
		t.Errorf("the channel's message is %+v", channel)
	case posted.From != nil || posted.Sender.ID != ch.ID || posted.Chat.Type != "channel":
		t.Errorf("the post is %+v", posted)
	case copied.From.ID != 777000 || !copied.Auto || copied.Sender.ID != ch.ID || copied.Origin.Type != "channel":
		t.Errorf("the copy is %+v", copied)
	}
	var m message
	c.call("sendMessage", params{"chat_id": ch.ID, "text": "own post"}).into(t, &m)
	if m.From != nil || m.Sender.ID != ch.ID {
		t.Errorf("the bot's post is %+v", m)
	}
}

func TestTopicsHoldTheirMessages(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	c.bot.ReadAll()
	g := srv.Forum("F")
	g.Add(c.bot)
	topic := g.Topic("Actions")
	c.heard()
	ada := srv.User("Ada", "")
	ada.InTopic(g, topic).Send("inside")
	outside := ada.In(g).Send("outside")
	all := c.updates(nil)
	in, out := all[0].Message, all[1].Message
	if in.Thread != topic || !in.Topic || in.Reply.ID != topic || out.Thread != 0 || out.Topic {
		t.Errorf("the messages are %+v and %+v", in, out)
	}
	var m message
	c.call("sendMessage", params{"chat_id": g.ID, "text": "x", "message_thread_id": topic}).into(t, &m)
	if m.Thread != topic || !m.Topic {
		t.Errorf("the answer is %+v", m)
	}
	_ = outside
	plain := srv.Supergroup("P")
	plain.Add(c.bot)
	ben := srv.User("Ben", "").In(plain)
	first := ben.Send("first")
	ben.Reply(first, "second")
	last := c.updates(params{"offset": -1})[0].Message
	if last.Thread != first.ID || last.Topic {
		t.Errorf("a reply is %+v", last)
	}
	c.refused("sendMessage", params{"chat_id": plain.ID, "text": "x", "message_thread_id": last.Thread}, "Bad Request: message thread not found")
}

func TestLiveLocationsMoveAndEnd(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	ada := srv.User("Ada", "fr")
	live := ada.ShareLive(45.76, 4.83, 15*time.Minute)
	srv.Advance(time.Minute)
	live.Move(45.77, 4.84)
	live.Stop()
	all := c.updates(nil)
	begin, move, end := all[0].Message.Location, all[1].Edited, all[2].Edited
	if begin.LivePeriod != 900 || move.Location.Latitude != 45.77 || move.Location.LivePeriod != 900 || move.ID != all[0].Message.ID || move.Edit == 0 {
		t.Errorf("the location is %+v, then %+v", begin, move)
	}
	if end.Location.LivePeriod != 0 || end.Location.Latitude != 45.77 {
		t.Errorf("it ends with %+v", end.Location)
	}
}

func TestEverythingThatPeopleSendIsDelivered(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	ada := srv.User("Ada", "fr")
	for what, check := range map[string]struct {
		send func()
		is   func(*message) bool
	}{
		"location": {func() { ada.ShareLocation(0, 4.8) }, func(m *message) bool { return m.Location.Longitude == 4.8 }},
		"venue": {
			func() { ada.SendVenue(telegramtest.Venue{Title: "T", Address: "A"}) },
			func(m *message) bool { return m.Venue.Title == "T" && m.Location != nil },
		},
		"contact":  {func() { ada.ShareContact() }, func(m *message) bool { return m.Contact.UserID == ada.ID && m.Contact.Phone != "" }},
		"photo":    {func() { ada.SendPhoto("c") }, func(m *message) bool { return len(m.Photo) == 2 && m.Text == "" }},
		"document": {func() { ada.SendDocument("a.txt", "text/plain", []byte("a")) }, func(m *message) bool { return m.Document.ID != "" }},
		"voice":    {func() { ada.SendVoice(3 * time.Second) }, func(m *message) bool { return m.Voice.Duration == 3 }},
		"sticker":  {func() { ada.SendSticker("👍") }, func(m *message) bool { return m.Sticker.Emoji == "👍" }},
		"forward":  {func() { ada.Forward(ada.Send("x")) }, func(m *message) bool { return m.Origin.Type == "user" && m.Text == "x" }},
		"hidden forward": {
			func() { ada.ForwardHidden(telegramtest.Message{Text: "x", Kind: "text"}, "Zoe") },
			func(m *message) bool { return m.Origin.Type == "hidden_user" },
		},
		"edit": {func() { ada.Edit(ada.Send("x"), "y") }, func(m *message) bool { return m.Text == "y" && m.Edit != 0 }},
	} {
		check.send()
		u := c.updates(params{"offset": -1})[0]
		m := u.Message
		if m == nil {
			m = u.Edited
		}
		if m == nil || !check.is(m) {
			t.Errorf("%s is delivered as %+v", what, m)
		}
	}
}

func TestReplyKeyboardIsPressedUntilRemoved(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	ada := srv.User("Ada", "fr")
	ada.Start("")
	markup := params{"one_time_keyboard": true, "keyboard": [][]params{
		{{"text": "Share", "request_location": true}, {"text": "Number", "request_contact": true}}, {{"text": "Skip"}},
	}}
	c.call("sendMessage", params{"chat_id": ada.ID, "text": "where?", "reply_markup": markup}).into(t, new(any))
	c.say(ada.ID, "it stays")
	if k := ada.Keyboard(); k == nil || len(k.Keys) != 2 || !k.Keys[0][0].Location || !k.OneTime {
		t.Fatalf("the keyboard is %+v", k)
	}
	if m := ada.Press("Skip"); m.Text != "Skip" {
		t.Errorf("the key writes %+v", m)
	}
	if m := ada.Press("Number"); m.Contact == nil {
		t.Errorf("the key writes %+v", m)
	}
	if m := ada.PressLocation(1, 2); m.Location.Latitude != 1 {
		t.Errorf("the key writes %+v", m)
	}
	c.call("sendMessage", params{"chat_id": ada.ID, "text": "thanks", "reply_markup": params{"remove_keyboard": true}}).into(t, new(any))
	if k := ada.Keyboard(); k != nil {
		t.Errorf("the keyboard is %+v", k)
	}
}

func TestNextReturnsEachMessageOnceToEachPerson(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	g := srv.Group("G")
	g.Add(c.bot)
	ada, ben := srv.User("Ada", "").In(g), srv.User("Ben", "").In(g)
	c.say(g.ID, "one")
	c.say(g.ID, "two")
	for _, u := range []*telegramtest.User{ada, ben} {
		if a, b := u.Next(t).Text, u.Next(t).Text; a != "one" || b != "two" {
			t.Errorf("%d reads %q and %q", u.ID, a, b)
		}
	}
	if got := len(g.Chat()); got != 2 {
		t.Errorf("%d messages are in the group", got)
	}
}

func TestMessageIDsHaveGapsButInSupergroups(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	ada, ben := srv.User("Ada", ""), srv.User("Ben", "")
	one := ada.Start("")
	ben.Start("")
	if two := ada.Send("x"); two.ID != one.ID+2 {
		t.Errorf("the ids are %d and %d", one.ID, two.ID)
	}
	g := srv.Supergroup("S")
	g.Add(c.bot)
	first := c.say(g.ID, "x")
	ada.Send("y")
	if next := c.say(g.ID, "x"); next != first+1 {
		t.Errorf("in the supergroup they are %d and %d", first, next)
	}
}

func TestCommandsAreOfScopeAndLanguage(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	ada, ben := srv.User("Ada", "fr-CA"), srv.User("Ben", "")
	ada.Start("")
	set := func(name string, p params) {
		t.Helper()
		p["commands"] = []params{{"command": name, "description": "d"}}
		c.call("setMyCommands", p).into(t, new(bool))
	}
	set("default", params{})
	set("private", params{"scope": params{"type": "all_private_chats"}})
	set("french", params{"scope": params{"type": "all_private_chats"}, "language_code": "fr"})
	set("groups", params{"scope": params{"type": "all_group_chats"}})
	set("admins", params{"scope": params{"type": "all_chat_administrators"}})
	g := srv.Group("G")
	g.Add(c.bot)
	for want, u := range map[string]*telegramtest.User{
		"french": ada, "private": ben, "groups": ben.In(g), "admins": g.MakeAdmin(ada),
	} {
		if got := u.Commands(); len(got) != 1 || got[0].Command != want {
			t.Errorf("instead of %s there is %v", want, got)
		}
	}
	set("hers", params{"scope": params{"type": "chat", "chat_id": ada.ID}})
	if got := ada.Commands(); got[0].Command != "hers" {
		t.Errorf("in her chat there is %v", got)
	}
	c.call("deleteMyCommands", params{"scope": params{"type": "chat", "chat_id": ada.ID}}).into(t, new(bool))
	var left []telegramtest.Command
	c.call("getMyCommands", params{"scope": params{"type": "chat", "chat_id": ada.ID}}).into(t, &left)
	if len(left) != 0 || ada.Commands()[0].Command != "french" {
		t.Errorf("after the deletion there is %v", left)
	}
}

func TestCommandsAreChecked(t *testing.T) {
	t.Parallel()
	_, c := open(t, telegramtest.Options{})
	many := make([]params, 101)
	for i := range many {
		many[i] = params{"command": fmt.Sprint("c", i), "description": "d"}
	}
	one := func(name, text string) []params { return []params{{"command": name, "description": text}} }
	for want, p := range map[string]params{
		"BOT_COMMANDS_TOO_MUCH":                                   {"commands": many},
		"command must be non-empty":                               {"commands": one("/", "d")},
		"command length must not exceed 32":                       {"commands": one(strings.Repeat("a", 33), "d")},
		"BOT_COMMAND_INVALID":                                     {"commands": one("Near", "d")},
		"command description must be non-empty":                   {"commands": one("near", "")},
		"command description length must not exceed 256":          {"commands": one("near", strings.Repeat("é", 257))},
		"invalid language code specified":                         {"language_code": "fr-CA"},
		"can't parse BotCommandScope: unsupported type specified": {"scope": params{"type": "everywhere"}},
		"chat not found":                                          {"scope": params{"type": "chat", "chat_id": 99}},
	} {
		c.refused("setMyCommands", p, "Bad Request: "+want)
	}
}

func TestProfileTextsFallBackToTheDefault(t *testing.T) {
	t.Parallel()
	_, c := open(t, telegramtest.Options{})
	for method, field := range map[string]string{"Name": "name", "Description": "description", "ShortDescription": "short_description"} {
		c.call("setMy"+method, params{field: "all"}).into(t, new(bool))
		c.call("setMy"+method, params{field: "français", "language_code": "fr"}).into(t, new(bool))
		for language, want := range map[string]string{"": "all", "fr": "français", "de": "all"} {
			var got map[string]string
			c.call("getMy"+method, params{"language_code": language}).into(t, &got)
			if got[field] != want {
				t.Errorf("in %q the %s is %q", language, field, got[field])
			}
		}
		if o := c.call("setMy"+method, params{field: strings.Repeat("x", 513)}); o.Status != 400 {
			t.Errorf("a long %s is answered %d", field, o.Status)
		}
	}
}

func TestMenuButtonIsOfAllChatsOrOne(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	ada := srv.User("Ada", "fr")
	ada.Start("")
	c.call("setChatMenuButton", params{"menu_button": params{"type": "commands"}}).into(t, new(bool))
	c.call("setChatMenuButton", params{"chat_id": ada.ID, "menu_button": params{"type": "web_app", "text": "x", "web_app": params{"url": "https://x.org"}}}).into(t, new(bool))
	for want, p := range map[string]params{"commands": nil, "web_app": {"chat_id": ada.ID}} {
		var got struct{ Type string }
		c.call("getChatMenuButton", p).into(t, &got)
		if got.Type != want {
			t.Errorf("the button is %q, want %q", got.Type, want)
		}
	}
	c.refused("setChatMenuButton", params{"menu_button": params{"type": "sun"}}, "Bad Request: can't parse MenuButton: MenuButton has unsupported type")
}

func TestMembersAreShown(t *testing.T) {
	t.Parallel()
	srv, c := open(t, telegramtest.Options{})
	g := srv.Supergroup("G")
	g.Add(c.bot)
	g.Promote(c.bot, "can_delete_messages")
	ada, ben := srv.User("Ada", ""), srv.User("Ben", "")
	g.MakeAdmin(ada)
	g.Join(ben)
	g.Leave(ben)
	for user, want := range map[int64]string{ada.ID: "administrator", ben.ID: "left", c.bot.ID: "administrator", srv.User("Zoe", "").ID: "left"} {
		var got struct {
			Status string
			Delete bool `json:"can_delete_messages"`
		}
		c.call("getChatMember", params{"chat_id": g.ID, "user_id": user}).into(t, &got)
		if got.Status != want || got.Delete != (user == c.bot.ID) {
			t.Errorf("%d is %+v, want %s", user, got, want)
		}
	}
	c.refused("getChatMember", params{"chat_id": g.ID, "user_id": 5}, "Bad Request: PARTICIPANT_ID_INVALID")
	var admins []any
	c.call("getChatAdministrators", params{"chat_id": g.ID}).into(t, &admins)
	var n int
	c.call("getChatMemberCount", params{"chat_id": g.ID}).into(t, &n)
	var chat struct{ Title, Type string }
	c.call("getChat", params{"chat_id": g.ID}).into(t, &chat)
	if len(admins) != 3 || n != 3 || chat.Title != "G" || chat.Type != "supergroup" {
		t.Errorf("%d administrators of %d members in %+v", len(admins), n, chat)
	}
	c.call("leaveChat", params{"chat_id": g.ID}).into(t, new(bool))
	c.refused("getChat", params{"chat_id": g.ID}, "Forbidden: bot is not a member of the supergroup chat")
}
