//go:build goolm

package matrixtest

import (
	"slices"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"tocsin/core"
)

// A Change is one thing that somebody else did to what a chat shows.
type Change struct {
	At   time.Time
	Kind ChangeKind
	On   id.EventID // the message that is replaced or taken back, or has the reaction
	Message
}

// A ChangeKind says what a Change is.
type ChangeKind string

const (
	Said     ChangeKind = "said"
	Replaced ChangeKind = "replaced"
	Taken    ChangeKind = "taken back"
	Reacted  ChangeKind = "reacted" // with Text
)

// Changes returns what others did since the first n events of the chat that were read,
// and how many there are by now.
func (c *Chat) Changes(n int) ([]Change, int) {
	c.human.mu.Lock()
	defer c.human.mu.Unlock()
	all := c.human.rooms[c.Room]
	var out []Change
	for _, e := range all[n:] {
		if change, ok := changeOf(e); ok && e.Sender != c.human.ID {
			out = append(out, change)
		}
	}
	return out, len(all)
}

// changeOf reads an event.
func changeOf(e *event.Event) (Change, bool) {
	c := Change{At: time.UnixMilli(e.Timestamp), Message: Message{ID: e.ID, From: e.Sender, Encrypted: e.Mautrix.WasEncrypted}}
	switch content := e.Content.Parsed.(type) {
	case *event.EncryptedEventContent:
		c.Kind, c.Sealed = Said, true
		return c, len(e.Content.Raw) > 0
	case *event.ReactionEventContent:
		c.Kind, c.On, c.Text = Reacted, content.RelatesTo.EventID, content.RelatesTo.Key
		return c, c.On != ""
	case *event.RedactionEventContent:
		c.Kind, c.On = Taken, e.Redacts
		if content.Redacts != "" {
			c.On = content.Redacts
		}
		return c, true
	case *event.MessageEventContent:
		c.Kind = Said
		if original := content.RelatesTo.GetReplaceID(); original != "" && content.NewContent != nil {
			c.Kind, c.On, content = Replaced, original, content.NewContent
		}
		c.fill(content)
		return c, content.MsgType != ""
	}
	return c, false
}

// See waits until all of what is named was read, and its keys have come.
func (c *Chat) See(names ...core.ReceiptID) {
	c.human.t.Helper()
	c.human.wait("what was sent", func() bool {
		read := map[core.ReceiptID]bool{}
		for _, e := range c.human.rooms[c.Room] {
			if change, ok := changeOf(e); ok && !change.Sealed {
				read[core.ReceiptID(e.ID)] = true
			}
		}
		return !slices.ContainsFunc(names, func(n core.ReceiptID) bool { return !read[n] })
	})
}

// Reread waits until as many edits of a message were read, since the last call, as it is
// named times.
func (c *Chat) Reread(names ...core.ReceiptID) { c.changed(Replaced, names) }

// Lose waits until it was read that all of what is named is taken back.
func (c *Chat) Lose(names ...core.ReceiptID) { c.changed(Taken, names) }

func (c *Chat) changed(kind ChangeKind, names []core.ReceiptID) {
	c.human.t.Helper()
	for _, name := range names {
		c.await[name+core.ReceiptID(kind)]++
	}
	c.human.wait("what is "+string(kind), func() bool {
		read := map[core.ReceiptID]int{}
		for _, e := range c.human.rooms[c.Room] {
			if change, ok := changeOf(e); ok && change.Kind == kind && !change.Sealed {
				read[core.ReceiptID(change.On)]++
			}
		}
		return !slices.ContainsFunc(names, func(n core.ReceiptID) bool { return read[n] < c.await[n+core.ReceiptID(kind)] })
	})
}

// Sends sends what a client sends of a kind that holds no words.
func (c *Chat) Sends(kind core.MediaKind) id.EventID {
	c.human.t.Helper()
	t, content := event.EventMessage, map[string]any{"body": "something", "url": "mxc://localhost/something", "info": map[string]any{}}
	switch kind {
	case core.Sticker:
		t = event.EventSticker
	case core.Photo:
		content["msgtype"] = event.MsgImage
	case core.Video:
		content["msgtype"] = event.MsgVideo
	case core.Voice:
		content["msgtype"] = event.MsgAudio
	default:
		content["msgtype"] = event.MsgFile
	}
	return c.Send(t, &event.Content{Raw: content})
}
