package storage

import (
	"context"

	"github.com/uptrace/bun"

	"tocsin/core"
)

// A toldRow is an action that was announced.
type toldRow struct {
	ID    core.ActionID
	Title string
}

// digests are which actions the person was told of, and when the next digest comes.
func (m *mine) digests(ctx context.Context) error {
	if m.of == 0 {
		return nil
	}
	var due, last micros
	var sealed []byte
	err := m.NewRaw("SELECT COALESCE(due, 0), last, told FROM digests WHERE supporter = ?", m.of).Scan(ctx, &due, &last, &sealed)
	if err != nil {
		return failed(err, "read digests of person")
	}
	told, err := m.openTold(m.of, sealed)
	if err != nil {
		return err
	}
	m.out.Digests = &core.MyDigests{Next: due.Time(), Last: last.Time(), Told: []core.MyTold{}}
	if err := m.nudge(ctx); err != nil {
		return err
	}
	if len(told) == 0 {
		return nil
	}
	ids := make([]core.ActionID, len(told))
	for i, t := range told {
		ids[i] = t.Action
	}
	var rows []toldRow
	if err := m.NewRaw("SELECT id, title FROM actions WHERE id IN (?)", bun.List(ids)).Scan(ctx, &rows); err != nil {
		return failed(err, "read actions that were announced")
	}
	titles := map[core.ActionID]string{}
	for _, r := range rows {
		titles[r.ID] = r.Title
	}
	for _, t := range told {
		m.out.Digests.Told = append(m.out.Digests.Told, core.MyTold{Action: titles[t.Action], Starts: t.StartsAt})
	}
	return nil
}

// nudge is what is offered next, and when.
func (m *mine) nudge(ctx context.Context) error {
	var rows []struct {
		Step core.NudgeStep
		Due  micros
	}
	err := m.NewRaw("SELECT step, due FROM nudges WHERE supporter = ?", m.of).Scan(ctx, &rows)
	for _, r := range rows {
		m.out.Digests.Nudge, m.out.Digests.NudgeDue = r.Step, r.Due.Time()
	}
	return failed(err, "read nudges of person")
}

// A contactsRow counts the messages of a day.
type contactsRow struct {
	Day   core.Day
	Count int
}

// contacts are how many messages the bot began with the person, by day.
func (m *mine) contacts(ctx context.Context) error {
	var rows []contactsRow
	err := m.NewRaw("SELECT day, count FROM contacts WHERE supporter = ? ORDER BY day", m.of).Scan(ctx, &rows)
	m.out.Contacts = []core.MyContacts{}
	for _, r := range rows {
		m.out.Contacts = append(m.out.Contacts, core.MyContacts{Day: r.Day, Count: r.Count})
	}
	return failed(err, "read contacts of person")
}
