package storage

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"tocsin/core"
	"tocsin/core/geo"
)

// An audience asks who a broadcast goes to. There is one query for that, which is
// counted from and frozen from: who agreed, is active and did not stop, once each, at
// the newest of their private chats that is open; when it is sent; and why not, if so.
type audience struct {
	*tx
	core.Prospect
	due    time.Time
	zones  schema.QueryAppender // a table of zone, at, waits
	times  map[string]zoneTime
	loaded core.Zones
	budget int // of who chose none
}

// A zoneTime is when people of a zone are written to, quiet hours that nobody chose
// counted in.
type zoneTime struct {
	start, at time.Time
}

// A people is a range of ids: above After, up to Upto.
type people struct{ After, Upto core.SupporterID }

// everyone is the range of all.
var everyone = people{0, 1 << 62}

// audience prepares a query for copies that are due: of each zone that people of a range
// live in, it finds the times.
func (t *tx) audience(ctx context.Context, p core.Prospect, due time.Time, in people) (*audience, error) {
	a := &audience{
		tx: t, Prospect: p, due: due, times: map[string]zoneTime{}, loaded: core.Zones{},
		budget: p.Campaign.BudgetOf(&core.Settings{}),
	}
	var names []string
	if err := t.NewRaw("SELECT DISTINCT zone FROM supporters WHERE id > ? AND id <= ?", in.After, in.Upto).Scan(ctx, &names); err != nil {
		return nil, failed(err, "find zones")
	}
	var rows []any
	for _, name := range append(names, "") {
		z := a.timeOf(name)
		rows = append(rows, name, microsOf(z.at), z.at.After(z.start))
	}
	a.zones = bun.SafeQuery("VALUES "+repeated("(?, ?, ?)", ", ", len(rows)/3), rows...)
	return a, nil
}

// timeOf returns the times of a zone.
func (a *audience) timeOf(zone string) zoneTime {
	z, ok := a.times[zone]
	if !ok {
		loc := a.loaded.Of(zone)
		z.start = a.Start.For(a.due, loc)
		z.at = core.UsualQuiet.End(z.start.In(loc)).UTC()
		a.times[zone] = z
	}
	return z
}

// all is the query, within a range of ids.
func (a *audience) all(ctx context.Context, after, upto core.SupporterID) (schema.QueryAppender, error) {
	reach := a.reach()
	where, err := a.where(ctx)
	if err != nil {
		return nil, err
	}
	agreedJoin, agreed := a.agreed(after, upto)
	return bun.SafeQuery(`
		WITH z (zone, at, waits) AS (?0)
		SELECT p.*, CASE WHEN p.silent THEN 'silence' WHEN p.contacts >= ?7 THEN 'budget' ELSE '' END AS skip FROM (
			SELECT s.id, s.cell, s.language, s.zone, s.area, s.settings, a.id AS account, c.id AS chat, c.bot,
				COALESCE(z.at, ?1) AS at, COALESCE(z.waits, FALSE) AS waits, ?2 AS silent,
				CAST(COALESCE(d.contacts, 0) AS BIGINT) AS contacts
			FROM supporters AS s CROSS JOIN accounts AS a CROSS JOIN chats AS c
			LEFT JOIN z ON z.zone = s.zone
			LEFT JOIN (SELECT o.supporter, sum(o.count) AS contacts FROM contacts AS o
				WHERE o.supporter > ?4 AND o.supporter <= ?5 AND o.day >= ?3 GROUP BY o.supporter) AS d ON d.supporter = s.id
			?9
			WHERE s.id > ?4 AND s.id <= ?5 AND a.supporter = s.id AND c.id = a.home AND s.state = 'active' AND NOT s.stopped AND c.kind = 'private' AND NOT c.closed ?6
			AND ?10
			AND NOT EXISTS (SELECT 1 FROM accounts AS n JOIN chats AS c ON c.id = n.home
				WHERE n.supporter = s.id AND n.id > a.id AND c.kind = 'private' AND NOT c.closed ?6)
			?8) AS p`,
		a.zones, microsOf(a.timeOf("").at), a.silent(), core.BudgetFrom(core.DayOf(a.Prospect.Now)), after, upto, reach, a.budget, where,
		agreedJoin, agreed), nil
}

// agreed returns what is joined, and a condition, so that only those are left whose last
// answer about messages is yes. PostgreSQL reads all answers at once; on SQLite, where a
// range of people is asked for, each has an index to look at.
func (a *audience) agreed(after, upto core.SupporterID) (join, where schema.QueryAppender) {
	if a.postgres() {
		return bun.SafeQuery(`JOIN (SELECT DISTINCT ON (g.supporter) g.supporter, g.given FROM consents AS g
			WHERE g.purpose = 'messages' AND g.supporter > ? AND g.supporter <= ? ORDER BY g.supporter, g.id DESC) AS k
			ON k.supporter = s.id`, after, upto), bun.Safe("k.given")
	}
	return bun.Safe(""), bun.Safe("(SELECT k.given FROM consents AS k WHERE k.supporter = s.id AND k.purpose = 'messages' ORDER BY k.id DESC LIMIT 1)")
}

