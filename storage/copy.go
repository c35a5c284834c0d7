package storage

import (
	"context"
	"encoding/hex"
	"io"
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
	rows := &sponsorshipText{left: s}
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

// sponsorshipText reads as the text format of COPY
// (https://www.postgresql.org/docs/current/sql-copy.html), one row after the other. It
// fails with nothing but io.EOF: the driver could not end a COPY whose rows fail.
type sponsorshipText struct {
	left []core.Sponsorship
	line []byte // what of the current row was not read yet
	room []byte
}

// copyEscape writes text for COPY. PostgreSQL has no text with a zero byte.
var copyEscape = strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`, "\x00", "")

// Read implements io.Reader.
func (r *sponsorshipText) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if len(r.line) == 0 {
			if len(r.left) == 0 {
				break
			}
			r.next()
		}
		k := copy(p[n:], r.line)
		n, r.line = n+k, r.line[k:]
	}
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

func (r *sponsorshipText) next() {
	s := &r.left[0]
	r.left = r.left[1:]
	b := append(r.room[:0], `\\x`...)
	b = hex.AppendEncode(b, s.Fingerprint[:])
	b = append(b, '\t')
	b = append(b, copyEscape.Replace(string(s.At))...)
	b = append(b, '\t')
	b = append(b, copyEscape.Replace(s.Department)...)
	if s.Revoked {
		b = append(b, "\tt\n"...)
	} else {
		b = append(b, "\tf\n"...)
	}
	r.room, r.line = b, b
}
