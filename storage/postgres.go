package storage

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/driver/pgdriver"

	"tocsin/core"
)

// The advisory locks of the program in a PostgreSQL database. Those of chats are drawn
// from a hash, so that none of them is expected to meet these.
const (
	setupLock = 0x746f6373696e01 // held by the one that brings the database up to date
	keysLock  = 0x746f6373696e02 // shared by all connections that use one list of keys
)

// postgresIdle is how long a connection that nobody uses stays open.
const postgresIdle = 5 * time.Minute

// turnSession and longSession are the time limits of a session. The driver's own are
// off: it would cut a statement without telling the server, which may then commit it.
var (
	turnSession = map[string]any{
		"statement_timeout":                   "30s",
		"lock_timeout":                        "10s",
		"idle_in_transaction_session_timeout": "60s",
	}
	longSession = map[string]any{
		"statement_timeout":                   "0",
		"lock_timeout":                        "10s",
		"idle_in_transaction_session_timeout": "10min",
	}
	setupSession = map[string]any{
		"statement_timeout":                   "0",
		"lock_timeout":                        "10min", // others migrate
		"idle_in_transaction_session_timeout": "0",
	}
)

func openPostgres(ctx context.Context, c *Config) (*Store, error) {
	server, err := parsePostgres(c.URL)
	if err != nil {
		return nil, err
	}
	keys, err := c.updatePostgres(ctx, server)
	if err != nil {
		return nil, err
	}
	turns := postgresDB(gate{server.connector(turnSession), keys.list()}, orElse(c.Conns, 16))
	long := postgresDB(gate{server.connector(longSession), keys.list()}, orElse(c.LongConns, 2))
	s := &Store{write: turns, read: turns, long: long, keys: keys, bots: new(botIDs)}
	s.offset.Store(int64(c.Offset))
	s.close = []func() error{turns.DB.Close, long.DB.Close}
	return s, nil
}

func orElse(n, usual int) int {
	if n > 0 {
		return n
	}
	return usual
}

func postgresDB(c driver.Connector, conns int) *bun.DB {
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	db.SetConnMaxIdleTime(postgresIdle)
	return bun.NewDB(db, pgdialect.New())
}

// updatePostgres brings the database up to date while it holds the lock for that, on a
// connection of its own.
func (c *Config) updatePostgres(ctx context.Context, server *postgresServer) (*Keys, error) {
	db := postgresDB(gate{Connector: server.connector(setupSession)}, 2)
	defer db.DB.Close()
	begun, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, failed(err, "open database")
	}
	defer begun.Rollback()
	if _, err := begun.NewRaw("SELECT pg_advisory_xact_lock(?)", setupLock).Exec(ctx); err != nil {
		return nil, failed(err, "lock database")
	}
	now, keys, err := c.check(ctx, db)
	if err != nil {
		return nil, err
	}
	if keys != nil && now.keys != "" && now.keys != keys.list() {
		if err := lockOut(ctx, begun); err != nil {
			return nil, err
		}
	}
	return c.update(ctx, db, now, keys)
}

// lockOut fails with Conflict if another process uses the database: with keys that it
// does not know, it would find nothing again. A process that has just ended is given a
// moment, since the server may not know of that yet.
func lockOut(ctx context.Context, begun bun.Tx) error {
	if _, err := begun.NewRaw("SET LOCAL lock_timeout = '5s'").Exec(ctx); err != nil {
		return failed(err, "lock database")
	}
	_, err := begun.NewRaw("SELECT pg_advisory_xact_lock(?)", keysLock).Exec(ctx)
	err = failed(err, "lock database")
	if core.CodeOf(err) == core.Conflict {
		return core.Wrap(core.Conflict, errors.New("other processes use it: end them all before a key is added"),
			"storage: lock database")
	}
	return err
}

// A gate is a Connector that lets a connection through only if the database has the
// list of keys that this process has. Each connection shares a lock as long as it
// lives; so no process adds a key while another works with the old list.
type gate struct {
	*pgdriver.Connector
	keys keyList // "": whatever the database has
}

// Connect implements driver.Connector. The driver sets a time limit to dialling alone;
// here it holds for all that follows as well.
func (g gate) Connect(ctx context.Context) (driver.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*g.Config().DialTimeout)
	defer cancel()
	conn, err := g.Connector.Connect(ctx)
	if err != nil || g.keys == "" {
		return conn, err
	}
	if err := g.pass(ctx, conn.(*pgdriver.Conn)); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

func (g gate) pass(ctx context.Context, conn *pgdriver.Conn) error {
	lock := []driver.NamedValue{{Ordinal: 1, Value: int64(keysLock)}}
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock_shared($1)", lock); err != nil {
		return err
	}
	rows, err := conn.QueryContext(ctx, "SELECT value FROM meta WHERE key = 'keys'", nil)
	if err != nil {
		return err
	}
	defer rows.Close()
	value := make([]driver.Value, 1)
	if err := rows.Next(value); err != nil {
		return err
	}
	if recorded, _ := value[0].(string); keyList(recorded) != g.keys {
		return core.Wrap(core.Internal, errors.New("a key was added since this process began: start it again with the new key file"),
			"storage: connect")
	}
	return nil
}
