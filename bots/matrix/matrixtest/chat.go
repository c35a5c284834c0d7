//go:build goolm

package matrixtest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"tocsin/core"
)

// A Chat is a room as one person sees it.
type Chat struct {
	Room  id.RoomID
	human *Human
	read  int                    // how many messages Next has returned
	await map[core.ReceiptID]int // how many changes of messages were waited for
}

// ChatOptions say how a room differs from an encrypted chat of two.
type ChatOptions struct {
	Plain bool // not encrypted
	Group bool // a room, not a direct chat
	Space bool // a list of rooms
	Level int  // of whom it is made with; 0: the usual

	Version id.RoomVersion // "": the server's own
}

// Direct opens an encrypted chat with somebody.
func (h *Human) Direct(with id.UserID) *Chat {
	h.t.Helper()
	return h.Open(ChatOptions{}, with)
}

// Open opens a room and invites people into it.
func (h *Human) Open(o ChatOptions, with ...id.UserID) *Chat {
	h.t.Helper()
	ask := &mautrix.ReqCreateRoom{Preset: "trusted_private_chat", IsDirect: !o.Group, Invite: with}
	if o.Group {
		ask.Preset = "private_chat"
	}
	ask.RoomVersion = o.Version
	if o.Space {
		ask.CreationContent = map[string]any{"type": event.RoomTypeSpace}
	}
	if o.Level != 0 {
		levels := &event.PowerLevelsEventContent{Users: map[id.UserID]int{h.ID: 100}}
		for _, who := range with {
			levels.Users[who] = o.Level
		}
		ask.PowerLevelOverride = levels
	}
	if !o.Plain {
		ask.InitialState = []*event.Event{{Type: event.StateEncryption, Content: event.Content{
			Parsed: &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1},
		}}}
	}
	made, err := h.client.CreateRoom(context.Background(), ask)
	h.must(err, "create room")
	// The client writes as soon as it knows who is there, before anybody has come.
	for _, who := range with {
		h.wait("the invitation", func() bool {
			return h.client.StateStore.IsMembership(context.Background(), made.RoomID, who, event.MembershipInvite, event.MembershipJoin)
		})
	}
	return &Chat{Room: made.RoomID, human: h, await: map[core.ReceiptID]int{}}
}

// Person returns whose view of the room c is.
func (c *Chat) Person() id.UserID { return c.human.ID }

// Joined waits until somebody has come into the room.
func (c *Chat) Joined(who id.UserID) {
	c.human.t.Helper()
	c.human.wait("somebody comes into the room", func() bool { return c.membership(who) == event.MembershipJoin })
}

// membership returns what was last told of somebody in the room, as the server wrote it. The
// client's store, and the contents that it shares, may say what is older: it notes whom a
// room was made with once the server has answered, when they may have come already.
func (c *Chat) membership(who id.UserID) event.Membership {
	for _, e := range slices.Backward(c.human.rooms[c.Room]) {
		if e.Type == event.StateMember && e.GetStateKey() == string(who) {
			now, _ := e.Content.Raw["membership"].(string)
			return event.Membership(now)
		}
	}
	return ""
}

// Gone waits until somebody is in the room no more.
func (c *Chat) Gone(who id.UserID) {
	c.human.t.Helper()
	c.human.wait("somebody leaves the room", func() bool {
		m := c.membership(who)
		return m == event.MembershipLeave || m == event.MembershipBan
	})
}

// Accept accepts the next invitation.
func (h *Human) Accept() *Chat {
	h.t.Helper()
	var room id.RoomID
	h.wait("an invitation", func() bool {
		for room = range h.invite {
			return true
		}
		return false
	})
	h.mu.Lock()
	delete(h.invite, room)
	h.mu.Unlock()
	_, err := h.client.JoinRoomByID(context.Background(), room)
	h.must(err, "join room")
	return &Chat{Room: room, human: h}
}

// In returns a room that another person opened, as h sees it.
func (h *Human) In(c *Chat) *Chat { return &Chat{Room: c.Room, human: h} }

// Write writes a message.
func (c *Chat) Write(text string) id.EventID {
	c.human.t.Helper()
	return c.Send(event.EventMessage, &event.MessageEventContent{MsgType: event.MsgText, Body: text, Mentions: &event.Mentions{}})
}

// Edit changes a message.
func (c *Chat) Edit(of id.EventID, text string) id.EventID {
	c.human.t.Helper()
	content := &event.MessageEventContent{MsgType: event.MsgText, Body: text}
	content.SetEdit(of)
	return c.Send(event.EventMessage, content)
}

