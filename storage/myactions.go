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
}

func (m *mine) answers(ctx context.Context) error {
	var rows []myAnswerRow
	err := m.NewRaw(`
		SELECT a.title, a.starts_at, r.answer, r.guests, r.changes, r.day
		FROM rsvps AS r JOIN actions AS a ON a.id = r.action WHERE r.supporter = ? ORDER BY a.starts_at, a.id`, m.of,
	).Scan(ctx, &rows)
	m.out.Answers = []core.MyAnswer{}
	for _, r := range rows {
		m.out.Answers = append(m.out.Answers, core.MyAnswer{
			Action: r.Title, Starts: r.StartsAt.Time(), Answer: r.Answer, Guests: r.Guests, Changes: r.Changes, Day: r.Day,
		})
	}
	return failed(err, "read answers of person")
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
