//go:build bench

package bench

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"tocsin/core"
)

// A dialect is how the statements of a turn differ between databases.
type dialect struct {
	postgres bool
	clock    string // the time in microseconds; %s is what it is told
	today    string // the day; %s is what it is told
	due      string // the time when a message is due
	settle   string // what a database is given time for before it is measured
}

var (
	sqliteDialect   = dialect{clock: "%s", today: "%s", due: "$10", settle: "PRAGMA wal_checkpoint(TRUNCATE)"}
	postgresDialect = dialect{
		postgres: true,
		clock:    "((extract(epoch FROM clock_timestamp()) * 1000000)::bigint + %s)",
		today:    "to_char(to_timestamp(((extract(epoch FROM clock_timestamp()) * 1000000)::bigint + %s) / 1000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
		due:      "$10::bigint",
		settle:   "VACUUM ANALYZE",
	}
)

// times returns what clock and today are told.
func (d dialect) times(now time.Time) (clock, today any) {
	if d.postgres {
		return 0, 0
	}
	return now.UnixMicro(), string(core.DayOf(now))
}

// A statement names one of a turn.
type statement int

const (
	lockChat statement = iota
	findChat
	markSeen
	readClock
	findAccount
	readSupporter
	readConversation
	readMenu
	putSupporter
	enqueue
	putMenu
	putConversation
)

// statements returns the statements of a turn, written by hand as storage sends them.
func statements(d dialect) map[statement]string {
	return map[statement]string{
		lockChat:    "SELECT pg_advisory_xact_lock($1)",
		findChat:    "SELECT id, root, kind, closed FROM chats WHERE find = $1",
		markSeen:    "INSERT INTO seen_updates (bot, update_id, at) VALUES ($1, $2, " + fmt.Sprintf(d.clock, "$3") + ") ON CONFLICT DO NOTHING",
		readClock:   "SELECT " + fmt.Sprintf(d.clock, "$1"),
		findAccount: "SELECT id, coalesce(supporter, 0), coalesce(home, 0) FROM accounts WHERE find = $1",
		readSupporter: `SELECT s.id, s.state, s.name, s.language, s.zone, s.cell, s.place, s.area,
			s.radius, s.often, s.stopped, s.since, s.seen FROM supporters AS s WHERE s.id = $1`,
		readConversation: "SELECT sealed, version FROM conversations WHERE chat = $1 AND account = $2",
		readMenu:         "SELECT m.token, m.chat, m.account, m.message, m.sealed FROM menus AS m WHERE m.token = $1",
		putSupporter: `UPDATE supporters SET state = $1, name = $2, language = $3, zone = $4, cell = $5, place = $6, area = $7,
			radius = $8, radius_class = $9, often = $10, stopped = $11, since = $12, seen = $13 WHERE id = $14`,
		enqueue: `INSERT INTO outbox (uid, bot, chat, account, lane, kind, sealed, due, next_at, expires, again,
			state, attempt, settled, unsure, code, receipt)
			SELECT $1, b.bot, $2, $3, $4, $5, $6, d.due, d.due, $7, $8, $9, 0, 0, FALSE, '', ''
			FROM (SELECT bot FROM chats WHERE id = $2 UNION ALL SELECT 0 WHERE $2 = 0) AS b, (SELECT ` + d.due + ` AS due) AS d
			RETURNING id`,
		putMenu: `INSERT INTO menus (token, chat, account, message, sealed, day) VALUES ($1, $2, $3, $4, $5, ` + fmt.Sprintf(d.today, "$6") + `)
			ON CONFLICT (token) DO UPDATE SET chat = EXCLUDED.chat, account = EXCLUDED.account,
			message = EXCLUDED.message, sealed = EXCLUDED.sealed, day = EXCLUDED.day`,
		putConversation: `UPDATE conversations SET sealed = $3, version = $4 + 1, day = ` + fmt.Sprintf(d.today, "$5") + `
			WHERE chat = $1 AND account = $2 AND version = $4`,
	}
}

// sizes are the lengths of the sealed values that a turn of each kind writes, in bytes.
type sizes [2]struct {
	messages           []int // the last of them has a menu
	menu, conversation int
}

// measure takes a turn of each kind, with the first person, and looks at db.
func measure(t *testing.T, take side, db *sql.DB) (s sizes) {
	t.Helper()
	list := func(query string) (out []int) {
		rows, err := db.QueryContext(t.Context(), query)
		must(t, err)
		defer rows.Close()
		for rows.Next() {
			var n int
			must(t, rows.Scan(&n))
			out = append(out, n)
		}
		must(t, rows.Err())
		return out
	}
	before := 0
	for kind := range s {
		must(t, take(t.Context(), 0, kind))
		all := list("SELECT length(sealed) FROM outbox ORDER BY id")
		s[kind].messages, before = all[before:], len(all)
		s[kind].menu = list("SELECT length(sealed) FROM menus ORDER BY message DESC LIMIT 1")[0]
		s[kind].conversation = list("SELECT length(sealed) FROM conversations WHERE chat = 1")[0]
	}
	return s
}

// A speaker is one person of the reference.
type speaker struct {
	chat, account, supporter int64
	findChat, findAccount    []byte
	lock                     int64
	menu                     string
}

