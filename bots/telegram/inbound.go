package telegram

import (
	"encoding/json"
	"errors"
	"strconv"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"tocsin/core"
	"tocsin/core/geo"
)

// allowed are the kinds of updates that we ask for; the server keeps the list.
var allowed = []string{"message", "edited_message", "callback_query", "my_chat_member"}

// The accounts behind which no person of their own stands: an anonymous administrator,
// and Telegram itself.
const (
	anonymousAdmin = 1087968824
	serviceAccount = 777000
)

// An incoming is one update as it came: what the library knows of it, and what it does
// not.
type incoming struct {
	tgbotapi.Update
	more struct {
		Message  *moreMessage `json:"message"`
		Edited   *moreMessage `json:"edited_message"`
		Callback struct {
			Message *moreMessage `json:"message"`
		} `json:"callback_query"`
	}
}

// A moreMessage is what of a Message is newer than the library.
type moreMessage struct {
	Thread  int             `json:"message_thread_id"`
	InTopic bool            `json:"is_topic_message"`
	Origin  json.RawMessage `json:"forward_origin"`
	report
}

// decode reads one update. The error names no content.
func decode(raw json.RawMessage) (*incoming, error) {
	var in incoming
	if json.Unmarshal(raw, &in.Update) != nil || json.Unmarshal(raw, &in.more) != nil {
		return &in, errors.New("telegram: an update is of another form")
	}
	return &in, nil
}

// head returns the id and the kind of an update that cannot be decoded.
func head(raw json.RawMessage) (id int, kind string) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return 0, "unknown"
	}
	for name := range fields {
		if name != "update_id" && len(name) < 40 {
			kind = name
		}
	}
	_ = json.Unmarshal(fields["update_id"], &id)
	return id, kind
}

// update returns what happened, or nil if it is not for us.
func (a *Adapter) update(in *incoming) *core.Update {
	u := &core.Update{ID: strconv.Itoa(in.UpdateID)}
	switch {
	case in.Message != nil:
		return a.message(u, in.Message, in.more.Message)
	case in.EditedMessage != nil:
		return a.edited(u, in.EditedMessage, in.more.Edited)
	case in.CallbackQuery != nil:
		return a.pressed(u, in.CallbackQuery, in.more.Callback.Message)
	case in.MyChatMember != nil:
		return a.standing(u, in.MyChatMember)
	}
	return nil
}

// general is the topic that is there from the start. It has no thread of its own: a
// message that names it is refused.
const general = 1

// place says where an update comes from. Threads are topics of a group; a message of
// the general topic is none, nor is an answer to a message.
func (a *Adapter) place(u *core.Update, c *tgbotapi.Chat, more *moreMessage) {
	u.Chat = core.ChatRef{Bot: a.Bot(), Chat: strconv.FormatInt(c.ID, 10)}
	if more != nil && more.InTopic && more.Thread > general {
		u.Chat.Thread = strconv.Itoa(more.Thread)
	}
	switch c.Type {
	case "private":
		u.Kind = core.Private
	case "channel":
		u.Kind = core.Channel
	default:
		u.Kind = core.Group
	}
}

// speak says who an update comes from. Who writes as a channel or as an anonymous
// administrator is no person.
func (a *Adapter) speak(u *core.Update, from *tgbotapi.User, as *tgbotapi.Chat) {
	if from == nil || as != nil || from.IsBot || from.ID == anonymousAdmin || from.ID == serviceAccount {
		return
	}
	u.Sender = &core.AccountRef{Bot: u.Chat.Bot, ID: strconv.FormatInt(from.ID, 10)}
	u.Language = from.LanguageCode
}

// message reads a message. Other bots are not answered: two of them would never stop.
func (a *Adapter) message(u *core.Update, m *tgbotapi.Message, more *moreMessage) *core.Update {
	if m.Chat == nil || more == nil {
		return nil
	}
	a.place(u, m.Chat, more)
	u.At = time.Unix(int64(m.Date), 0)
	switch {
	case m.MigrateToChatID != 0:
		u.Event = core.Migrated{To: a.chat(m.MigrateToChatID)}
		return u
	case m.MigrateFromChatID != 0:
		to := u.Chat.Root()
		u.Chat = a.chat(m.MigrateFromChatID)
		u.Event = core.Migrated{To: to}
		return u
	}
	if m.From != nil && m.From.IsBot && m.SenderChat == nil || m.IsAutomaticForward {
		return nil
	}
	a.speak(u, m.From, m.SenderChat)
	if u.Event = a.event(u, m, more); u.Event == nil {
		return nil
	}
	return u
}

