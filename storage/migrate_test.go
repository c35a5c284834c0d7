package storage_test

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin/core"
	"tocsin/storage"
	"tocsin/storage/pgtest"
)

var update = flag.Bool("update", false, "freeze the newest schema anew; only as long as it is not released")

// columnsOf and indexesOf describe a schema, a line for each column or index.
var columnsOf = map[string]string{
	"sqlite": `
		SELECT m.name || '.' || c.name || ' ' || CASE c.type WHEN 'INTEGER' THEN 'integer' WHEN 'TEXT' THEN 'text'
			WHEN 'BLOB' THEN 'bytes' WHEN 'REAL' THEN 'real' WHEN 'BOOLEAN' THEN 'boolean' ELSE c.type END
			|| CASE WHEN c."notnull" = 0 AND c.pk = 0 THEN ' null' ELSE '' END || CASE WHEN c.pk > 0 THEN ' key ' || c.pk ELSE '' END
		FROM sqlite_master AS m, pragma_table_info(m.name) AS c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE 'bun%' ORDER BY 1`,
	"postgres": `
		SELECT c.table_name || '.' || c.column_name || ' ' || CASE c.data_type WHEN 'bigint' THEN 'integer' WHEN 'bytea' THEN 'bytes'
			WHEN 'double precision' THEN 'real' ELSE c.data_type END
			|| CASE WHEN c.is_nullable = 'YES' THEN ' null' ELSE '' END || coalesce(' key ' || k.ordinal_position, '')
		FROM information_schema.columns AS c
		LEFT JOIN information_schema.table_constraints AS p
			ON p.table_schema = c.table_schema AND p.table_name = c.table_name AND p.constraint_type = 'PRIMARY KEY'
		LEFT JOIN information_schema.key_column_usage AS k
			ON k.constraint_name = p.constraint_name AND k.table_schema = c.table_schema AND k.column_name = c.column_name
		WHERE c.table_schema = current_schema() AND c.table_name NOT LIKE 'bun%' ORDER BY 1`,
}

var indexesOf = map[string]string{
	"sqlite":   "SELECT name || ' on ' || tbl_name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND name NOT LIKE 'bun%' ORDER BY 1",
	"postgres": "SELECT indexname || ' on ' || tablename FROM pg_indexes WHERE schemaname = current_schema() AND indexname !~ '(_pkey|_key)$' AND indexname !~ '^bun' ORDER BY 1",
}

// schema returns what the two say, sorted alike for both databases.
func schema(t *testing.T, kind string, db *sql.DB) []string {
	t.Helper()
	lines := slices.Concat(strs(t, db, columnsOf[kind]), strs(t, db, indexesOf[kind]))
	slices.Sort(lines)
	return lines
}

func kindOf(c storage.Config) string {
	kind, _, _ := strings.Cut(c.URL, ":")
	return kind
}

func TestBothDatabasesHaveOneSchema(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	got := map[string][]string{}
	t.Run("open", func(t *testing.T) { // which returns when both have ended
		onBoth(t, func(t *testing.T, c storage.Config, raw func() *sql.DB) {
			openAndClose(t, c)
			lines := schema(t, kindOf(c), raw())
			mu.Lock()
			defer mu.Unlock()
			got[kindOf(c)] = lines
		})
	})
	if got["postgres"] == nil {
		t.Skip("there is no PostgreSQL to compare with")
	}
	if diff := cmp.Diff(got["sqlite"], got["postgres"]); diff != "" || len(got["sqlite"]) < 100 {
		t.Errorf("SQLite (-) and PostgreSQL (+), %d lines:\n%s", len(got["sqlite"]), diff)
	}
}

// TestReleasedSchemasAreUpgraded opens the database of each released schema, as it was
// when it was frozen: afterwards it has the schema of a new one, and what was in it is
// found. With -update the newest schema is frozen anew; once it is released, that folder
// never changes again.
func TestReleasedSchemasAreUpgraded(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, c storage.Config, raw func() *sql.DB) {
		kind := kindOf(c)
		s, err := storage.Open(t.Context(), c)
		must(t, err)
		version, err := s.SchemaVersion(t.Context())
		must(t, err)
		if *update {
			freeze(t, s)
		}
		must(t, s.Close())
		db := raw()
		want := schema(t, kind, db)
		if *update {
			writeReleased(t, filepath.Join("testdata", "released", version), kind, c, db)
		}
		released, err := filepath.Glob("testdata/released/*/" + kind + ".sql")
		must(t, err)
		if len(released) == 0 {
			t.Error("no schema is frozen: run the test with -update")
		}
		for _, file := range released {
			t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
				t.Parallel()
				upgrade(t, file, want)
			})
		}
	})
}

// upgrade opens a frozen database and checks what becomes of it.
func upgrade(t *testing.T, file string, want []string) {
	kind := strings.TrimSuffix(filepath.Base(file), ".sql")
	c := storage.Config{KeyFile: filepath.Join(t.TempDir(), "keys"), Conns: 2, LongConns: 1}
	var db *sql.DB
	if kind == "postgres" {
		c.URL = pgtest.New(t)
		db = rawPostgres(t, c.URL)
	} else {
		c.URL = sqliteURL(t)
		var err error
		db, err = sql.Open("sqlite", strings.TrimPrefix(c.URL, "sqlite:"))
		must(t, err)
		defer db.Close()
	}
	keys, err := os.ReadFile(strings.TrimSuffix(file, ".sql") + ".keys")
	must(t, err)
	must(t, os.WriteFile(c.KeyFile, keys, 0o400))
	text, err := os.ReadFile(file)
	must(t, err)
	for _, statement := range strings.Split(string(text), splitLine) {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%v in:\n%s", err, statement)
		}
	}
	s, err := storage.Open(t.Context(), c)
	must(t, err)
	defer s.Close()
	if diff := cmp.Diff(want, schema(t, kind, db)); diff != "" {
		t.Errorf("a new database (-) and the upgraded one (+) differ; if this schema is not released, run the test with -update:\n%s", diff)
	}
	thaw(t, s)
}

