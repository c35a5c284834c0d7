package telegram_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"tocsin/bots/telegram"
	"tocsin/bots/telegram/telegramtest"
	"tocsin/core"
)

// What is expected of one thing that happens in a group: nil if the bot hears nothing.
type heard struct {
	what  string
	do    func()
	event core.Event
}

// hears lets things happen, and checks what comes of each. What comes is in order, so a
// silence is known by what comes next.
func hears(t *testing.T, next func() *core.Update, things []heard) {
	t.Helper()
	for _, h := range things {
		h.do()
		if h.event == nil {
			continue
		}
		if u := next(); u.Event != h.event {
			t.Errorf("%s: came %#v, want %#v", h.what, u.Event, h.event)
		}
	}
}

// A bot that reads all that is written, as an administrator does, answers the same: a
// command, an answer to it, its name.
func TestABotThatReadsAllHearsOnlyWhatIsSaidToIt(t *testing.T) {
	t.Parallel()
	server := telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real})
	bot := server.Bot()
	bot.ReadAll()
	next := receive(t, server)
	group := server.Supergroup("Lyon 3e")
	group.Add(bot)
	next()
	anna := server.User("Anna", "fr").In(group)
	a := adapterOf(t, server)
	card := send(t, a, group.ID, "", &core.Message{Body: []core.Span{{Text: "?"}}})
	in := func(m telegramtest.Message) core.ReceiptID { return core.ReceiptID(strconv.Itoa(m.ID)) }
	var said telegramtest.Message
	say := func(text string) func() { return func() { said = anna.Send(text) } }
	hears(t, next, []heard{
		{"other talk", say("bonjour"), nil},
		{"a command for another", say("/near@another_bot Lyon"), nil},
		{"a place", func() { anna.ShareLocation(45.76, 4.83) }, nil},
		{"a picture", func() { anna.SendSticker("👍") }, nil},
		{"an address with our name", say("moi@" + bot.Username + ".fr"), nil},
		{"a command", say("/near Lyon"), core.Command{Name: "near", Arg: "Lyon"}},
		{"a command for us", say("/NEAR@" + strings.ToUpper(bot.Username)), core.Command{Name: "near"}},
	})
	for text, body := range map[string]string{
		"@" + strings.ToUpper(bot.Username) + ", aide": "aide", "près Lyon @" + bot.Username: "près Lyon", "👍 @" + bot.Username: "👍",
	} {
		said = anna.Send(text)
		if u := next(); u.Event != (core.Text{Body: body, In: in(said)}) {
			t.Errorf("%q: came %#v", text, u.Event)
		}
	}
	said = anna.Reply(telegramtest.Message{ID: card}, " 2 ")
	if u := next(); u.Event != (core.Text{Body: "2", In: in(said)}) {
		t.Errorf("an answer: came %#v", u.Event)
	}
}

// Who writes in the name of a group or of a channel is nobody, and is not refused for that;
// what a channel wrote elsewhere is said to nobody.
func TestWhoIsNoPersonIsNobody(t *testing.T) {
	t.Parallel()
	server := telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real})
	bot := server.Bot()
	bot.ReadAll()
	next := receive(t, server)
	group, channel := server.Supergroup("Lyon 3e"), server.Channel("Nouvelles")
	group.Add(bot)
	channel.Link(group)
	next()
	for what, say := range map[string]func(string) telegramtest.Message{
		"an anonymous administrator": group.AnonymousAdmin().Send,
		"a channel":                  server.User("Chloé", "fr").In(group).As(channel).Send,
	} {
		channel.Post("/near@" + bot.Username + " Paris")
		say("/near@" + bot.Username + " Lyon")
		u := next()
		if u.Event != (core.Command{Name: "near", Arg: "Lyon"}) || u.Sender != nil || u.Language != "" || u.Kind != core.Group {
			t.Errorf("%s: %#v, from a person: %t, language %q", what, u.Event, u.Sender != nil, u.Language)
		}
	}
}

func TestATopicIsAnsweredInItself(t *testing.T) {
	t.Parallel()
	server := telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real})
	bot := server.Bot()
	next := receive(t, server)
	forum := server.Forum("Lyon")
	forum.Add(bot)
	next()
	a := adapterOf(t, server)
	topic := forum.Topic("Tractages")
	anna := server.User("Anna", "fr")
	inTopic, inGeneral := anna.InTopic(forum, topic), anna.In(forum)
	menu := &core.Message{Body: []core.Span{{Text: "?"}}, Menu: "abcdefghijklmnop", Buttons: []core.Button{{Label: "Oui"}}}

	inTopic.Send("/near@" + bot.Username)
	u := next()
	if u.Chat.Thread != strconv.Itoa(topic) {
		t.Fatalf("it comes from thread %q, want %d", u.Chat.Thread, topic)
	}
	id := send(t, a, forum.ID, u.Chat.Thread, menu)
	if m := inTopic.Message(id); m.Thread != topic {
		t.Errorf("the answer is in thread %d", m.Thread)
	}
	inTopic.Tap(inTopic.Message(id), "Oui")
	if pressed := next(); pressed.Chat != u.Chat {
		t.Errorf("a press comes from thread %q", pressed.Chat.Thread)
	}

	said := inGeneral.Send("/near@" + bot.Username)
	if u := next(); u.Chat.Thread != "" {
		t.Errorf("the general topic is thread %q", u.Chat.Thread)
	}
	inGeneral.Reply(said, "/near@"+bot.Username) // a thread of answers is no topic
	if u := next(); u.Chat.Thread != "" {
		t.Errorf("an answer is of thread %q", u.Chat.Thread)
	}
	if m := inGeneral.Message(send(t, a, forum.ID, "", menu)); m.Thread != 0 {
		t.Errorf("what is for the general topic is in thread %d", m.Thread)
	}
	to := core.ChatRef{Bot: a.Bot(), Chat: strconv.FormatInt(forum.ID, 10), Thread: "4711"}
	_, err := a.Send(t.Context(), core.Delivery{Key: "gone", To: to, Kind: core.Group, Lane: core.Talk, Content: menu})
	if core.CodeOf(err) != core.Unreachable {
		t.Errorf("a topic that is gone: %v", err)
	}
}

