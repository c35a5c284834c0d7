package storage_test

import (
	"database/sql"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin/core"
	"tocsin/storage"
)

// personal are the columns that lead to a person. The tables that have them come
// from the schema, so that a new table cannot be forgotten.
var personal = []string{"supporter", "account", "home", "chat", "root"}

func TestNothingLeadsToWhoWasForgotten(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, c storage.Config, raw func() *sql.DB) {
		columns := `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'`
		if strings.HasPrefix(c.URL, "sqlite:") {
			columns = `SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table'`
		}
		forget(t, c, raw(), columns)
	})
}

// forget lets two people live, forgets one, and looks at every column that could lead
// to them: only the other is there.
func forget(t *testing.T, c storage.Config, db *sql.DB, columns string) {
	ctx := t.Context()
	store, err := storage.Open(ctx, c)
	must(t, err)
	defer store.Close()
	action := anAction(t, store)
	tx := func(fn func(core.Tx) error) {
		t.Helper()
		must(t, store.Tx(ctx, fn))
	}
	gone, stays := lived(t, store, db, "gone", action), lived(t, store, db, "stays", action)
	before, told := rows(t, db, columns), export(t, store, stays.ID)
	tx(func(tx core.Tx) error {
		if err := tx.ForgetAccount(ctx, gone.ID); core.CodeOf(err) != core.Conflict {
			t.Errorf("the account of a supporter is forgotten alone: %v", err)
		}
		if err := tx.Forget(ctx, gone.Supporter); err != nil {
			return err
		}
		return tx.ForgetAccount(ctx, gone.ID)
	})
	after := rows(t, db, columns)
	for column, n := range before {
		if strings.HasPrefix(column, "chats.") {
			n++ // the group is of both
		}
		if after[column] != n/2 {
			t.Errorf("%s: %d rows of two people, %d of one", column, n, after[column])
		}
	}
	if d := cmp.Diff(told, export(t, store, stays.ID)); d != "" {
		t.Errorf("what is held of the other has changed:\n%s", d)
	}
	if _, err := myData(t, store, gone.ID); core.CodeOf(err) != core.NotFound {
		t.Errorf("something is held of an account that is gone: %v", err)
	}
	if len(before) < 20 {
		t.Errorf("only %d columns were lived in: %v", len(before), before)
	}
	tx(func(tx core.Tx) error {
		a, err := tx.Action(ctx, action)
		if err == nil && a.Taken != 3 {
			t.Errorf("%d places are taken, want those of the other", a.Taken)
		}
		if _, err := tx.Account(ctx, stays.ID); err != nil {
			t.Errorf("the other is gone, too: %v", err)
		}
		return err
	})
}

// rows counts the rows of each personal column that lead to somebody.
func rows(t *testing.T, db *sql.DB, columns string) map[string]int {
	t.Helper()
	found, err := db.Query(columns)
	must(t, err)
	var names [][2]string
	for found.Next() {
		var table, column string
		must(t, found.Scan(&table, &column))
		if slices.Contains(personal, column) || table == "supporters" && column == "id" || table == "accounts" && column == "id" {
			names = append(names, [2]string{table, column})
		}
	}
	must(t, found.Err())
	out := map[string]int{}
	for _, n := range names {
		var count int
		must(t, db.QueryRow("SELECT count(*) FROM "+n[0]+" WHERE "+n[1]+" > 0").Scan(&count))
		if count > 0 {
			out[n[0]+"."+n[1]] = count
		}
	}
	return out
}