const splitLine = "--bun:split\n"

// freeze stores something of all that later versions must be able to read.
func freeze(t *testing.T, s *storage.Store) {
	t.Helper()
	sing(t, s)
	fill(t, s)
}

// thaw finds what freeze stored.
func thaw(t *testing.T, s *storage.Store) {
	t.Helper()
	ctx := t.Context()
	must(t, s.Tx(ctx, func(tx core.Tx) error {
		c, err := tx.EnterChat(ctx, core.ChatRef{Bot: "telegram:4711", Chat: "canary-chat", Thread: "canary-thread"}, core.Private)
		must(t, err)
		a, err := tx.EnterAccount(ctx, core.AccountRef{Bot: "telegram:4711", ID: "canary-account"})
		must(t, err)
		talk, err := tx.Conversation(ctx, c.ID, a.ID)
		must(t, err)
		if len(talk.Frames) != 1 || talk.Frames[0].Data["name"] != "canary frame" {
			t.Errorf("the conversation is %+v", talk)
		}
		menu, err := tx.Menu(ctx, "abcdefgh234567ab")
		must(t, err)
		if menu.Chat != c.ID || menu.Buttons[0].Label != "canary button" {
			t.Errorf("the menu is %+v", menu)
		}
		p, err := tx.SponsoredBy(ctx, tx.Fingerprint(worldAddress))
		must(t, err)
		if p.Name != "Anna" {
			t.Errorf("the sponsor is called %q", p.Name)
		}
		sent, err := tx.Claim(ctx, core.Claim{Bot: "telegram:4711", Lanes: []core.Lane{core.Talk}, Max: 5, Lease: 1})
		must(t, err)
		if len(sent) != 1 || sent[0].Content.(*core.Message).PlainText() != "canary message" {
			t.Errorf("%d messages wait", len(sent))
		}
		return nil
	}))
}

// migrationTables are those of bun in PostgreSQL, which has no other record of how they
// were made.
const migrationTables = `CREATE TABLE bun_migrations (id BIGSERIAL PRIMARY KEY, name VARCHAR, group_id BIGINT,
	migrated_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp);
--bun:split
CREATE UNIQUE INDEX bun_migrations_name_unique ON bun_migrations (name);
--bun:split
CREATE TABLE bun_migration_locks (id BIGSERIAL PRIMARY KEY, table_name VARCHAR UNIQUE);
`

var createTable = regexp.MustCompile(`(?m)^CREATE TABLE (\w+)`)

// writeReleased writes a database as statements: the migrations as they are, and the
// rows of all tables in the order in which they were made.
func writeReleased(t *testing.T, folder, kind string, c storage.Config, db *sql.DB) {
	t.Helper()
	var parts []string
	if kind == "postgres" {
		parts = append(parts, migrationTables)
	} else {
		parts = strs(t, db, "SELECT sql FROM sqlite_master WHERE name LIKE 'bun%' AND sql IS NOT NULL ORDER BY type DESC")
	}
	must(t, fs.WalkDir(os.DirFS("migrations/"+kind), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join("migrations", kind, path))
		parts = append(parts, string(text))
		return err
	}))
	tables := []string{"bun_migrations"}
	for _, match := range createTable.FindAllStringSubmatch(strings.Join(parts, splitLine), -1) {
		if !strings.HasPrefix(match[1], "bun_") {
			tables = append(tables, match[1])
		}
	}
	for _, table := range tables {
		parts = append(parts, rowsOf(t, kind, table, db)...)
	}
	for i := range parts {
		parts[i] = strings.TrimSuffix(strings.TrimSpace(parts[i]), ";") + ";\n"
	}
	must(t, os.MkdirAll(folder, 0o755))
	must(t, os.WriteFile(filepath.Join(folder, kind+".sql"), []byte(strings.Join(parts, splitLine)), 0o644))
	keys, err := os.ReadFile(c.KeyFile)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(folder, kind+".keys"), keys, 0o644))
}

// rowsOf returns statements that insert the rows of a table.
func rowsOf(t *testing.T, kind, table string, db *sql.DB) []string {
	t.Helper()
	rows, err := db.QueryContext(context.Background(), "SELECT * FROM "+table+" LIMIT 0")
	must(t, err)
	columns, err := rows.Columns()
	must(t, err)
	columns = slices.Clone(columns) // the driver uses the slice again
	must(t, rows.Close())
	literal := "quote(%s)"
	if kind == "postgres" {
		literal = "quote_nullable(%s::text)"
	}
	terms := make([]string, len(columns))
	for i, c := range columns {
		terms[i] = fmt.Sprintf(literal, c)
	}
	values := strs(t, db, "SELECT '(' || "+strings.Join(terms, " || ', ' || ")+" || ')' FROM "+table+" ORDER BY 1")
	if len(values) == 0 {
		return nil
	}
	insert := fmt.Sprintf("INSERT INTO %s (%s) VALUES\n%s", table, strings.Join(columns, ", "), strings.Join(values, ",\n"))
	if kind == "postgres" && columns[0] == "id" {
		return []string{insert, fmt.Sprintf("SELECT setval(pg_get_serial_sequence('%s', 'id'), max(id)) FROM %s", table, table)}
	}
	return []string{insert}
}