// A reference is a turn by hand.
type reference struct {
	dialect
	db         *sql.DB
	statements map[statement]string
	prepared   map[statement]*sql.Stmt
	sizes      sizes
	noise      []byte // stands for all that is sealed
	speakers   []speaker
	ids        updates
}

// newReference returns a reference over people who are signed up in db.
func newReference(t *testing.T, db *sql.DB, d dialect, s sizes) *reference {
	t.Helper()
	r := &reference{dialect: d, db: db, statements: statements(d), prepared: map[statement]*sql.Stmt{}, sizes: s, noise: make([]byte, 1<<16)}
	_, _ = rand.Read(r.noise)
	rows, err := db.QueryContext(t.Context(), `SELECT c.id, a.id, a.supporter, c.find, a.find
		FROM accounts AS a JOIN chats AS c ON c.id = a.home ORDER BY a.id LIMIT $1`, busyChats)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var p speaker
		must(t, rows.Scan(&p.chat, &p.account, &p.supporter, &p.findChat, &p.findAccount))
		p.lock = int64(binary.BigEndian.Uint64(p.findChat))
		r.speakers = append(r.speakers, p)
	}
	must(t, rows.Err())
	return r
}

// prepare lets r prepare its statements once for each connection.
func (r *reference) prepare(t *testing.T) {
	t.Helper()
	for name, query := range r.statements {
		if name == lockChat && !r.postgres {
			continue
		}
		p, err := r.db.PrepareContext(t.Context(), query)
		must(t, err)
		r.prepared[name] = p
	}
}

// turn is a side. It stores what our side stores, and reads what it reads.
func (r *reference) turn(ctx context.Context, person, n int) error {
	begun, err := r.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer begun.Rollback()
	h := &hand{reference: r, Tx: begun, ctx: ctx, now: time.Now(), speaker: &r.speakers[person]}
	h.begin()
	if kindOf(n) == answering {
		h.answer()
	}
	h.end(kindOf(n))
	if h.err != nil {
		return h.err
	}
	return begun.Commit()
}

// A hand does one turn. After the first error it does nothing more.
type hand struct {
	*reference
	*sql.Tx
	*speaker
	ctx     context.Context
	now     time.Time
	version int64
	name    []byte
	err     error
}

// read reads one row.
func (h *hand) read(s statement, args []any, into ...any) {
	if h.err != nil {
		return
	}
	if p := h.prepared[s]; p != nil {
		h.err = h.StmtContext(h.ctx, p).QueryRowContext(h.ctx, args...).Scan(into...)
		return
	}
	h.err = h.QueryRowContext(h.ctx, h.statements[s], args...).Scan(into...)
}

// write changes one row.
func (h *hand) write(s statement, args ...any) {
	if h.err != nil {
		return
	}
	var res sql.Result
	if p := h.prepared[s]; p != nil {
		res, h.err = h.StmtContext(h.ctx, p).ExecContext(h.ctx, args...)
	} else {
		res, h.err = h.ExecContext(h.ctx, h.statements[s], args...)
	}
	if h.err != nil {
		return
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		h.err = fmt.Errorf("statement %d changed %d rows: %w", s, n, err)
	}
}

func (h *hand) sealed(size int) []byte { return h.noise[:size] }

// begin does what every turn begins with.
func (h *hand) begin() {
	clock, _ := h.times(h.now)
	if h.postgres {
		h.read(lockChat, []any{h.lock}, new(any))
	}
	h.read(findChat, []any{h.findChat}, new(int64), new(int64), new(string), new(bool))
	h.write(markSeen, 1, h.ids.next(), clock)
	if h.postgres {
		h.read(readClock, []any{0}, new(int64))
	}
	h.read(findAccount, []any{h.findAccount}, new(int64), new(int64), new(int64))
	var text [7]string
	var number [4]int64
	h.read(readSupporter, []any{h.supporter}, &number[0], &text[0], &h.name, &text[1], &text[2], &number[1], &number[2], &text[3],
		&number[3], &text[4], new(bool), &text[5], &text[6])
	h.read(readConversation, []any{h.chat, h.account}, new([]byte), &h.version)
}

// answer finds the choice and changes the supporter.
func (h *hand) answer() {
	h.read(readMenu, []any{h.menu}, new(string), new(int64), new(int64), new(int64), new([]byte))
	day := string(core.DayOf(h.now))
	h.write(putSupporter, "active", h.name, "en", "Europe/Paris", int64(5168000000000000000), 1, "FR/84/69",
		25, 25, "weekly", false, day, day, h.supporter)
}

// end stores what is said, and where the conversation stands.
func (h *hand) end(k turnKind) {
	_, today := h.times(h.now)
	var id int64
	for _, size := range h.sizes[k].messages {
		h.read(enqueue, []any{rand.Text(), h.chat, h.account, 1, "message", h.sealed(size), 0, "twice-okay", "queued", h.now.UnixMicro()}, &id)
	}
	h.menu = strings.ToLower(rand.Text()[:16])
	h.write(putMenu, h.menu, h.chat, h.account, id, h.sealed(h.sizes[k].menu), today)
	h.write(putConversation, h.chat, h.account, h.sealed(h.sizes[k].conversation), h.version, today)
}
