package storage

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"tocsin/core"
)

// A purge is one statement of Purge: which rows of a table are old. Where two tables
// hang together, the one that refers to the other comes first and is emptied first.
type purge struct {
	table bun.Safe
	key   bun.Safe // its primary key
	old   string   // true for what goes; knows ?before, an instant, and ?day, its date
	wipe  bun.Safe // what is set instead of removing the row; may be empty
}

// purges says what leaves with each kind. Of a date, only whole days before go.
var purges = map[core.Kept][]purge{
	core.KeptSeenTelegram: {{table: "seen_updates", key: "bot, update_id",
		old: "bot IN (SELECT id FROM bots WHERE name LIKE 'telegram:%') AND at < ?before"}},
	core.KeptSeen: {{table: "seen_updates", key: "bot, update_id",
		old: "bot IN (SELECT id FROM bots WHERE name NOT LIKE 'telegram:%') AND at < ?before"}},
	core.KeptOutbox: {{table: "outbox", key: "id", old: "state <> 'queued' AND due < ?before"}},
	core.KeptBlobs: {{table: "blobs", key: "id", old: `day < ?day AND id NOT IN (
		SELECT b.blob FROM broadcasts AS b WHERE b.state NOT IN ('stopped', 'finished', 'recalled'))`}},
	core.KeptTrails: {{table: "recipients", key: "id", old: "broadcast IN (SELECT b.id FROM broadcasts AS b WHERE " + trailOver + ")"}},
	core.KeptMenus: {
		{table: "receipts", key: "chat, part", old: "day < ?day"},
		{table: "menus", key: "token", old: "day < ?day"},
	},
	core.KeptChallenges: {{table: "challenges", key: "account", old: "made < ?before"}},
	core.KeptTallies: {
		{table: "tallies", key: "kind, subject, bucket", old: "bucket < ?before"},
		{table: "slots", key: "bot, chat", old: "next_at < ?before AND held < ?before"}, // at rest: as good as none
	},
	core.KeptOffers:      {{table: "offers", key: "hash", old: "expires < ?before"}},
	core.KeptInvitations: {{table: "invitations", key: "hash", old: "expires < ?before"}},
	core.KeptTalks:       {{table: "conversations", key: "chat, account", old: "day < ?day"}},
	core.KeptCells: {{table: "supporters", key: "id", wipe: "cell = 0, place = 0, area = ''",
		old: "seen < ?day AND (cell <> 0 OR place <> 0 OR area <> '')"}},
	core.KeptSearches: {
		{table: "searches", key: "supporter, cell, day", old: "day < ?day"},
		{table: "demands", key: "cell, day", old: "day < ?day"},
	},
	core.KeptTold: {{table: "digests", key: "supporter", wipe: "told = NULL, told_until = 0, version = version + 1",
		old: "told_until > 0 AND told_until < ?before"}},
	core.KeptContacts: {{table: "contacts", key: "supporter, day", old: "day < ?day"}},
	core.KeptActions: {
		{table: "posts", key: "chat, action", old: "action IN (SELECT id FROM actions WHERE ends_at < ?before)"},
		{table: "openings", key: "action", old: "action IN (SELECT id FROM actions WHERE ends_at < ?before)"},
		{table: "rsvps", key: "supporter, action", old: "action IN (SELECT id FROM actions WHERE ends_at < ?before)"},
		{table: "reminders", key: "supporter, action", old: "action IN (SELECT id FROM actions WHERE ends_at < ?before)"},
		{table: "briefings", key: "supporter, action", old: "action IN (SELECT id FROM actions WHERE ends_at < ?before)"},
		{table: "actions", key: "id", old: "ends_at < ?before"},
	},
	core.KeptRuns: {{table: "runs", key: "job, planned", old: "started < ?before"}},
}

// trailOver is true for a broadcast b whose copies can be changed no more.
const trailOver = `b.state IN ('stopped', 'finished', 'recalled') AND b.moved < ?before
	AND NOT EXISTS (SELECT 1 FROM broadcasts AS o WHERE o.original = b.id AND o.state NOT IN ('draft', 'stopped', 'finished', 'recalled'))`

// An age is what the conditions of purges compare with.
type age struct {
	Before micros
	Day    core.Day
}

// Purge implements core.RetentionStore. It fails with Invalid if it does not know k.
func (t *tx) Purge(ctx context.Context, k core.Kept, before time.Time) (int, error) {
	ps, err := purgesOf(k)
	if err != nil {
		return 0, err
	}
	if k == core.KeptTrails {
		if err := t.keepCounts(ctx, microsOf(before)); err != nil {
			return 0, err
		}
	}
	total := 0
	for _, p := range ps {
		left := core.PurgeBatch - total
		if left <= 0 {
			break
		}
		n, err := t.purge(ctx, p, before, left)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// purge removes at most limit rows.
func (t *tx) purge(ctx context.Context, p purge, before time.Time, limit int) (int, error) {
	head := bun.SafeQuery("DELETE FROM ?", p.table)
	if p.wipe != "" {
		head = bun.SafeQuery("UPDATE ? SET ?", p.table, p.wipe)
	}
	res, err := t.NewRaw("? WHERE (?) IN (SELECT ? FROM ? WHERE ? LIMIT ?)",
		head, p.key, p.key, p.table, p.isOld(before), limit).Exec(ctx)
	return changed(res, err, "purge "+string(p.table))
}

// CountPurge implements core.RetentionStore.
func (t *tx) CountPurge(ctx context.Context, k core.Kept, before time.Time) (int, error) {
	ps, err := purgesOf(k)
	if err != nil {
		return 0, err
	}
	total := 0
	for _, p := range ps {
		var n int
		if err := t.NewRaw("SELECT count(*) FROM ? WHERE ?", p.table, p.isOld(before)).Scan(ctx, &n); err != nil {
			return 0, failed(err, "count purge of "+string(p.table))
		}
		total += n
	}
	return total, nil
}

// isOld returns the condition for what is from before an instant.
func (p purge) isOld(before time.Time) schema.QueryWithArgs {
	return bun.SafeQuery(p.old, age{Before: microsOf(before), Day: core.DayOf(before)})
}

func purgesOf(k core.Kept) ([]purge, error) {
	ps, ok := purges[k]
	if !ok {
		return nil, core.Wrap(core.Invalid, errors.New("no such kind of data"), "storage: purge")
	}
	return ps, nil
}
