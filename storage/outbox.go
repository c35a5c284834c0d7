package storage

import (
	"context"
	"crypto/rand"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

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
	err = t.often(`
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

// dueAt is due as a term of a statement, or the store's clock if it is zero.
func (t *tx) dueAt(due time.Time) any {
	if due.IsZero() {
		return t.clock()
	}
	return microsOf(due)
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
