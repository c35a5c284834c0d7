package storage

import (
	"context"
	"encoding/hex"
	"io"
	"strconv"
	"strings"

	"github.com/uptrace/bun/driver/pgdriver"

	"tocsin/core"
)

// fewRows is up to how many rows are not worth a COPY.
const fewRows = 50

// copySponsorships adds sponsorships on PostgreSQL: COPY into a table of the
// transaction, which cannot fail on rows that are there already, and from it into the
// registry.
func (t *tx) copySponsorships(ctx context.Context, s []core.Sponsorship) (int, error) {
	const what = "copy sponsorships"
	_, err := t.NewRaw(`
		CREATE TEMPORARY TABLE copied (fingerprint BYTEA, day TEXT, department TEXT, revoked BOOLEAN)
		ON COMMIT DROP`).Exec(ctx)
	if err != nil {
		return 0, failed(err, what)
	}
	rows := &copyText{count: len(s), row: func(b []byte, i int) []byte { return copySponsorship(b, &s[i]) }}
	if _, err := pgdriver.CopyFrom(ctx, *t.conn, rows, "COPY copied FROM STDIN"); err != nil {
		t.broken = err
		return 0, failed(err, what)
	}
	res, err := t.NewRaw(`
		INSERT INTO sponsorships (fingerprint, day, department, revoked)
		SELECT fingerprint, day, department, revoked FROM copied
		ON CONFLICT DO NOTHING`).Exec(ctx)
	added, err := changed(res, err, what)
	if err != nil {
		return 0, err
	}
	_, err = t.NewRaw("DROP TABLE copied").Exec(ctx)
	return added, failed(err, what)
}

// copyText reads as the text format of COPY
// (https://www.postgresql.org/docs/current/sql-copy.html), one row after the other. It
// fails with nothing but io.EOF: the driver could not end a COPY whose rows fail.
type copyText struct {
	count int                             // of rows
	row   func(line []byte, i int) []byte // appends one, without the end of the line
	at    int
	line  []byte // what of the current row was not read yet
	room  []byte
}

// copyEscape writes text for COPY. PostgreSQL has no text with a zero byte.
var copyEscape = strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`, "\x00", "")

// Read implements io.Reader.
func (r *copyText) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if len(r.line) == 0 {
			if r.at == r.count {
				break
			}
			r.room = append(r.row(r.room[:0], r.at), '\n')
			r.line, r.at = r.room, r.at+1
		}
		k := copy(p[n:], r.line)
		n, r.line = n+k, r.line[k:]
	}
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

func copySponsorship(b []byte, s *core.Sponsorship) []byte {
	b = append(copyBytes(b, s.Fingerprint[:]), '\t')
	b = append(b, copyEscape.Replace(string(s.At))...)
	b = append(b, '\t')
	b = append(b, copyEscape.Replace(s.Department)...)
	if s.Revoked {
		return append(b, "\tt"...)
	}
	return append(b, "\tf"...)
}

// copyBytes appends bytes as COPY reads them.
func copyBytes(b, value []byte) []byte { return hex.AppendEncode(append(b, `\\x`...), value) }

// copyAlerts puts messages into the outbox by COPY: no row of it can fail.
func (t *tx) copyAlerts(ctx context.Context, alerts []*alertRow) error {
	rows := &copyText{count: len(alerts), row: func(b []byte, i int) []byte { return alerts[i].copied(b) }}
	_, err := pgdriver.CopyFrom(ctx, *t.conn, rows, `COPY outbox (uid, bot, chat, account, sealed, due, next_at, expires,
		lane, kind, again, state, attempt, settled, unsure, code, receipt) FROM STDIN`)
	if err != nil {
		t.broken = err
	}
	return err
}

// copied appends r as a row of COPY.
func (r *alertRow) copied(b []byte) []byte {
	b = append(append(b, r.UID...), '\t')
	for _, n := range [...]int64{r.Bot, int64(r.Chat), int64(r.Account)} {
		b = append(strconv.AppendInt(b, n, 10), '\t')
	}
	b = append(copyBytes(b, r.Sealed), '\t')
	for _, at := range [...]micros{r.Due, r.Due, r.Expires} {
		b = append(strconv.AppendInt(b, int64(at), 10), '\t')
	}
	return append(b, alertRest...)
}

// alertRest are the columns from lane on, the same in each alert.
var alertRest = strconv.Itoa(int(core.Notice)) + "\treference\t" + string(core.Once) + "\t" + string(core.Queued) + "\t0\t0\tf\t\t"

// putDigestArrays is putDigestRows for PostgreSQL, whose planner reads arrays faster than
// rows.
func (t *tx) putDigestArrays(ctx context.Context, rows []digestRow) (map[core.SupporterID]bool, error) {
	var a [6][]byte
	for i, width := range [...]int{12, 8, 17, 17, 17, 160} {
		a[i] = make([]byte, 0, width*len(rows)+1)
	}
	for i := range rows {
		r := &rows[i]
		for j, n := range [...]int64{int64(r.Supporter), int64(r.Version), r.Due.Int64, int64(r.Last), int64(r.Until)} {
			a[j] = strconv.AppendInt(append(a[j], ','), n, 10)
		}
		if a[5] = append(a[5], ','); r.Told == nil {
			a[5] = append(a[5], "NULL"...)
		} else {
			a[5] = append(hex.AppendEncode(append(a[5], `"\\x`...), r.Told), '"')
		}
		if !r.Due.Valid {
			a[2] = append(a[2][:len(a[2])-1], "NULL"...)
		}
	}
	args := make([]any, len(a))
	for i := range a {
		a[i][0] = '{'
		args[i] = string(append(a[i], '}'))
	}
	var ids []core.SupporterID
	err := t.NewRaw(`
		UPDATE digests AS d SET due = v.due, last = v.last, told = v.told, told_until = v.until, version = d.version + 1
		FROM unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bytea[])
			AS v (supporter, version, due, last, until, told)
		WHERE d.supporter = v.supporter AND d.version = v.version RETURNING d.supporter`, args...).Scan(ctx, &ids)
	mine := make(map[core.SupporterID]bool, len(ids))
	for _, id := range ids {
		mine[id] = true
	}
	return mine, err
}
