package storage

import (
	"context"
	"encoding/json"
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
	Answer  int
}

// broadcasts are the copies of the person. The text of one that has not left yet may be a
// draft, and is not shown. They are found from the broadcasts, of which there are few.
func (m *mine) broadcasts(ctx context.Context) error {
	var rows []myCopyRow
	err := m.NewRaw(`
		SELECT b.uid, b.sealed, b.due, r.chat, r.state, r.next_at, r.attempt, r.unsure, r.code, r.receipt, r.answer
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
			Unsure: r.Unsure, Why: r.Code, Parts: parts(r.Receipt), Answer: r.Answer,
		}
		if r.State == core.Sent || r.State == core.Doubtful {
			var l core.Letterhead
			if err := m.keys.openJSON(broadcastCell(r.UID), r.Sealed, &l); err != nil {
				return err
			}
			out.Text = plainOf(core.In(l.Texts, m.language()))
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

// language is that of the person, "" if nobody is known.
func (m *mine) language() string {
	if m.out.Person == nil {
		return ""
	}
	return m.out.Person.Language
}

func plainOf(w core.Wording) string { return (&core.Message{Body: w.Body}).PlainText() }

// A mySendingRow is a broadcast that the person proposed or approved.
type mySendingRow struct {
	UID      string `bun:"uid"`
	Sealed   []byte
	State    core.BroadcastState
	Moved    micros
	Due      micros
	Proposed bool
}

// sendings are what the person sent to others, or approved.
func (m *mine) sendings(ctx context.Context) error {
	m.out.Sendings = []core.MySending{}
	if m.of == 0 {
		return nil
	}
	var rows []mySendingRow
	err := m.NewRaw(`SELECT uid, sealed, state, moved, due, proposer = ?0 AS proposed FROM broadcasts
		WHERE proposer = ?0 OR approver = ?0 ORDER BY id`, m.of).Scan(ctx, &rows)
	if err != nil {
		return failed(err, "read broadcasts by person")
	}
	for _, r := range rows {
		var l core.Letterhead
		if err := m.keys.openJSON(broadcastCell(r.UID), r.Sealed, &l); err != nil {
			return err
		}
		m.out.Sendings = append(m.out.Sendings, core.MySending{
			Text: plainOf(core.In(l.Texts, m.language())), State: r.State, Moved: r.Moved.Time(), Due: r.Due.Time(), Proposed: r.Proposed,
		})
	}
	return nil
}

// audiences are those that the person keeps.
func (m *mine) audiences(ctx context.Context) error {
	m.out.Audiences = []core.MyAudience{}
	kept, err := m.Audiences(ctx, m.of)
	if err != nil {
		return err
	}
	for _, a := range kept {
		filters, err := json.Marshal(a.Audience)
		if err != nil {
			return core.Wrap(core.Internal, err, "storage: write audience")
		}
		m.out.Audiences = append(m.out.Audiences, core.MyAudience{Name: a.Name, Filters: string(filters)})
	}
	return nil
}
