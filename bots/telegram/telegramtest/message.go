package telegramtest

import (
	"slices"
	"time"
)

// A Message is a message as it stands in a chat. It does not change once it has been
// returned: ask the chat again to see it edited.
type Message struct {
	ID         int
	Chat       int64
	Thread     int   // the topic it is in, 0 for none
	From       int64 // who wrote it, 0 for nobody
	SenderChat int64 // the chat that wrote it, 0 for none
	Date       time.Time
	Edited     time.Time // zero: never
	Kind       string    // text, photo, document, voice, video, sticker, location, venue, contact, service
	Text       string    // or the caption
	Entities   []Entity
	Buttons    [][]Button
	Keyboard   *Keyboard
	File       *File
	Location   *Location
	Venue      *Venue
	Contact    *Contact
	ReplyTo    int
	NoPreview  bool // links are not shown as pages
	Silent     bool // no sound
	Protected  bool // cannot be forwarded
	Effect     string
	Paid       bool // sent in the paid lane
	Deleted    bool

	topic   bool           // is_topic_message
	service map[string]any // of a service message: its field
	origin  *origin        // of a forwarded message
	caption bool           // Text is a caption
	extra   map[string]any // more fields, for tests of what is new or huge
	meant   map[int64]bool // bots that a group's message was for
	auto    bool           // forwarded by Telegram from the linked channel
}

// A Location is a place on the map, perhaps moving.
type Location struct {
	Latitude   float64 `json:"latitude"`
	Longitude  float64 `json:"longitude"`
	Accuracy   float64 `json:"horizontal_accuracy,omitempty"`
	LivePeriod int     `json:"live_period,omitempty"`
	Heading    int     `json:"heading,omitempty"`
	Alert      int     `json:"proximity_alert_radius,omitempty"`
}

// A Venue is a place with a name.
type Venue struct {
	Location Location `json:"location"`
	Title    string   `json:"title"`
	Address  string   `json:"address"`
}

// A Contact is somebody's telephone number and, if they have one, account.
type Contact struct {
	Phone  string `json:"phone_number"`
	First  string `json:"first_name"`
	Last   string `json:"last_name,omitempty"`
	UserID int64  `json:"user_id,omitempty"`
}

// Labels returns the labels of the buttons, in order.
func (m Message) Labels() []string {
	var labels []string
	for _, row := range m.Buttons {
		for _, b := range row {
			labels = append(labels, b.Text)
		}
	}
	return labels
}

// button returns the button with a label, or nil.
func (m Message) button(label string) *Button {
	for _, row := range m.Buttons {
		if i := slices.IndexFunc(row, func(b Button) bool { return b.Text == label }); i >= 0 {
			return &row[i]
		}
	}
	return nil
}

// object is a JSON object.
type object = map[string]any

func (p *person) object() object {
	o := object{"id": p.id, "is_bot": p.bot, "first_name": p.first}
	set(o, "last_name", p.last)
	set(o, "username", p.username)
	set(o, "language_code", p.language)
	return o
}

func set(o object, name, value string) {
	if value != "" {
		o[name] = value
	}
}

func (ch *chat) object() object {
	o := object{"id": ch.id, "type": ch.kind}
	if ch.kind == privateChat {
		o["first_name"] = ch.person.first
		set(o, "last_name", ch.person.last)
		set(o, "username", ch.person.username)
		return o
	}
	o["title"] = ch.title
	set(o, "username", ch.username)
	if ch.forum {
		o["is_forum"] = true
	}
	return o
}

// object returns m as the Bot API shows it in ch to a bot, with what it replies to.
func (m *Message) object(ch *chat, viewer *Bot) object {
	o := m.bare(ch, viewer)
	id := m.ReplyTo
	if id == 0 && m.topic {
		id = m.Thread // the server calls it a reply to the topic's beginning
	}
	if re := ch.message(id); id != 0 && id != m.ID && re != nil {
		o["reply_to_message"] = re.bare(ch, viewer)
	}
	return o
}

func (m *Message) bare(ch *chat, viewer *Bot) object {
	s := ch.server
	o := object{"message_id": m.ID, "chat": ch.object(), "date": m.Date.Unix()}
	if p := s.people[m.From]; p != nil {
		o["from"] = p.object()
	}
	if m.SenderChat != 0 {
		o["sender_chat"] = s.chats[m.SenderChat].object()
	}
	if !m.Edited.IsZero() {
		o["edit_date"] = m.Edited.Unix()
	}
	if m.Thread != 0 {
		o["message_thread_id"] = m.Thread
	}
	if m.topic {
		o["is_topic_message"] = true
	}
	if m.auto {
		o["is_automatic_forward"] = true
	}
	if m.Protected {
		o["has_protected_content"] = true
	}
	if m.origin != nil {
		m.origin.write(s, o)
	}
	m.content(viewer, o)
	if len(m.Buttons) > 0 {
		o["reply_markup"] = object{"inline_keyboard": m.Buttons}
	}
	for name, value := range m.extra {
		o[name] = value
	}
	return o
}

// content writes what the message says into o.
func (m *Message) content(viewer *Bot, o object) {
	for name, value := range m.service {
		o[name] = value
	}
	switch {
	case m.Venue != nil:
		o["venue"], o["location"] = *m.Venue, m.Venue.Location
	case m.Location != nil:
		o["location"] = *m.Location
	case m.Contact != nil:
		o["contact"] = *m.Contact
	case m.File != nil:
		m.File.write(viewer.ID, o)
	}
	text, entities := "text", "entities"
	if m.caption {
		text, entities = "caption", "caption_entities"
	}
	set(o, text, m.Text)
	if len(m.Entities) > 0 {
		o[entities] = viewer.server.shown(m.Entities)
	}
	if m.NoPreview {
		o["link_preview_options"] = object{"is_disabled": true}
	}
	set(o, "effect_id", m.Effect)
}

// shown returns entities with whole users in place of their ids.
func (s *Server) shown(all []Entity) []object {
	var out []object
	for _, e := range all {
		o := object{"type": e.Type, "offset": e.Offset, "length": e.Length}
		set(o, "url", e.URL)
		set(o, "language", e.Language)
		set(o, "custom_emoji_id", e.Emoji)
		set(o, "date_time_format", e.Format)
		if e.Type == "date_time" {
			o["unix_time"] = e.Unix
		}
		if e.User != nil {
			p := s.people[e.User.ID]
			if p == nil {
				continue
			}
			o["user"] = p.object()
		}
		out = append(out, o)
	}
	return out
}