// carefully is true in the query for whom Go has to look at: what they chose is sealed,
// or a distance decides.
func (a *audience) carefully() bun.Safe {
	if a.Audience.Careful() {
		return "TRUE"
	}
	return "p.settings IS NOT NULL"
}

// silent is a term that says whether a silence covers the person when they would be
// written to.
func (a *audience) silent() schema.QueryAppender {
	terms := conditions{sep: " OR ", none: "FALSE"}
	for i := range a.Campaign.Silences {
		s := &a.Campaign.Silences[i]
		from, until := s.Span()
		if !until.After(a.Prospect.Now) {
			continue
		}
		areas := conditions{sep: " OR ", none: "TRUE"}
		if len(s.Areas) > 0 {
			areas.add("s.area = ''")
			areas.add("?", inAreas(s.Areas))
		}
		terms.add("COALESCE(z.at, ?) >= ? AND COALESCE(z.at, ?) < ? AND (?)",
			microsOf(a.timeOf("").at), microsOf(from), microsOf(a.timeOf("").at), microsOf(until), areas.term())
	}
	return bun.SafeQuery("(?)", terms.term())
}

// reach is a condition on the chat c of an account: its platform.
func (a *audience) reach() schema.QueryAppender {
	all := conditions{}
	on := func(not string, ps []core.Platform) {
		any := conditions{sep: " OR ", none: "FALSE"}
		for _, p := range ps {
			any.add("b.name LIKE ?", string(p)+":%")
		}
		all.add("AND c.bot "+not+" (SELECT b.id FROM bots AS b WHERE ?)", any.term())
	}
	for _, f := range a.Audience.With {
		if f.Kind == core.UsesPlatform {
			on("IN", f.Platforms)
		}
	}
	for _, f := range a.Audience.Without {
		if f.Kind == core.UsesPlatform {
			on("NOT IN", f.Platforms)
		}
	}
	return all.term()
}

// where is the condition of the filters, as far as columns in clear decide. What Holds
// decides is let pass, if it may be.
func (a *audience) where(ctx context.Context) (schema.QueryAppender, error) {
	all := conditions{}
	for _, f := range a.Audience.With {
		term, err := a.filter(ctx, &f)
		if err != nil {
			return nil, err
		}
		if term != nil {
			all.add("AND (?)", term)
		}
	}
	for _, f := range a.Audience.Without {
		if f.Kind == core.Around {
			continue // of its cover the outer part is not without
		}
		term, err := a.filter(ctx, &f)
		if err != nil {
			return nil, err
		}
		if term != nil {
			all.add("AND NOT (?)", term)
		}
	}
	return all.term(), nil
}

// filter is the condition that a person s passes f, or nil if it is asked elsewhere.
func (a *audience) filter(ctx context.Context, f *core.Filter) (schema.QueryAppender, error) {
	switch f.Kind {
	case core.InAreas:
		return inAreas(f.Areas), nil
	case core.Around:
		ranges := geo.Cover(f.Center, geo.Km(f.Radius), coverRanges)
		if len(ranges) == 0 {
			return bun.Safe("FALSE"), nil
		}
		return within("s.cell", ranges), nil
	case core.ToAction:
		return a.toAction(ctx, f)
	case core.Speaks:
		return bun.SafeQuery("s.language IN (?)", bun.List(f.Languages)), nil
	case core.Inactive:
		return bun.SafeQuery("s.seen < ?", core.DayOf(a.Prospect.Now.AddDate(0, 0, -f.Days))), nil
	case core.UsesPlatform, core.Likes:
		return nil, nil
	}
	return nil, core.Wrap(core.Invalid, errors.New("no such filter"), "storage: ask audience")
}

func (a *audience) toAction(ctx context.Context, f *core.Filter) (schema.QueryAppender, error) {
	if f.Answer == core.Unanswered {
		return bun.SafeQuery("NOT EXISTS (SELECT 1 FROM rsvps AS r WHERE r.supporter = s.id AND r.action = ?)", f.Action), nil
	}
	over := "x.ends_at > ?"
	if f.Answer == core.Came {
		over = "x.ends_at <= ?"
	}
	return bun.SafeQuery(`EXISTS (SELECT 1 FROM rsvps AS r JOIN actions AS x ON x.id = r.action
		WHERE r.supporter = s.id AND r.action = ? AND r.answer = 'going' AND `+over+")", f.Action, microsOf(a.Prospect.Now)), nil
}

// inAreas is the condition that the area of a person s is one of some, or lies in one.
func inAreas(areas []core.AreaID) schema.QueryAppender {
	any := conditions{sep: " OR ", none: "FALSE"}
	for _, area := range areas {
		below := string(area) + "/"
		any.add("s.area = ? OR substr(s.area, 1, ?) = ?", area, len(below), below)
	}
	return any.term()
}

// conditions are put together to one term.
type conditions struct {
	sep, none string // what stands between them, and what where there are none
	text      string
	args      []any
}

func (c *conditions) add(text string, args ...any) {
	if c.text != "" {
		c.text += c.sep
	}
	if c.sep == "" {
		c.text += " "
	}
	c.text += text
	c.args = append(c.args, args...)
}

func (c *conditions) term() schema.QueryAppender {
	if c.text == "" {
		return bun.Safe(c.none)
	}
	return bun.SafeQuery(c.text, c.args...)
}
