package storage

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"tocsin/core"
)

// A myOutboxRow is an Outgoing as it is stored.
type myOutboxRow struct {
	UID     string `bun:"uid"`
	Chat    core.ChatID
	Lane    core.Lane
	Kind    string
	Sealed  []byte
	Due     micros
	NextAt  micros
	Expires micros
	Again   core.Again
	State   core.State
	Attempt int
	Unsure  bool
	Code    core.Code
	Receipt string
}

// messages are what waits for the person, and what was sent in the last days. Tasks are
// not among them: they are nobody's, and how long one takes would tell whether an address
// is known.
func (m *mine) messages(ctx context.Context) error {
	var rows []myOutboxRow
	err := m.NewRaw(`
		SELECT uid, chat, lane, kind, sealed, due, next_at, expires, again, state, attempt, unsure, code, receipt
		FROM outbox WHERE chat IN (?) AND (account IN (?) OR chat IN (?)) ORDER BY id`,
		bun.List(m.chats), bun.List(m.accounts), bun.List(m.private)).Scan(ctx, &rows)
	if err != nil {
		return failed(err, "read messages of person")
	}
	m.out.Messages = []core.MyMessage{}
	for i := range rows {
		r := &rows[i]
		out := core.MyMessage{
			Chat: m.called[r.Chat], Lane: r.Lane, Kind: r.Kind, Due: r.Due.Time(), Next: nextTry(r.State, r.NextAt),
			Expires: r.Expires.Time(), Again: r.Again, State: r.State, Attempts: r.Attempt, Unsure: r.Unsure,
			Why: r.Code, Parts: parts(r.Receipt),
		}
		if r.Sealed != nil {
			if err := m.fill(ctx, &out, r); err != nil {
				return err
			}
		}
		m.out.Messages = append(m.out.Messages, out)
	}
	return nil
}

// nextTry returns when something is tried next; once it is settled, the column tells
// nothing.
func nextTry(s core.State, at micros) time.Time {
	if s != core.Queued {
		return time.Time{}
	}
	return at.Time()
}

// fill adds what a message that waits says.
func (m *mine) fill(ctx context.Context, out *core.MyMessage, r *myOutboxRow) error {
	var s sealedContent
	if err := m.keys.openJSON(outboxCell(r.Chat, r.UID), r.Sealed, &s); err != nil {
		return err
	}
	message := s.Message
	switch {
	case s.Reference != nil:
		out.About = string(s.Reference.Kind)
	case s.Edit != nil:
		message = s.Edit.Message
	}
	if message == nil {
		return nil
	}
	out.Text = message.PlainText()
	f := message.File
	if f == nil {
		return nil
	}
	b, err := m.Blob(ctx, f.Blob)
	if err != nil && core.CodeOf(err) != core.NotFound {
		return err
	}
	out.File = &core.MyFile{Name: f.Name, Type: f.MIME, Bytes: len(b)}
	if strings.HasPrefix(f.MIME, "text/") && utf8.Valid(b) {
		out.File.Content = string(b)
	}
	return nil
}

// A myCopyRow is a copy of a broadcast.
type myCopyRow struct {
	UID     string `bun:"uid"`
	Sealed  []byte
	Due     micros
	Chat    core.ChatID
	State   core.State
	NextAt  micros
	Attempt int
	Unsure  bool
	Code    core.Code
	Receipt string
}

// broadcasts are the copies of the person. The text of one that has not left yet may be a
// draft, and is not shown. They are found from the broadcasts, of which there are few.
func (m *mine) broadcasts(ctx context.Context) error {
	var rows []myCopyRow
	err := m.NewRaw(`
		SELECT b.uid, b.sealed, b.due, r.chat, r.state, r.next_at, r.attempt, r.unsure, r.code, r.receipt
		FROM broadcasts AS b CROSS JOIN recipients AS r
		WHERE r.broadcast = b.id AND r.chat IN (?) AND (r.account IN (?) OR r.chat IN (?)) ORDER BY r.id`,
		bun.List(m.chats), bun.List(m.accounts), bun.List(m.private)).Scan(ctx, &rows)
	if err != nil {
		return failed(err, "read broadcasts of person")
	}
	m.out.Broadcasts = []core.MyBroadcast{}
	for _, r := range rows {
		out := core.MyBroadcast{
			Chat: m.called[r.Chat], Due: r.Due.Time(), State: r.State, Next: nextTry(r.State, r.NextAt), Attempts: r.Attempt,
			Unsure: r.Unsure, Why: r.Code, Parts: parts(r.Receipt),
		}
		if r.State == core.Sent || r.State == core.Doubtful {
			var text core.Message
			if err := m.keys.openJSON(broadcastCell(r.UID), r.Sealed, &text); err != nil {
				return err
			}
			out.Text = text.PlainText()
		}
		m.out.Broadcasts = append(m.out.Broadcasts, out)
	}
	return nil
}

// parts takes a receipt as it is stored apart.
func parts(joined string) []string {
	if joined == "" {
		return []string{}
	}
	return strings.Split(joined, "\n")
}
