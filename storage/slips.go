package storage

import (
	"context"
	"unicode/utf8"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"
)

// slipLength is by how many letters a name and what was typed for it may differ.
const slipLength = 2

// SimilarNames implements core.PlaceReader. It reads ranges of the index of names: some
// thousand entries of 36,000, whatever was typed.
func (t *tx) SimilarNames(ctx context.Context, fold string) ([]string, error) {
	beginnings := slipBeginnings([]rune(fold))
	if beginnings == nil {
		return nil, nil
	}
	n := utf8.RuneCountInString(fold)
	var names []string
	err := t.NewRaw(`
		SELECT p.fold FROM ? AND length(p.fold) BETWEEN ? AND ?
		GROUP BY p.fold ORDER BY max(p.population) DESC, p.fold`,
		t.begunBy(beginnings), n-slipLength, n+slipLength).Scan(ctx, &names)
	return names, failed(err, "find similar names")
}

// begunBy are the places p whose fold begins with one of some texts: the FROM and the
// beginning of the WHERE of a query. SQLite walks one range after the other only if they
// are rows, PostgreSQL reads all at once only if they are conditions.
func (t *tx) begunBy(beginnings []string) schema.QueryAppender {
	var args []any
	if t.postgres() {
		for _, b := range beginnings {
			args = append(args, t.begins(b))
		}
		return bun.SafeQuery("places AS p WHERE ("+repeated("?", " OR ", len(args))+")", args...)
	}
	for _, b := range beginnings {
		args = append(args, b, b+string(utf8.MaxRune))
	}
	return bun.SafeQuery("(SELECT column1 AS low, column2 AS high FROM (VALUES "+repeated("(?, ?)", ", ", len(beginnings))+
		")) AS r CROSS JOIN places AS p WHERE p.fold >= r.low AND p.fold < r.high", args...)
}

// slipBeginnings returns how names begin that a text may stand for.
func slipBeginnings(text []rune) []string {
	if len(text) < 2 {
		return nil
	}
	next := text[1:min(3, len(text))]
	out := []string{
		string(text[0]),                  // the first letter is right
		string(next),                     // one too many
		string([]rune{text[1], text[0]}), // swapped
	}
	for first := 'a'; first <= 'z'; first++ {
		out = append(out,
			string(first)+string(next),     // wrong
			string(first)+string(text[:2])) // missing
	}
	return out
}