func (a *Adapter) chat(id int64) core.ChatRef {
	return core.ChatRef{Bot: a.Bot(), Chat: strconv.FormatInt(id, 10)}
}

// event reads what a message holds; nil if it is nothing that is said to us.
func (a *Adapter) event(u *core.Update, m *tgbotapi.Message, more *moreMessage) core.Event {
	switch {
	case u.Kind != core.Private && forwarded(m, more):
		return nil
	case forwarded(m, more):
		return core.Media{Kind: core.Forwarded}
	case m.Text != "":
		return a.words(u, m)
	case u.Kind != core.Private:
		return nil // people send each other pictures and places in groups
	case m.Venue != nil:
		return position(m.Venue.Location, false)
	case m.Location != nil:
		a.beginTrack(u, m.Location)
		return position(*m.Location, m.Location.LivePeriod != 0)
	}
	if kind := mediaOf(m); kind != "" && !more.says() {
		return core.Media{Kind: kind}
	}
	return nil
}

// forwarded reports whether somebody else wrote a message first: the words in it are not
// said to us.
func forwarded(m *tgbotapi.Message, more *moreMessage) bool {
	return m.ForwardDate != 0 || len(more.Origin) > 0
}

// mediaOf names what a message holds that we do not read; "" for what only reports
// something, as a new title.
func mediaOf(m *tgbotapi.Message) core.MediaKind {
	switch {
	case m.Sticker != nil:
		return core.Sticker
	case m.Voice != nil, m.VideoNote != nil, m.Audio != nil:
		return core.Voice
	case m.Photo != nil:
		return core.Photo
	case m.Video != nil, m.Animation != nil:
		return core.Video
	case m.Document != nil:
		return core.File
	case m.Contact != nil:
		return core.Contact // never read: we keep no numbers, not even the sender's own
	case m.PinnedMessage != nil, m.NewChatMembers != nil, m.LeftChatMember != nil, m.NewChatTitle != "", m.NewChatPhoto != nil,
		m.DeleteChatPhoto, m.GroupChatCreated, m.SuperGroupChatCreated, m.MessageAutoDeleteTimerChanged != nil:
		return ""
	}
	return core.Unknown
}

func position(l tgbotapi.Location, live bool) core.Event {
	p := geo.Point{Lat: l.Latitude, Lon: l.Longitude}
	if !p.Valid() {
		return core.Media{Kind: core.Unknown}
	}
	return core.Position{Point: p, Live: live}
}

// edited reads a correction, or a live location that has moved. The last report of a
// live location says only that it ended.
func (a *Adapter) edited(u *core.Update, m *tgbotapi.Message, more *moreMessage) *core.Update {
	if m.Chat == nil || more == nil || m.Chat.Type != "private" {
		return nil
	}
	a.place(u, m.Chat, more)
	a.speak(u, m.From, m.SenderChat)
	u.At = time.Unix(int64(max(m.EditDate, m.Date)), 0)
	switch {
	case m.Location != nil && m.Location.LivePeriod != 0:
		u.Event = a.moved(u, m.Location)
	case m.Text != "":
		u.Event = core.Text{Body: m.Text, Edited: true, In: core.ReceiptID(strconv.Itoa(m.MessageID))}
	}
	if u.Event == nil {
		return nil
	}
	return u
}

// pressed reads a press on a button. What it carries is whatever a client sends: it is
// looked up, and nothing more.
func (a *Adapter) pressed(u *core.Update, q *tgbotapi.CallbackQuery, more *moreMessage) *core.Update {
	if q.Message == nil || q.Message.Chat == nil {
		return nil
	}
	a.place(u, q.Message.Chat, more)
	a.speak(u, q.From, nil)
	u.At = time.Now() // the query has no time of its own
	u.Event = core.Press{Token: q.Data}
	return u
}
