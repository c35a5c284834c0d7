//go:build goolm

package matrixtest

import (
	"context"
	"net/http"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// Upgrade makes another room of a room, as clients do, and returns it.
func (c *Chat) Upgrade(version id.RoomVersion) *Chat {
	c.human.t.Helper()
	var answer struct {
		Replacement id.RoomID `json:"replacement_room"`
	}
	client := c.human.client
	_, err := client.MakeRequest(context.Background(), http.MethodPost, client.BuildClientURL("v3", "rooms", c.Room, "upgrade"),
		map[string]any{"new_version": version}, &answer)
	c.human.must(err, "upgrade room")
	return &Chat{Room: answer.Replacement, human: c.human}
}

// Close says that a room goes on as another.
func (c *Chat) Close(to id.RoomID) {
	c.human.t.Helper()
	c.State(event.StateTombstone, &event.TombstoneEventContent{Body: "moved", ReplacementRoom: to})
}

// OpenPublic opens a room that anybody may come into. It says that it is the successor of
// another if after is not "".
func (h *Human) OpenPublic(after id.RoomID) *Chat {
	h.t.Helper()
	ask := &mautrix.ReqCreateRoom{Preset: "public_chat"}
	if after != "" {
		ask.CreationContent = map[string]any{"predecessor": map[string]any{"room_id": after, "event_id": "$none"}}
	}
	made, err := h.client.CreateRoom(context.Background(), ask)
	h.must(err, "create room")
	return &Chat{Room: made.RoomID, human: h}
}

// Join comes into a room that anybody may come into.
func (h *Human) Join(c *Chat) {
	h.t.Helper()
	_, err := h.client.JoinRoomByID(context.Background(), c.Room)
	h.must(err, "join room")
}

// Child returns by which servers a space says that a room is found, none if it does not
// list it, and how often that was said.
func (c *Chat) Child(room id.RoomID) (via []string, changes int) {
	c.human.t.Helper()
	c.catchUp()
	c.human.mu.Lock()
	defer c.human.mu.Unlock()
	for _, e := range c.human.rooms[c.Room] {
		if child, ok := e.Content.Parsed.(*event.SpaceChildEventContent); ok && e.GetStateKey() == string(room) {
			via, changes = child.Via, changes+1
		}
	}
	return via, changes
}

// Ban throws somebody out for good.
func (c *Chat) Ban(who id.UserID) {
	c.human.t.Helper()
	_, err := c.human.client.BanUser(context.Background(), c.Room, &mautrix.ReqBanUser{UserID: who})
	c.human.must(err, "ban")
}

// Stored returns the bytes of a message's file as the server has them.
func (c *Chat) Stored(m Message) []byte {
	c.human.t.Helper()
	where := m.content.URL
	if m.content.File != nil {
		where = m.content.File.URL
	}
	uri, err := where.Parse()
	c.human.must(err, "read address of file")
	data, err := c.human.client.DownloadBytes(context.Background(), uri)
	c.human.must(err, "download file")
	return data
}
