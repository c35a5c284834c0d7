package storage

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/uptrace/bun"

	"tocsin/core"
)

// recipientsBatch is how many recipients one statement adds: SQLite takes statements of
// up to 1,000,000 bytes (https://sqlite.org/limits.html).
const recipientsBatch = 5_000

// A copyRow is what a statement is told of a Recipient.
type copyRow struct {
	Chat    core.ChatID
	Account core.AccountID
}

// AddRecipients implements core.BroadcastStore. A chat that is gone is passed over.
func (t *tx) AddRecipients(ctx context.Context, id core.BroadcastID, rs []core.Recipient) error {
	rows := make([]copyRow, len(rs))
	for i, r := range rs {
		rows[i] = copyRow(r)
	}
	for batch := range slices.Chunk(rows, recipientsBatch) {
		_, err := t.NewRaw(`
			WITH v (chat, account) AS (?0)
			INSERT INTO recipients (broadcast, bot, chat, account, state, next_at, attempt, settled, unsure, code, receipt)
			SELECT ?1, c.bot, c.id, v.account, ?2, 0, 0, 0, FALSE, '', ''
			FROM v JOIN chats AS c ON c.id = v.chat WHERE TRUE
			ON CONFLICT (broadcast, chat) DO NOTHING`,
			t.NewValues(&batch), id, core.Queued,
		).Exec(ctx)
		if err != nil {
			return failed(err, "add recipients")
		}
	}
	return nil
}

// CountRecipients implements core.BroadcastStore.
func (t *tx) CountRecipients(ctx context.Context, id core.BroadcastID) (map[core.State]int, error) {
	var rows []struct {
		State core.State
		Count int
	}
	err := t.NewRaw("SELECT state, count(*) AS count FROM recipients WHERE broadcast = ? GROUP BY state", id).Scan(ctx, &rows)
	if err != nil {
		return nil, failed(err, "count recipients")
	}
	counts := make(map[core.State]int)
	for _, r := range rows {
		counts[r.State] = r.Count
	}
	return counts, nil
}

// A recipientRow is what a claim reads of a recipient.
type recipientRow struct {
	bun.BaseModel `bun:"table:recipients,alias:r"`
	ID            int64
	Chat          core.ChatID
	Account       core.AccountID
	Attempt       int
	Settled       int
	Unsure        bool
}

// ClaimRecipients implements core.OutboxStore. Running broadcasts share what is taken
// evenly, whatever their sizes; which is served first is drawn each time. The ID of a
// copy is negative, so that it never is that of an Outgoing of the outbox.
func (t *tx) ClaimRecipients(ctx context.Context, c core.Claim) ([]*core.Outgoing, error) {
	now, err := t.nowOf(ctx, c)
	if err != nil {
		return nil, err
	}
	take := claim{Now: microsOf(now), Until: microsOf(now.Add(c.Lease)), Lock: t.lock()}
	if take.Bot, err = t.bot(ctx, c.Bot); err != nil {
		return nil, err
	}
	running, err := t.runningBroadcasts(ctx, take)
	if err != nil {
		return nil, err
	}
	rand.Shuffle(len(running), func(i, j int) { running[i], running[j] = running[j], running[i] })
	var out []*core.Outgoing
	for i := range running {
		left := len(running) - i
		take.Broadcast, take.Max = running[i].ID, (c.Max-len(out)+left-1)/left
		if take.Max <= 0 {
			break
		}
		os, err := t.claimCopies(ctx, take, &running[i])
		if err != nil {
			return nil, err
		}
		out = append(out, os...)
	}
	return out, t.learnChats(ctx, chatsOf(out))
}

// runningBroadcasts returns the broadcasts of which something can be claimed now.
func (t *tx) runningBroadcasts(ctx context.Context, c claim) ([]broadcastRow, error) {
	var rows []broadcastRow
	err := t.NewRaw(`
		SELECT id, uid, state, sealed, due, expires, again FROM broadcasts AS b
		WHERE b.state = 'running' AND b.due <= ?now AND (b.expires = 0 OR b.expires > ?now)
		AND (SELECT min(r.next_at) FROM recipients AS r
			WHERE r.state = 'queued' AND r.broadcast = b.id AND r.bot = ?bot) <= ?now`, c,
	).Scan(ctx, &rows)
	return rows, failed(err, "find running broadcasts")
}

