package storage

import (
	"context"
	"crypto/rand"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"tocsin/core"
)

// An outboxRow is an Outgoing as it is stored. Settled is the last attempt whose
// verdict is known: where it lags behind, an attempt was cut short.
type outboxRow struct {
	bun.BaseModel `bun:"table:outbox,alias:o"`
	ID            core.OutgoingID
	UID           string `bun:"uid"`
	Chat          core.ChatID
	Account       core.AccountID
	Lane          core.Lane
	Sealed        []byte
	Due           micros
	Expires       micros
	Again         core.Again
	Attempt       int
	Settled       int
	Unsure        bool
}

// outboxCell is where the content of an Outgoing is sealed.
func outboxCell(chat core.ChatID, uid string) cell {
	return cell{Table: "outbox", Column: "sealed", Row: strconv.FormatInt(int64(chat), 10) + "/" + uid}
}

// A sealedContent is a Content as it is sealed. One field is set; its name is the kind.
type sealedContent struct {
	Message   *core.Message   `json:"message,omitempty"`
	Reference *core.Reference `json:"reference,omitempty"`
	Edit      *core.Edit      `json:"edit,omitempty"`
	Redact    *core.Redact    `json:"redact,omitempty"`
	Task      *core.Task      `json:"task,omitempty"`
}

// contentKind is the kind of a Content as it stands in clear, for those who count.
type contentKind string

func wrapContent(c core.Content) (contentKind, sealedContent, error) {
	switch c := c.(type) {
	case *core.Message:
		return "message", sealedContent{Message: c}, nil
	case *core.Reference:
		return "reference", sealedContent{Reference: c}, nil
	case *core.Edit:
		return "edit", sealedContent{Edit: c}, nil
	case *core.Redact:
		return "redact", sealedContent{Redact: c}, nil
	case *core.Task:
		return "task", sealedContent{Task: c}, nil
	}
	return "", sealedContent{}, core.Wrap(core.Internal, errors.New("it has no content"), "storage: enqueue outgoing")
}

// content returns the Content that s holds, or nil.
func (s *sealedContent) content() core.Content {
	switch {
	case s.Message != nil:
		return s.Message
	case s.Reference != nil:
		return s.Reference
	case s.Edit != nil:
		return s.Edit
	case s.Redact != nil:
		return s.Redact
	case s.Task != nil:
		return s.Task
	}
	return nil
}

// Enqueue implements core.OutboxStore. It fails with NotFound if there is no such
// chat. Without o.Due, o is due at once.
func (t *tx) Enqueue(ctx context.Context, o *core.Outgoing) error {
	kind, content, err := wrapContent(o.Content)
	if err != nil {
		return err
	}
	uid := rand.Text()
	sealed, err := t.keys.sealJSON(outboxCell(o.Chat, uid), content)
	if err != nil {
		return err
	}
	err = t.NewRaw(`
		INSERT INTO outbox (uid, bot, chat, account, lane, kind, sealed, due, next_at, expires, again,
			state, attempt, settled, unsure, code, receipt)
		SELECT ?0, b.bot, ?1, ?2, ?3, ?4, ?5, d.due, d.due, ?6, ?7, ?8, 0, 0, FALSE, '', ''
		FROM (SELECT bot FROM chats WHERE id = ?1 UNION ALL SELECT 0 WHERE ?1 = 0) AS b, (SELECT ?9 AS due) AS d
		RETURNING id`,
		uid, o.Chat, o.Account, o.Lane, kind, sealed, microsOf(o.Expires), o.Again, core.Queued, t.dueAt(o.Due),
	).Scan(ctx, &o.ID)
	if err != nil {
		return failed(err, "enqueue outgoing")
	}
	o.Key = core.SendKey(uid)
	return nil
}

// dueAt returns due as SQL, or the store's clock if it is zero.
func (t *tx) dueAt(due time.Time) schema.QueryAppender {
	if due.IsZero() {
		return t.clock()
	}
	return bun.SafeQuery("?", microsOf(due))
}

