package telegramtest

import (
	"slices"
	"time"
)

// deletable is how long a bot can delete a message.
const deletable = 48 * time.Hour

func deleteMessage(c *call) answer {
	in, refused := c.find("chat_id")
	if refused != nil {
		return refuse(refused)
	}
	if c.integer("message_id") == 0 {
		return refuse(bad("message identifier is not specified"))
	}
	if refused := in.reachable(c.bot); refused != nil {
		return refuse(refused)
	}
	m := in.message(int(c.integer("message_id")))
	if m == nil {
		return refuse(bad("message to delete not found"))
	}
	if !c.mayDelete(in, m) {
		return refuse(bad("message can't be deleted"))
	}
	c.server.erase(m)
	c.server.said = append(c.server.said, *m)
	return yes(true)
}

// deleteMessages leaves out what is not there or cannot be deleted.
func deleteMessages(c *call) answer {
	in, refused := c.find("chat_id")
	if refused != nil {
		return refuse(refused)
	}
	var ids []int
	_, err := c.decode("message_ids", &ids)
	switch {
	case err != nil:
		return refuse(bad("can't parse message identifiers JSON object"))
	case len(ids) == 0:
		return refuse(bad("message identifiers are not specified"))
	case len(ids) > 100:
		return refuse(bad("too many message identifiers specified"))
	case !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) < len(ids):
		return refuse(bad("message identifiers must be in a strictly increasing order"))
	}
	if refused := in.reachable(c.bot); refused != nil {
		return refuse(refused)
	}
	for _, id := range ids {
		if m := in.message(id); m != nil && c.mayDelete(in, m) {
			c.server.erase(m)
			c.server.said = append(c.server.said, *m)
		}
	}
	return yes(true)
}

// reachable is like writable, but lets a bot delete where its user has blocked it.
func (ch *chat) reachable(b *Bot) *refusal {
	if ch.kind == privateChat {
		return nil
	}
	return ch.writable(b)
}

// mayDelete reports whether the bot can delete m now.
func (c *call) mayDelete(in *chat, m *Message) bool {
	if c.server.clock.time().Sub(m.Date) >= deletable {
		return false
	}
	if m.From == c.bot.ID || in.kind == privateChat {
		return true
	}
	part := in.members[c.bot.ID]
	return part.status == administrator && slices.Contains(part.rights, "can_delete_messages")
}

func (s *Server) erase(m *Message) {
	m.Deleted = true
	s.wake()
}
