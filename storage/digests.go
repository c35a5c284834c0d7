package storage

import (
	"context"
	"crypto/rand"
	"database/sql"
	"slices"

	"tocsin/core"
)

// A digestRow is what a Digest makes of the row of its person, and its message.
type digestRow struct {
	Supporter core.SupporterID
	Version   int
	Due       sql.NullInt64
	Last      micros
	Told      []byte
	Until     micros
	alert     *alertRow // nil: nothing is sent
}

// An alertRow is the message of a digest as it is stored in the outbox.
type alertRow struct {
	UID     string `bun:"uid"`
	Bot     int64
	Chat    core.ChatID
	Account core.AccountID
	Sealed  []byte
	Due     micros
	Expires micros
}

// PutDigests implements core.AlertStore. Whose row another transaction wrote meanwhile is
// passed over, and nothing is sent to them: they were told by somebody else, changed their
// mind, or are gone.
func (t *tx) PutDigests(ctx context.Context, ds []core.Digest) (int, error) {
	rows := make([]digestRow, len(ds))
	for i := range ds {
		var err error
		if rows[i], err = t.digestRow(ctx, &ds[i]); err != nil {
			return 0, err
		}
	}
	if len(rows) == 0 {
		return 0, nil
	}
	put := t.putDigestRows
	if t.postgres() {
		put = t.putDigestArrays
	}
	mine, err := put(ctx, rows)
	if err != nil {
		return 0, failed(err, "put digests")
	}
	var alerts []*alertRow
	for i := range rows {
		if rows[i].alert != nil && mine[rows[i].Supporter] {
			alerts = append(alerts, rows[i].alert)
		}
	}
	if len(alerts) == 0 {
		return 0, nil
	}
	send := t.insertAlerts
	if t.postgres() && len(alerts) > fewRows {
		send = t.copyAlerts
	}
	return len(alerts), failed(send(ctx, alerts), "enqueue alerts")
}

func (t *tx) digestRow(ctx context.Context, d *core.Digest) (r digestRow, err error) {
	w := d.Of
	r = digestRow{Supporter: w.ID, Version: w.Version, Last: microsOf(d.Last)}
	if !d.Next.IsZero() {
		r.Due = sql.NullInt64{Int64: int64(microsOf(d.Next)), Valid: true}
	}
	if r.Told, r.Until, err = t.sealTold(w.ID, d.Told); err != nil || len(d.Actions) == 0 {
		return r, err
	}
	about := &core.Reference{
		Kind: core.AlertKind, Supporter: w.ID, Subjects: make([]int64, len(d.Actions)), Sequences: make([]int, len(d.Actions)),
		Rule: d.Rule,
	}
	for i, m := range d.Actions {
		about.Subjects[i], about.Sequences[i] = int64(m.Action), m.Sequence
	}
	r.alert = &alertRow{UID: rand.Text(), Chat: w.Chat, Account: w.Account, Due: microsOf(d.Due), Expires: microsOf(d.Expires)}
	if r.alert.Bot, err = t.bot(ctx, w.Bot); err != nil {
		return r, err
	}
	r.alert.Sealed, err = t.keys.sealJSON(outboxCell(w.Chat, r.alert.UID), sealedContent{Reference: about})
	return r, err
}

// digestsBatch is how many digests or alerts one statement of SQLite writes.
const digestsBatch = 500

// putDigestRows writes the rows whose version is theirs still, and returns whose.
func (t *tx) putDigestRows(ctx context.Context, rows []digestRow) (map[core.SupporterID]bool, error) {
	mine := make(map[core.SupporterID]bool, len(rows))
	for batch := range slices.Chunk(rows, digestsBatch) {
		var ids []core.SupporterID
		err := t.NewRaw(`
			WITH v (supporter, version, due, last, told, until) AS (?)
			UPDATE digests SET due = v.due, last = v.last, told = v.told, told_until = v.until, version = v.version + 1
			FROM v WHERE digests.supporter = v.supporter AND digests.version = v.version RETURNING digests.supporter`,
			t.NewValues(&batch)).Scan(ctx, &ids)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			mine[id] = true
		}
	}
	return mine, nil
}

// insertAlerts puts messages into the outbox.
func (t *tx) insertAlerts(ctx context.Context, alerts []*alertRow) error {
	for batch := range slices.Chunk(alerts, digestsBatch) {
		values := make([]alertRow, len(batch))
		for i, a := range batch {
			values[i] = *a
		}
		_, err := t.NewRaw(`
			WITH v (uid, bot, chat, account, sealed, due, expires) AS (?)
			INSERT INTO outbox (uid, bot, chat, account, lane, kind, sealed, due, next_at, expires, again,
				state, attempt, settled, unsure, code, receipt)
			SELECT v.uid, v.bot, v.chat, v.account, ?, 'reference', v.sealed, v.due, v.due, v.expires, ?, ?, 0, 0, FALSE, '', ''
			FROM v`,
			t.NewValues(&values), core.Notice, core.Once, core.Queued).Exec(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}
