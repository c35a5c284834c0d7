package storage

import (
	"context"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"tocsin/core"
)

// Contacts implements core.AlertReader.
func (t *tx) Contacts(ctx context.Context, s core.SupporterID, since core.Day) (n int, err error) {
	err = t.NewRaw("SELECT CAST(COALESCE(sum(count), 0) AS BIGINT) FROM contacts WHERE supporter = ? AND day >= ?", s, since).
		Scan(ctx, &n)
	return n, failed(err, "count contacts")
}

// CountContact implements core.AlertStore. On PostgreSQL two that count one person at once
// wait for each other: neither can see the other's count before it is committed.
func (t *tx) CountContact(ctx context.Context, s core.SupporterID, on core.Day, most int) error {
	if t.postgres() {
		var id core.SupporterID
		err := t.NewRaw("SELECT supporter FROM digests WHERE supporter = ? FOR UPDATE", s).Scan(ctx, &id)
		if err != nil {
			return failed(err, "lock contacts")
		}
	}
	res, err := t.NewRaw(`
		INSERT INTO contacts AS c (supporter, day, count)
		SELECT d.supporter, ?1, 1 FROM digests AS d WHERE d.supporter = ?0
			AND (SELECT COALESCE(sum(o.count), 0) FROM contacts AS o WHERE o.supporter = ?0 AND o.day >= ?2) < ?3
		ON CONFLICT (supporter, day) DO UPDATE SET count = c.count + 1`,
		s, on, core.BudgetFrom(on), most).Exec(ctx)
	return once(res, err, core.Conflict, "count contact")
}

// UncountContact implements core.AlertStore.
func (t *tx) UncountContact(ctx context.Context, s core.SupporterID, on core.Day) error {
	_, err := t.NewRaw("UPDATE contacts SET count = count - 1 WHERE supporter = ? AND day = ? AND count > 0", s, on).Exec(ctx)
	return failed(err, "uncount contact")
}

// A contactRow is what a statement is told of somebody who is about to be written to.
type contactRow struct {
	Person core.SupporterID
	Most   int
}

// CountContacts implements core.AlertStore. Those who count the same people at once wait
// for each other as CountContact says, in one order.
func (t *tx) CountContacts(ctx context.Context, on core.Day, cs []core.ContactOf) (may []core.SupporterID, err error) {
	if len(cs) == 0 {
		return nil, nil
	}
	rows, ids := make([]contactRow, len(cs)), make([]core.SupporterID, len(cs))
	for i, c := range cs {
		rows[i], ids[i] = contactRow{c.Supporter, c.Most}, c.Supporter
	}
	if t.postgres() {
		var locked []core.SupporterID
		err := t.NewRaw("SELECT supporter FROM digests WHERE supporter IN (?) ORDER BY supporter FOR UPDATE", bun.List(ids)).Scan(ctx, &locked)
		if err != nil {
			return nil, failed(err, "lock contacts")
		}
	}
	pairs := make([][2]int64, len(rows))
	for i, r := range rows {
		pairs[i] = [2]int64{int64(r.Person), int64(r.Most)}
	}
	table, list := tableOf(t, "value ->> 0, value ->> 1", pairs, func() schema.QueryAppender { return t.NewValues(&rows) })
	err = t.often(`
		WITH v (person, most) AS (`+table+`)
		INSERT INTO contacts AS c (supporter, day, count)
		SELECT d.supporter, ?, 1 FROM v JOIN digests AS d ON d.supporter = v.person
		WHERE (SELECT COALESCE(sum(o.count), 0) FROM contacts AS o WHERE o.supporter = v.person AND o.day >= ?) < v.most
		ON CONFLICT (supporter, day) DO UPDATE SET count = c.count + 1 RETURNING supporter`,
		list, on, core.BudgetFrom(on)).Scan(ctx, &may)
	return may, failed(err, "count contacts")
}
