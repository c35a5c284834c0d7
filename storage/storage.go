// Package storage implements core.Store with bun, on SQLite or PostgreSQL. It keeps
// no rule of the campaign: it stores what it is given and finds it again. What can
// name a person is sealed or hashed with keys that are not in the database.
// storagetest.Run checks that both databases behave alike.
package storage

import (
	"database/sql"
	"errors"
	"sync/atomic"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"

	"tocsin/core"
)

// A Store is a core.Store.
type Store struct {
	write  *bun.DB // SQLite: one connection; PostgreSQL: the pool
	read   *bun.DB // SQLite: the readers; PostgreSQL: the same pool
	long   *bun.DB // SQLite: write; PostgreSQL: the pool of long jobs
	keys   *Keys
	bots   *botIDs
	offset atomic.Int64   // of the clock, for tests of time
	halted atomic.Int64   // when the clock stands still, likewise; 0: it goes
	close  []func() error // in the order of closing
}

var _ core.Store = (*Store)(nil)

// postgres reports whether s is a PostgreSQL database; everything else is SQLite.
func (s *Store) postgres() bool { return s.write.Dialect().Name() == dialect.PG }

// OneWriter reports whether who writes waits for whoever else does.
func (s *Store) OneWriter() bool { return !s.postgres() }

// Advance moves the store's clock, for tests of time.
func (s *Store) Advance(d time.Duration) {
	s.offset.Add(int64(d))
	if s.halted.Load() != 0 {
		s.halted.Add(int64(d))
	}
}

// Halt makes the store's clock stand still, for tests of time on machines of any speed:
// only Advance moves it. On PostgreSQL it goes on within each transaction.
func (s *Store) Halt(at time.Time) { s.halted.Store(at.UnixNano()) }

// clock returns how far the store's clock is from the real one, and where it stands if it
// does.
func (s *Store) clock() clock {
	if at := s.halted.Load(); at != 0 {
		stands := time.Unix(0, at)
		return clock{time.Until(stands), stands}
	}
	return clock{offset: time.Duration(s.offset.Load())}
}

// A clock is the clock of one transaction.
type clock struct {
	offset time.Duration // from the real one
	stands time.Time     // zero: it goes
}

// now returns the time on SQLite.
func (c clock) now() time.Time {
	if !c.stands.IsZero() {
		return c.stands
	}
	return time.Now().Add(c.offset)
}

// Close ends all connections and lets another process open the database. It is called
// once, when no transaction runs any more.
func (s *Store) Close() error {
	var errs []error
	for _, f := range s.close {
		errs = append(errs, f())
	}
	return failed(errors.Join(errs...), "close database")
}

// micros is an instant as it is stored: microseconds since 1970, 0 for none.
type micros int64

func microsOf(t time.Time) micros {
	if t.IsZero() {
		return 0
	}
	return micros(t.UnixMicro())
}

// Time returns the instant in UTC; the zero time for 0.
func (m micros) Time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.UnixMicro(int64(m)).UTC()
}

// changed returns how many rows a statement touched.
func changed(res sql.Result, err error, what string) (int, error) {
	if err != nil {
		return 0, failed(err, what)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, failed(err, what)
	}
	return int(n), nil
}

// once fails with code if a statement touched no row. We never let a constraint
// fail: in PostgreSQL that would end the transaction.
func once(res sql.Result, err error, code core.Code, what string) error {
	n, err := changed(res, err, what)
	if err == nil && n == 0 {
		return core.Wrap(code, errors.New("no row changed"), "storage: "+what)
	}
	return err
}

// Secret returns 32 bytes that are made of the key file, for what others keep beside this
// database. See Keys.Secret.
func (s *Store) Secret(purpose string) []byte { return s.keys.Secret(purpose) }
