package storage

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strconv"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"
)

// often is NewRaw for a statement of every turn. bun writes args into the text, and SQLite
// then parses and plans each text anew, which takes longer than to run it. So there args
// that are values are bound, and the statement stays prepared: see keeping. A condition of
// a partial index must stand in query itself, since no plan follows a bound value.
func (t *tx) often(query string, args ...any) *bun.RawQuery {
	begun, ok := t.IDB.(bun.Tx)
	if t.postgres() || !ok {
		return t.NewRaw(query, args...)
	}
	conn := bound{IConn: begun.Tx}
	shown := make([]any, len(args))
	for i, a := range args {
		shown[i] = a
		if _, is := a.(schema.QueryAppender); is {
			continue
		}
		if v, err := driver.DefaultParameterConverter.ConvertValue(a); err == nil {
			conn.args = append(conn.args, v)
			shown[i] = bun.Safe("?" + strconv.Itoa(len(conn.args)))
		}
	}
	return t.NewRaw(query, shown...).Conn(conn)
}

// bound is a connection for one statement, whose args it holds.
type bound struct {
	bun.IConn
	args []any
}

// QueryContext implements bun.IConn.
func (b bound) QueryContext(ctx context.Context, query string, _ ...any) (*sql.Rows, error) {
	return b.IConn.QueryContext(ctx, query, b.args...)
}

// ExecContext implements bun.IConn.
func (b bound) ExecContext(ctx context.Context, query string, _ ...any) (sql.Result, error) {
	return b.IConn.ExecContext(ctx, query, b.args...)
}

// QueryRowContext implements bun.IConn.
func (b bound) QueryRowContext(ctx context.Context, query string, _ ...any) *sql.Row {
	return b.IConn.QueryRowContext(ctx, query, b.args...)
}
