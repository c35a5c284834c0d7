package telegramtest

import (
	"slices"
	"testing"
)

// A reader remembers what Next has returned: to whom, in which chat.
type reader struct {
	chat   *chat
	person int64
	edits  bool
}

// Chat returns what the person sees of the bot in the chat, as it stands, the oldest
// first.
func (u *User) Chat() []Message {
	return slices.DeleteFunc(u.History(), func(m Message) bool {
		return m.Deleted || m.From != u.bot.ID && !(u.chat.kind == channelChat)
	})
}

// History returns all messages of the chat, also the people's and the deleted.
func (u *User) History() []Message {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	all := make([]Message, 0, len(u.chat.messages))
	for _, m := range u.chat.messages {
		all = append(all, *m)
	}
	return all
}

// Said returns what the bots have written, edited and deleted in all chats, in order, but
// for the first n: each message as it was then. Edited says when it was edited, Deleted
// that it went.
func (s *Server) Said(n int) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.said[n:])
}

// Last returns the last of Chat. It ends the test if there is none.
func (u *User) Last() Message {
	all := u.Chat()
	if len(all) == 0 {
		u.server.fail("the bot has written nothing")
	}
	return all[len(all)-1]
}

// Message returns a message of the chat as it stands; Deleted says if it is gone.
func (u *User) Message(id int) Message {
	for _, m := range u.History() {
		if m.ID == id {
			return m
		}
	}
	u.server.fail("there never was a message %d", id)
	return Message{}
}

// Next returns the next message that the bot writes in the chat, as it was when it
// came: each once for each person. It fails t after 10 s.
func (u *User) Next(t testing.TB) Message {
	t.Helper()
	return u.next(t, "a message of the bot", reader{u.chat, u.ID, false})
}

// NextEdit returns the next edit that the bot makes in the chat.
func (u *User) NextEdit(t testing.TB) Message {
	t.Helper()
	return u.next(t, "an edit of the bot", reader{u.chat, u.ID, true})
}

func (u *User) next(t testing.TB, what string, r reader) Message {
	t.Helper()
	var found Message
	u.server.await(t, what, func() bool {
		all := u.chat.spoken
		if r.edits {
			all = u.chat.edits
		}
		for n := u.server.read[r]; n < len(all); n++ {
			u.server.read[r] = n + 1
			if u.chat.kind == privateChat || all[n].From == u.bot.ID {
				found = all[n]
				return true
			}
		}
		return false
	})
	return found
}
