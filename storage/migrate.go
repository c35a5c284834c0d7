package storage

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"
	"github.com/uptrace/bun/migrate"

	"tocsin/core"
)

// The migrations of both databases, one folder each, with the same names.
//
//go:embed migrations
var migrations embed.FS

// A migrationName is the number that a migration's file begins with: a point in time,
// so their order is that of the names.
type migrationName string

// A state is what a database says of itself.
type state struct {
	applied []migrationName
	keys    keyList // "" in a new one
}

// inspect reads the state of a database, which may be empty. It fails with Invalid if
// its schema is newer than the program's.
func inspect(ctx context.Context, db *bun.DB) (state, error) {
	var s state
	there, err := hasTable(ctx, db, "bun_migrations")
	if err != nil || !there {
		return s, err
	}
	if s.applied, err = applied(ctx, db); err != nil {
		return s, err
	}
	known, err := discover(db)
	if err != nil {
		return s, err
	}
	for _, name := range s.applied {
		if !knows(known, name) {
			return s, invalid("open database", "its schema is newer than this program ("+string(name)+"): use the newer one")
		}
	}
	if there, err = hasTable(ctx, db, "meta"); err == nil && there {
		s.keys, err = recordedKeys(ctx, db)
	}
	return s, err
}

// hasTable reports whether the schema that db works in has a table.
func hasTable(ctx context.Context, db bun.IDB, name string) (bool, error) {
	query := "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?"
	if db.Dialect().Name() == dialect.PG {
		query = "SELECT count(to_regclass(?))"
	}
	var n int
	err := db.NewRaw(query, name).Scan(ctx, &n)
	return n > 0, failed(err, "look for table")
}

// applied returns what was applied to the database, oldest first.
func applied(ctx context.Context, db bun.IDB) ([]migrationName, error) {
	var names []migrationName
	err := db.NewRaw("SELECT name FROM bun_migrations ORDER BY name").Scan(ctx, &names)
	return names, failed(err, "read schema version")
}

// discover returns the migrations of the database's dialect. Each is applied and
// recorded in one transaction, so that a process that is killed leaves none by half.
func discover(db bun.IDB) (*migrate.Migrations, error) {
	folder := "migrations/sqlite"
	if db.Dialect().Name() == dialect.PG {
		folder = "migrations/postgres"
	}
	files, err := fs.Glob(migrations, folder+"/*.tx.up.sql")
	if err != nil {
		return nil, core.Wrap(core.Internal, err, "storage: find migrations")
	}
	all := migrate.NewMigrations()
	for _, file := range files {
		text, err := migrations.ReadFile(file)
		if err != nil {
			return nil, core.Wrap(core.Internal, err, "storage: read migration")
		}
		name, comment, _ := strings.Cut(strings.TrimSuffix(path.Base(file), ".tx.up.sql"), "_")
		all.Add(migrate.Migration{Name: name, Comment: comment, Up: apply(string(text))})
	}
	return all, nil
}

// apply returns what applies and records a migration. Both databases take all of its
// statements at once.
func apply(text string) func(context.Context, *migrate.Migrator, *migrate.Migration) error {
	return func(ctx context.Context, m *migrate.Migrator, mig *migrate.Migration) error {
		begun, err := m.DB().BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer begun.Rollback() // after a commit it does nothing
		if _, err := begun.ExecContext(ctx, text); err != nil {
			return err
		}
		_, err = begun.NewRaw("INSERT INTO bun_migrations (name, group_id, migrated_at) VALUES (?, ?, ?)",
			mig.Name, mig.GroupID, time.Now().UTC()).Exec(ctx)
		if err != nil {
			return err
		}
		return begun.Commit()
	}
}

// migrate applies what the database lacks.
func (c *Config) migrate(ctx context.Context, db *bun.DB) error {
	all, err := discover(db)
	if err != nil {
		return err
	}
	m := migrate.NewMigrator(db, all, migrate.WithMarkAppliedOnSuccess(true), migrate.WithUpsert(true))
	if err := m.Init(ctx); err != nil {
		return failed(err, "make migration tables")
	}
	done, err := m.Migrate(ctx)
	if err != nil {
		return failed(err, "migrate")
	}
	for _, mig := range done.Migrations {
		c.Log.Info("migrated the database", "to", mig.Name)
	}
	return nil
}

func knows(all *migrate.Migrations, name migrationName) bool {
	for _, m := range all.Sorted() {
		if m.Name == string(name) {
			return true
		}
	}
	return false
}

// SchemaVersion returns the number of the last migration that was applied.
func (s *Store) SchemaVersion(ctx context.Context) (string, error) {
	names, err := applied(ctx, s.read.WithQueryHook(new(tx)))
	if err != nil {
		return "", err
	}
	if len(names) == 0 {
		return "", core.Wrap(core.Internal, errors.New("there is none"), "storage: read schema version")
	}
	return string(names[len(names)-1]), nil
}
