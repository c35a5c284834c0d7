package storage

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/uptrace/bun"

	"tocsin/core"
)

// Progress implements core.BroadcastReader. Without a trail it is what was kept of it.
func (t *tx) Progress(ctx context.Context, id core.BroadcastID, waves ...core.Wave) (*core.Progress, error) {
	b, err := t.Broadcast(ctx, id)
	if err != nil {
		return nil, err
	}
	if b.Final != nil {
		return b.Final, nil
	}
	where := bun.SafeQuery("r.broadcast = ?", id)
	if len(waves) > 0 {
		where = bun.SafeQuery("r.broadcast = ? AND r.wave IN (?)", id, bun.List(waves))
	}
	var rows []countRow
	err = t.NewRaw(`SELECT r.state, CASE WHEN r.state = 'queued' THEN '' ELSE r.code END AS code,
			r.attempt > r.settled AS sending, count(*) AS people FROM recipients AS r WHERE ? GROUP BY 1, 2, 3`, where).Scan(ctx, &rows)
	if err != nil {
		return nil, failed(err, "count recipients")
	}
	p := new(core.Progress)
	for _, r := range rows {
		r.add(p)
	}
	if p.Stops, err = t.countStops(ctx, id, waves); err != nil {
		return nil, err
	}
	return p, t.countAnswers(ctx, b, p)
}

// A countRow counts copies that stand alike.
type countRow struct {
	State   core.State
	Code    string
	Sending bool
	People  int
}

func (r *countRow) add(p *core.Progress) {
	switch {
	case r.State == core.Queued && r.Sending:
		p.Sending += r.People
	case r.State == core.Queued:
		p.Queued += r.People
	case r.State == core.Sent:
		p.Sent += r.People
	case r.State == core.Doubtful:
		p.Uncertain += r.People
	case r.State == core.Failed && core.Code(r.Code) == core.Unreachable:
		p.Blocked += r.People
	case r.State == core.Failed:
		p.Failed += r.People
	case r.State == core.Unsent:
		if p.Skipped == nil {
			p.Skipped = map[core.Reason]int{}
		}
		p.Skipped[core.Reason(r.Code)] += r.People
	}
}

// countStops counts who got a copy and has stopped. It walks over those who stopped.
func (t *tx) countStops(ctx context.Context, id core.BroadcastID, waves []core.Wave) (n int, err error) {
	if len(waves) == 0 {
		waves = []core.Wave{core.CanaryWave, core.MainWave}
	}
	err = t.NewRaw(`SELECT count(*) FROM supporters AS s JOIN accounts AS a ON a.supporter = s.id
		JOIN recipients AS r ON r.broadcast = ? AND r.chat = a.home AND r.state = 'sent' AND r.wave IN (?) WHERE s.stopped`,
		id, bun.List(waves)).Scan(ctx, &n)
	return n, failed(err, "count stops")
}

func (t *tx) countAnswers(ctx context.Context, b *core.Broadcast, p *core.Progress) error {
	if len(b.Answers) == 0 {
		return nil
	}
	var rows []struct{ Answer, People int }
	err := t.NewRaw("SELECT answer, count(*) AS people FROM recipients WHERE broadcast = ? AND answer > 0 GROUP BY answer", b.ID).Scan(ctx, &rows)
	if err != nil {
		return failed(err, "count answers")
	}
	p.Answers = make([]int, len(b.Answers))
	for _, r := range rows {
		if r.Answer <= len(p.Answers) {
			p.Answers[r.Answer-1] = r.People
		}
	}
	return nil
}

// Waits implements core.BroadcastReader.
func (t *tx) Waits(ctx context.Context, id core.BroadcastID, w core.Wave) (is bool, err error) {
	err = t.NewRaw(`SELECT EXISTS (SELECT 1 FROM bots AS b JOIN recipients AS r ON r.bot = b.id
		WHERE r.state = 'queued' AND r.broadcast = ? AND r.wave = ?)`, id, w).Scan(ctx, &is)
	return is, failed(err, "find copies that wait")
}

// Sending implements core.BroadcastReader. A copy whose lease is over is not on its way:
// whoever claimed it does not begin to send it any more.
func (t *tx) Sending(ctx context.Context, id core.BroadcastID) (is bool, err error) {
	err = t.NewRaw(`SELECT EXISTS (SELECT 1 FROM recipients WHERE broadcast = ? AND state = 'queued' AND attempt > settled
		AND next_at > ?)`, id, t.clock()).Scan(ctx, &is)
	return is, failed(err, "find copies on their way")
}

// SkipQueued implements core.BroadcastStore. What may be on its way is left.
func (t *tx) SkipQueued(ctx context.Context, id core.BroadcastID, why core.Reason, limit int) (int, error) {
	res, err := t.NewRaw(`UPDATE recipients SET state = 'unsent', code = ? WHERE id IN (
		SELECT r.id FROM bots AS b JOIN recipients AS r ON r.bot = b.id
		WHERE r.state = 'queued' AND r.broadcast = ? AND r.wave IN (0, 1) AND r.attempt = r.settled LIMIT ?)`,
		why, id, limit).Exec(ctx)
	return changed(res, err, "skip recipients")
}

// Answer implements core.BroadcastStore. It fails with Invalid for an answer that the
// question does not have.
func (t *tx) Answer(ctx context.Context, id core.BroadcastID, chat core.ChatID, answer int) error {
	b, err := t.Broadcast(ctx, id)
	if err != nil {
		return err
	}
	if answer < 1 || answer > len(b.Answers) {
		return core.Wrap(core.Invalid, errors.New("there is no such answer"), "storage: answer broadcast")
	}
	res, err := t.NewRaw("UPDATE recipients SET answer = ? WHERE broadcast = ? AND chat = ?", answer, id, chat).Exec(ctx)
	return once(res, err, core.NotFound, "answer broadcast")
}

// keepCounts stores the counts of broadcasts whose copies are about to be deleted.
func (t *tx) keepCounts(ctx context.Context, before micros) error {
	var ids []core.BroadcastID
	err := t.NewRaw("SELECT b.id FROM broadcasts AS b WHERE b.counts = '' AND ?", bun.SafeQuery(trailOver, age{Before: before})).Scan(ctx, &ids)
	if err != nil {
		return failed(err, "find broadcasts that are over")
	}
	for _, id := range ids {
		p, err := t.Progress(ctx, id)
		if err != nil {
			return err
		}
		counts, err := json.Marshal(p)
		if err != nil {
			return core.Wrap(core.Internal, err, "storage: write counts of broadcast")
		}
		if _, err := t.NewRaw("UPDATE broadcasts SET counts = ? WHERE id = ?", string(counts), id).Exec(ctx); err != nil {
			return failed(err, "keep counts of broadcast")
		}
	}
	return nil
}
