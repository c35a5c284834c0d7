package storage

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// A Config says which database to open, and how.
type Config struct {
	// URL is "sqlite:" and the path of a file, or "postgres://…".
	URL string

	// KeyFile is the path of the key file: see ReadKeys. It is made together with a new
	// database, and only then.
	KeyFile string

	// Log is told what Open changes; nil for nobody.
	Log *slog.Logger

	// Conns and LongConns are how many connections to PostgreSQL there may be at once,
	// for turns and for long jobs; 0 for 16 and 2. SQLite has one that writes.
	Conns, LongConns int

	// Offset is how far the store's clock is from the real one, for tests of time.
	Offset time.Duration
}

// Open opens a database and brings its schema and its hashes up to date: a schema that
// is older than the program's is migrated, and where keys were added to the key file
// all hashes are made anew, which takes about a minute for some million rows. Processes
// that open one PostgreSQL database at once wait for each other.
//
// Nothing is written if Open fails with Invalid: because of a URL that it does not know,
// a SQLite file on a network file system, a remote PostgreSQL without
// sslmode=verify-full, a schema newer than the program, or a key file that is missing,
// open to others or not the one of this database. It fails with Conflict if another
// process has the SQLite file, or PostgreSQL while keys are to be added, and with
// Unavailable if the database is away.
func Open(ctx context.Context, c Config) (*Store, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	scheme, rest, _ := strings.Cut(c.URL, ":")
	switch scheme {
	case "sqlite":
		return openSQLite(ctx, &c, rest)
	case "postgres", "postgresql":
		return openPostgres(ctx, &c)
	}
	return nil, invalid("open database", "its URL begins neither with sqlite: nor with postgres://")
}

// check looks at the database at db and says why it cannot be opened, if so. It writes
// nothing. The keys are nil if there is no key file because the database is new.
func (c *Config) check(ctx context.Context, db *bun.DB) (state, *Keys, error) {
	now, err := inspect(ctx, db)
	if err != nil {
		return state{}, nil, err
	}
	keys, err := c.checkKeys(now.keys)
	return now, keys, err
}

// checkKeys reads the key file and compares it with the keys that a database records.
func (c *Config) checkKeys(recorded keyList) (*Keys, error) {
	if c.KeyFile == "" {
		return nil, invalid("read key file", "its path is not set")
	}
	keys, err := ReadKeys(c.KeyFile)
	switch {
	case err == nil:
		return keys, keys.match(recorded)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	case recorded != "":
		return nil, invalid("read key file", "it is missing, and this database cannot be read without it")
	}
	return nil, nil
}

// update brings the database at db up to date from what check found. No other process
// does the same meanwhile: the caller sees to that.
func (c *Config) update(ctx context.Context, db *bun.DB, now state, keys *Keys) (*Keys, error) {
	if keys == nil {
		if err := NewKeyFile(c.KeyFile); err != nil {
			return nil, err
		}
		c.Log.Info("made a key file")
		var err error
		if keys, err = ReadKeys(c.KeyFile); err != nil {
			return nil, err
		}
	}
	if err := c.migrate(ctx, db); err != nil {
		return nil, err
	}
	return keys, c.recordKeys(ctx, db, keys, now.keys)
}
