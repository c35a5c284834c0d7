package telegramtest

import (
	"slices"
	"time"
)

// A Rate lets Burst calls pass at once and then one each Every. The zero Rate has no
// limit.
type Rate struct {
	Burst int
	Every time.Duration
}

// Limits are how fast a bot may send. Edits count in groups and channels.
type Limits struct {
	Bot     Rate // all chats together
	Private Rate // one private chat
	Group   Rate // one group or channel
	Paid    Rate // all chats together, with allow_paid_broadcast
}

// PublishedLimits returns what Telegram names: 30 messages a second, 1 a second in a
// private chat, 20 a minute in a group, 1000 a second paid. The burst of a private
// chat is a guess; the real limits are not published.
func PublishedLimits() Limits {
	return Limits{
		Bot:     Rate{Burst: 30, Every: time.Second / 30},
		Private: Rate{Burst: 3, Every: time.Second},
		Group:   Rate{Burst: 20, Every: 3 * time.Second},
		Paid:    Rate{Burst: 1000, Every: time.Millisecond},
	}
}

// A Violation is a call made before the retry_after that it had been told was over.
type Violation struct {
	Method string
	Chat   int64 // 0: the whole bot or method was to wait
	At     time.Time
	Early  time.Duration
}

// Violations returns the calls that came too early. There should be none.
func (s *Server) Violations() []Violation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}

// A lane is what has a rate: a bot's chat, its bulk (chat 0), its paid lane, or, for
// planned 429s, one of its methods.
type lane struct {
	bot    int64
	chat   int64
	paid   bool
	method string
}

// A bucket is how full a lane is.
type bucket struct {
	free  float64 // calls that may pass
	at    time.Time
	until time.Time // no call before
	after time.Duration
}

func (s *Server) lane(l lane) *bucket {
	if s.lanes[l] == nil {
		s.lanes[l] = &bucket{free: -1}
	}
	return s.lanes[l]
}

// take lets one call pass, or returns how long to wait.
func (b *bucket) take(r Rate, now time.Time) time.Duration {
	if r.Every <= 0 {
		return 0
	}
	if b.free < 0 {
		b.free = float64(r.Burst)
	} else {
		b.free = min(float64(r.Burst), b.free+float64(now.Sub(b.at))/float64(r.Every))
	}
	b.at = now
	if b.free >= 1-1e-9 {
		b.free = max(0, b.free-1)
		return 0
	}
	return time.Duration((1 - b.free) * float64(r.Every))
}

// pace refuses a send that comes too fast. A paid one uses the paid lane while the
// bot has Stars.
func (c *call) pace(to *chat) *refusal {
	s, limits := c.server, c.server.options.Limits
	one := limits.Private
	if to.kind != privateChat {
		one = limits.Group
	}
	now := s.clock.time()
	chatLane := lane{bot: c.bot.ID, chat: to.id}
	if wait := s.lane(chatLane).take(one, now); wait > 0 {
		return s.hold(chatLane, wait)
	}
	all := lane{bot: c.bot.ID}
	wait := s.lane(all).take(limits.Bot, now)
	if wait > 0 && c.flag("allow_paid_broadcast") && c.bot.stars >= 0.1 {
		all.paid = true
		if wait = s.lane(all).take(limits.Paid, now); wait == 0 {
			c.bot.stars -= 0.1
		}
	}
	if wait > 0 {
		return s.hold(all, wait)
	}
	return nil
}

// hold shuts a lane for a while and says so.
func (s *Server) hold(l lane, wait time.Duration) *refusal {
	r := tooMany(wait)
	b := s.lane(l)
	b.after = time.Duration(r.after) * time.Second
	b.until = s.clock.time().Add(b.after)
	return r
}

// early refuses a call in a lane that was told to wait, notes it, and lets the lane
// wait from anew.
func (s *Server) early(c *call) *refusal {
	lanes := []lane{{bot: c.bot.ID, method: c.method}}
	if id := c.integer("chat_id"); id != 0 && spends(c.method) {
		paid := c.flag("allow_paid_broadcast") && c.bot.stars >= 0.1
		lanes = append(lanes, lane{bot: c.bot.ID, chat: id}, lane{bot: c.bot.ID, paid: paid})
	}
	now := s.clock.time()
	for _, l := range lanes {
		b := s.lanes[l]
		if b == nil || !now.Before(b.until) {
			continue
		}
		s.violations = append(s.violations, Violation{Method: c.record.Method, Chat: l.chat, At: now, Early: b.until.Sub(now)})
		return s.hold(l, b.after)
	}
	return nil
}

// spends reports whether a method is subject to the rates of sending.
func spends(method string) bool {
	return slices.Contains([]string{
		"sendmessage", "sendphoto", "senddocument", "sendlocation", "sendvenue",
		"editmessagetext", "editmessagecaption", "editmessagereplymarkup",
	}, method)
}
