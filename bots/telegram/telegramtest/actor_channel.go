package telegramtest

// A Channel shows posts to its subscribers.
type Channel struct {
	ID int64

	server *Server
	chat   *chat
	owner  *person
}

// Channel makes a channel.
func (s *Server) Channel(title string) *Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	owner := s.user("Carla Channel", "en").person
	ch := s.room(channelChat, title, owner)
	return &Channel{ID: ch.id, server: s, chat: ch, owner: owner}
}

// Add lets the owner make a bot an administrator: bots can be nothing else there.
func (c *Channel) Add(b *Bot, rights ...string) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.chat.change(c.owner, b, administrator, append([]string{"can_manage_chat", "can_post_messages"}, rights...)...)
}

// Kick lets the owner remove a bot.
func (c *Channel) Kick(b *Bot) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.chat.change(c.owner, b, kicked)
}

// Link shows the channel's posts in a group from now on.
func (c *Channel) Link(g *Group) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.chat.linked, g.chat.linked = g.chat, c.chat
}

// Publish gives the channel a public @name.
func (c *Channel) Publish(username string) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.chat.username = username
}

// Post writes a post, and has it forwarded to the linked group.
func (c *Channel) Post(text string) Message {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	m := spoken(text)
	m.SenderChat = c.ID
	posted := c.chat.add("channel_post", &m)
	if c.chat.linked != nil {
		s.account(serviceAccount, "Telegram", "")
		copied := spoken(text)
		copied.From, copied.SenderChat, copied.auto = serviceAccount, c.ID, true
		copied.origin = &origin{date: posted.Date, channel: c.ID, messageID: posted.ID}
		c.chat.linked.add("message", &copied)
	}
	return *posted
}

// Edit changes a post.
func (c *Channel) Edit(m Message, text string) Message {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	post := c.chat.message(m.ID)
	if post == nil {
		s.fail("there is no post %d", m.ID)
	}
	post.Text, post.Entities, post.Edited = text, detect(text, nil), s.clock.time()
	c.chat.tell("edited_channel_post", post)
	s.wake()
	return *post
}

// Chat returns what stands in the channel.
func (c *Channel) Chat() []Message {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	var all []Message
	for _, m := range c.chat.messages {
		if !m.Deleted {
			all = append(all, *m)
		}
	}
	return all
}
