package storage

import (
	"context"
	"database/sql"
	"time"

	"github.com/uptrace/bun"

	"tocsin/core"
)

// planReminder has the reminders of an answer planned anew; of one that is not to come any
// more there are none. What was sent stays known, so that it is not sent again to somebody
// who changes their mind twice.
func (t *tx) planReminder(ctx context.Context, r *core.Rsvp) error {
	if r.Answer != core.Going {
		return t.dropReminder(ctx, r.Action, r.Supporter)
	}
	_, err := t.NewRaw(`
		INSERT INTO reminders AS r (supporter, action, due, sent, start, version) VALUES (?, ?, 0, 0, 0, 0)
		ON CONFLICT (supporter, action) DO UPDATE SET due = 0, version = r.version + 1`, r.Supporter, r.Action).Exec(ctx)
	return failed(err, "plan reminders")
}

func (t *tx) dropReminder(ctx context.Context, a core.ActionID, s core.SupporterID) error {
	_, err := t.NewRaw("UPDATE reminders SET due = NULL, version = version + 1 WHERE supporter = ? AND action = ?", s, a).Exec(ctx)
	return failed(err, "drop reminders")
}

// remindAnew plans the reminders of actions that changed.
func (t *tx) remindAnew(ctx context.Context, ids []core.ActionID) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := t.NewRaw("UPDATE reminders SET due = 0, version = version + 1 WHERE action IN (?)", bun.List(ids)).Exec(ctx)
	return failed(err, "plan reminders of actions anew")
}

// A reminderRow is a reminder with the answer that it is of.
type reminderRow struct {
	Supporter core.SupporterID
	Action    core.ActionID
	Due       micros
	Sent      core.Reminding
	Start     micros
	Version   int
	Answer    core.Answer
}

// DueReminders implements core.ReminderReader.
func (t *tx) DueReminders(ctx context.Context, after core.ReminderPoint, at time.Time, limit int) ([]core.Reminder, error) {
	var rows []reminderRow
	err := t.NewRaw(`
		SELECT r.supporter, r.action, r.due, r.sent, r.start, r.version, COALESCE(v.answer, '') AS answer FROM (
			SELECT supporter, action, due, sent, start, version FROM reminders
			WHERE due <= ? AND (due, supporter, action) > (?, ?, ?) ORDER BY due, supporter, action LIMIT ?) AS r
		LEFT JOIN rsvps AS v ON v.supporter = r.supporter AND v.action = r.action ORDER BY r.due, r.supporter, r.action`,
		microsOf(at), microsOf(after.Due), after.Supporter, after.Action, limit).Scan(ctx, &rows)
	if err != nil {
		return nil, failed(err, "find due reminders")
	}
	out := make([]core.Reminder, len(rows))
	for i, r := range rows {
		out[i] = core.Reminder{
			Supporter: r.Supporter, Action: r.Action, Answer: r.Answer, Due: r.Due.Time(), Sent: r.Sent, Start: r.Start.Time(), Version: r.Version,
		}
	}
	return out, nil
}

// PutReminders implements core.ReminderStore. What another transaction wrote meanwhile is
// passed over.
func (t *tx) PutReminders(ctx context.Context, steps []core.ReminderStep) (int, error) {
	sent := 0
	for i := range steps {
		s := &steps[i]
		var due sql.NullInt64
		if next := s.Plan.Next; !next.IsZero() {
			due = sql.NullInt64{Int64: int64(microsOf(next)), Valid: true}
		}
		res, err := t.NewRaw(`
			UPDATE reminders SET due = ?, sent = ?, start = ?, version = version + 1
			WHERE supporter = ? AND action = ? AND version = ?`,
			due, s.Plan.Sent, microsOf(s.About.StartsAt), s.Of.Supporter, s.Of.Action, s.Of.Version).Exec(ctx)
		n, err := changed(res, err, "put reminder")
		if err != nil {
			return 0, err
		}
		if n == 0 || s.Plan.Send == 0 || s.To == nil || s.To.Account == 0 {
			continue
		}
		if err := t.Enqueue(ctx, s.Message()); err != nil {
			return 0, err
		}
		sent++
	}
	return sent, nil
}
