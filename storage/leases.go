package storage

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"

	"tocsin/core"
)

// TakeLease implements core.LeaseStore. Who renews in time keeps the term; it grows
// when a lease has run out, even for the same holder, and never starts anew.
func (t *tx) TakeLease(ctx context.Context, n core.LeaseName, holder string) (core.Lease, error) {
	l := core.Lease{Name: n, Holder: holder}
	err := t.NewRaw(`
		INSERT INTO leases AS l (name, holder, term, expires) VALUES (?0, ?1, 1, ?2 + ?3)
		ON CONFLICT (name) DO UPDATE SET holder = EXCLUDED.holder, expires = ?2 + ?3,
			term = CASE WHEN l.expires > ?2 THEN l.term ELSE l.term + 1 END
		WHERE l.holder = EXCLUDED.holder OR l.expires <= ?2
		RETURNING term`,
		n, holder, t.clock(), core.LeaseLife.Microseconds()).Scan(ctx, &l.Term)
	if errors.Is(err, sql.ErrNoRows) {
		return core.Lease{}, core.Wrap(core.Conflict, errors.New("another holder has it"), "storage: take lease")
	}
	if err != nil {
		return core.Lease{}, failed(err, "take lease")
	}
	return l, nil
}

// Fence implements core.LeaseStore. Until the transaction ends nobody else takes the
// lease: on PostgreSQL its row is locked, on SQLite there is no other transaction that
// writes.
func (t *tx) Fence(ctx context.Context, l core.Lease) error {
	query := "SELECT 1 FROM leases WHERE name = ? AND holder = ? AND term = ? AND expires > ?"
	if t.postgres() {
		query += " FOR SHARE"
	}
	var held int
	err := t.NewRaw(query, l.Name, l.Holder, l.Term, t.clock()).Scan(ctx, &held)
	if errors.Is(err, sql.ErrNoRows) {
		return core.Wrap(core.Conflict, errors.New("it is no longer held"), "storage: fence lease")
	}
	return failed(err, "fence lease")
}

// DropLease implements core.LeaseStore. The row stays, so that the term goes on.
func (t *tx) DropLease(ctx context.Context, l core.Lease) error {
	_, err := t.NewRaw("UPDATE leases SET expires = 0 WHERE name = ? AND holder = ? AND term = ?",
		l.Name, l.Holder, l.Term).Exec(ctx)
	return failed(err, "drop lease")
}

// endLeases ends what a process still held that is no more: the caller has the lock of
// the file, so that no other process is there. Else a bot that crashed would stay deaf
// for the rest of its own lease.
func endLeases(ctx context.Context, db *bun.DB) error {
	_, err := db.NewRaw("UPDATE leases SET expires = 0 WHERE expires > 0").Exec(ctx)
	return failed(err, "end leases")
}
