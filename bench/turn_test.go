//go:build bench

package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/flows"
	"tocsin/core/locale"
	"tocsin/storage"
	"tocsin/storage/pgtest"
)

// The figures of a turn: how many a second where one chat is busy, and where many are.
const (
	turnSQLiteOne    Name = "turn/sqlite/1"
	turnSQLiteMany   Name = "turn/sqlite/16"
	turnPostgresOne  Name = "turn/postgres/1"
	turnPostgresMany Name = "turn/postgres/16"
)

const (
	busyChats  = 16
	turnRounds = 25
	roundTurns = 64 // of all chats together
)

// A turnKind is one of two turns that a person takes by turns. Both answer in an open
// sign-up: the first opens an aside with a question of two buttons, the second is the
// answer, which changes the supporter and asks the question below again.
type turnKind int

const (
	asking    turnKind = iota // "/language"
	answering                 // "2"
)

// A side takes turns. n counts those of one person, who takes one at a time.
type side func(ctx context.Context, person, n int) error

func kindOf(n int) turnKind { return turnKind(n % 2) }

// updates counts the updates of both sides, which have names of one length.
type updates struct{ n atomic.Int64 }

func (u *updates) next() string { return fmt.Sprint(600_000_000 + u.n.Add(1)) }

// bot returns our side: the real bot on s.
func bot(t *testing.T, s *storage.Store) side {
	t.Helper()
	words, err := locale.Load()
	must(t, err)
	campaign, err := core.ParseCampaign(strings.NewReader(""))
	must(t, err)
	b := &conversation.Bot{
		Store: s, Flows: flows.All(), Locale: words, Campaign: campaign, Log: slog.New(slog.DiscardHandler),
		Can: func(core.BotID) core.Capabilities {
			return core.Capabilities{Buttons: true, Edits: true, Redacts: true, Files: true}
		},
	}
	var ids updates
	return func(ctx context.Context, person, n int) error {
		account := accountOf(person)
		u := &core.Update{
			ID: ids.next(), Chat: chatOf(person), Kind: core.Private, Sender: &account, Language: "en", At: time.Now(),
		}
		u.Event = core.Text{Body: "2"}
		if kindOf(n) == asking {
			u.Event = core.Command{Name: "language"}
		}
		return b.Handle(ctx, u)
	}
}

// A match is between sides, each on a database of its own with the same rows.
type match struct {
	t     *testing.T
	sides [3]side // ours, the reference, and that with prepared statements
	taken [3][busyChats]int
}

// turns lets some chats take the turns of a round, and returns how many a second.
func (m *match) turns(who, chats int) float64 {
	m.t.Helper()
	var wg sync.WaitGroup
	errs := make([]error, chats)
	began := time.Now()
	for person := range chats {
		wg.Go(func() {
			n := &m.taken[who][person]
			for range roundTurns / chats {
				if errs[person] = m.sides[who](m.t.Context(), person, *n); errs[person] != nil {
					return
				}
				*n++
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	must(m.t, errors.Join(errs...))
	return roundTurns / took.Seconds()
}

// play reports the median rates of the sides.
func (m *match) play(name Name, chats int) {
	m.t.Helper()
	if !Wanted(m.t, name) {
		return
	}
	var rates [len(m.sides)][]float64
	for i := range turnRounds {
		for j := range m.sides {
			who := (i + j) % len(m.sides) // who comes later finds a warmer machine
			rates[who] = append(rates[who], m.turns(who, chats))
		}
	}
	for _, r := range rates {
		slices.Sort(r)
	}
	const middle = turnRounds / 2
	Settings(name, "the reference with prepared statements, which bun has not: %s turns/s", number(rates[2][middle]))
	Report(m.t, Line{Name: name, Unit: "turns/s", Ours: rates[0][middle], Reference: rates[1][middle],
		Goal: Goal{Of: Ratio, AtLeast: 0.7}})
}

// A venue is where a match is played: new databases of one dialect, and how to reach them.
type venue struct {
	dialect
	create  func() (url string)
	connect func(url string) *sql.DB
}

// newMatch signs people up in a database for each side, takes one pair of turns on ours to
// see how large its values are, and hands the others to the references.
func newMatch(t *testing.T, v venue) *match {
	t.Helper()
	url := v.create()
	s := open(t, url)
	signUp(t, s)
	db := v.connect(url)
	defer db.Close()
	v.rest(t, db)
	ours := bot(t, s)
	sizes := measure(t, ours, db)
	plain, prepared := v.reference(t, sizes), v.reference(t, sizes)
	prepared.prepare(t)
	return &match{t: t, sides: [3]side{ours, plain.turn, prepared.turn}}
}

// reference signs people up in a database for a reference and takes one pair of turns.
func (v venue) reference(t *testing.T, s sizes) *reference {
	t.Helper()
	url := v.create()
	store, err := storage.Open(t.Context(), storage.Config{URL: url, KeyFile: filepath.Join(t.TempDir(), "keys")})
	must(t, err)
	signUp(t, store)
	must(t, store.Close())
	db := v.connect(url)
	t.Cleanup(func() { db.Close() })
	v.rest(t, db)
	r := newReference(t, db, v.dialect, s)
	for n := range s {
		must(t, r.turn(t.Context(), 0, n))
	}
	return r
}

// rest lets a database settle what signing up left to do.
func (v venue) rest(t *testing.T, db *sql.DB) {
	t.Helper()
	_, err := db.ExecContext(t.Context(), v.settle)
	must(t, err)
}

// played says how a match is played.
var played = fmt.Sprintf("%d people; medians of %d rounds of %d turns; reference: the same statements, with values of the same size",
	signedUp, turnRounds, roundTurns)

func TestBenchTurnSQLite(t *testing.T) {
	if !Wanted(t, turnSQLiteOne, turnSQLiteMany) {
		t.Skip("not picked")
	}
	m := newMatch(t, venue{
		dialect: sqliteDialect,
		create:  func() string { return sqliteURL(t) },
		connect: func(url string) *sql.DB {
			db, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(url, "sqlite:")+"?_txlock=immediate"+
				"&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)"+
				"&_pragma=secure_delete(1)&_pragma=cache_size(-4000)&_pragma=mmap_size(0)")
			must(t, err)
			db.SetMaxOpenConns(1)
			return db
		},
	})
	Settings(turnSQLiteOne, "%s; WAL, synchronous=FULL, cache 4 MB, one connection", played)
	m.play(turnSQLiteOne, 1)
	m.play(turnSQLiteMany, busyChats)
}

// postgresVenue makes its databases with create.
func postgresVenue(t *testing.T, create func() string) venue {
	return venue{postgresDialect, create, func(url string) *sql.DB {
		db := postgresDB(t, url).DB
		db.SetMaxOpenConns(busyChats)
		db.SetMaxIdleConns(busyChats)
		return db
	}}
}

func TestBenchTurnPostgres(t *testing.T) {
	if !Wanted(t, turnPostgresOne, turnPostgresMany) {
		t.Skip("not picked")
	}
	m := newMatch(t, postgresVenue(t, func() string { return pgtest.New(t) }))
	server := postgresDB(t, pgtest.New(t))
	Settings(turnPostgresOne, "%s; %s, shared_buffers=%s, fsync=%s, synchronous_commit=%s, %d connections; VACUUM ANALYZE done",
		played, setting(t, server, "server_version"), setting(t, server, "shared_buffers"),
		setting(t, server, "fsync"), setting(t, server, "synchronous_commit"), busyChats)
	m.play(turnPostgresOne, 1)
	m.play(turnPostgresMany, busyChats)
}
