package telegramtest

import (
	"maps"
)

// A Group is a group or supergroup. Its owner is somebody who does nothing else.
type Group struct {
	ID int64

	server *Server
	chat   *chat
	owner  *person
}

// Group makes a basic group.
func (s *Server) Group(title string) *Group { return s.group(basicGroup, title) }

// Supergroup makes a supergroup.
func (s *Server) Supergroup(title string) *Group { return s.group(superGroup, title) }

// Forum makes a supergroup with topics.
func (s *Server) Forum(title string) *Group {
	g := s.group(superGroup, title)
	g.chat.forum = true
	return g
}

func (s *Server) group(kind, title string) *Group {
	s.mu.Lock()
	defer s.mu.Unlock()
	owner := s.user("Olga Owner", "en").person
	ch := s.room(kind, title, owner)
	return &Group{ID: ch.id, server: s, chat: ch, owner: owner}
}

// room makes a chat of many. A supergroup's and a channel's first message says that
// it was made.
func (s *Server) room(kind, title string, owner *person) *chat {
	n := s.number()
	ch := &chat{server: s, id: -4_000_000_000 - n, kind: kind, title: title, topics: map[int]string{}}
	if kind != basicGroup {
		ch.id, ch.last = -1_002_000_000_000-n, 1
	}
	ch.members = map[int64]*member{owner.id: {status: creator, since: s.clock.time()}}
	s.chats[ch.id] = ch
	return ch
}

// Add lets the owner add a bot.
func (g *Group) Add(b *Bot) {
	g.server.mu.Lock()
	defer g.server.mu.Unlock()
	g.chat.change(g.owner, b, plainMember)
	g.note(object{"new_chat_members": []object{b.person.object()}})
}

// Met makes a bot one that was added long ago: it hears nothing of it.
func (g *Group) Met(b *Bot) {
	g.server.mu.Lock()
	defer g.server.mu.Unlock()
	g.chat.members[b.ID] = &member{status: plainMember, since: g.server.clock.time()}
}

// Kick lets the owner remove a bot.
func (g *Group) Kick(b *Bot) {
	g.server.mu.Lock()
	defer g.server.mu.Unlock()
	g.note(object{"left_chat_member": b.person.object()})
	g.chat.change(g.owner, b, kicked)
}

// Promote makes a bot an administrator with rights such as "can_delete_messages".
func (g *Group) Promote(b *Bot, rights ...string) {
	g.server.mu.Lock()
	defer g.server.mu.Unlock()
	g.chat.change(g.owner, b, administrator, append([]string{"can_manage_chat"}, rights...)...)
}

// Demote makes a bot a plain member again.
func (g *Group) Demote(b *Bot) {
	g.server.mu.Lock()
	defer g.server.mu.Unlock()
	g.chat.change(g.owner, b, plainMember)
}

// Join lets somebody into the group, which a service message says.
func (g *Group) Join(u *User) *User {
	inside := u.In(g)
	g.server.mu.Lock()
	defer g.server.mu.Unlock()
	g.note(object{"new_chat_members": []object{u.person.object()}})
	return inside
}

// Leave lets somebody leave, which a service message says.
func (g *Group) Leave(u *User) {
	g.server.mu.Lock()
	defer g.server.mu.Unlock()
	g.chat.members[u.ID].status = left
	g.note(object{"left_chat_member": u.person.object()})
}

// MakeAdmin makes somebody an administrator.
func (g *Group) MakeAdmin(u *User) *User {
	inside := u.In(g)
	g.server.mu.Lock()
	defer g.server.mu.Unlock()
	g.chat.members[u.ID].status = administrator
	return inside
}

// AnonymousAdmin returns somebody in the group who is an administrator and writes in
// the name of the group.
func (g *Group) AnonymousAdmin() *User {
	u := g.MakeAdmin(g.server.User("Mallory Masked", ""))
	g.server.mu.Lock()
	defer g.server.mu.Unlock()
	g.chat.members[u.ID].hidden = true
	u.masked = true
	return u
}

// Topic opens a topic and returns its message_thread_id.
func (g *Group) Topic(name string) int {
	g.server.mu.Lock()
	defer g.server.mu.Unlock()
	if !g.chat.forum {
		g.server.fail("the group has no topics")
	}
	id := g.chat.last + 1
	g.chat.topics[id] = name
	m := &Message{Kind: "service", From: g.owner.id, Thread: id, topic: true, service: object{
		"forum_topic_created": object{"name": name, "icon_color": 7322096},
	}}
	return g.chat.add("message", m).ID
}

// Publish gives the group a public @name.
func (g *Group) Publish(username string) {
	g.server.mu.Lock()
	defer g.server.mu.Unlock()
	g.chat.username = username
}

// Delete deletes the group. No bot hears of it.
func (g *Group) Delete() {
	g.server.mu.Lock()
	defer g.server.mu.Unlock()
	g.chat.gone = true
}

// Migrate turns a basic group into a supergroup, which has another id, and whose
// message ids begin anew. Service messages on both sides say so.
func (g *Group) Migrate() *Group {
	s := g.server
	s.mu.Lock()
	defer s.mu.Unlock()
	if g.chat.kind != basicGroup || g.chat.migrated != nil {
		s.fail("only a basic group becomes a supergroup, and once")
	}
	next := s.room(superGroup, g.chat.title, g.owner)
	maps.Copy(next.members, g.chat.members)
	next.last = 0
	after := &Group{ID: next.id, server: s, chat: next, owner: g.owner}
	g.note(object{"migrate_to_chat_id": next.id})
	g.chat.migrated = next
	after.note(object{"migrate_from_chat_id": g.chat.id})
	return after
}

// note adds a service message by the owner.
func (g *Group) note(what object) {
	g.chat.add("message", &Message{Kind: "service", From: g.owner.id, service: what})
}

// Chat returns what the bots have written in the group.
func (g *Group) Chat() []Message {
	g.server.mu.Lock()
	defer g.server.mu.Unlock()
	var all []Message
	for _, m := range g.chat.messages {
		if p := g.server.people[m.From]; p != nil && p.bot && m.SenderChat == 0 && !m.Deleted {
			all = append(all, *m)
		}
	}
	return all
}
