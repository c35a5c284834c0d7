package storage

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"tocsin/core"
)

// recipientsBatch is how many recipients one statement adds: SQLite takes statements of
// up to 1,000,000 bytes (https://sqlite.org/limits.html).
const recipientsBatch = 5_000

// insertRecipients begins what adds copies.
const insertRecipients bun.Safe = `INSERT INTO recipients
	(broadcast, bot, chat, account, wave, target, state, next_at, attempt, settled, unsure, code, receipt, answer)`

// waveOf draws who of a large broadcast is in the canary, by the id in a column.
func waveOf(b *core.Broadcast, id bun.Safe) any {
	if !b.Large || b.Kind != core.Announce {
		return core.MainWave
	}
	return bun.SafeQuery("CASE WHEN (? * 2654435761 + ? * 40503) / 65536 % ? = 0 THEN 0 ELSE 1 END", id, b.ID, core.CanaryShare)
}

// Freeze implements core.BroadcastStore. It fails with Conflict if the broadcast is not
// Freezing, or somebody else freezes it just now.
func (t *tx) Freeze(ctx context.Context, b *core.Broadcast, p core.Prospect, limit int) (bool, error) {
	var id core.BroadcastID
	if err := t.NewRaw("SELECT id FROM broadcasts WHERE id = ? ?", b.ID, t.lock()).Scan(ctx, &id); err != nil {
		return false, conflicted(failed(err, "freeze broadcast"), "freeze broadcast")
	}
	people := "SELECT max(id) FROM supporters"
	if b.Kind != core.Announce {
		people = "SELECT max(id) FROM recipients"
	}
	err := t.NewRaw(`UPDATE broadcasts SET upto = CASE WHEN upto > 0 THEN upto ELSE COALESCE((`+people+`), 0) END
		WHERE id = ? AND state = 'freezing' RETURNING frozen, upto`, b.ID).Scan(ctx, &b.Frozen, &b.Upto)
	if err != nil {
		return false, conflicted(failed(err, "freeze broadcast"), "freeze broadcast")
	}
	if b.Frozen == 0 && b.Kind == core.Announce {
		if err := t.freezeRooms(ctx, b, p); err != nil {
			return false, err
		}
	}
	upto, err := t.frozenUpto(ctx, b, limit)
	if err != nil {
		return false, err
	}
	if b.Kind == core.Announce {
		err = t.freezePeople(ctx, b, p, upto)
	} else {
		err = t.freezeCopies(ctx, b, p, upto)
	}
	if err != nil {
		return false, err
	}
	b.Frozen = upto
	_, err = t.NewRaw("UPDATE broadcasts SET frozen = ? WHERE id = ?", upto, b.ID).Exec(ctx)
	if err != nil || upto < b.Upto {
		return false, failed(err, "freeze broadcast")
	}
	return true, t.analyze(ctx)
}

// conflicted makes Conflict of NotFound.
func conflicted(err error, what string) error {
	if core.CodeOf(err) == core.NotFound {
		return core.Wrap(core.Conflict, err, "storage: "+what)
	}
	return err
}

// frozenUpto returns the id up to which limit rows are frozen next.
func (t *tx) frozenUpto(ctx context.Context, b *core.Broadcast, limit int) (upto core.SupporterID, err error) {
	if limit == 0 || b.Frozen >= b.Upto {
		return b.Upto, nil
	}
	table := bun.Safe("supporters")
	if b.Kind != core.Announce {
		table = "recipients"
	}
	err = t.NewRaw("SELECT COALESCE(max(id), ?0) FROM (SELECT id FROM ?1 WHERE id > ?2 AND id <= ?0 ORDER BY id LIMIT ?3) AS r",
		b.Upto, table, b.Frozen, limit).Scan(ctx, &upto)
	return upto, failed(err, "freeze broadcast")
}

// freezePeople makes copies for the people of an audience whose ids are in a range.
func (t *tx) freezePeople(ctx context.Context, b *core.Broadcast, p core.Prospect, upto core.SupporterID) error {
	a, err := t.audience(ctx, p, b.Due, people{b.Frozen, upto})
	if err != nil {
		return err
	}
	all, err := a.all(ctx, b.Frozen, upto)
	if err != nil {
		return err
	}
	_, err = t.NewRaw(`? SELECT ?, p.bot, p.chat, p.account, ?, 0, CASE WHEN p.skip = '' THEN 'queued' ELSE 'unsent' END,
			p.at, 0, 0, FALSE, p.skip, '', 0 FROM (?) AS p WHERE NOT (?) ON CONFLICT (broadcast, chat) DO NOTHING`,
		insertRecipients, b.ID, waveOf(b, "p.id"), all, a.carefully()).Exec(ctx)
	if err != nil {
		return failed(err, "freeze audience")
	}
	return a.careful(ctx, b.Frozen, upto, func(in []prospectRow, become []prospect) error {
		return t.freezeCareful(ctx, b, in, become)
	})
}

