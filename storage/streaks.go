package storage

import (
	"context"

	"tocsin/core"
)

// A streak is failures in a row of a broadcast, as one batch of verdicts shows it: of its
// end, if anything arrived in it.
type streak struct {
	points int
	ended  bool // something arrived
	stored int  // what was stored when the first of these was claimed
}

// finalPoints is how much more a failure for good weighs than one that may pass.
const finalPoints = core.PassingStreak / core.FinalStreak

func (s *streak) add(v core.Verdict) {
	switch {
	case v.State == core.Sent, v.State == core.Failed && v.Code == core.Unreachable:
		s.points, s.ended = 0, true // the platform works
	case v.State == core.Failed:
		s.points += finalPoints
	case v.State == core.Queued && v.Code == core.Unavailable:
		s.points++
	}
}

// countStreaks notes failures in a row, and pauses a broadcast of which everything fails:
// a token was revoked, or nothing of it can be sent. Whom it failed for it waits again.
// While all is well nothing is written.
func (t *tx) countStreaks(ctx context.Context, all []core.Settlement) error {
	streaks := map[core.BroadcastID]*streak{}
	for _, s := range all {
		c, ok := s.Content.(*core.Copy)
		if !ok {
			continue
		}
		if streaks[c.Broadcast.ID] == nil {
			streaks[c.Broadcast.ID] = &streak{stored: c.Broadcast.Streak}
		}
		streaks[c.Broadcast.ID].add(s.Verdict)
	}
	for id, s := range streaks {
		if s.points == 0 && (!s.ended || s.stored == 0) {
			continue
		}
		var now int
		var paused bool // what was on its way then fails, too
		err := t.NewRaw(`UPDATE broadcasts SET streak = CASE WHEN ?0 THEN 0 ELSE streak END + ?1 WHERE id = ?2
			RETURNING streak, state = 'paused' AND why = 'failure'`, s.ended, s.points, id).Scan(ctx, &now, &paused)
		if err != nil {
			return failed(err, "count failures of broadcast")
		}
		if now >= core.PassingStreak || paused && !s.ended {
			if err := t.pauseFailing(ctx, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// pauseFailing pauses a broadcast, and queues anew what failed for good but for people
// who cannot be reached.
func (t *tx) pauseFailing(ctx context.Context, id core.BroadcastID) error {
	for _, query := range []string{
		`UPDATE broadcasts SET state = 'paused', why = 'failure', moved = ?1, streak = 0
			WHERE id = ?0 AND state IN ('running', 'canary')`,
		"UPDATE recipients SET state = 'queued', next_at = 1, code = '' WHERE broadcast = ?0 AND state = 'failed' AND code <> 'unreachable'",
	} {
		if _, err := t.NewRaw(query, id, t.clock()).Exec(ctx); err != nil {
			return failed(err, "pause broadcast")
		}
	}
	return nil
}
