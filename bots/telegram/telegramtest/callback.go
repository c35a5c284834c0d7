package telegramtest

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// A tap is a press of a button, waiting for its answer.
type tap struct {
	id      string
	bot     *Bot
	at      time.Time
	answers []Toast
}

// A Tap is a press of a button under a message.
type Tap struct {
	server *Server
	id     string
}

// A Toast is the answer to a Tap; all of it may be empty.
type Toast struct {
	Text  string
	Alert bool // shown in a window that must be closed
	URL   string
}

// Answers returns the answers so far. There should be one.
func (p Tap) Answers() []Toast {
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	return append([]Toast(nil), p.server.taps[p.id].answers...)
}

// Answer waits for the first answer. It fails t after 10 s.
func (p Tap) Answer(t testing.TB) Toast {
	t.Helper()
	var first Toast
	p.server.await(t, "the answer to a tap", func() bool {
		if all := p.server.taps[p.id].answers; len(all) > 0 {
			first = all[0]
			return true
		}
		return false
	})
	return first
}

// Unanswered returns how many taps have had no answer so far.
func (s *Server) Unanswered() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, p := range s.taps {
		if len(p.answers) == 0 {
			n++
		}
	}
	return n
}

// press delivers a callback query. Extra holds its message or inline_message_id.
func (s *Server) press(b *Bot, by *person, data string, extra object) Tap {
	n := s.number()
	p := &tap{id: fmt.Sprintf("%d", n*1_000_003+4_000_000_000_000), bot: b, at: s.clock.time()}
	s.taps[p.id] = p
	query := object{"id": p.id, "from": by.object(), "chat_instance": fmt.Sprint(-7_777_777_000 - by.id%1000), "data": data}
	for name, value := range extra {
		query[name] = value
	}
	b.push("callback_query", query, fmt.Sprintf("callback %d", by.id), keepCallback, by.id)
	return Tap{server: s, id: p.id}
}

func answerCallbackQuery(c *call) answer {
	p := c.server.taps[c.params["callback_query_id"]]
	text := c.params["text"]
	switch {
	case p == nil || p.bot != c.bot || c.server.clock.time().Sub(p.at) > c.server.options.CallbackWindow:
		return refuse(bad("query is too old and response timeout expired or query ID is invalid"))
	case utf8.RuneCountInString(text) > 200:
		return refuse(bad("MESSAGE_TOO_LONG"))
	case c.params["url"] != "" && !strings.Contains(c.params["url"], "t.me/"+c.bot.Username+"?start="):
		return refuse(bad("URL_INVALID"))
	}
	p.answers = append(p.answers, Toast{Text: text, Alert: c.flag("show_alert"), URL: c.params["url"]})
	c.server.wake()
	return yes(true)
}
