package telegramtest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// rights are those of administrators in the Bot API 10.1 that every kind of chat has.
var rights = []string{
	"can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members", "can_promote_members",
	"can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories", "can_delete_stories",
	"can_pin_messages", "can_manage_topics",
}

// text returns a JSON value that is a number or a string, as a parameter.
func text(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatInt(int64(v), 10)
	}
	return ""
}

// memberObject returns somebody's part in a chat as the Bot API shows it.
func (ch *chat) memberObject(p *person) object {
	status := ch.status(p.id)
	o := object{"status": status, "user": p.object()}
	switch status {
	case creator:
		o["is_anonymous"] = ch.members[p.id].hidden
	case administrator:
		o["is_anonymous"], o["can_be_edited"] = ch.members[p.id].hidden, false
		for _, right := range rights {
			o[right] = slices.Contains(ch.members[p.id].rights, right)
		}
	case kicked:
		o["until_date"] = 0
	}
	return o
}

func getChat(c *call) answer {
	ch, refused := c.find("chat_id")
	if refused == nil && ch.kind != privateChat && ch.username == "" {
		refused = ch.visible(c.bot)
	}
	if refused != nil {
		return refuse(refused)
	}
	o := ch.object()
	o["accent_color_id"], o["max_reaction_count"] = 0, 11
	o["accepted_gift_types"] = object{
		"unlimited_gifts": false, "limited_gifts": false, "unique_gifts": false, "premium_subscription": false,
		"gifts_from_channels": false,
	}
	if ch.linked != nil {
		o["linked_chat_id"] = ch.linked.id
	}
	return yes(o)
}

// visible refuses to show a group to a bot that is not in it.
func (ch *chat) visible(b *Bot) *refusal {
	if ch.migrated != nil || ch.kind == privateChat {
		return nil
	}
	return ch.writable(b)
}

// inspect finds a chat whose members the bot asks about.
func (c *call) inspect() (*chat, *refusal) {
	ch, refused := c.find("chat_id")
	if refused != nil {
		return nil, refused
	}
	return ch, ch.visible(c.bot)
}

func getChatMember(c *call) answer {
	ch, refused := c.inspect()
	if refused != nil {
		return refuse(refused)
	}
	p := c.server.people[c.integer("user_id")]
	switch {
	case c.integer("user_id") == 0:
		return refuse(bad("invalid user_id specified"))
	case p == nil:
		return refuse(bad("PARTICIPANT_ID_INVALID"))
	case ch.kind == privateChat && (p == ch.person || p == c.bot.person):
		return yes(object{"status": plainMember, "user": p.object()})
	case ch.kind == channelChat && !ch.admin(c.bot.ID):
		return refuse(bad("member list is inaccessible"))
	}
	return yes(ch.memberObject(p))
}

func getChatMemberCount(c *call) answer {
	ch, refused := c.inspect()
	if refused != nil {
		return refuse(refused)
	}
	if ch.kind == privateChat {
		return yes(2)
	}
	n := 0
	for id := range ch.members {
		if ch.in(id) {
			n++
		}
	}
	return yes(n)
}

func getChatAdministrators(c *call) answer {
	ch, refused := c.inspect()
	if refused == nil && ch.kind == privateChat {
		refused = bad("there are no administrators in the private chat")
	}
	if refused != nil {
		return refuse(refused)
	}
	all := []object{}
	for _, id := range slices.Sorted(maps.Keys(ch.members)) {
		p := c.server.people[id]
		if ch.admin(id) && (!p.bot || id == c.bot.ID || c.flag("return_bots")) {
			all = append(all, ch.memberObject(p))
		}
	}
	return yes(all)
}

func leaveChat(c *call) answer {
	ch, refused := c.find("chat_id")
	if refused == nil && ch.kind == privateChat {
		refused = bad("chat member status can't be changed in private chats")
	}
	if refused == nil {
		refused = ch.visible(c.bot)
	}
	if refused != nil {
		return refuse(refused)
	}
	ch.change(c.bot.person, c.bot, left)
	return yes(true)
}

// change sets a bot's status in a chat and tells it, by is who did it.
func (ch *chat) change(by *person, b *Bot, status string, granted ...string) {
	before := ch.memberObject(b.person)
	now := ch.server.clock.time()
	m := ch.members[b.ID]
	if m == nil || !ch.in(b.ID) {
		m = &member{since: now}
		ch.members[b.ID] = m
	}
	m.status, m.rights = status, granted
	b.push("my_chat_member", object{
		"chat": ch.object(), "from": by.object(), "date": now.Unix(),
		"old_chat_member": before, "new_chat_member": ch.memberObject(b.person),
	}, fmt.Sprintf("member %d", ch.id), day, ch.id)
	ch.server.wake()
}

func setChatMenuButton(c *call) answer {
	var button struct {
		Type string `json:"type"`
		Text string `json:"text"`
		App  *Page  `json:"web_app"`
	}
	there, err := c.decode("menu_button", &button)
	switch {
	case err != nil:
		return refuse(bad("can't parse MenuButton: MenuButton must be an Object"))
	case !there:
		button.Type = "default"
	case button.Type == "web_app" && (button.Text == "" || button.App == nil):
		return refuse(bad("can't parse MenuButton: Menu button text must be non-empty"))
	case !slices.Contains([]string{"default", "commands", "web_app"}, button.Type):
		return refuse(bad("can't parse MenuButton: MenuButton has unsupported type"))
	}
	at, refused := c.menuOf()
	if refused != nil {
		return refuse(refused)
	}
	*at = json.RawMessage(cmp.Or(c.params["menu_button"], `{"type":"default"}`))
	return yes(true)
}

func getChatMenuButton(c *call) answer {
	at, refused := c.menuOf()
	if refused != nil {
		return refuse(refused)
	}
	if *at == nil {
		return yes(object{"type": "default"})
	}
	return yes(*at)
}

// menuOf returns where the menu button of a private chat, or of all, is kept.
func (c *call) menuOf() (*any, *refusal) {
	if c.params["chat_id"] == "" {
		return &c.bot.menu, nil
	}
	ch, refused := c.find("chat_id")
	if refused != nil {
		return nil, refused
	}
	if ch.kind != privateChat {
		return nil, bad("chat not found")
	}
	return &ch.menu, nil
}
