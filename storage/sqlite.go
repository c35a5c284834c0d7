package storage

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"modernc.org/sqlite"

	"tocsin/core"
)

// The connections to a SQLite file: one that writes, since SQLite has one writer and a
// queue is better than SQLITE_BUSY, and some that read beside it.
const sqliteReaders = 4

// openSQLite opens the file at path. The process holds an OS lock on it until Close.
func openSQLite(ctx context.Context, c *Config, path string) (*Store, error) {
	path, err := sqlitePath(path)
	if err != nil {
		return nil, err
	}
	if err := refuseNetwork(filepath.Dir(path)); err != nil {
		return nil, err
	}
	unlock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, err
	}
	s, err := sqliteStore(ctx, c, path)
	if err != nil {
		unlock()
		return nil, err
	}
	s.close = append(s.close, unlock)
	return s, nil
}

// sqlitePath returns the one name of a file, whatever links lead to it: the lock is
// beside it.
func sqlitePath(path string) (string, error) {
	if path == "" {
		return "", invalid("open database", "its URL names no file")
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", core.Wrap(core.Invalid, bareError(err), "storage: find database")
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		return real, nil
	}
	folder, err := filepath.EvalSymlinks(filepath.Dir(abs))
	if err != nil {
		return "", core.Wrap(core.Invalid, bareError(err), "storage: find folder of database")
	}
	return filepath.Join(folder, filepath.Base(abs)), nil
}

func sqliteStore(ctx context.Context, c *Config, path string) (*Store, error) {
	read := sqliteDB(path, sqliteReaders, url.Values{
		"_txlock": {"deferred"},
		"_pragma": {"busy_timeout(5000)", "query_only(1)", "cache_size(-1000)", "mmap_size(0)"},
	})
	write, keys, err := c.updateSQLite(ctx, read, path)
	if err != nil {
		read.DB.Close()
		return nil, err
	}
	if err := endLeases(ctx, write); err != nil {
		read.DB.Close()
		write.DB.Close()
		return nil, err
	}
	s := &Store{write: write, read: read, long: write, keys: keys, bots: new(botIDs)}
	s.offset.Store(int64(c.Offset))
	s.close = []func() error{
		read.DB.Close,
		func() error { return s.Checkpoint(context.Background()) },
		write.DB.Close,
	}
	return s, nil
}

// updateSQLite brings the file at path up to date and returns the connection that
// writes to it. A file that is not there or empty is not touched before all is checked.
func (c *Config) updateSQLite(ctx context.Context, read *bun.DB, path string) (*bun.DB, *Keys, error) {
	var now state
	var keys *Keys
	info, err := os.Stat(path)
	if err == nil && info.Size() > 0 {
		now, keys, err = c.check(ctx, read)
	} else {
		keys, err = c.checkKeys("")
	}
	if err != nil {
		return nil, nil, err
	}
	if err := privateFile(path); err != nil {
		return nil, nil, err
	}
	write := sqliteDB(path, 1, url.Values{
		"_txlock": {"immediate"},
		"_pragma": {
			"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
			"secure_delete(1)", "cache_size(-4000)", "mmap_size(0)",
		},
	})
	if keys, err = c.update(ctx, write, now, keys); err != nil {
		write.DB.Close()
		return nil, nil, err
	}
	return write, keys, nil
}

// privateFile makes sure that there is a file, and that one that it makes is its
// owner's alone. SQLite gives the files beside it the same mode.
func privateFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err == nil {
		err = f.Close()
	}
	return core.Wrap(core.Unavailable, bareError(err), "storage: open database")
}

func sqliteDB(path string, conns int, params url.Values) *bun.DB {
	params.Set("_time_format", "sqlite")
	dsn := url.URL{Scheme: "file", Path: path, RawQuery: params.Encode()}
	db := sql.OpenDB(keeper{new(sqlite.Driver), dsn.String()})
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return bun.NewDB(db, sqlitedialect.New())
}

// Checkpoint makes sure that nothing which was deleted stays on disk: it moves what is
// in SQLite's write-ahead log into the file, and empties the log. It fails with Conflict
// if readers that began earlier still need the log. On PostgreSQL it does nothing.
func (s *Store) Checkpoint(ctx context.Context) error {
	if s.postgres() {
		return nil
	}
	var busy, pages, moved int
	err := s.write.DB.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved)
	if err == nil && busy != 0 {
		return core.Wrap(core.Conflict, errors.New("readers still need the log"), "storage: checkpoint")
	}
	return failed(err, "checkpoint")
}
