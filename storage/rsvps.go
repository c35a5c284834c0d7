package storage

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"tocsin/core"
)

// An rsvpRow is an Rsvp as it is stored.
type rsvpRow struct {
	bun.BaseModel `bun:"table:rsvps,alias:r"`
	Supporter     core.SupporterID
	Action        core.ActionID
	Answer        core.Answer
	Guests        int
	Changes       int
	Day           core.Day
}

func (r *rsvpRow) rsvp() core.Rsvp {
	return core.Rsvp{Action: r.Action, Supporter: r.Supporter, Answer: r.Answer, Guests: r.Guests, Changes: r.Changes, On: r.Day}
}

// PutRsvp implements core.RsvpStore. It fails with NotFound if there is no such
// supporter or action.
func (t *tx) PutRsvp(ctx context.Context, r *core.Rsvp) error {
	err := t.NewRaw(`
		INSERT INTO rsvps AS r (supporter, action, answer, guests, day)
		SELECT s.id, a.id, ?, ?, ? FROM supporters AS s, actions AS a WHERE s.id = ? AND a.id = ?
		ON CONFLICT (supporter, action) DO UPDATE SET answer = EXCLUDED.answer, guests = EXCLUDED.guests,
			day = EXCLUDED.day, changes = r.changes + 1
		RETURNING changes`,
		r.Answer, r.Guests, r.On, r.Supporter, r.Action,
	).Scan(ctx, &r.Changes)
	if err != nil {
		return failed(err, "put rsvp")
	}
	return t.planReminder(ctx, r)
}

// DropRsvp implements core.RsvpStore.
func (t *tx) DropRsvp(ctx context.Context, a core.ActionID, s core.SupporterID) error {
	_, err := t.NewRaw("DELETE FROM rsvps WHERE supporter = ? AND action = ?", s, a).Exec(ctx)
	if err != nil {
		return failed(err, "drop rsvp")
	}
	return t.dropReminder(ctx, a, s)
}

// Rsvp implements core.RsvpReader.
func (t *tx) Rsvp(ctx context.Context, a core.ActionID, s core.SupporterID) (*core.Rsvp, error) {
	var r rsvpRow
	err := t.NewRaw("SELECT supporter, action, answer, guests, changes, day FROM rsvps WHERE supporter = ? AND action = ?", s, a).
		Scan(ctx, &r)
	if err != nil {
		return nil, failed(err, "read rsvp")
	}
	rsvp := r.rsvp()
	return &rsvp, nil
}

// An engagementRow is an answer with its action.
type engagementRow struct {
	actionRow
	Supporter core.SupporterID
	Answer    core.Answer
	Guests    int
	Changes   int
	Day       core.Day
}

// Agenda implements core.RsvpReader. Cancelled actions are among them: whoever wanted to
// come should learn of it.
func (t *tx) Agenda(ctx context.Context, s core.SupporterID, from time.Time) ([]core.Engagement, error) {
	var rows []engagementRow
	err := t.NewRaw(`
		SELECT ?, r.supporter, r.answer, r.guests, r.changes, r.day FROM rsvps AS r JOIN actions AS a ON a.id = r.action
		WHERE r.supporter = ? AND r.answer IN (?, ?) AND a.ends_at > ?
		ORDER BY a.starts_at, a.id`,
		actionColumns, s, core.Going, core.Maybe, microsOf(from),
	).Scan(ctx, &rows)
	if err != nil {
		return nil, failed(err, "read agenda")
	}
	es := make([]core.Engagement, len(rows))
	for i := range rows {
		e := &rows[i]
		es[i] = core.Engagement{
			Rsvp: core.Rsvp{
				Action: e.ID, Supporter: e.Supporter, Answer: e.Answer, Guests: e.Guests, Changes: e.Changes, On: e.Day,
			},
			Action: e.action(),
		}
	}
	return es, nil
}
