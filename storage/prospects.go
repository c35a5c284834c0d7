package storage

import (
	"context"
	"time"

	"tocsin/core"
)

// A prospectRow is one person of an audience who is looked at by themselves.
type prospectRow struct {
	ID       core.SupporterID
	Cell     core.Cell
	Language string
	Zone     string
	Settings []byte
	Account  core.AccountID
	Chat     core.ChatID
	Bot      int64
	Contacts int
	Silent   bool
}

// A prospect is what becomes of them.
type prospect struct {
	at    time.Time
	waits bool
	skip  core.Reason
}

// carefulBatch is how many people are looked at by themselves at a time.
const carefulBatch = 20_000

// careful calls fn for the people of a query who are looked at by themselves and belong
// to the audience, by batches in the order of their ids.
func (a *audience) careful(ctx context.Context, after, upto core.SupporterID, fn func([]prospectRow, []prospect) error) error {
	for {
		all, err := a.all(ctx, after, upto)
		if err != nil {
			return err
		}
		var rows []prospectRow
		err = a.NewRaw(`SELECT p.id, p.cell, p.language, p.zone, p.settings, p.account, p.chat, p.bot, p.contacts, p.silent
			FROM (?) AS p WHERE ? ORDER BY p.id LIMIT ?`, all, a.carefully(), carefulBatch).Scan(ctx, &rows)
		if err != nil {
			return failed(err, "look at audience")
		}
		var in []prospectRow
		var become []prospect
		for i := range rows {
			p, ok, err := a.decide(&rows[i])
			if err != nil {
				return err
			}
			if ok {
				in, become = append(in, rows[i]), append(become, p)
			}
		}
		if err := fn(in, become); err != nil || len(rows) < carefulBatch {
			return err
		}
		after = rows[len(rows)-1].ID
	}
}

// decide says what becomes of a person, or that they are not of the audience.
func (a *audience) decide(r *prospectRow) (p prospect, ok bool, err error) {
	var s core.Settings
	if r.Settings != nil {
		if err := a.keys.openJSON(supporterCell(r.ID, "settings"), r.Settings, &s); err != nil {
			return p, false, err
		}
	}
	if !a.Audience.Holds(r.Cell, &s) {
		return p, false, nil
	}
	start := a.timeOf(r.Zone).start
	p.at = s.QuietHours().End(start.In(a.loaded.Of(r.Zone))).UTC()
	p.waits = p.at.After(start)
	switch {
	case r.Silent:
		p.skip = core.InSilence
	case s.Paused(p.at):
		p.skip = core.OnBreak
	case r.Contacts >= a.Campaign.BudgetOf(&s):
		p.skip = core.OverBudget
	}
	return p, true, nil
}

// A sliceRow is a core.Slice as it is counted.
type sliceRow struct {
	Platform  core.Platform
	Language  string
	Zone      string
	Skip      core.Reason
	Waits     bool
	Contacted bool
	People    int
}

// CountAudience implements core.AudienceReader.
func (t *tx) CountAudience(ctx context.Context, p core.Prospect) ([]core.Slice, error) {
	a, err := t.audience(ctx, p, p.Start.Begin(p.Now), everyone)
	if err != nil {
		return nil, err
	}
	all, err := a.all(ctx, everyone.After, everyone.Upto)
	if err != nil {
		return nil, err
	}
	var rows []sliceRow
	err = t.NewRaw(`SELECT b.name AS platform, g.language, g.zone, g.skip, g.waits, g.contacted, g.people FROM (
			SELECT p.bot, p.language, p.zone, p.skip, p.waits, p.contacts > 0 AS contacted, count(*) AS people
			FROM (?) AS p WHERE NOT (?) GROUP BY 1, 2, 3, 4, 5, 6) AS g JOIN bots AS b ON b.id = g.bot`, all, a.carefully()).Scan(ctx, &rows)
	if err != nil {
		return nil, failed(err, "count audience")
	}
	counts := map[core.Slice]int{}
	for _, r := range rows {
		counts[core.Slice{
			Platform: core.BotID(r.Platform).Platform(), Language: r.Language, Zone: r.Zone, Skipped: r.Skip,
			Waiting: r.Waits, Contacted: r.Contacted,
		}] += r.People
	}
	if err := a.countCareful(ctx, counts); err != nil {
		return nil, err
	}
	out := make([]core.Slice, 0, len(counts))
	for s, n := range counts {
		s.People = n
		out = append(out, s)
	}
	return out, nil
}

func (a *audience) countCareful(ctx context.Context, counts map[core.Slice]int) error {
	bots := map[int64]core.BotID{}
	var rows []struct {
		ID   int64
		Name core.BotID
	}
	if err := a.NewRaw("SELECT id, name FROM bots").Scan(ctx, &rows); err != nil {
		return failed(err, "read bots")
	}
	for _, r := range rows {
		bots[r.ID] = r.Name
	}
	return a.careful(ctx, everyone.After, everyone.Upto, func(in []prospectRow, become []prospect) error {
		for i, r := range in {
			counts[core.Slice{
				Platform: bots[r.Bot].Platform(), Language: r.Language, Zone: r.Zone, Skipped: become[i].skip,
				Waiting: become[i].waits, Contacted: r.Contacts > 0,
			}]++
		}
		return nil
	})
}
