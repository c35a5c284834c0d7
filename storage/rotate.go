package storage

import (
	"context"
	"strings"

	"github.com/uptrace/bun"
)

// A keyList is the keys of a database in their order, as it records them: for each its
// id, a colon and its check value, parted by spaces. "" is none.
type keyList string

// list returns the keys as a database records them.
func (k *Keys) list() keyList {
	parts := make([]string, len(k.all))
	for i := range k.all {
		parts[i] = k.all[i].id + ":" + k.all[i].check
	}
	return keyList(strings.Join(parts, " "))
}

// match fails with Invalid unless k are the keys that a database records, or these and
// new ones behind them.
func (k *Keys) match(recorded keyList) error {
	for i, part := range strings.Fields(string(recorded)) {
		id, check, _ := strings.Cut(part, ":")
		by := k.byID(id)
		switch {
		case by == nil:
			return invalid("read key file", "it lacks the key "+id+" of this database")
		case by.check != check:
			return invalid("read key file", "it is not the one of this database: its key "+id+" is another")
		case k.all[i].id != id:
			return invalid("read key file", "its keys stand in another order: a new one goes last")
		}
	}
	return nil
}

func recordedKeys(ctx context.Context, db bun.IDB) (keyList, error) {
	var list []keyList
	err := db.NewRaw("SELECT value FROM meta WHERE key = 'keys'").Scan(ctx, &list)
	if err != nil || len(list) == 0 {
		return "", failed(err, "read key list")
	}
	return list[0], nil
}

// recordKeys writes the list of keys into the database. If it records fewer, all hashes
// are made anew first, in the same transaction.
func (c *Config) recordKeys(ctx context.Context, db *bun.DB, keys *Keys, recorded keyList) error {
	if recorded == keys.list() {
		return nil
	}
	begun, err := db.BeginTx(ctx, nil)
	if err != nil {
		return failed(err, "begin transaction")
	}
	defer begun.Rollback() // after a commit it does nothing
	if first := len(strings.Fields(string(recorded))); first > 0 {
		c.Log.Info("a key was added: making all hashes anew")
		if err := keys.rehash(ctx, begun, first); err != nil {
			return err
		}
	}
	_, err = begun.NewRaw(`
		INSERT INTO meta (key, value) VALUES ('keys', ?)
		ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value`, keys.list()).Exec(ctx)
	if err != nil {
		return failed(err, "write key list")
	}
	return failed(begun.Commit(), "commit key list")
}

// hashes are the columns that hold what Keys.find returns.
var hashes = []struct{ table, column bun.Ident }{
	{"accounts", "find"},
	{"challenges", "fingerprint"},
	{"chats", "find"},
	{"invitations", "hash"},
	{"offers", "hash"},
	{"sponsorships", "fingerprint"},
	{"supporters", "proof"},
	{"tallies", "subject"},
}

// rehashBatch is how many hashes are read and written at a time.
const rehashBatch = 5_000

// rehash carries every hash on through the keys from number first on. Old and new ones
// stand side by side in a table of the transaction, so that none is carried on twice.
func (k *Keys) rehash(ctx context.Context, begun bun.Tx, first int) error {
	for _, h := range hashes {
		if err := k.rehashColumn(ctx, begun, first, h.table, h.column); err != nil {
			return failed(err, "make hashes anew")
		}
	}
	return nil
}

func (k *Keys) rehashColumn(ctx context.Context, begun bun.Tx, first int, table, column bun.Ident) error {
	_, err := begun.NewRaw(`
		CREATE TEMPORARY TABLE rehash AS
		SELECT row_number() OVER () AS n, h.old, h.old AS new
		FROM (SELECT DISTINCT ? AS old FROM ? WHERE ? IS NOT NULL) AS h`, column, table, column).Exec(ctx)
	if err != nil {
		return err
	}
	if _, err = begun.NewRaw("CREATE UNIQUE INDEX rehash_n ON rehash (n)").Exec(ctx); err != nil {
		return err
	}
	for from := int64(0); err == nil && from >= 0; {
		from, err = k.rehashRange(ctx, begun, first, from)
	}
	if err != nil {
		return err
	}
	for _, query := range []string{
		"CREATE UNIQUE INDEX rehash_old ON rehash (old)",
		"UPDATE ?0 SET ?1 = (SELECT new FROM rehash WHERE old = ?0.?1) WHERE ?1 IS NOT NULL",
		"DROP TABLE rehash",
	} {
		if _, err := begun.NewRaw(query, table, column).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// rehashRange does the hashes after number from and returns the last number that it
// did, or -1 if there was none.
func (k *Keys) rehashRange(ctx context.Context, begun bun.Tx, first int, from int64) (int64, error) {
	var rows []struct {
		N   int64
		Old []byte
	}
	err := begun.NewRaw("SELECT n, old FROM rehash WHERE n > ? ORDER BY n LIMIT ?", from, rehashBatch).Scan(ctx, &rows)
	if err != nil || len(rows) == 0 {
		return -1, err
	}
	for i := range rows {
		rows[i].Old = k.chain(rows[i].Old, first)
	}
	last := rows[len(rows)-1].N
	_, err = begun.NewRaw(`
		WITH v (n, new) AS (?)
		UPDATE rehash SET new = (SELECT v.new FROM v WHERE v.n = rehash.n) WHERE n > ? AND n <= ?`,
		begun.NewValues(&rows), from, last).Exec(ctx)
	return last, err
}
