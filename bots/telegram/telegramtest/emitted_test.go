package telegramtest

import (
	"encoding/json"
	"maps"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

// emitted says of which type the objects in a field of a type are.
var emitted = map[string]string{
	"message": "Message", "edited_message": "Message", "channel_post": "Message", "edited_channel_post": "Message",
	"callback_query": "CallbackQuery", "my_chat_member": "ChatMemberUpdated", "reply_to_message": "Message",
	"from": "User", "user": "User", "new_chat_members": "User", "left_chat_member": "User", "sender_user": "User",
	"chat": "Chat", "sender_chat": "Chat", "location": "Location", "venue": "Venue", "contact": "Contact",
	"photo": "PhotoSize", "document": "Document", "voice": "Voice", "sticker": "Sticker",
	"entities": "MessageEntity", "caption_entities": "MessageEntity", "forum_topic_created": "ForumTopicCreated",
}

// old are fields that the server still sends under their names of before.
var old = map[string]bool{
	"forward_from": true, "forward_from_chat": true, "forward_from_message_id": true, "forward_date": true, "forward_sender_name": true,
}

// A census counts the fields of objects by their type.
type census struct {
	t     *testing.T
	types map[string]map[string]bool
	seen  map[string]int
}

// take checks that value has only fields of its type, and all that it must have.
func (c *census) take(kind string, value any) {
	switch v := value.(type) {
	case []any:
		for _, one := range v {
			c.take(kind, one)
		}
	case map[string]any:
		c.seen[kind]++
		for name, inner := range v {
			if _, known := c.types[kind][name]; !known && !old[name] {
				c.t.Errorf("%s has no field %s", kind, name)
			}
			if next := c.next(name, inner); next != "" {
				c.take(next, inner)
			}
		}
		for name, required := range c.types[kind] {
			if _, has := v[name]; required && !has {
				c.t.Errorf("%s lacks its field %s", kind, name)
			}
		}
	}
}

// next returns the type of what is in a field.
func (c *census) next(name string, value any) string {
	inner, _ := value.(map[string]any)
	switch name {
	case "forward_origin":
		return map[string]string{
			"user": "MessageOriginUser", "hidden_user": "MessageOriginHiddenUser", "channel": "MessageOriginChannel",
		}[inner["type"].(string)]
	case "old_chat_member", "new_chat_member":
		return map[string]string{
			"creator": "ChatMemberOwner", "administrator": "ChatMemberAdministrator", "member": "ChatMemberMember",
			"left": "ChatMemberLeft", "kicked": "ChatMemberBanned",
		}[inner["status"].(string)]
	}
	return emitted[name]
}

// everything has people do everything they can.
func everything(s *Server) {
	ada := s.User("Ada Lovelace", "fr")
	hello := ada.Start("payload")
	ada.Reply(hello, "see https://example.org")
	ada.Edit(hello, "/help")
	ada.ShareLive(1, 2, time.Hour).Stop()
	ada.SendVenue(Venue{Title: "T", Address: "A"})
	ada.ShareContact()
	ada.SendPhoto("#caption")
	ada.SendDocument("a.txt", "text/plain", []byte("a"))
	ada.SendVoice(time.Second)
	ada.SendSticker("👍")
	ada.ForwardHidden(ada.Forward(hello), "Zoe")
	ada.Forge(hello, "data")
	ada.SendInline("x").Tap("data")
	ada.Block()
	ada.Unblock()
	b := s.Bot()
	b.ReadAll()
	group, forum, channel := s.Group("G"), s.Forum("F"), s.Channel("C")
	group.Add(b)
	forum.Add(b)
	forum.Promote(b)
	ada.InTopic(forum, forum.Topic("T")).Send("x")
	forum.AnonymousAdmin().Send("x")
	channel.Add(b)
	channel.Link(forum)
	channel.Edit(channel.Post("x"), "y")
	ada.Forward(channel.Post("x"))
	group.Leave(group.Join(ada))
	group.Migrate().Kick(b)
}

func TestUpdatesHaveTheFieldsOfTheBotAPI(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/types.txt")
	if err != nil {
		t.Fatal(err)
	}
	s := Open(Options{})
	defer s.Stop()
	everything(s)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("GET", "/bot"+s.Bot().Token+"/getUpdates", nil))
	var got struct{ Result []any }
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	c := &census{t: t, types: fields(string(text)), seen: map[string]int{}}
	c.take("Update", got.Result)
	for kind := range maps.Values(emitted) {
		if c.seen[kind] == 0 {
			t.Errorf("no %s was sent", kind)
		}
	}
	if c.seen["Update"] < 35 {
		t.Errorf("%d updates were sent", c.seen["Update"])
	}
}

func TestResultsHaveTheFieldsOfTheBotAPI(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/types.txt")
	if err != nil {
		t.Fatal(err)
	}
	s := Open(Options{})
	defer s.Stop()
	s.User("Ada", "").Start("")
	m := s.User("Ben", "").SendPhoto("")
	for call, kind := range map[string]string{
		"getMe": "User", "getWebhookInfo": "WebhookInfo", "getChat?chat_id=": "ChatFullInfo", "sendMessage?text=x&chat_id=": "Message",
		"getFile?file_id=" + m.File.idFor(s.Bot().ID): "File",
	} {
		if strings.HasSuffix(call, "chat_id=") {
			call += number(int(m.From))
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("GET", "/bot"+s.Bot().Token+"/"+call, nil))
		var got struct{ Result any }
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.Result == nil {
			t.Fatalf("%s: %s", call, w.Body)
		}
		c := &census{t: t, types: fields(string(text)), seen: map[string]int{}}
		c.take(kind, got.Result)
	}
}
