package storage

import (
	"context"

	"tocsin/core"
)

// A myAnswerRow is an answer with the title and time of its action.
type myAnswerRow struct {
	Title    string
	StartsAt micros
	Answer   core.Answer
	Guests   int
	Changes  int
	Day      core.Day
	Due      micros
	Sent     core.Reminding
}

func (m *mine) answers(ctx context.Context) error {
	var rows []myAnswerRow
	err := m.NewRaw(`
		SELECT a.title, a.starts_at, r.answer, r.guests, r.changes, r.day, COALESCE(m.due, 0) AS due, COALESCE(m.sent, 0) AS sent
		FROM rsvps AS r JOIN actions AS a ON a.id = r.action
		LEFT JOIN reminders AS m ON m.supporter = r.supporter AND m.action = r.action WHERE r.supporter = ? ORDER BY a.starts_at, a.id`, m.of,
	).Scan(ctx, &rows)
	m.out.Answers = []core.MyAnswer{}
	for _, r := range rows {
		m.out.Answers = append(m.out.Answers, core.MyAnswer{
			Action: r.Title, Starts: r.StartsAt.Time(), Answer: r.Answer, Guests: r.Guests, Changes: r.Changes, Day: r.Day,
			Reminder: r.Due.Time(), Reminded: r.Sent.Count(),
		})
	}
	return failed(err, "read answers of person")
}

// A myOrganisedRow is a briefing with its action.
type myOrganisedRow struct {
	Title    string
	StartsAt micros
	Eve      bool
	After    bool
	Outcome  core.Outcome
	Day      core.Day
}

func (m *mine) organised(ctx context.Context) error {
	var rows []myOrganisedRow
	err := m.NewRaw(`
		SELECT a.title, a.starts_at, b.eve, b.after, b.outcome, b.day
		FROM briefings AS b JOIN actions AS a ON a.id = b.action WHERE b.supporter = ? ORDER BY a.starts_at, a.id`, m.of,
	).Scan(ctx, &rows)
	m.out.Organised = []core.MyOrganised{}
	for _, r := range rows {
		m.out.Organised = append(m.out.Organised, core.MyOrganised{
			Action: r.Title, Starts: r.StartsAt.Time(), Told: r.Eve, Asked: r.After, Outcome: r.Outcome, Day: r.Day,
		})
	}
	return failed(err, "read briefings of person")
}

func (m *mine) searches(ctx context.Context) error {
	var rows []struct {
		Cell core.Cell
		Day  core.Day
	}
	err := m.NewRaw("SELECT cell, day FROM searches WHERE supporter = ? ORDER BY day, cell", m.of).Scan(ctx, &rows)
	m.out.Searches = []core.MySearch{}
	for _, r := range rows {
		const km2 = 320 // of level 9: 324 on average
		m.out.Searches = append(m.out.Searches, core.MySearch{Cell: *myCell(r.Cell, km2), Week: r.Day})
	}
	return failed(err, "read searches of person")
}
