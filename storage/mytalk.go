package storage

import (
	"context"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"tocsin/core"
)

// A myTalkRow is a conversation as it is stored.
type myTalkRow struct {
	Chat    core.ChatID
	Account core.AccountID
	Sealed  []byte
	Day     core.Day
}

func (m *mine) conversations(ctx context.Context) error {
	var rows []myTalkRow
	err := m.NewRaw(`SELECT chat, account, sealed, day FROM conversations
		WHERE account IN (?) OR chat IN (?) ORDER BY chat, account`, bun.List(m.accounts), bun.List(m.private)).Scan(ctx, &rows)
	if err != nil {
		return failed(err, "read conversations of person")
	}
	m.out.Conversations = []core.MyConversation{}
	for _, r := range rows {
		var s sealedConversation
		if err := m.keys.openJSON(conversationCell(r.Chat, r.Account), r.Sealed, &s); err != nil {
			return err
		}
		talk := core.MyConversation{
			Chat: m.called[r.Chat], Language: s.Language, Plain: s.Plain, Day: r.Day, At: s.At.Time(), Open: myFlows(s.Frames),
		}
		if s.Last != nil {
			talk.Last = &core.MyLast{Message: s.Last.In, Open: myFlows(s.Last.Frames)}
		}
		m.out.Conversations = append(m.out.Conversations, talk)
	}
	return nil
}

// myFlows returns frames with what was said in them, by name.
func myFlows(frames []core.Frame) []core.MyFlow {
	out := []core.MyFlow{}
	for _, f := range frames {
		flow := core.MyFlow{Flow: f.Flow, Step: f.Step, Typed: []core.MyWord{}}
		for _, name := range slices.Sorted(maps.Keys(f.Data)) {
			flow.Typed = append(flow.Typed, core.MyWord{Name: name, Value: f.Data[name]})
		}
		out = append(out, flow)
	}
	return out
}

// codes tells that a code was asked for. Neither the code nor the address is in it.
func (m *mine) codes(ctx context.Context) error {
	var rows []challengeRow
	err := m.NewRaw("SELECT account, made, tries, sends, last_send, closed FROM challenges WHERE account IN (?) ORDER BY account",
		bun.List(m.accounts)).Scan(ctx, &rows)
	m.out.Codes = []core.MyCode{}
	for _, r := range rows {
		m.out.Codes = append(m.out.Codes, core.MyCode{
			Account: m.named[r.Account], Made: r.Made.Time(), Tries: r.Tries, Sends: r.Sends,
			LastSend: r.LastSend.Time(), Closed: r.Closed,
		})
	}
	return failed(err, "read challenges of person")
}

// tallyKinds walks over the index from one kind to the next: the table holds the counts
// of everybody.
const tallyKinds = `
	WITH RECURSIVE k (kind) AS (
		SELECT min(kind) FROM tallies
		UNION ALL SELECT (SELECT min(t.kind) FROM tallies AS t WHERE t.kind > k.kind) FROM k WHERE k.kind IS NOT NULL)
	SELECT kind FROM k WHERE kind IS NOT NULL`

// A myTallyRow is a count of one kind.
type myTallyRow struct {
	Kind  core.TallyKind
	Count int
	Since micros
}

// attempts finds the counts of the person anew: their subjects are hashed. An address
// counts once it is proven, since anybody can type it.
func (m *mine) attempts(ctx context.Context) error {
	var kinds []core.TallyKind
	if err := m.NewRaw(tallyKinds).Scan(ctx, &kinds); err != nil {
		return failed(err, "read kinds of attempts")
	}
	var subjects [][]byte
	for _, kind := range kinds {
		for _, a := range m.accounts {
			subjects = append(subjects, m.keys.find("tally", string(kind), core.OfAccount(a)))
		}
		if m.of != 0 {
			subjects = append(subjects, m.keys.find("tally", string(kind), core.OfSupporter(m.of)))
		}
		if m.proof != (core.Fingerprint{}) {
			subjects = append(subjects, m.keys.find("tally", string(kind), core.OfAddress(m.proof)))
		}
	}
	var rows []myTallyRow
	err := m.NewRaw(`
		SELECT kind, CAST(sum(count) AS BIGINT) AS count, min(bucket) AS since FROM tallies
		WHERE kind IN (?) AND subject IN (?) GROUP BY kind ORDER BY kind`, bun.List(kinds), bun.List(subjects),
	).Scan(ctx, &rows)
	m.out.Attempts = []core.MyAttempts{}
	for _, r := range rows {
		m.out.Attempts = append(m.out.Attempts, core.MyAttempts{Kind: r.Kind, Count: r.Count, Since: r.Since.Time()})
	}
	return failed(err, "read attempts of person")
}

// A myMenuRow is a menu with the day on which it was offered.
type myMenuRow struct {
	menuRow
	Day core.Day
}

func (m *mine) buttons(ctx context.Context) error {
	var rows []myMenuRow
	err := m.NewRaw(`SELECT token, chat, account, message, sealed, day FROM menus
		WHERE chat IN (?) AND (account IN (?) OR chat IN (?)) ORDER BY day, message, token`,
		bun.List(m.chats), bun.List(m.accounts), bun.List(m.private)).Scan(ctx, &rows)
	if err != nil {
		return failed(err, "read menus of person")
	}
	m.out.Buttons = []core.MyButtons{}
	for _, r := range rows {
		var buttons []core.Button
		if err := m.keys.openJSON(menuCell(r.Token), r.Sealed, &buttons); err != nil {
			return err
		}
		mine := core.MyButtons{Chat: m.called[r.Chat], Day: r.Day, Buttons: []core.MyButton{}}
		for _, b := range buttons {
			does := string(b.Do.Verb)
			if b.Do.Arg != "" {
				does += " " + b.Do.Arg
			}
			mine.Buttons = append(mine.Buttons, core.MyButton{Label: b.Label, Does: does})
		}
		m.out.Buttons = append(m.out.Buttons, mine)
	}
	return nil
}

// receipts are those of private chats; in a room a receipt names no person.
func (m *mine) receipts(ctx context.Context) error {
	var rows []struct {
		Chat core.ChatID
		Part core.ReceiptID
		Day  core.Day
	}
	err := m.NewRaw("SELECT chat, part, day FROM receipts WHERE chat IN (?) ORDER BY day, message, part", bun.List(m.private)).
		Scan(ctx, &rows)
	m.out.Receipts = []core.MyReceipt{}
	for _, r := range rows {
		m.out.Receipts = append(m.out.Receipts, core.MyReceipt{Chat: m.called[r.Chat], Part: r.Part, Day: r.Day})
	}
	return failed(err, "read receipts of person")
}
