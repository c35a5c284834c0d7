package telegramtest

import (
	"reflect"
)

func editMessageText(c *call) answer {
	text, entities, refused := c.styled("text", "entities")
	if refused == nil && text == "" {
		refused = bad("message text is empty")
	}
	if refused != nil {
		return refuse(refused)
	}
	return c.edit(func(m *Message) *refusal {
		if m.Kind != "text" {
			return bad("there is no text in the message to edit")
		}
		m.Text, m.Entities = text, entities
		return tooLong(*m)
	})
}

func editMessageCaption(c *call) answer {
	var next Message
	if refused := c.captioned(&next); refused != nil {
		return refuse(refused)
	}
	return c.edit(func(m *Message) *refusal {
		if m.File == nil || m.Kind == "sticker" {
			return bad("there is no caption in the message to edit")
		}
		m.Text, m.Entities = next.Text, next.Entities
		return tooLong(*m)
	})
}

func editMessageReplyMarkup(c *call) answer {
	return c.edit(func(*Message) *refusal { return nil })
}

// edit changes one of the bot's messages, with its buttons: none are left unless
// they are sent again.
func (c *call) edit(change func(*Message) *refusal) answer {
	if id := c.params["inline_message_id"]; id != "" {
		return c.editInline(id, change)
	}
	in, refused := c.find("chat_id")
	if refused != nil {
		return refuse(refused)
	}
	buttons, keyboard, refused := c.buttons(in)
	if refused == nil && keyboard != nil {
		refused = bad("inline keyboard expected")
	}
	if refused == nil {
		refused = in.writable(c.bot)
	}
	if refused != nil {
		return refuse(refused)
	}
	if c.integer("message_id") == 0 {
		return refuse(bad("message identifier is not specified"))
	}
	m := in.message(int(c.integer("message_id")))
	switch {
	case m == nil || m.Kind == "service":
		return refuse(bad("message to edit not found"))
	case m.From != c.bot.ID && !(in.kind == channelChat && in.admin(c.bot.ID)) || m.Keyboard != nil:
		return refuse(bad("message can't be edited"))
	}
	if refused := c.revise(m, buttons, change); refused != nil {
		return refuse(refused)
	}
	if in.kind != privateChat {
		if refused := c.pace(in); refused != nil {
			return refuse(refused)
		}
	}
	return yes(c.replace(in, m, buttons, change).object(in, c.bot))
}

// revise refuses a change of m that is not allowed or changes nothing.
func (c *call) revise(m *Message, buttons [][]Button, change func(*Message) *refusal) *refusal {
	next := *m
	next.Buttons = buttons
	if refused := change(&next); refused != nil {
		return refused
	}
	if next.Text == m.Text && reflect.DeepEqual(next.Entities, m.Entities) && reflect.DeepEqual(next.Buttons, m.Buttons) {
		return bad("message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message")
	}
	return nil
}

// replace makes a change that revise allowed.
func (c *call) replace(in *chat, m *Message, buttons [][]Button, change func(*Message) *refusal) *Message {
	_ = change(m)
	m.Buttons, m.Edited = buttons, c.server.clock.time()
	in.edits = append(in.edits, *m)
	c.server.said = append(c.server.said, *m)
	c.server.wake()
	return m
}
