package storage

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"

	"tocsin/core"
)

// A tx is a core.Tx, or a core.Reader where it cannot write. Its methods are in one
// file per noun.
type tx struct {
	bun.IDB
	keys   *Keys
	time   clock
	conn   *bun.Conn // the connection below, for COPY; used on PostgreSQL alone
	bots   *botIDs
	chats  map[core.ChatID]core.Chat // those that were claimed for, until one is changed
	known  known                     // what was learnt of those whom copies were claimed for
	broken error                     // the first statement that failed, as the driver said it
}

var _ core.Tx = (*tx)(nil)

// postgres reports whether t speaks PostgreSQL; everything else is SQLite.
func (t *tx) postgres() bool { return t.Dialect().Name() == dialect.PG }

// Read implements core.Store.
func (s *Store) Read(ctx context.Context, fn func(core.Reader) error) error {
	opts := &sql.TxOptions{ReadOnly: true}
	if s.postgres() {
		opts.Isolation = sql.LevelRepeatableRead // SQLite has nothing less
	}
	return s.run(ctx, s.read, opts, func(t *tx) error { return fn(t) })
}

// Tx implements core.Store. It fails with Uncertain if the connection broke while the
// transaction was being committed: it may have been, so only run it again if it finds
// out, as a turn does by its seen mark. A statement that failed fails the transaction,
// whatever fn makes of it.
func (s *Store) Tx(ctx context.Context, fn func(core.Tx) error) error {
	return s.run(ctx, s.write, nil, func(t *tx) error { return fn(t) })
}

// Long is Tx for jobs that may take minutes: on PostgreSQL it has connections of its
// own, whose statements have no time limit.
func (s *Store) Long(ctx context.Context, fn func(core.Tx) error) error {
	return s.run(ctx, s.long, nil, func(t *tx) error { return fn(t) })
}

// run runs fn in a transaction on a connection of db: committed if fn returns nil,
// rolled back if it fails or panics.
func (s *Store) run(ctx context.Context, db *bun.DB, opts *sql.TxOptions, fn func(*tx) error) error {
	t := &tx{keys: s.keys, time: s.clock(), bots: &botIDs{of: s.bots}}
	conn, err := db.WithQueryHook(t).Conn(ctx)
	if err != nil {
		return failed(err, "get connection")
	}
	defer conn.Close()
	begun, err := conn.BeginTx(ctx, opts)
	if err != nil {
		return failed(err, "begin transaction")
	}
	defer begun.Rollback() // after a commit it does nothing
	t.IDB, t.conn = begun, &conn
	err = fn(t)
	if t.broken != nil {
		return failed(ended(ctx, t.broken), "run transaction")
	}
	if err != nil {
		return err
	}
	if err := begun.Commit(); err != nil {
		return s.commitFailed(ended(ctx, err))
	}
	t.bots.keep()
	return nil
}

// ended says of a transaction that is over before its time why it is: its context ended.
func ended(ctx context.Context, err error) error {
	if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// commitFailed tells a commit that was refused, or never sent because the context had
// ended, from one that nobody answered for.
func (s *Store) commitFailed(err error) error {
	unsent := errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, sql.ErrTxDone)
	code, cause := classify(err)
	if s.postgres() && code == core.Unavailable && !unsent {
		code = core.Uncertain
	}
	return core.Wrap(code, cause, "storage: commit transaction")
}

// BeforeQuery makes a tx a hook on its own statements.
func (t *tx) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

// AfterQuery remembers that a statement failed. PostgreSQL would end such a transaction
// with a rollback and call that a commit; and who takes the Conflict of a deadlock for
// the answer of a method must not be believed.
func (t *tx) AfterQuery(_ context.Context, e *bun.QueryEvent) {
	if t.broken == nil && e.Err != nil && !errors.Is(e.Err, sql.ErrNoRows) {
		t.broken = e.Err
	}
}

// Now implements core.Store.
func (s *Store) Now(ctx context.Context) (time.Time, error) {
	t := &tx{time: s.clock()}
	t.IDB = s.read.WithQueryHook(t)
	return t.Now(ctx)
}

// Now implements core.Reader: the process's clock on SQLite, which has one process;
// the server's on PostgreSQL, read anew at each call.
func (t *tx) Now(ctx context.Context) (time.Time, error) {
	if !t.postgres() {
		return t.time.now().UTC().Truncate(time.Microsecond), nil
	}
	var us micros
	if err := t.NewRaw("SELECT ?", t.clock()).Scan(ctx, &us); err != nil {
		return time.Time{}, failed(err, "read clock")
	}
	return us.Time(), nil
}

// clock is the clock of Now as a term of a statement, in microseconds: a statement that
// needs the time asks for it so, after it has waited for its rows.
func (t *tx) clock() any {
	if !t.postgres() {
		return microsOf(t.time.now())
	}
	return bun.SafeQuery("((extract(epoch FROM clock_timestamp()) * 1000000)::bigint + ?)", t.time.offset.Microseconds())
}

// today is the clock's day in UTC as a term of a statement, as core.Day is written.
func (t *tx) today() any {
	if !t.postgres() {
		return core.DayOf(t.time.now())
	}
	return bun.SafeQuery("to_char(to_timestamp(? / 1000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD')", t.clock())
}
