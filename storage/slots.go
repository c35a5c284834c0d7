package storage

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"tocsin/core"
)

// A pace is a Limit in the unit of the store.
type pace struct{ every, burst int64 }

func paceOf(l core.Limit) pace { return pace{l.Every.Microseconds(), int64(max(1, l.Burst))} }

// none reports whether p does not limit.
func (p pace) none() bool { return p.every <= 0 }

// slack is how far ahead of the clock next_at may stand when one more is given.
func (p pace) slack() int64 { return (p.burst - 1) * p.every }

// rootOf is the chat whose row k names: the limit of a thread is that of its chat.
func rootOf(k core.SlotKey) schema.QueryAppender {
	return bun.SafeQuery("COALESCE((SELECT c.root FROM chats AS c WHERE c.id = ?0), ?0)", k.Chat)
}

// Reserve implements core.SlotStore.
func (t *tx) Reserve(ctx context.Context, k core.SlotKey, l core.Limit, n int) (int, error) {
	if n <= 0 {
		return 0, nil
	}
	if p := paceOf(l); !p.none() {
		got, _, err := t.take(ctx, k, p, span{0, n})
		return got, err
	}
	bot, err := t.bot(ctx, k.Bot)
	if err != nil {
		return 0, err
	}
	var held bool
	err = t.NewRaw("SELECT EXISTS (SELECT 1 FROM slots WHERE bot = ? AND chat = ? AND held > ?)", bot, rootOf(k), t.clock()).Scan(ctx, &held)
	if err != nil || held {
		return 0, failed(err, "reserve slots")
	}
	return n, nil
}

// ReserveAhead implements core.SlotStore.
func (t *tx) ReserveAhead(ctx context.Context, k core.SlotKey, l core.Limit, n int) (int, time.Duration, error) {
	p := paceOf(l)
	if p.none() || n <= 0 {
		got, err := t.Reserve(ctx, k, l, n)
		return got, 0, err
	}
	got, left, err := t.take(ctx, k, p, span{0, n})
	first := left - int64(got)*p.every // what is left is until the slot after the last
	return got, time.Duration(max(0, first)) * time.Microsecond, err
}

// Spend implements core.SlotStore. A negative n gives back what was not used.
func (t *tx) Spend(ctx context.Context, k core.SlotKey, l core.Limit, n int) error {
	p := paceOf(l)
	if p.none() || n == 0 {
		return nil
	}
	_, _, err := t.take(ctx, k, p, span{n, n})
	return err
}

// A span is how many slots are taken: as many as are free, but within it.
type span struct{ least, most int }

// take takes slots by the generic cell rate algorithm (ITU-T I.371, virtual
// scheduling) in one statement. In a row, next_at is when the next slot would come at
// the bare rate; ready_at is when one is given, earlier by the burst; before held, a
// platform's word, none is; got is what this returns. A missing row is one at rest. What
// was spent before, and is not free, is a debt of one burst at most to who spends more.
// It returns how many, and how long it is until next_at, in microseconds.
func (t *tx) take(ctx context.Context, k core.SlotKey, p pace, s span) (got int, left int64, err error) {
	bot, err := t.bot(ctx, k.Bot)
	if err != nil {
		return 0, 0, err
	}
	first := max(s.least, min(s.most, int(p.burst)))
	err = t.often(`
		INSERT INTO slots AS s (bot, chat, next_at, ready_at, held, got)
		VALUES (?0, COALESCE((SELECT c.root FROM chats AS c WHERE c.id = ?1), ?1), ?2 + ?8, ?2 + ?8 - ?5, 0, ?3)
		ON CONFLICT (bot, chat) DO UPDATE SET (next_at, ready_at, got) = (
			SELECT g.next_at, CASE WHEN g.next_at - ?5 > s.held THEN g.next_at - ?5 ELSE s.held END, g.got
			FROM (SELECT f.base + f.got * ?4 AS next_at, f.got
				FROM (SELECT b.base, CASE WHEN b.free < ?6 THEN ?6 WHEN b.free > ?7 THEN ?7 ELSE b.free END AS got
					FROM (SELECT a.base,
							CASE WHEN s.held > a.now OR a.base > a.now + ?5 THEN 0 ELSE (a.now + ?5 - a.base) / ?4 + 1 END AS free
						FROM (SELECT d.now, CASE WHEN ?6 > 0 AND d.debt > d.most THEN d.most ELSE d.debt END AS base
							FROM (SELECT n.now, CASE WHEN s.next_at > n.now THEN s.next_at ELSE n.now END AS debt,
									CASE WHEN s.held > n.now THEN s.held + ?5 ELSE n.now END + ?5 + ?4 AS most
								FROM (SELECT ?2 AS now) AS n) AS d) AS a) AS b) AS f) AS g)
		RETURNING got, next_at - ?2`,
		bot, k.Chat, t.clock(), first, p.every, p.slack(), s.least, s.most, int64(first)*p.every,
	).Scan(ctx, &got, &left)
	return got, left, failed(err, "take slots")
}

