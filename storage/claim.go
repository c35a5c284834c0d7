package storage

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"tocsin/core"
)

// Claim implements core.OutboxStore. What it takes is still queued, but not due again
// before the lease ends: a process that dies needs nobody to clean up after it. What
// cannot be opened is settled as failed, so that it stops nothing else.
func (t *tx) Claim(ctx context.Context, c core.Claim) ([]*core.Outgoing, error) {
	now, err := t.nowOf(ctx, c)
	if err != nil {
		return nil, err
	}
	take := claim{Now: microsOf(now), Until: microsOf(now.Add(c.Lease)), Lock: t.lock()}
	if !c.Tasks {
		if take.Bot, err = t.bot(ctx, c.Bot); err != nil {
			return nil, err
		}
	}
	var out []*core.Outgoing
	for _, lane := range slices.Compact(slices.Sorted(slices.Values(c.Lanes))) {
		take.Lane, take.Max = lane, c.Max-len(out)
		if take.Max <= 0 {
			break
		}
		rows, err := t.claimLane(ctx, take)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			o, err := t.claimed(ctx, &rows[i])
			if err != nil {
				return nil, err
			}
			if o != nil {
				out = append(out, o)
			}
		}
	}
	if c.Tasks {
		return out, nil
	}
	return out, t.learnChats(ctx, chatsOf(out))
}

// nowOf returns the time of a claim.
func (t *tx) nowOf(ctx context.Context, c core.Claim) (time.Time, error) {
	if !c.Now.IsZero() {
		return c.Now, nil
	}
	return t.Now(ctx)
}

// chatsOf are the chats that messages go to.
func chatsOf(os []*core.Outgoing) []core.ChatID {
	ids := make([]core.ChatID, len(os))
	for i, o := range os {
		ids[i] = o.Chat
	}
	return ids
}

// A claim is what the statements of a claim are told: claimLaneSQL by args, the others by
// names such as ?now.
type claim struct {
	Bot       int64 // 0: tasks
	Lane      core.Lane
	Broadcast core.BroadcastID
	Wave      core.Wave
	Now       micros
	Until     micros
	Max       int
	Lock      bun.Safe
}

func (c *claim) args() []any { return []any{c.Bot, c.Lane, c.Now, c.Until, c.Max, c.Lock} }

// copies are the args of claimCopiesSQL.
func (c *claim) copies() []any {
	return []any{c.Broadcast, c.Bot, c.Wave, c.Now, c.Max, c.Until, c.Lock}
}

// lock returns what keeps other processes from taking the rows that a query picks:
// they pass them over. SQLite has one process and one writer.
func (t *tx) lock() bun.Safe {
	if t.postgres() {
		return "FOR UPDATE SKIP LOCKED"
	}
	return ""
}

// claimLaneSQL picks by due time and then by id. The index outbox_due gives the
// candidates in that order, outbox_order the earliest of a chat. Both conditions on a
// candidate are scalar, so that no planner turns them into a join over the whole table.
// Tasks have the chat 0 and no order.
const claimLaneSQL = `
	WITH picked AS MATERIALIZED (
		SELECT o.id FROM outbox AS o
		WHERE o.state = 'queued' AND o.bot = ?0 AND o.lane = ?1 AND o.next_at <= ?2
		AND (o.chat = 0 OR (
			o.id = (SELECT min(e.id) FROM outbox AS e
				WHERE e.state = 'queued' AND e.chat = o.chat AND e.lane = o.lane AND e.due <= ?2)
			AND COALESCE((SELECT s.ready_at FROM chats AS c JOIN slots AS s ON s.chat = c.root AND s.bot = o.bot
				WHERE c.id = o.chat), 0) <= ?2))
		ORDER BY o.next_at, o.id LIMIT ?4 ?5)
	UPDATE outbox SET attempt = attempt + 1, next_at = ?3
	WHERE id IN (SELECT id FROM picked)
	RETURNING id, uid, chat, account, lane, sealed, due, expires, again, attempt, settled, unsure`

// claimLane takes rows of one lane, in the order of due and id.
func (t *tx) claimLane(ctx context.Context, c claim) ([]outboxRow, error) {
	var rows []outboxRow
	err := t.often(claimLaneSQL, c.args()...).Scan(ctx, &rows)
	slices.SortFunc(rows, func(a, b outboxRow) int { return cmp.Or(cmp.Compare(a.Due, b.Due), cmp.Compare(a.ID, b.ID)) })
	return rows, failed(err, "claim outgoing")
}

// claimed returns a row that was taken as an Outgoing, or nil if its content cannot be
// opened.
func (t *tx) claimed(ctx context.Context, r *outboxRow) (*core.Outgoing, error) {
	o := &core.Outgoing{
		ID: r.ID, Key: core.SendKey(r.UID), Chat: r.Chat, Account: r.Account, Lane: r.Lane,
		Due: r.Due.Time(), Expires: r.Expires.Time(), Again: r.Again, Attempt: r.Attempt,
		Unsure: r.Unsure || r.Settled < r.Attempt-1,
	}
	var content sealedContent
	if t.keys.openJSON(outboxCell(r.Chat, r.UID), r.Sealed, &content) == nil {
		o.Content = content.content()
	}
	if o.Content == nil {
		return nil, t.Settle(ctx, o, core.Verdict{State: core.Failed, Code: core.Internal})
	}
	return o, nil
}
