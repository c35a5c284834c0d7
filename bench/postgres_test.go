//go:build bench

package bench

import (
	"database/sql"
	"testing"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/driver/pgdriver"
)

// postgresDB returns a database for a reference, through the driver that storage uses.
func postgresDB(t *testing.T, url string) *bun.DB {
	t.Helper()
	connector := pgdriver.NewConnector(pgdriver.WithDSN(url), pgdriver.WithTimeout(0))
	db := bun.NewDB(sql.OpenDB(connector), pgdialect.New())
	t.Cleanup(func() { db.Close() })
	return db
}

// setting returns a setting of the server.
func setting(t *testing.T, db *bun.DB, name string) (value string) {
	t.Helper()
	must(t, db.NewRaw("SELECT current_setting(?)", name).Scan(t.Context(), &value))
	return value
}

// execute runs one statement.
func execute(t *testing.T, db *bun.DB, query string) error {
	_, err := db.ExecContext(t.Context(), query)
	return err
}
