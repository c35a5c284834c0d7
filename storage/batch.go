package storage

import (
	"encoding/json"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"tocsin/core"
)

// What a statement is told of several rows at once. SQLite is given it as one bound value,
// so that the statement stays prepared however many they are: see often.

// idsIn is a condition that a column is one of some ids, and its argument.
func idsIn[T ~int64](t *tx, column string, ids []T) (string, any) {
	if t.postgres() {
		return column + " IN (?)", bun.List(ids)
	}
	return column + " IN (SELECT value FROM json_each(?))", jsonText(ids)
}

// jsonText writes rows of numbers, texts and booleans: there is nothing that cannot be
// written so.
func jsonText(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

// tableOf is rows as a table, and its argument. columns reads a row on SQLite, where it is
// a list of values; on PostgreSQL values are the rows.
func tableOf(t *tx, columns string, list any, values func() schema.QueryAppender) (string, any) {
	if t.postgres() {
		return "?", values()
	}
	return "SELECT " + columns + " FROM json_each(?)", jsonText(list)
}

// A dueRow says what is due of a bot.
type dueRow struct{ Talk, Notice, Bulk, Copies bool }

func (r dueRow) due() (d core.Due) {
	for lane, is := range map[core.Lane]bool{core.Talk: r.Talk, core.Notice: r.Notice, core.Bulk: r.Bulk} {
		if is {
			d.Lanes = append(d.Lanes, lane)
		}
	}
	d.Copies = r.Copies
	return d
}