// Settle implements core.OutboxStore. An earlier attempt that may have arrived stays
// in mind until the final verdict.
func (t *tx) Settle(ctx context.Context, o *core.Outgoing, v core.Verdict) error {
	res, err := t.NewRaw(`
		UPDATE outbox SET state = ?0, code = ?1, receipt = ?2, settled = attempt,
			unsure = unsure OR ?3 OR settled < attempt - 1,
			next_at = CASE WHEN ?0 = ?4 THEN ?5 ELSE next_at END,
			sealed = CASE WHEN ?0 = ?4 THEN sealed END
		WHERE id = ?6 AND attempt = ?7 AND state = ?4`,
		v.State, v.Code, joinReceipt(v.Receipt), v.Unsure, core.Queued, microsOf(v.Next), o.ID, o.Attempt,
	).Exec(ctx)
	if err := once(res, err, core.Conflict, "settle outgoing"); err != nil {
		return err
	}
	if v.State == core.Queued {
		err = t.putOff(ctx, o, microsOf(v.Next))
	} else if err = t.putParts(ctx, o, v.Receipt); err == nil {
		err = t.moveReceipt(ctx, o, v)
	}
	if err != nil || !v.Closed {
		return err
	}
	return t.lost(ctx, o.Chat)
}

// moveReceipt gives what was edited the parts that show it now: a text that grew has
// more of them, and a later edit or redaction must find all.
func (t *tx) moveReceipt(ctx context.Context, o *core.Outgoing, v core.Verdict) error {
	e, ok := o.Content.(*core.Edit)
	if !ok || v.State != core.Sent || len(v.Receipt) == 0 {
		return nil
	}
	query, id := "UPDATE outbox SET receipt = ? WHERE id = ?", e.Of
	if id < 0 {
		query, id = "UPDATE recipients SET receipt = ? WHERE id = ?", -id
	}
	_, err := t.NewRaw(query, joinReceipt(v.Receipt), id).Exec(ctx)
	return failed(err, "move receipt")
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

// A partRow is the name that a platform gave to a part of a message.
type partRow struct{ Part core.ReceiptID }

// putParts lets a menu be found by any part of the message that carries it. Other
// messages need no such row. Where a part shows something newer, the newer holds.
func (t *tx) putParts(ctx context.Context, o *core.Outgoing, r core.Receipt) error {
	if len(r) == 0 {
		return nil
	}
	parts := make([]partRow, len(r))
	for i, p := range r {
		parts[i].Part = p
	}
	_, err := t.NewRaw(`
		WITH p (part) AS (?0)
		INSERT INTO receipts (chat, part, message, day)
		SELECT ?1, p.part, ?2, ?3 FROM p WHERE EXISTS (SELECT 1 FROM menus WHERE message = ?2) GROUP BY p.part
		ON CONFLICT (chat, part) DO UPDATE SET message = excluded.message, day = excluded.day`,
		t.NewValues(&parts), o.Chat, o.ID, t.today(),
	).Exec(ctx)
	return failed(err, "put parts of message")
}

// lost closes a chat that a platform calls gone; it may be gone from the store, too.
func (t *tx) lost(ctx context.Context, c core.ChatID) error {
	err := t.CloseChat(ctx, c, true)
	if core.CodeOf(err) == core.NotFound {
		return nil
	}
	return err
}

// Receipt implements core.OutboxStore. It knows the copies of broadcasts, too: their
// ids are negative.
func (t *tx) Receipt(ctx context.Context, id core.OutgoingID) (core.Receipt, error) {
	query := "SELECT receipt FROM outbox WHERE id = ? AND receipt <> ''"
	if id < 0 {
		query, id = "SELECT receipt FROM recipients WHERE id = ? AND receipt <> ''", -id
	}
	var joined string
	if err := t.NewRaw(query, id).Scan(ctx, &joined); err != nil {
		return nil, failed(err, "read receipt")
	}
	var r core.Receipt
	for part := range strings.SplitSeq(joined, "\n") {
		r = append(r, core.ReceiptID(part))
	}
	return r, nil
}

// joinReceipt returns the parts of r, a line each.
func joinReceipt(r core.Receipt) string {
	parts := make([]string, len(r))
	for i, p := range r {
		parts[i] = string(p)
	}
	return strings.Join(parts, "\n")
}
