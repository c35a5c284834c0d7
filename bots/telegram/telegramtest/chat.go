package telegramtest

import (
	"strings"
	"time"
)

// The kinds of chats, as the Bot API names them.
const (
	privateChat = "private"
	basicGroup  = "group"
	superGroup  = "supergroup"
	channelChat = "channel"
)

// The statuses of members, as the Bot API names them.
const (
	creator       = "creator"
	administrator = "administrator"
	plainMember   = "member"
	left          = "left"
	kicked        = "kicked"
)

// Accounts of Telegram itself that stand for senders who are no person.
const (
	anonymousBot   = 1087968824 // an anonymous administrator
	channelBot     = 136817688  // somebody who writes as a channel
	serviceAccount = 777000     // forwards a channel's posts to its group
)

// A person is an account: of somebody or of a bot.
type person struct {
	id          int64
	first, last string
	username    string
	language    string
	phone       string
	bot         bool
	deactivated bool
}

// A chat is a conversation: private with one bot, or a group or channel.
type chat struct {
	server   *Server
	id       int64
	kind     string
	title    string
	username string
	forum    bool

	bot     *Bot    // the one end of a private chat
	person  *person // its other end
	started bool    // the person has written to the bot
	blocked bool    // the person has blocked the bot

	messages []*Message // in the order of their ids
	last     int        // id, in supergroups and channels
	members  map[int64]*member
	topics   map[int]string
	speaker  *Bot // the bot that wrote last
	spoken   []Message
	edits    []Message
	migrated *chat // the supergroup that a group has become
	linked   *chat // the group that shows a channel's posts
	gone     bool  // a deleted group
	menu     any   // the menu button, nil for the bot's
}

// A member is somebody's or some bot's part in a chat.
type member struct {
	status string
	rights []string // of an administrator
	hidden bool     // an anonymous administrator
	since  time.Time
}

// privateWith returns the chat of a bot and a person, making it if need be.
func (s *Server) privateWith(b *Bot, p *person) *chat {
	key := pair{b.ID, p.id}
	if s.private[key] == nil {
		s.private[key] = &chat{server: s, id: p.id, kind: privateChat, bot: b, person: p}
	}
	return s.private[key]
}

// nextID returns the id of the next message in ch. Private chats and groups share
// their numbers, as they do on an account's real message box: ids have gaps.
func (s *Server) nextID(ch *chat) int {
	if ch.kind == superGroup || ch.kind == channelChat {
		ch.last++
		return ch.last
	}
	s.box++
	return s.box
}

// message returns the message with an id, nil if there is none or it was deleted.
func (ch *chat) message(id int) *Message {
	for _, m := range ch.messages {
		if m.ID == id && !m.Deleted {
			return m
		}
	}
	return nil
}

// status returns somebody's status in a chat; left if they never were in it.
func (ch *chat) status(id int64) string {
	if m := ch.members[id]; m != nil {
		return m.status
	}
	return left
}

// in reports whether somebody is in the chat.
func (ch *chat) in(id int64) bool {
	status := ch.status(id)
	return status != left && status != kicked
}

func (ch *chat) admin(id int64) bool {
	status := ch.status(id)
	return status == administrator || status == creator
}

// find returns the chat that a call names, or why it cannot be written to.
func (c *call) find(name string) (*chat, *refusal) {
	text := c.params[name]
	if text == "" {
		return nil, bad("chat_id is empty")
	}
	if username, ok := strings.CutPrefix(text, "@"); ok {
		for _, ch := range c.server.chats {
			if ch.username != "" && strings.EqualFold(ch.username, username) {
				return ch, nil
			}
		}
		return nil, bad("chat not found")
	}
	id := c.integer(name)
	if ch := c.server.chats[id]; ch != nil && (ch.members[c.bot.ID] != nil || ch.username != "") {
		return ch, nil
	}
	p := c.server.people[id]
	if p == nil {
		return nil, bad("chat not found")
	}
	ch := c.server.privateWith(c.bot, p)
	if !ch.started && !c.server.met(c.bot, p) {
		return nil, bad("chat not found")
	}
	return ch, nil
}

// met reports whether a bot shares a group with somebody, which lets it know them.
func (s *Server) met(b *Bot, p *person) bool {
	for _, ch := range s.chats {
		if ch.members[b.ID] != nil && ch.members[p.id] != nil {
			return true
		}
	}
	return p.bot
}

// writable refuses to write to a chat where the bot cannot.
func (ch *chat) writable(b *Bot) *refusal {
	if ch.kind == privateChat {
		switch {
		case ch.person.bot:
			return forbidden("the bot can't send messages to the bot")
		case ch.person.deactivated:
			return forbidden("user is deactivated")
		case ch.blocked:
			return forbidden("bot was blocked by the user")
		case !ch.started:
			return forbidden("bot can't initiate conversation with a user")
		}
		return nil
	}
	switch status := ch.status(b.ID); {
	case ch.gone:
		return forbidden("the group chat was deleted")
	case ch.migrated != nil:
		r := bad("group chat was upgraded to a supergroup chat")
		r.migrated = ch.migrated.id
		return r
	case status == kicked:
		return forbidden("bot was kicked from the " + ch.kind + " chat")
	case status == left:
		return forbidden("bot is not a member of the " + ch.kind + " chat")
	case ch.kind == channelChat && !ch.admin(b.ID):
		return bad("need administrator rights in the channel chat")
	}
	return nil
}
