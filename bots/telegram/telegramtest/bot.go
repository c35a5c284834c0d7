package telegramtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"
)

// A Bot is an account that programs use through the Bot API.
type Bot struct {
	ID       int64
	Token    string
	Username string

	server    *Server
	person    *person
	revoked   bool
	loggedOut bool
	readAll   bool // privacy mode is off
	stars     float64

	queue   []*update
	next    int               // the id of the next update
	jump    int               // the next id once the queue is empty, 0 for none
	allowed []string          // nil: the default
	poll    *poll             // who waits for updates
	waits   int               // how many polls have waited
	polled  pollMark          // the last getUpdates
	calm    time.Time         // conflicts before are answered late
	latest  map[int64]*update // of each chat
	hook    *webhook
	hookSet time.Time // the next setWebhook may come
	flying  int       // deliveries under way
	hooks   int       // how many webhooks there have been

	commands map[scope][]Command
	names    map[string]string // by language
	texts    map[string]string // descriptions
	shorts   map[string]string // short descriptions
	menu     any
}

// AddBot registers one more bot. In private mode, as all bots are at first, it hears
// in groups only what is meant for it.
func (s *Server) AddBot(username string) *Bot {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := 7_000_000_000 + s.number()*7919
	b := &Bot{
		ID: id, Token: fmt.Sprintf("%d:AAF%032x", id, s.random.Uint64()), Username: username, server: s,
		person: &person{id: id, first: username, username: username, bot: true},
		next:   2_000_001 + s.random.IntN(900_000_000), latest: map[int64]*update{},
		commands: map[scope][]Command{}, names: map[string]string{}, texts: map[string]string{}, shorts: map[string]string{},
	}
	s.people[id] = b.person
	s.bots = append(s.bots, b)
	return b
}

// Bot returns the first bot, which New made.
func (s *Server) Bot() *Bot { return s.bots[0] }

// Revoke ends the token: all calls are answered 401 from now on, and a poll that
// waits ends so.
func (b *Bot) Revoke() {
	b.server.mu.Lock()
	defer b.server.mu.Unlock()
	b.revoked = true
	b.endPoll(&refusal{code: 401, text: "Unauthorized"})
}

// ReadAll turns privacy mode off.
func (b *Bot) ReadAll() {
	b.server.mu.Lock()
	defer b.server.mu.Unlock()
	b.readAll = true
}

// Grant gives the bot Stars for the paid lane.
func (b *Bot) Grant(stars float64) {
	b.server.mu.Lock()
	defer b.server.mu.Unlock()
	b.stars += stars
}

// Stars returns what is left of them.
func (b *Bot) Stars() float64 {
	b.server.mu.Lock()
	defer b.server.mu.Unlock()
	return b.stars
}

// Pending returns how many updates wait to be confirmed.
func (b *Bot) Pending() int {
	b.server.mu.Lock()
	defer b.server.mu.Unlock()
	b.expire()
	return len(b.queue)
}

// WaitConfirmed returns once no update waits to be confirmed. It fails t after 10 s.
func (b *Bot) WaitConfirmed(t testing.TB) {
	t.Helper()
	b.server.await(t, "all updates to be confirmed", func() bool { return len(b.queue) == 0 })
}

// Delivering returns how many deliveries to the webhook are under way.
func (b *Bot) Delivering() int {
	b.server.mu.Lock()
	defer b.server.mu.Unlock()
	return b.flying
}

// WaitIdle returns once no delivery to the webhook is under way. It fails t after
// 10 s.
func (b *Bot) WaitIdle(t testing.TB) {
	t.Helper()
	b.server.await(t, "deliveries to end", func() bool { return b.flying == 0 })
}

// WaitPolling returns once a getUpdates waits for updates. It fails t after 10 s.
func (b *Bot) WaitPolling(t testing.TB) {
	t.Helper()
	b.server.await(t, "a long poll", func() bool { return b.poll != nil })
}

// WaitPolls returns once n getUpdates have begun to wait since the start. It fails t
// after 10 s.
func (b *Bot) WaitPolls(t testing.TB, n int) {
	t.Helper()
	b.server.await(t, "long polls", func() bool { return b.waits >= n })
}

// JumpIDs gives the next update that finds no other waiting the id n, as Telegram
// does with a random number after a week without updates.
func (b *Bot) JumpIDs(n int) {
	b.server.mu.Lock()
	defer b.server.mu.Unlock()
	b.jump = n
}

// Push delivers an update of any kind with any content, such as one that the
// program cannot decode, and returns its id. As the real server does, it drops what
// is over 512 KiB or not allowed; the id is then 0.
func (b *Bot) Push(kind string, content json.RawMessage) int {
	b.server.mu.Lock()
	defer b.server.mu.Unlock()
	return b.push(kind, content, "pushed", day, 0)
}

// Repeat delivers the last update from a chat once more, with its id, although it
// was confirmed: by getUpdates whatever the offset, by a webhook as after an answer
// that was lost. It reports whether it did: one that waits still comes again by itself.
// It fails t if there is none.
func (b *Bot) Repeat(t testing.TB, chatID int64) bool {
	t.Helper()
	b.server.mu.Lock()
	defer b.server.mu.Unlock()
	u := b.latest[chatID]
	if u == nil {
		t.Fatalf("telegramtest: no update from chat %d", chatID)
	}
	if i := slices.Index(b.queue, u); i >= 0 {
		return false
	}
	again := *u
	again.stubborn, again.fails, again.flying, again.wake = true, 0, false, time.Time{}
	b.queue = slices.Insert(b.queue, 0, &again)
	b.deliver()
	return true
}
