package storage

import (
	"context"
	"time"

	"tocsin/core"
)

// nextDueSQL asks each lane for its first row in the index outbox_due.
const nextDueSQL = `
	SELECT COALESCE(min(next_at), 0) FROM (
		SELECT min(next_at) AS next_at FROM outbox WHERE state = 'queued' AND bot = ?0 AND lane = 1
		UNION ALL
		SELECT min(next_at) FROM outbox WHERE state = 'queued' AND bot = ?0 AND lane = 2
		UNION ALL
		SELECT min(next_at) FROM outbox WHERE state = 'queued' AND bot = ?0 AND lane = 3
		UNION ALL
		SELECT min(r.next_at) FROM broadcasts AS b JOIN recipients AS r ON r.broadcast = b.id
		WHERE b.state = 'running' AND r.state = 'queued' AND r.bot = ?0
	) AS lanes`

// NextDue implements core.OutboxReader.
func (t *tx) NextDue(ctx context.Context, b core.BotID) (time.Time, error) {
	bot := t.bots.get(b)
	if b != "" && bot == 0 { // not t.bot: a Reader makes nothing
		err := t.NewRaw("SELECT COALESCE((SELECT id FROM bots WHERE name = ?), -1)", b).Scan(ctx, &bot)
		if err != nil {
			return time.Time{}, failed(err, "find bot")
		}
	}
	var next micros
	if err := t.NewRaw(nextDueSQL, bot).Scan(ctx, &next); err != nil {
		return time.Time{}, failed(err, "find next due")
	}
	return next.Time(), nil
}
