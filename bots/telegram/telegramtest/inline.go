package telegramtest

import "fmt"

// inlined is a message that a person sent by way of a bot into some chat; the bot
// knows only its inline_message_id.
type inlined struct {
	bot     *Bot
	message Message
}

// Inline is such a message, for its person.
type Inline struct {
	ID   string
	user *User
}

// SendInline lets the person send a message of the bot into a chat that the bot does
// not see. The text is taken as it is.
func (u *User) SendInline(text string, buttons ...Button) Inline {
	s := u.server
	s.mu.Lock()
	defer s.mu.Unlock()
	id := fmt.Sprintf("AAAA%016x", s.number())
	m := Message{Kind: "text", Text: text}
	if len(buttons) > 0 {
		m.Buttons = [][]Button{buttons}
	}
	s.inline[id] = &inlined{bot: u.bot, message: m}
	return Inline{ID: id, user: u}
}

// Message returns the message as it stands.
func (i Inline) Message() Message {
	s := i.user.server
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inline[i.ID].message
}

// Tap presses a button of the message, which is there or not.
func (i Inline) Tap(data string) Tap {
	s := i.user.server
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.press(i.user.bot, i.user.person, data, object{"inline_message_id": i.ID})
}

// editInline edits such a message: the result is true and no Message.
func (c *call) editInline(id string, change func(*Message) *refusal) answer {
	held := c.server.inline[id]
	if held == nil || held.bot != c.bot {
		return refuse(bad("MESSAGE_ID_INVALID"))
	}
	buttons, keyboard, refused := c.buttons(&chat{kind: basicGroup})
	if refused == nil && keyboard != nil {
		refused = bad("inline keyboard expected")
	}
	if refused == nil {
		refused = c.revise(&held.message, buttons, change)
	}
	if refused != nil {
		return refuse(refused)
	}
	_ = change(&held.message)
	held.message.Buttons, held.message.Edited = buttons, c.server.clock.time()
	c.server.wake()
	return yes(true)
}