// React puts a reaction under a message.
func (c *Chat) React(on id.EventID, key string) id.EventID {
	c.human.t.Helper()
	return c.Send(event.EventReaction, &event.ReactionEventContent{RelatesTo: *(&event.RelatesTo{}).SetAnnotation(on, key)})
}

// Share shares a location: uri is a geo URI.
func (c *Chat) Share(uri string) id.EventID {
	c.human.t.Helper()
	return c.Send(event.EventMessage, &event.Content{Raw: map[string]any{
		"msgtype": "m.location", "body": "here", "geo_uri": uri,
		"org.matrix.msc3488.location": map[string]any{"uri": uri},
		"org.matrix.msc3488.asset":    map[string]any{"type": "m.self"},
	}})
}

// Send sends any event, encrypted if the room is.
func (c *Chat) Send(t event.Type, content any) id.EventID {
	c.human.t.Helper()
	t.Class = event.MessageEventType
	sent, err := c.human.client.SendMessageEvent(context.Background(), c.Room, t, content)
	c.human.must(err, "send event")
	return sent.EventID
}

// Redact takes an event back.
func (c *Chat) Redact(name id.EventID) {
	c.human.t.Helper()
	_, err := c.human.client.RedactEvent(context.Background(), c.Room, name)
	c.human.must(err, "redact event")
}

// State sets a part of the room's state.
func (c *Chat) State(t event.Type, content any) {
	c.human.t.Helper()
	t.Class = event.StateEventType
	_, err := c.human.client.SendStateEvent(context.Background(), c.Room, t, "", content)
	c.human.must(err, "set state")
}

// Invite invites somebody, Kick throws somebody out, Leave leaves the room.
func (c *Chat) Invite(who id.UserID) {
	c.human.t.Helper()
	_, err := c.human.client.InviteUser(context.Background(), c.Room, &mautrix.ReqInviteUser{UserID: who})
	c.human.must(err, "invite")
}

func (c *Chat) Kick(who id.UserID) {
	c.human.t.Helper()
	_, err := c.human.client.KickUser(context.Background(), c.Room, &mautrix.ReqKickUser{UserID: who})
	c.human.must(err, "kick")
}

func (c *Chat) Leave() {
	c.human.t.Helper()
	_, err := c.human.client.LeaveRoom(context.Background(), c.Room)
	c.human.must(err, "leave room")
}

// A Message is one message as a person sees it.
type Message struct {
	ID        id.EventID
	From      id.UserID
	Type      event.MessageType
	Text      string // the plain text
	HTML      string // "" if it has none
	Sealed    bool   // it cannot be decrypted
	Encrypted bool   // it was
	Edited    bool
	Redacted  bool
	Thread    id.EventID
	Reactions map[string][]id.UserID
	content   *event.MessageEventContent
	raw       map[string]any
}

// GeoURI returns where a location is.
func (m Message) GeoURI() string { return m.content.GeoURI }

// Mentions returns whom a message names, nil if it does not say.
func (m Message) Mentions() *event.Mentions { return m.content.Mentions }

// marker is an event that a client shows nothing of.
var marker = event.Type{Type: "org.tocsin.marker", Class: event.MessageEventType}

// catchUp waits until all that is in the room by now was read.
func (c *Chat) catchUp() {
	c.human.t.Helper()
	sent, err := c.human.client.SendMessageEvent(context.Background(), c.Room, marker, map[string]any{}, mautrix.ReqSendEvent{DontEncrypt: true})
	c.human.must(err, "send marker")
	c.human.wait("the marker", func() bool { return c.human.seen[sent.EventID] != nil })
}

// keyTime is how long a key may come after its message.
const keyTime = 5 * time.Second

// History returns all messages of others that are in the room by now, the oldest first.
func (c *Chat) History() []Message {
	c.human.t.Helper()
	c.catchUp()
	c.human.waitFor(keyTime, func() bool {
		return !slices.ContainsFunc(c.history(), func(m Message) bool { return m.Sealed })
	})
	c.human.mu.Lock()
	defer c.human.mu.Unlock()
	return c.history()
}

// Next returns the next message of others, and waits for it. Edits are not messages.
func (c *Chat) Next() Message {
	c.human.t.Helper()
	var m Message
	c.human.wait("a message", func() bool {
		all := c.history()
		if len(all) <= c.read {
			return false
		}
		m = all[c.read]
		return true
	})
	c.read++
	return m
}

