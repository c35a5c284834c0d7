package telegramtest

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A User is somebody in one chat: at first the private one with the first bot. Where
// a method asks for what a person cannot do, it ends the test.
type User struct {
	ID int64

	server  *Server
	person  *person
	bot     *Bot
	chat    *chat
	thread  int
	masked  bool  // writes as an anonymous administrator
	channel *chat // writes as this channel
}

// User registers somebody with a name, whose last word is their last name if there
// are two, and a language, "" if their app does not say.
func (s *Server) User(name, language string) *User {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.user(name, language)
}

func (s *Server) user(name, language string) *User {
	first, last, _ := strings.Cut(name, " ")
	n := s.number()
	p := &person{
		id: 5_000_000_000 + n*104_729, first: first, last: last, language: language,
		phone: fmt.Sprintf("+3319900%05d", n),
	}
	s.people[p.id] = p
	return &User{ID: p.id, server: s, person: p, bot: s.bots[0], chat: s.privateWith(s.bots[0], p)}
}

// With returns the same person in their private chat with another bot.
func (u *User) With(b *Bot) *User {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	return &User{ID: u.ID, server: u.server, person: u.person, bot: b, chat: u.server.privateWith(b, u.person)}
}

// In returns the same person in a group, which they join without a word if they are
// not in it.
func (u *User) In(g *Group) *User {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	if !g.chat.in(u.ID) {
		g.chat.members[u.ID] = &member{status: plainMember, since: u.server.clock.time()}
	}
	inside := *u
	inside.chat, inside.thread = g.chat, 0
	return &inside
}

// InTopic returns the same person in a topic of a forum.
func (u *User) InTopic(g *Group, topic int) *User {
	inside := u.In(g)
	inside.thread = topic
	return inside
}

// As returns the same person in the same group, writing in the name of a channel.
func (u *User) As(ch *Channel) *User {
	other := *u
	other.channel = ch.chat
	return &other
}

// Username gives the person a @name.
func (u *User) Username(name string) {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	u.person.username = name
}

// startable is what a link to a bot can hold.
var startable = regexp.MustCompile(`^[A-Za-z0-9_-]{0,64}$`)

// Met makes the private chat one that the person began long ago: the bot can write to
// them, and hears nothing of it.
func (u *User) Met() {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	u.server.privateWith(u.bot, u.person).started = true
}

// Start presses Start, or follows a link with a payload. Who had blocked the bot
// unblocks it so.
func (u *User) Start(payload string) Message {
	if !startable.MatchString(payload) {
		u.server.fail("no link can hold the payload %q", payload)
	}
	u.Unblock()
	return u.Send(strings.TrimSpace("/start " + payload))
}

// Send writes a text.
func (u *User) Send(text string) Message { return u.write(spoken(text)) }

// Reply writes a text as a reply to a message.
func (u *User) Reply(to Message, text string) Message {
	m := spoken(text)
	m.ReplyTo = to.ID
	return u.write(m)
}

// SendPadded writes a text in a message whose JSON has about size bytes, by a field
// that no program knows.
func (u *User) SendPadded(text string, size int) Message {
	m := spoken(text)
	m.extra = object{"padding": strings.Repeat("x", size)}
	return u.write(m)
}

func spoken(text string) Message {
	return Message{Kind: "text", Text: text, Entities: detect(text, nil)}
}

// Edit changes one of the person's messages.
func (u *User) Edit(m Message, text string) Message {
	return u.change(m, func(own *Message) { own.Text, own.Entities = text, detect(text, nil) })
}

// change edits one of the person's messages and tells the bots.
func (u *User) change(m Message, how func(*Message)) Message {
	s := u.server
	s.mu.Lock()
	defer s.mu.Unlock()
	own := u.chat.message(m.ID)
	if own == nil || own.From != m.From || own.From == u.bot.ID {
		s.fail("message %d is not there or not their own", m.ID)
	}
	how(own)
	own.Edited = s.clock.time()
	u.chat.tell("edited_message", own)
	s.wake()
	return *own
}

// Delete removes one of the person's messages. No bot hears of it.
func (u *User) Delete(m Message) {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	if own := u.chat.message(m.ID); own != nil {
		u.server.erase(own)
	}
}

// write puts a message of the person into the chat and tells the bots.
func (u *User) write(m Message) Message {
	s := u.server
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case u.person.deactivated:
		s.fail("a deactivated account writes")
	case u.chat.blocked:
		s.fail("somebody writes to the bot that they have blocked")
	case u.chat.kind != privateChat && !u.chat.in(u.ID):
		s.fail("somebody writes to a group that they are not in")
	}
	u.chat.started = true
	u.sign(&m)
	if m.Thread = u.thread; u.thread != 0 {
		m.topic = true
	} else if re := u.chat.message(m.ReplyTo); re != nil && u.chat.kind == superGroup {
		m.Thread = cmp.Or(re.Thread, re.ID) // a thread of replies, no topic
	}
	return *u.chat.add("message", &m)
}

// sign sets who is shown as the sender.
func (u *User) sign(m *Message) {
	switch {
	case u.channel != nil:
		m.From, m.SenderChat = channelBot, u.channel.id
		u.server.account(channelBot, "Channel", "Channel_Bot")
	case u.masked:
		m.From, m.SenderChat = anonymousBot, u.chat.id
		u.server.account(anonymousBot, "Group", "GroupAnonymousBot")
	default:
		m.From = u.ID
	}
}

// account registers one of Telegram's own accounts.
func (s *Server) account(id int64, name, username string) {
	if s.people[id] == nil {
		s.people[id] = &person{id: id, first: name, username: username, bot: id != serviceAccount}
	}
}

// Block blocks the bot: the chat falls silent.
func (u *User) Block() { u.block(true) }

// Unblock lets the bot write again. It does nothing if it was not blocked.
func (u *User) Unblock() { u.block(false) }

func (u *User) block(blocked bool) {
	s := u.server
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.privateWith(u.bot, u.person)
	if ch.blocked == blocked {
		return
	}
	ch.blocked = blocked
	part := func(blocked bool) object {
		if blocked {
			return object{"status": kicked, "user": u.bot.person.object(), "until_date": 0}
		}
		return object{"status": plainMember, "user": u.bot.person.object()}
	}
	u.bot.push("my_chat_member", object{
		"chat": ch.object(), "from": u.person.object(), "date": s.clock.time().Unix(),
		"old_chat_member": part(!blocked), "new_chat_member": part(blocked),
	}, fmt.Sprintf("member %d", ch.id), day, ch.id)
	s.wake()
}

// Deactivate deletes the person's account. No bot hears of it.
func (u *User) Deactivate() {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	u.person.deactivated = true
	u.person.first, u.person.last, u.person.username = "Deleted Account", "", ""
}

// Commands returns the menu of commands that the person sees in the chat.
func (u *User) Commands() []Command {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	return slices.Clone(u.bot.commandsFor(u.chat, u.person))
}
