//go:build bench

package bench

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"tocsin/bots/telegram/telegramtest"
)

// A callers is the people who write to one bot, each in their private chat. Whatever they
// write has one message for an answer.
type callers struct {
	t      *testing.T
	server *telegramtest.Server
	bot    *telegramtest.Bot
	people []*telegramtest.User
	wrote  map[int64][]time.Time // to whom this round owes an answer, by chat
	taken  map[int64]int         // turns of each person since the start
	began  time.Time             // of the round
	owed   int
}

// newCallers lets n people write to a bot.
func newCallers(t *testing.T, s *telegramtest.Server, b *telegramtest.Bot, n int) *callers {
	c := &callers{t: t, server: s, bot: b, taken: map[int64]int{}}
	for i := range n {
		u := s.User(fmt.Sprint("Camille ", i), "en").With(b)
		u.Met()
		c.people = append(c.people, u)
	}
	return c
}

// begin begins a round.
func (c *callers) begin() {
	c.began, c.owed, c.wrote = c.server.Now(), 0, map[int64][]time.Time{}
}

// write lets a person take their next turn: a question of theirs, or the answer to ours.
func (c *callers) write(u *telegramtest.User) {
	text := "/language"
	if kindOf(c.taken[u.ID]) == answering {
		text = "2"
	}
	c.taken[u.ID]++
	c.owed++
	c.wrote[u.ID] = append(c.wrote[u.ID], u.Send(text).Date)
}

// answers waits for all answers of the round, and returns when the server got them, by
// chat.
func (c *callers) answers() map[int64][]time.Time {
	c.t.Helper()
	const patience = 2 * time.Minute
	for deadline := time.Now().Add(patience); ; {
		got, n := map[int64][]time.Time{}, 0
		for _, call := range c.server.Calls("sendMessage") {
			if call.Bot != c.bot.ID || call.At.Before(c.began) {
				continue
			}
			chat, err := strconv.ParseInt(call.Params["chat_id"], 10, 64)
			must(c.t, err)
			if _, ours := c.wrote[chat]; ours {
				got[chat] = append(got[chat], call.At)
				n++
			}
		}
		if n >= c.owed {
			return got
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("%d of %d answers came within %v", n, c.owed, patience)
		}
		time.Sleep(200 * time.Millisecond) // looking is no part of what is measured: answers have a time
	}
}

// rate lets everybody take some turns, all of which wait at once, and returns how many
// were answered a second.
func (c *callers) rate(turns int) float64 {
	c.t.Helper()
	c.begin()
	for range turns {
		for _, u := range c.people {
			c.write(u)
		}
	}
	last := c.began
	for _, times := range c.answers() {
		for _, at := range times {
			if at.After(last) {
				last = at
			}
		}
	}
	return float64(c.owed) / last.Sub(c.began).Seconds()
}

// delays lets people write for a while, at random but perSecond on average, and returns
// how long each waited for the answer.
func (c *callers) delays(perSecond float64, d time.Duration) []time.Duration {
	c.t.Helper()
	c.begin()
	chance := rand.New(rand.NewPCG(1, 2))
	for at, i := c.began, 0; at.Before(c.began.Add(d)); i++ {
		time.Sleep(time.Until(at))
		c.write(c.people[i%len(c.people)])
		at = at.Add(time.Duration(chance.ExpFloat64() / perSecond * float64(time.Second)))
	}
	var all []time.Duration
	for chat, times := range c.answers() {
		if len(times) != len(c.wrote[chat]) {
			c.t.Fatalf("%d answers to %d messages in one chat", len(times), len(c.wrote[chat]))
		}
		for i, at := range times {
			all = append(all, at.Sub(c.wrote[chat][i]))
		}
	}
	return all
}