// claimCopiesSQL picks as claimLaneSQL does, of one broadcast: a chat has one copy, so
// there is no order to keep.
const claimCopiesSQL = `
	WITH picked AS MATERIALIZED (
		SELECT r.id FROM recipients AS r
		WHERE r.state = 'queued' AND r.broadcast = ?broadcast AND r.bot = ?bot AND r.next_at <= ?now
		AND COALESCE((SELECT s.ready_at FROM chats AS c JOIN slots AS s ON s.chat = c.root AND s.bot = r.bot
			WHERE c.id = r.chat), 0) <= ?now
		ORDER BY r.next_at, r.id LIMIT ?max ?lock)
	UPDATE recipients SET attempt = attempt + 1, next_at = ?until
	WHERE id IN (SELECT id FROM picked)
	RETURNING id, chat, account, attempt, settled, unsure`

// claimCopies takes copies of one broadcast, the oldest first.
func (t *tx) claimCopies(ctx context.Context, c claim, b *broadcastRow) ([]*core.Outgoing, error) {
	var rows []recipientRow
	err := t.NewRaw(claimCopiesSQL, c).Scan(ctx, &rows)
	if err != nil {
		return nil, failed(err, "claim recipients")
	}
	slices.SortFunc(rows, func(a, b recipientRow) int { return cmp.Compare(a.ID, b.ID) })
	var out []*core.Outgoing
	for i := range rows {
		o, err := t.claimedCopy(ctx, &rows[i], b)
		if err != nil {
			return nil, err
		}
		if o != nil {
			out = append(out, o)
		}
	}
	return out, nil
}

// claimedCopy returns a recipient that was taken as an Outgoing, or nil if the message
// cannot be opened. Each copy has a message of its own, for who renders it.
func (t *tx) claimedCopy(ctx context.Context, r *recipientRow, b *broadcastRow) (*core.Outgoing, error) {
	o := &core.Outgoing{
		ID: core.OutgoingID(-r.ID), Key: core.SendKey(b.UID + "." + strconv.FormatInt(r.ID, 10)),
		Chat: r.Chat, Account: r.Account, Lane: core.Bulk,
		Due: b.Due.Time(), Expires: b.Expires.Time(), Again: b.Again,
		Attempt: r.Attempt, Unsure: r.Unsure || r.Settled < r.Attempt-1,
	}
	m := new(core.Message)
	if t.keys.openJSON(broadcastCell(b.UID), b.Sealed, m) != nil {
		return nil, t.SettleRecipient(ctx, o, core.Verdict{State: core.Failed, Code: core.Internal})
	}
	o.Content = m
	return o, nil
}

// SettleRecipient implements core.OutboxStore.
func (t *tx) SettleRecipient(ctx context.Context, o *core.Outgoing, v core.Verdict) error {
	res, err := t.NewRaw(`
		UPDATE recipients SET state = ?0, code = ?1, receipt = ?2, attempt = attempt - ?8, settled = attempt - ?8,
			unsure = unsure OR ?3 OR settled < attempt - 1,
			next_at = CASE WHEN ?0 = ?4 THEN ?5 ELSE next_at END
		WHERE id = ?6 AND attempt = ?7 AND state = ?4`,
		v.State, v.Code, joinReceipt(v.Receipt), v.Unsure, core.Queued, microsOf(v.Next), -o.ID, o.Attempt, untried(v),
	).Exec(ctx)
	if err := once(res, err, core.Conflict, "settle recipient"); err != nil {
		return err
	}
	if err := t.putParts(ctx, partsOf(o, v.Receipt)); err != nil || !v.Closed {
		return err
	}
	return t.lost(ctx, o.Chat)
}
