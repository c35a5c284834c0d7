package telegramtest

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const tenMinutes = 10 * time.Minute

// A draft is a message on its way: its content, and where it goes.
type draft struct {
	to      *chat
	message Message
}

func sendMessage(c *call) answer {
	text, entities, refused := c.styled("text", "entities")
	if refused == nil && text == "" {
		refused = bad("message text is empty")
	}
	if refused != nil {
		return refuse(refused)
	}
	m := Message{Kind: "text", Text: text, Entities: entities}
	var preview struct {
		Disabled bool `json:"is_disabled"`
	}
	if _, err := c.decode("link_preview_options", &preview); err != nil {
		return refuse(bad("can't parse link preview options JSON object"))
	}
	m.NoPreview = preview.Disabled
	return c.send(m)
}

// captioned reads the caption of a message with a file.
func (c *call) captioned(m *Message) *refusal {
	text, entities, refused := c.styled("caption", "caption_entities")
	m.Text, m.Entities, m.caption = text, entities, true
	return refused
}

// send checks all that sends have in common, in the order of the real server, and
// sends m.
func (c *call) send(m Message) answer {
	d, refused := c.address(m)
	if refused != nil {
		return refuse(refused)
	}
	if refused := tooLong(d.message); refused != nil {
		return refuse(refused)
	}
	if refused := c.pace(d.to); refused != nil {
		return refuse(refused)
	}
	sent := c.server.say(c.bot, d)
	o := sent.object(d.to, c.bot)
	if c.trouble != nil && c.trouble.Kind == ZeroID {
		o["message_id"] = 0
	}
	return yes(o)
}

func tooLong(m Message) *refusal {
	n := utf8.RuneCountInString(m.Text)
	switch {
	case m.caption && n > maxCaption:
		return bad("message caption is too long")
	case !m.caption && n > maxText:
		return bad("message is too long")
	}
	return nil
}

// address finds the chat of a draft, its keyboard, its topic and what it replies to.
func (c *call) address(m Message) (draft, *refusal) {
	to, refused := c.find("chat_id")
	if refused != nil {
		return draft{}, refused
	}
	if m.Buttons, m.Keyboard, refused = c.buttons(to); refused != nil {
		return draft{}, refused
	}
	if refused := to.writable(c.bot); refused != nil {
		return draft{}, refused
	}
	m.Thread = int(c.integer("message_thread_id"))
	m.topic = m.Thread != 0
	if m.topic && to.topics[m.Thread] == "" {
		return draft{}, bad("message thread not found")
	}
	if m.ReplyTo, refused = c.replied(to); refused != nil {
		return draft{}, refused
	}
	m.Silent, m.Protected = c.flag("disable_notification"), c.flag("protect_content")
	m.Effect = c.params["message_effect_id"]
	if m.Effect != "" && to.kind != privateChat {
		return draft{}, bad("EFFECT_ID_INVALID")
	}
	return draft{to: to, message: m}, nil
}

// replied returns the id of the message that reply_parameters name, 0 for none.
func (c *call) replied(to *chat) (int, *refusal) {
	var p struct {
		Message int  `json:"message_id"`
		Without bool `json:"allow_sending_without_reply"`
	}
	there, err := c.decode("reply_parameters", &p)
	if err != nil {
		return 0, bad("can't parse reply parameters JSON object")
	}
	if !there {
		// The old names, which the real server still takes.
		p.Message, p.Without = int(c.integer("reply_to_message_id")), c.flag("allow_sending_without_reply")
	}
	if p.Message == 0 || to.message(p.Message) != nil {
		return p.Message, nil
	}
	if p.Without {
		return 0, nil
	}
	return 0, bad("message to be replied not found")
}

// say puts the bot's message into its chat.
func (s *Server) say(b *Bot, d draft) *Message {
	m := &d.message
	m.Chat, m.ID, m.Date = d.to.id, s.nextID(d.to), s.clock.time()
	if d.to.kind == channelChat {
		m.SenderChat = d.to.id
	} else {
		m.From = b.ID
	}
	d.to.messages = append(d.to.messages, m)
	d.to.spoken = append(d.to.spoken, *m)
	s.said = append(s.said, *m)
	d.to.speaker = b
	s.wake()
	return m
}

// actions are the values of sendChatAction's action.
var actions = strings.Fields(`typing upload_photo record_video upload_video record_voice upload_voice
	upload_document choose_sticker find_location record_video_note upload_video_note`)

func sendChatAction(c *call) answer {
	to, refused := c.find("chat_id")
	if refused == nil && !slices.Contains(actions, strings.ToLower(c.params["action"])) {
		refused = bad("wrong parameter action in request")
	}
	if refused == nil {
		refused = to.writable(c.bot)
	}
	if refused == nil && c.integer("message_thread_id") != 0 && to.topics[int(c.integer("message_thread_id"))] == "" {
		refused = bad("message thread not found")
	}
	if refused != nil {
		return refuse(refused)
	}
	return yes(true)
}
