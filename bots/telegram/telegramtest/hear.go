package telegramtest

import (
	"fmt"
	"strings"
)

// add gives m an id and a date, keeps it, and tells the bots by an update of a kind.
func (ch *chat) add(kind string, m *Message) *Message {
	m.Chat, m.ID, m.Date = ch.id, ch.server.nextID(ch), ch.server.clock.time()
	ch.messages = append(ch.messages, m)
	ch.tell(kind, m)
	ch.server.wake()
	return m
}

// tell sends an update about m to all bots that may read it.
func (ch *chat) tell(kind string, m *Message) {
	for _, b := range ch.server.bots {
		if ch.kind == privateChat && b != ch.bot || ch.kind != privateChat && !ch.in(b.ID) || m.From == b.ID {
			continue
		}
		if ch.hears(b, m) {
			b.push(kind, m.object(ch, b), fmt.Sprintf("chat %d", ch.id), day, ch.id)
		}
	}
}

// hears reports whether a bot may read m: in groups, in privacy mode, only commands
// for it, replies to it, and service messages.
func (ch *chat) hears(b *Bot, m *Message) bool {
	if ch.kind == privateChat || ch.kind == channelChat || m.Kind == "service" {
		return true
	}
	re := ch.message(m.ReplyTo)
	meant := ch.command(b, m) || re != nil && (re.From == b.ID || re.meant[b.ID])
	if meant {
		if m.meant == nil {
			m.meant = map[int64]bool{}
		}
		m.meant[b.ID] = true
	}
	return meant || b.readAll || ch.admin(b.ID)
}

// command reports whether m begins with a command for b: with its name, or without
// any if b was the last bot to write.
func (ch *chat) command(b *Bot, m *Message) bool {
	if len(m.Entities) == 0 || m.Entities[0].Type != "bot_command" || m.Entities[0].Offset != 0 {
		return false
	}
	_, to, named := strings.Cut(m.Text[:m.Entities[0].Length], "@")
	if named {
		return strings.EqualFold(to, b.Username)
	}
	return ch.speaker == b
}
