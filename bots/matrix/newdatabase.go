package matrix

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// SQLSTATEs (PostgreSQL, appendix A).
const (
	noSuchDatabase    = "3D000"
	duplicateDatabase = "42P04"
	uniqueViolation   = "23505" // what the slower of two who make it at once is told
)

// meansNoDatabase reports whether PostgreSQL has no database of that name.
func meansNoDatabase(err error) bool {
	p, ok := errors.AsType[*pgconn.PgError](err)
	return ok && p.Code == noSuchDatabase
}

// makeDatabase makes the database that a URL names, by way of the one that is always
// there. It fails, and says what to do, if the user of the URL may not.
func makeDatabase(ctx context.Context, dsn string) error {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return &fault{kind: storeFailed, cause: "its URL cannot be read"}
	}
	name := config.Database
	refused := &fault{kind: noDatabase, cause: "make the database " + name + " and let the user of DATABASE_URL own it: createdb -O " + config.User + " " + name}
	config.Database = "postgres"
	c, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return refused
	}
	defer c.Close(context.WithoutCancel(ctx))
	_, err = c.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()+" TEMPLATE template0 ENCODING 'UTF8'")
	if p, ok := errors.AsType[*pgconn.PgError](err); ok && (p.Code == duplicateDatabase || p.Code == uniqueViolation) {
		return nil
	}
	if err != nil {
		return refused
	}
	return nil
}
