package telegramtest

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// How long updates are kept, by their kind, and how many and how large they may be.
const (
	day          = 24 * time.Hour
	keepCallback = 150 * time.Second
	keepInline   = 30 * time.Second
	keepChosen   = 600 * time.Second
	maxPending   = 100_000
	maxUpdate    = 512 << 10
	maxAnswer    = 4 << 20
)

// quiet are the kinds that a bot gets only if it asks for them.
var quiet = []string{"chat_member", "message_reaction", "message_reaction_count"}

// kinds are those of the Bot API 10.1.
var kinds = strings.Fields(`message edited_message channel_post edited_channel_post business_connection
	business_message edited_business_message deleted_business_messages guest_message message_reaction
	message_reaction_count inline_query chosen_inline_result callback_query shipping_query pre_checkout_query
	purchased_paid_media poll poll_answer my_chat_member chat_member chat_join_request chat_boost
	removed_chat_boost managed_bot`)

// An update waits in a bot's queue until it is confirmed or too old.
type update struct {
	id       int
	kind     string
	content  json.RawMessage
	order    string // webhooks deliver those of one order one after the other
	expires  time.Time
	stubborn bool // it survives one confirmation

	fails  int
	flying bool
	wake   time.Time // a webhook tries again then
}

// push queues an update and returns its id, 0 if it was dropped. From is the chat
// it came from, 0 for none.
func (b *Bot) push(kind string, content any, order string, keep time.Duration, from int64) int {
	if slices.Contains(kinds, kind) && !b.allows(kind) {
		return 0
	}
	raw, err := json.Marshal(content)
	if err != nil {
		b.server.problem("an update is no JSON: %v", err)
		return 0
	}
	if b.jump != 0 || len(b.queue) >= maxPending {
		b.expire()
	}
	if len(raw) > maxUpdate || len(b.queue) >= maxPending {
		return 0
	}
	if b.jump != 0 && len(b.queue) == 0 {
		b.next, b.jump = b.jump, 0
	}
	u := &update{id: b.next, kind: kind, content: raw, order: order, expires: b.server.clock.time().Add(keep)}
	b.next++
	b.queue = append(b.queue, u)
	b.latest[from] = u
	b.server.wake()
	b.deliver()
	return u.id
}

func (b *Bot) allows(kind string) bool {
	if b.allowed == nil {
		return !slices.Contains(quiet, kind)
	}
	return slices.Contains(b.allowed, kind)
}

// setAllowed reads allowed_updates: missing, null or unreadable keeps what was, and
// nothing known in it means the default.
func (b *Bot) setAllowed(c *call) {
	var names []string
	if there, err := c.decode("allowed_updates", &names); !there || err != nil {
		return
	}
	b.allowed = nil
	for _, name := range names {
		if name = strings.ToLower(name); slices.Contains(kinds, name) {
			b.allowed = append(b.allowed, name)
		}
	}
}

// expire forgets updates that are too old.
func (b *Bot) expire() {
	now := b.server.clock.time()
	b.queue = slices.DeleteFunc(b.queue, func(u *update) bool { return !u.flying && now.After(u.expires) })
}

// deliver gives new updates to whoever waits for them.
func (b *Bot) deliver() {
	if b.hook != nil {
		b.pump()
		return
	}
	if p := b.poll; p != nil {
		if found := b.fetch(p.offset, p.limit); len(found) > 0 {
			b.answerPoll(yes(found))
		}
	}
}