// Hear returns the next message of others that holds text.
func (c *Chat) Hear(text string) Message {
	c.human.t.Helper()
	for {
		if m := c.Next(); strings.Contains(m.Text, text) {
			return m
		}
	}
}

// Until waits until the messages of others are as ok wants them.
func (c *Chat) Until(what string, ok func([]Message) bool) {
	c.human.t.Helper()
	c.human.wait(what, func() bool { return ok(c.history()) })
}

// history is History of what was read so far. human.mu is held.
func (c *Chat) history() []Message {
	var out []*Message
	of := func(name id.EventID) *Message {
		i := slices.IndexFunc(out, func(m *Message) bool { return m.ID == name })
		if i < 0 {
			return nil
		}
		return out[i]
	}
	reactions := map[id.EventID]*event.ReactionEventContent{}
	for _, e := range c.human.rooms[c.Room] {
		if content, ok := e.Content.Parsed.(*event.ReactionEventContent); ok {
			if m := of(content.RelatesTo.EventID); m != nil {
				m.Reactions[content.RelatesTo.Key] = append(m.Reactions[content.RelatesTo.Key], e.Sender)
				reactions[e.ID] = content
			}
		}
		if e.Type == event.EventRedaction {
			c.redact(of, reactions, e)
		}
		if e.Sender != c.human.ID {
			out = show(out, of, e)
		}
	}
	all := make([]Message, len(out))
	for i, m := range out {
		all[i] = *m
		all[i].Reactions = maps.Clone(m.Reactions)
	}
	return all
}

// redact takes a message or a reaction away.
func (c *Chat) redact(of func(id.EventID) *Message, reactions map[id.EventID]*event.ReactionEventContent, e *event.Event) {
	name := e.Redacts
	if content, ok := e.Content.Parsed.(*event.RedactionEventContent); ok && content.Redacts != "" {
		name = content.Redacts
	}
	if m := of(name); m != nil {
		m.Redacted, m.Text, m.HTML = true, "", ""
	}
	if r := reactions[name]; r != nil {
		m := of(r.RelatesTo.EventID)
		m.Reactions[r.RelatesTo.Key] = slices.DeleteFunc(m.Reactions[r.RelatesTo.Key], func(u id.UserID) bool { return u == e.Sender })
		if len(m.Reactions[r.RelatesTo.Key]) == 0 {
			delete(m.Reactions, r.RelatesTo.Key)
		}
	}
}

// show adds what an event shows: a message, or a change of one.
func show(out []*Message, of func(id.EventID) *Message, e *event.Event) []*Message {
	m := &Message{ID: e.ID, From: e.Sender, Reactions: map[string][]id.UserID{}, raw: e.Content.Raw, Encrypted: e.Mautrix.WasEncrypted}
	if e.Type == event.EventEncrypted && len(e.Content.Raw) > 0 {
		m.Sealed = true
		return append(out, m)
	}
	content, ok := e.Content.Parsed.(*event.MessageEventContent)
	if !ok || content.MsgType == "" {
		return out
	}
	if original := of(content.RelatesTo.GetReplaceID()); original != nil && content.NewContent != nil {
		if original.From == e.Sender && !original.Redacted {
			original.fill(content.NewContent)
			original.Edited = true
		}
		return out
	}
	m.Thread = content.RelatesTo.GetThreadParent()
	m.fill(content)
	return append(out, m)
}

func (m *Message) fill(c *event.MessageEventContent) {
	m.content, m.Type, m.Text, m.HTML = c, c.MsgType, c.Body, c.FormattedBody
}

// Download returns the bytes of a message's file, decrypted.
func (c *Chat) Download(m Message) (name string, data []byte) {
	c.human.t.Helper()
	where := m.content.URL
	if m.content.File != nil {
		where = m.content.File.URL
	}
	uri, err := where.Parse()
	c.human.must(err, "read address of file")
	data, err = c.human.client.DownloadBytes(context.Background(), uri)
	c.human.must(err, "download file")
	if m.content.File != nil {
		c.human.must(m.content.File.PrepareForDecryption(), "read key of file")
		c.human.must(m.content.File.DecryptInPlace(data), "decrypt file")
	}
	return m.content.GetFileName(), data
}

// InviteDirect invites somebody as if the room were a direct chat.
func (c *Chat) InviteDirect(who id.UserID) {
	c.human.t.Helper()
	_, err := c.human.client.SendStateEvent(context.Background(), c.Room, event.StateMember, string(who),
		&event.MemberEventContent{Membership: event.MembershipInvite, IsDirect: true})
	c.human.must(err, "invite")
}
