package storage

import (
	"context"
	"database/sql/driver"
	"errors"

	"modernc.org/sqlite"
)

// mostKept bounds how many statements a connection keeps prepared. They are those that
// are written in this package with often, some dozens.
const mostKept = 200

// A keeper opens SQLite connections that keep what they have prepared.
type keeper struct {
	driver *sqlite.Driver
	dsn    string
}

// Connect implements driver.Connector.
func (k keeper) Connect(context.Context) (driver.Conn, error) {
	opened, err := k.driver.Open(k.dsn)
	if err != nil {
		return nil, err
	}
	c, ok := opened.(sqliteConn)
	if !ok {
		return nil, errors.Join(errors.New("the driver is not the one that this was written for"), opened.Close())
	}
	return &keeping{sqliteConn: c, kept: map[string]sqliteStmt{}}, nil
}

// Driver implements driver.Connector.
func (k keeper) Driver() driver.Driver { return k.driver }

// A sqliteConn is what database/sql uses of the driver's connections.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// A sqliteStmt is what it uses of prepared statements.
type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// A keeping connection prepares a statement with args once. Whoever asks reads all rows
// before the same statement is asked again.
type keeping struct {
	sqliteConn
	kept map[string]sqliteStmt
}

// QueryContext implements driver.QueryerContext.
func (k *keeping) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := k.statement(ctx, query, args)
	switch {
	case err != nil:
		return nil, err
	case s == nil:
		return k.sqliteConn.QueryContext(ctx, query, args)
	}
	return s.QueryContext(ctx, args)
}

// ExecContext implements driver.ExecerContext.
func (k *keeping) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := k.statement(ctx, query, args)
	switch {
	case err != nil:
		return nil, err
	case s == nil:
		return k.sqliteConn.ExecContext(ctx, query, args)
	}
	return s.ExecContext(ctx, args)
}

// statement returns query as it is kept, or nil if it is not to be: without args it is
// hardly ever asked again.
func (k *keeping) statement(ctx context.Context, query string, args []driver.NamedValue) (sqliteStmt, error) {
	if len(args) == 0 {
		return nil, nil
	}
	if s := k.kept[query]; s != nil {
		return s, nil
	}
	if len(k.kept) == mostKept {
		return nil, nil
	}
	prepared, err := k.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	s, ok := prepared.(sqliteStmt)
	if !ok {
		return nil, prepared.Close()
	}
	k.kept[query] = s
	return s, nil
}

// Close implements driver.Conn.
func (k *keeping) Close() error {
	var errs []error
	for _, s := range k.kept {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, k.sqliteConn.Close())...)
}
