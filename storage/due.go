package storage

import (
	"context"
	"strings"
	"time"

	"tocsin/core"
)

// copiesDueSQL asks each broadcast under way for its first copy.
const copiesDueSQL = `
		SELECT CASE WHEN q.next_at < q.due THEN q.due ELSE q.next_at END AS next_at FROM (
			SELECT b.due, (SELECT min(r.next_at) FROM recipients AS r
				WHERE r.state = 'queued' AND r.broadcast = b.id AND r.bot = ?0 AND r.wave = w.wave) AS next_at
			FROM broadcasts AS b CROSS JOIN (SELECT 0 AS wave UNION ALL SELECT 1) AS w
			WHERE (b.state = 'running' OR b.state = 'canary' AND w.wave = 0) AND (b.expires = 0 OR b.expires > ?1)) AS q
		WHERE q.next_at IS NOT NULL`

// laneDueSQL asks a lane for its first row in the index outbox_due, and the last one for
// that of the broadcasts, too.
var laneDueSQL = map[core.Lane]string{
	core.Talk:   "SELECT min(next_at) AS next_at FROM outbox WHERE state = 'queued' AND bot = ?0 AND lane = 1",
	core.Notice: "SELECT min(next_at) AS next_at FROM outbox WHERE state = 'queued' AND bot = ?0 AND lane = 2",
	core.Bulk: `SELECT min(next_at) AS next_at FROM outbox WHERE state = 'queued' AND bot = ?0 AND lane = 3
		UNION ALL
		` + copiesDueSQL,
}

// nextDueSQL asks lanes for the first of all: 0 if nothing waits. A copy of a broadcast that
// was never tried has a next_at of 0, and waits all the same.
func nextDueSQL(lanes []core.Lane) string {
	asked := make([]string, len(lanes))
	for i, l := range lanes {
		asked[i] = laneDueSQL[l]
	}
	return "SELECT COALESCE(min(CASE WHEN next_at < 1 THEN 1 ELSE next_at END), 0) FROM (" + strings.Join(asked, " UNION ALL ") + ") AS lanes"
}

// NextDue implements core.OutboxReader.
func (t *tx) NextDue(ctx context.Context, b core.BotID, lanes ...core.Lane) (time.Time, error) {
	if len(lanes) == 0 {
		lanes = []core.Lane{core.Talk, core.Notice, core.Bulk}
	}
	bot, err := t.knownBot(ctx, b)
	if err != nil {
		return time.Time{}, err
	}
	var next micros
	if err := t.often(nextDueSQL(lanes), bot, t.clock()).Scan(ctx, &next); err != nil {
		return time.Time{}, failed(err, "find next due")
	}
	return next.Time(), nil
}

// dueNowSQL asks the same indexes.
var dueNowSQL = "SELECT " +
	"COALESCE((" + laneDueSQL[core.Talk] + ") <= ?2, FALSE) AS talk, " +
	"COALESCE((" + laneDueSQL[core.Notice] + ") <= ?2, FALSE) AS notice, " +
	"COALESCE((SELECT min(next_at) FROM outbox WHERE state = 'queued' AND bot = ?0 AND lane = 3) <= ?2, FALSE) AS bulk, " +
	"EXISTS (SELECT 1 FROM (" + copiesDueSQL + ") AS c WHERE c.next_at <= ?2) AS copies"

// DueNow implements core.OutboxReader.
func (t *tx) DueNow(ctx context.Context, b core.BotID, now time.Time) (core.Due, error) {
	bot, err := t.knownBot(ctx, b)
	if err != nil {
		return core.Due{}, err
	}
	var r dueRow
	err = t.often(dueNowSQL, bot, microsOf(now), microsOf(now)).Scan(ctx, &r.Talk, &r.Notice, &r.Bulk, &r.Copies)
	return r.due(), failed(err, "find what is due")
}

// knownBot is t.bot for a Reader, which makes nothing: -1 for a bot that was never seen.
func (t *tx) knownBot(ctx context.Context, b core.BotID) (int64, error) {
	bot := t.bots.get(b)
	if b == "" || bot != 0 {
		return bot, nil
	}
	err := t.NewRaw("SELECT COALESCE((SELECT id FROM bots WHERE name = ?), -1)", b).Scan(ctx, &bot)
	return bot, failed(err, "find bot")
}

// countWaitingSQL counts by the same indexes.
const countWaitingSQL = `
	SELECT lane, count(*) AS waiting FROM outbox WHERE state = 'queued' AND bot = ?0 GROUP BY lane
	UNION ALL
	SELECT ?1, count(*) FROM broadcasts AS b JOIN recipients AS r ON r.broadcast = b.id
	WHERE b.state IN ('running', 'canary') AND r.state = 'queued' AND r.bot = ?0 HAVING count(*) > 0`

// CountWaiting implements core.OutboxReader.
func (t *tx) CountWaiting(ctx context.Context, b core.BotID) (map[core.Lane]int, error) {
	bot, err := t.knownBot(ctx, b)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		Lane    core.Lane
		Waiting int
	}
	if err := t.NewRaw(countWaitingSQL, bot, core.Bulk).Scan(ctx, &rows); err != nil {
		return nil, failed(err, "count what waits")
	}
	waiting := map[core.Lane]int{}
	for _, r := range rows {
		waiting[r.Lane] += r.Waiting
	}
	return waiting, nil
}
