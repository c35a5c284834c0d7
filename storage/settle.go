package storage

import (
	"context"
	"slices"
	"strings"

	"tocsin/core"
)

// Settle implements core.OutboxStore. An earlier attempt that may have arrived stays
// in mind until the final verdict.
func (t *tx) Settle(ctx context.Context, o *core.Outgoing, v core.Verdict) error {
	res, err := t.NewRaw(`
		UPDATE outbox SET state = ?0, code = ?1, receipt = ?2, attempt = attempt - ?8, settled = attempt - ?8,
			unsure = unsure OR ?3 OR settled < attempt - 1,
			next_at = CASE WHEN ?0 = ?4 THEN ?5 ELSE next_at END,
			sealed = CASE WHEN ?0 = ?4 THEN sealed END
		WHERE id = ?6 AND attempt = ?7 AND state = ?4`,
		v.State, v.Code, joinReceipt(v.Receipt), v.Unsure, core.Queued, microsOf(v.Next), o.ID, o.Attempt, untried(v),
	).Exec(ctx)
	if err := once(res, err, core.Conflict, "settle outgoing"); err != nil {
		return err
	}
	if v.State == core.Queued {
		err = t.putOff(ctx, o, microsOf(v.Next))
	} else if err = t.putParts(ctx, partsOf(o, v.Receipt)); err == nil {
		err = t.moveReceipt(ctx, o, v)
	}
	if err != nil || !v.Closed {
		return err
	}
	return t.lost(ctx, o.Chat)
}

// putOff moves what waits behind o to when o is tried again: nothing of it could be
// taken before. So a claim does not walk over all of it while a platform is away.
func (t *tx) putOff(ctx context.Context, o *core.Outgoing, next micros) error {
	if o.Chat == 0 {
		return nil
	}
	_, err := t.NewRaw(`
		UPDATE outbox SET next_at = ?0
		WHERE state = ?1 AND chat = ?2 AND lane = ?3 AND id > ?4 AND next_at < ?0`,
		next, core.Queued, o.Chat, o.Lane, o.ID,
	).Exec(ctx)
	return failed(err, "put off outgoing")
}

// lost closes a chat that a platform calls gone; it may be gone from the store, too.
func (t *tx) lost(ctx context.Context, c core.ChatID) error {
	err := t.CloseChat(ctx, c, true)
	if core.CodeOf(err) == core.NotFound {
		return nil
	}
	return err
}

// moveReceipt gives what was edited the parts that show it now: a text that grew has
// more of them, and a later edit or redaction must find all.
func (t *tx) moveReceipt(ctx context.Context, o *core.Outgoing, v core.Verdict) error {
	e, ok := o.Content.(*core.Edit)
	if !ok || v.State != core.Sent || len(v.Receipt) == 0 {
		return nil
	}
	if e.Of < 0 {
		return t.moveCopyReceipt(ctx, e.Of, v.Receipt)
	}
	_, err := t.NewRaw("UPDATE outbox SET receipt = ? WHERE id = ?", joinReceipt(v.Receipt), e.Of).Exec(ctx)
	return failed(err, "move receipt")
}

// untried is by how many attempts a verdict takes the count back.
func untried(v core.Verdict) int {
	if v.Untried && v.State == core.Queued {
		return 1
	}
	return 0
}

// SettleAll implements core.OutboxStore: messages that were sent, which most are, go
// together.
func (t *tx) SettleAll(ctx context.Context, all []core.Settlement) error {
	var sent []core.Settlement
	for _, s := range all {
		if _, shown := s.Content.(*core.Edit); s.State == core.Sent && !shown && !s.Closed && !s.Verdict.Unsure {
			sent = append(sent, s)
			continue
		}
		if err := t.Settle(ctx, s.Outgoing, s.Verdict); err != nil && core.CodeOf(err) != core.Conflict {
			return err
		}
	}
	if len(sent) == 0 {
		return nil
	}
	return t.settleSent(ctx, sent)
}

// A sentRow is what a statement is told of a message that was sent.
type sentRow struct {
	ID      core.OutgoingID
	Attempt int
	Receipt string
}

// settleSent is Settle for messages that were sent.
func (t *tx) settleSent(ctx context.Context, sent []core.Settlement) error {
	rows := make([]sentRow, len(sent))
	for i, s := range sent {
		rows[i] = sentRow{s.ID, s.Attempt, joinReceipt(s.Receipt)}
	}
	var settled []core.OutgoingID
	err := t.NewRaw(`
		WITH v (message, try, parts) AS (?0)
		UPDATE outbox SET state = ?1, code = '', receipt = v.parts, settled = attempt,
			unsure = unsure OR settled < attempt - 1, sealed = NULL
		FROM v WHERE id = v.message AND attempt = v.try AND state = ?2
		RETURNING id`,
		t.NewValues(&rows), core.Sent, core.Queued,
	).Scan(ctx, &settled)
	if err != nil {
		return failed(err, "settle outgoing")
	}
	var parts []partRow
	for _, s := range sent {
		if slices.Contains(settled, s.ID) {
			parts = append(parts, partsOf(s.Outgoing, s.Receipt)...)
		}
	}
	return t.putParts(ctx, parts)
}

// A partRow is the name that a platform gave to a part of a message.
type partRow struct {
	Chat    core.ChatID
	Part    core.ReceiptID
	Message core.OutgoingID
}

func partsOf(o *core.Outgoing, r core.Receipt) []partRow {
	parts := make([]partRow, len(r))
	for i, p := range r {
		parts[i] = partRow{o.Chat, p, o.ID}
	}
	return parts
}

// putParts lets a menu be found by any part of the message that carries it. Other
// messages need no such row. Where a part shows something newer, the newer holds.
func (t *tx) putParts(ctx context.Context, parts []partRow) error {
	if len(parts) == 0 {
		return nil
	}
	_, err := t.NewRaw(`
		WITH p (chat, part, message) AS (?0)
		INSERT INTO receipts (chat, part, message, day)
		SELECT p.chat, p.part, max(p.message), ?1 FROM p
		WHERE EXISTS (SELECT 1 FROM menus WHERE message = p.message) GROUP BY p.chat, p.part
		ON CONFLICT (chat, part) DO UPDATE SET message = excluded.message, day = excluded.day`,
		t.NewValues(&parts), t.today(),
	).Exec(ctx)
	return failed(err, "put parts of message")
}

// joinReceipt returns the parts of r, a line each.
func joinReceipt(r core.Receipt) string {
	parts := make([]string, len(r))
	for i, p := range r {
		parts[i] = string(p)
	}
	return strings.Join(parts, "\n")
}