// A send that is refused since the group moved says where it goes on, and has not happened.
func TestARefusedSendTellsWhereTheGroupWent(t *testing.T) {
	t.Parallel()
	server := telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real})
	bot := server.Bot()
	group := server.Group("Lyon 3e")
	group.Add(bot)
	after := group.Migrate()
	a := adapterOf(t, server)
	next := receiveBy(t, a)
	next() // the bot was added, and two messages say that the group moved
	next()
	next()
	message := &core.Message{Body: []core.Span{{Text: "bonjour"}}}
	from := core.ChatRef{Bot: a.Bot(), Chat: strconv.FormatInt(group.ID, 10)}
	for _, content := range []core.Content{message, &core.Edit{Message: message, Parts: core.Receipt{"5"}}} {
		_, err := a.Send(t.Context(), core.Delivery{Key: "k", To: from, Kind: core.Group, Lane: core.Talk, Content: content})
		if core.CodeOf(err) != core.Unavailable {
			t.Errorf("%T: %v", content, err)
		}
		u := next()
		to, ok := u.Event.(core.Migrated)
		if !ok || u.Chat != from || u.Sender != nil || to.To.Chat != strconv.FormatInt(after.ID, 10) || strings.Contains(u.ID, to.To.Chat) {
			t.Errorf("%T: came %#v", content, u.Event)
		}
	}
	send(t, a, after.ID, "", message)
	if n := len(after.Chat()); n != 1 {
		t.Errorf("%d messages arrived", n)
	}
}

// Added as an administrator, a bot is added; what follows is no second time.
func TestWhatTheBotBecomesInAGroup(t *testing.T) {
	t.Parallel()
	server := telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real})
	next := receive(t, server)
	bot, group, channel := server.Bot(), server.Supergroup("Lyon 3e"), server.Channel("Nouvelles")
	hears(t, next, []heard{
		{"made an administrator at once", func() { group.Promote(bot) }, core.Membership{Now: core.Added}},
		{"a plain member again", func() { group.Demote(bot) }, nil},
		{"promoted", func() { group.Promote(bot) }, core.Membership{Now: core.Promoted}},
		{"removed", func() { group.Kick(bot) }, core.Membership{Now: core.Removed}},
		{"added again", func() { group.Add(bot) }, core.Membership{Now: core.Added}},
	})
	channel.Add(bot)
	if u := next(); u.Event != (core.Membership{Now: core.Added}) || u.Kind != core.Channel {
		t.Errorf("in a channel: %#v, a %s", u.Event, u.Kind)
	}
}

// The address that a payload is appended to is known once the bot's name is; a button with
// an address opens it, and tells the bot nothing.
func TestAStartHasAnAddressOnceTheNameIsKnown(t *testing.T) {
	t.Parallel()
	server := telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real})
	a := adapterOf(t, server)
	link := core.Link{Action: 7}
	if url := a.Capabilities().StartLink(link); url != "" {
		t.Errorf("before: %q", url)
	}
	if _, err := a.Identify(t.Context()); err != nil {
		t.Fatal(err)
	}
	url := a.Capabilities().StartLink(link)
	if url != "https://t.me/"+server.Bot().Username+"?start=act_7" {
		t.Errorf("after: %q", url)
	}
	group := server.Supergroup("Lyon 3e")
	group.Add(server.Bot())
	send(t, a, group.ID, "", &core.Message{
		Body: []core.Span{{Text: "?"}}, Menu: "abcdefghijklmnop", Buttons: []core.Button{{Label: "Oui", URL: url}, {Label: "Non"}},
	})
	for i, b := range group.Chat()[0].Buttons[0] {
		if want := []string{"", "abcdefghijklmnop.2"}[i]; b.Data != want || (b.URL != "") == (b.Data != "") {
			t.Errorf("button %q has the data %q and the address %q", b.Text, b.Data, b.URL)
		}
	}
}

// adapterOf returns an adapter that only sends.
func adapterOf(t *testing.T, server *telegramtest.Server) *telegram.Adapter {
	t.Helper()
	a, err := telegram.New(telegram.Config{Token: server.Bot().Token, API: server.URL(), PollTimeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// send sends a message and returns its id.
func send(t *testing.T, a *telegram.Adapter, chat int64, thread string, m *core.Message) int {
	t.Helper()
	to := core.ChatRef{Bot: a.Bot(), Chat: strconv.FormatInt(chat, 10), Thread: thread}
	r, err := a.Send(t.Context(), core.Delivery{Key: "k" + core.SendKey(thread), To: to, Kind: core.Group, Lane: core.Talk, Content: m})
	if err != nil {
		t.Fatal(err)
	}
	id, err := strconv.Atoi(string(r[0]))
	if err != nil {
		t.Fatal(err)
	}
	return id
}