// SpendEach implements core.SlotStore. A new row holds how far this brings it from now;
// one that is there is moved as far, from now or from where it stands.
func (t *tx) SpendEach(ctx context.Context, b core.BotID, l core.Limit, chats []core.ChatID) error {
	p := paceOf(l)
	if p.none() || len(chats) == 0 {
		return nil
	}
	bot, err := t.bot(ctx, b)
	if err != nil {
		return err
	}
	_, err = t.NewRaw(`
		INSERT INTO slots AS s (bot, chat, next_at, ready_at, held, got)
		SELECT ?0, c.root, n.now + c.spent * ?3, n.now + c.spent * ?3 - ?4, 0, c.spent
		FROM (SELECT root, count(*) AS spent FROM (?1) AS named GROUP BY root) AS c, (SELECT ?2 AS now) AS n
		WHERE TRUE ORDER BY c.root
		ON CONFLICT (bot, chat) DO UPDATE SET (next_at, ready_at, got) = (
			SELECT g.next_at, CASE WHEN g.next_at - ?4 > s.held THEN g.next_at - ?4 ELSE s.held END, excluded.got
			FROM (SELECT CASE WHEN s.next_at > n.now THEN s.next_at ELSE n.now END + excluded.got * ?3 AS next_at
				FROM (SELECT ?2 AS now) AS n) AS g)`,
		bot, rootsOf(chats), t.clock(), p.every, p.slack(),
	).Exec(ctx)
	return failed(err, "spend slots")
}

// rootsOf are the chats whose rows stand for some, each as often as it is named.
func rootsOf(chats []core.ChatID) schema.QueryAppender {
	terms := make([]string, len(chats))
	for i, c := range chats {
		id := strconv.FormatInt(int64(c), 10)
		terms[i] = "SELECT COALESCE((SELECT c.root FROM chats AS c WHERE c.id = " + id + "), " + id + ") AS root"
	}
	return bun.Safe(strings.Join(terms, " UNION ALL "))
}

// Hold implements core.SlotStore. It only ever moves a row forward; afterwards slots
// come at the bare rate, without the burst.
func (t *tx) Hold(ctx context.Context, k core.SlotKey, until time.Time) error {
	bot, err := t.bot(ctx, k.Bot)
	if err != nil {
		return err
	}
	_, err = t.NewRaw(`
		INSERT INTO slots AS s (bot, chat, next_at, ready_at, held, got) VALUES (?0, ?1, ?2, ?2, ?2, 0)
		ON CONFLICT (bot, chat) DO UPDATE SET
			next_at = CASE WHEN s.ready_at < ?2 THEN s.next_at + (?2 - s.ready_at) ELSE s.next_at END,
			ready_at = CASE WHEN s.ready_at < ?2 THEN ?2 ELSE s.ready_at END,
			held = CASE WHEN s.held < ?2 THEN ?2 ELSE s.held END`,
		bot, rootOf(k), microsOf(until),
	).Exec(ctx)
	return failed(err, "hold slots")
}