// A frozenRow is what a statement is told of a copy.
type frozenRow struct {
	Person  core.SupporterID
	Bot     int64
	Chat    core.ChatID
	Account core.AccountID
	State   core.State
	At      micros
	Code    core.Reason
}

func (t *tx) freezeCareful(ctx context.Context, b *core.Broadcast, in []prospectRow, become []prospect) error {
	rows := make([]frozenRow, len(in))
	for i, r := range in {
		rows[i] = frozenRow{r.ID, r.Bot, r.Chat, r.Account, core.Queued, microsOf(become[i].at), become[i].skip}
		if become[i].skip != "" {
			rows[i].State = core.Unsent
		}
	}
	for batch := range slices.Chunk(rows, recipientsBatch) {
		_, err := t.NewRaw(`WITH p (id, bot, chat, account, state, at, skip) AS (?)
			? SELECT ?, p.bot, p.chat, p.account, ?, 0, p.state, p.at, 0, 0, FALSE, p.skip, '', 0 FROM p WHERE TRUE
			ON CONFLICT (broadcast, chat) DO NOTHING`,
			t.NewValues(&batch), insertRecipients, b.ID, waveOf(b, "p.id")).Exec(ctx)
		if err != nil {
			return failed(err, "freeze audience")
		}
	}
	return nil
}

// freezeCopies makes copies of a correction or a recall for the copies that arrived, and
// whose names are known.
func (t *tx) freezeCopies(ctx context.Context, b *core.Broadcast, p core.Prospect, upto core.SupporterID) error {
	_, err := t.NewRaw(`? SELECT ?, r.bot, r.chat, r.account, ?, r.id, 'queued', ?, 0, 0, FALSE, '', '', 0
		FROM recipients AS r WHERE r.broadcast = ? AND r.id > ? AND r.id <= ? AND r.state = 'sent' AND r.receipt <> ''
		ON CONFLICT (broadcast, chat) DO NOTHING`,
		insertRecipients, b.ID, core.MainWave, microsOf(b.Due), b.Of, b.Frozen, upto).Exec(ctx)
	return failed(err, "freeze copies")
}

func (t *tx) freezeRooms(ctx context.Context, b *core.Broadcast, p core.Prospect) error {
	rs := make([]core.Recipient, len(b.Rooms))
	for i, c := range b.Rooms {
		rs[i].Chat = c
	}
	return t.AddRecipients(ctx, b.ID, core.CanaryWave, rs)
}

// analyze tells the planner of PostgreSQL what has become of the table. SQLite takes the
// right index without; and once it has samples of a table, it plans a kept statement anew
// for each value that is bound to it.
func (t *tx) analyze(ctx context.Context) error {
	if !t.postgres() {
		return nil
	}
	_, err := t.NewRaw("ANALYZE recipients").Exec(ctx)
	return failed(err, "analyze recipients")
}

// A copyRow is what a statement is told of a Recipient.
type copyRow struct {
	Chat    core.ChatID
	Account core.AccountID
}

// AddRecipients implements core.BroadcastStore. A chat that is gone is passed over.
func (t *tx) AddRecipients(ctx context.Context, id core.BroadcastID, w core.Wave, rs []core.Recipient) error {
	rows := make([]copyRow, len(rs))
	for i, r := range rs {
		rows[i] = copyRow(r)
	}
	for batch := range slices.Chunk(rows, recipientsBatch) {
		_, err := t.NewRaw(`
			WITH v (chat, account) AS (?0) ?1
			SELECT ?2, c.bot, c.id, v.account, ?3, 0, 'queued', 1, 0, 0, FALSE, '', '', 0
			FROM v JOIN chats AS c ON c.id = v.chat WHERE TRUE
			ON CONFLICT (broadcast, chat) DO NOTHING`,
			t.NewValues(&batch), insertRecipients, id, w,
		).Exec(ctx)
		if err != nil {
			return failed(err, "add recipients")
		}
	}
	return nil
}
