package storage

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"tocsin/core"
)

// A recipientRow is what a claim reads of a recipient.
type recipientRow struct {
	bun.BaseModel `bun:"table:recipients,alias:r"`
	ID            int64
	Chat          core.ChatID
	Account       core.AccountID
	Target        int64
	Attempt       int
	Settled       int
	Unsure        bool
}

// ClaimRecipients implements core.OutboxStore. Broadcasts under way share what is taken
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
	flying, err := t.broadcastsUnderWay(ctx, take)
	if err != nil {
		return nil, err
	}
	rand.Shuffle(len(flying), func(i, j int) { flying[i], flying[j] = flying[j], flying[i] })
	var out []*core.Outgoing
	for i := range flying {
		left := len(flying) - i
		take.Broadcast, take.Wave, take.Max = flying[i].ID, flying[i].Wave, (c.Max-len(out)+left-1)/left
		if take.Max <= 0 {
			break
		}
		os, err := t.claimCopies(ctx, take, &flying[i])
		if err != nil {
			return nil, err
		}
		out = append(out, os...)
	}
	return out, t.learn(ctx, out)
}

// broadcastsUnderWay returns the broadcasts, by waves, of which something can be claimed
// now.
func (t *tx) broadcastsUnderWay(ctx context.Context, c claim) ([]broadcastRow, error) {
	var rows []broadcastRow
	err := t.often(`
		WITH w (wave) AS (VALUES (0), (1))
		SELECT `+string(broadcastColumns)+`, w.wave FROM broadcasts AS b CROSS JOIN w
		WHERE (b.state = 'running' OR b.state = 'canary' AND w.wave = 0)
		AND b.due <= ?0 AND (b.expires = 0 OR b.expires > ?0)
		AND (SELECT min(r.next_at) FROM recipients AS r
			WHERE r.state = 'queued' AND r.broadcast = b.id AND r.bot = ?1 AND r.wave = w.wave) <= ?0`,
		c.Now, c.Bot,
	).Scan(ctx, &rows)
	return rows, failed(err, "find broadcasts under way")
}

// claimCopiesSQL picks as claimLaneSQL does, of one wave of a broadcast: a chat has one
// copy, so there is no order to keep.
const claimCopiesSQL = `
	WITH picked AS MATERIALIZED (
		SELECT r.id FROM recipients AS r
		WHERE r.state = 'queued' AND r.broadcast = ?0 AND r.bot = ?1 AND r.wave = ?2 AND r.next_at <= ?3
		AND COALESCE((SELECT s.ready_at FROM chats AS c JOIN slots AS s ON s.chat = c.root AND s.bot = r.bot
			WHERE c.id = r.chat), 0) <= ?3
		ORDER BY r.next_at, r.id LIMIT ?4 ?6)
	UPDATE recipients SET attempt = attempt + 1, next_at = ?5
	WHERE id IN (SELECT id FROM picked)
	RETURNING id, chat, account, target, attempt, settled, unsure`

// claimCopies takes copies of one broadcast, the oldest first.
func (t *tx) claimCopies(ctx context.Context, c claim, b *broadcastRow) ([]*core.Outgoing, error) {
	var rows []recipientRow
	err := t.often(claimCopiesSQL, c.copies()...).Scan(ctx, &rows)
	if err != nil {
		return nil, failed(err, "claim recipients")
	}
	slices.SortFunc(rows, func(a, b recipientRow) int { return cmp.Compare(a.ID, b.ID) })
	of, err := t.broadcast(b)
	if core.CodeOf(err) == core.Internal {
		of = nil // a copy of what cannot be read fails, and stops nothing else
	} else if err != nil {
		return nil, err
	}
	out := make([]*core.Outgoing, 0, len(rows))
	var lost []core.Settlement
	for i := range rows {
		o := claimedCopy(&rows[i], b)
		if of == nil {
			lost = append(lost, core.Settlement{Outgoing: o, Verdict: core.Verdict{State: core.Failed, Code: core.Internal}})
			continue
		}
		o.Content = &core.Copy{Broadcast: of, Target: core.OutgoingID(-rows[i].Target)}
		out = append(out, o)
	}
	return out, t.SettleRecipients(ctx, lost)
}

// claimedCopy returns a recipient that was taken as an Outgoing without its content.
func claimedCopy(r *recipientRow, b *broadcastRow) *core.Outgoing {
	return &core.Outgoing{
		ID: core.OutgoingID(-r.ID), Key: core.SendKey(b.UID + "." + strconv.FormatInt(r.ID, 10)),
		Chat: r.Chat, Account: r.Account, Lane: core.Bulk,
		Due: b.Due.Time(), Expires: b.Expires.Time(), Again: b.Again,
		Attempt: r.Attempt, Unsure: r.Unsure || r.Settled < r.Attempt-1,
		Content: &core.Copy{Broadcast: &core.Broadcast{ID: b.ID}},
	}
}

// A verdictRow is what a statement is told of an attempt.
type verdictRow struct {
	Copy   core.OutgoingID
	Try    int
	State  core.State
	Code   string
	Parts  string
	Back   int
	Unsure bool
	Next   micros
}

// SettleRecipients implements core.OutboxStore: all in one statement.
func (t *tx) SettleRecipients(ctx context.Context, all []core.Settlement) error {
	if len(all) == 0 {
		return nil
	}
	rows := make([]verdictRow, len(all))
	for i, s := range all {
		v := s.Verdict
		rows[i] = verdictRow{-s.ID, s.Attempt, v.State, string(v.Code), joinReceipt(v.Receipt), untried(v), v.Unsure, microsOf(v.Next)}
		if v.State == core.Unsent {
			rows[i].Code = string(v.Reason)
		}
	}
	lists := make([][]any, len(rows))
	for i, r := range rows {
		lists[i] = []any{r.Copy, r.Try, r.State, r.Code, r.Parts, r.Back, r.Unsure, r.Next}
	}
	table, list := tableOf(t, "value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7", lists,
		func() schema.QueryAppender { return t.NewValues(&rows) })
	_, err := t.often(`
		WITH v (copy, try, state, code, parts, back, doubt, next) AS (`+table+`)
		UPDATE recipients SET state = v.state, code = v.code, receipt = v.parts, attempt = attempt - v.back,
			settled = attempt - v.back, unsure = unsure OR v.doubt OR settled < attempt - 1,
			next_at = CASE WHEN v.state = 'queued' THEN v.next ELSE next_at END
		FROM v WHERE recipients.id = v.copy AND recipients.attempt = v.try AND recipients.state = 'queued'`,
		list).Exec(ctx)
	if err != nil {
		return failed(err, "settle recipients")
	}
	for _, s := range all {
		if e, ok := s.Content.(*core.Copy); ok && e.Target != 0 && s.State == core.Sent && len(s.Receipt) > 0 {
			if err := t.moveCopyReceipt(ctx, e.Target, s.Receipt); err != nil {
				return err
			}
		}
		if s.Closed {
			if err := t.lost(ctx, s.Chat); err != nil {
				return err
			}
		}
	}
	return t.countStreaks(ctx, all)
}

// moveCopyReceipt gives a copy that was corrected the parts that show it now.
func (t *tx) moveCopyReceipt(ctx context.Context, id core.OutgoingID, r core.Receipt) error {
	_, err := t.NewRaw("UPDATE recipients SET receipt = ? WHERE id = ?", joinReceipt(r), -id).Exec(ctx)
	return failed(err, "move receipt")
}
