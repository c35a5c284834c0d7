//go:build bench

package bench

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/flows"
	"tocsin/core/locale"
	"tocsin/storage"
	"tocsin/storage/pgtest"
)

// The figures of the file of /mydata.
const (
	myDataSQLite   Name = "mydata/sqlite/median"
	myDataPostgres Name = "mydata/postgres/median"
)

// A long life is three years of use; the rows that leave by themselves are those of the
// last weeks. Around it are the messages of everybody else.
const (
	longAnswers    = 500
	longConsents   = 50
	longMessages   = 200
	longBroadcasts = 150
	othersMessages = 20_000
	myDataRounds   = 200
)

// lookBack is whose file is made, and what the reference is told of them.
type lookBack struct {
	chat    core.ChatID
	account core.AccountID
	person  core.SupporterID
}

// grownOld stores a long life on a database with a crowd of actions.
func grownOld(t *testing.T, s *storage.Store) lookBack {
	t.Helper()
	as := crowd(t, s, rand.New(rand.NewPCG(1, 2)), today())
	signUp(t, s)
	ctx := t.Context()
	var l lookBack
	must(t, s.Tx(ctx, func(tx core.Tx) error {
		account, err := tx.EnterAccount(ctx, accountOf(0))
		if err != nil {
			return err
		}
		l = lookBack{account.Home, account.ID, account.Supporter}
		for i := range longAnswers {
			r := &core.Rsvp{Action: as[i*len(as)/longAnswers].ID, Supporter: l.person, Answer: core.Going, On: core.DayOf(time.Now())}
			if err := tx.PutRsvp(ctx, r); err != nil {
				return err
			}
		}
		for i := range longConsents {
			c := &core.Consent{Supporter: l.person, Purpose: core.ToMessages, Given: i%2 == 0, Version: core.ConsentVersion, Platform: core.Telegram, At: time.Now()}
			if err := tx.RecordConsent(ctx, c); err != nil {
				return err
			}
		}
		return tx.CreateGrant(ctx, &core.Grant{Supporter: l.person, Account: l.account, Role: core.Organiser, Area: "FR/84/69", Expires: time.Now().Add(core.RoleLife)})
	}))
	l.told(t, s)
	return l
}

// told stores messages with buttons, of the person and of everybody else, and broadcasts.
func (l lookBack) told(t *testing.T, s *storage.Store) {
	t.Helper()
	ctx := t.Context()
	text := &core.Message{Body: []core.Span{{Text: "Tractage au marché, samedi 14 mars à 10 h, place de la République."}}}
	buttons := []core.Button{
		{Label: "J’y serai", Do: core.Do{Verb: "rsvp.going", Arg: "4711"}}, {Label: "Détails", Do: core.Do{Verb: "near.details", Arg: "4711"}},
	}
	say := func(tx core.Tx, n int, c core.ChatID, a core.AccountID) error {
		o := &core.Outgoing{Chat: c, Account: a, Lane: core.Talk, Content: text, Again: core.TwiceOkay}
		if err := tx.Enqueue(ctx, o); err != nil {
			return err
		}
		return tx.PutMenu(ctx, &core.Menu{Token: core.MenuToken(fmt.Sprintf("aaaaaaaa%08d", n)), Chat: c, Account: a, Message: o.ID, Buttons: buttons})
	}
	for batch := range slices.Chunk(numbers(othersMessages), 2000) {
		must(t, s.Tx(ctx, func(tx core.Tx) error {
			for _, i := range batch {
				account, err := tx.EnterAccount(ctx, accountOf(1+i%(signedUp-1)))
				if err != nil {
					return err
				}
				if err := say(tx, i, account.Home, account.ID); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	must(t, s.Tx(ctx, func(tx core.Tx) error {
		for i := range longMessages {
			if err := say(tx, othersMessages+i, l.chat, l.account); err != nil {
				return err
			}
		}
		for range longBroadcasts {
			b := &core.Broadcast{State: core.Running, Letterhead: core.Letterhead{Texts: []core.Wording{{Language: "fr", Body: text.Body}}, Again: core.Once}}
			if err := tx.CreateBroadcast(ctx, b); err != nil {
				return err
			}
			if err := tx.AddRecipients(ctx, b.ID, core.MainWave, []core.Recipient{{Chat: l.chat, Account: l.account}}); err != nil {
				return err
			}
		}
		return nil
	}))
}

// plainReads are the rows that the file is made of, asked for by hand with the same keys:
// the reference reads them and makes nothing of them.
var plainReads = []string{
	"SELECT * FROM accounts WHERE supporter = :person", "SELECT * FROM chats WHERE root = :chat", "SELECT * FROM supporters WHERE id = :person",
	"SELECT * FROM sponsorships WHERE fingerprint = (SELECT proof FROM supporters WHERE id = :person)",
	"SELECT * FROM consents WHERE supporter = :person ORDER BY id", "SELECT * FROM grants WHERE supporter = :person",
	"SELECT r.*, a.title, a.starts_at FROM rsvps AS r JOIN actions AS a ON a.id = r.action WHERE r.supporter = :person ORDER BY a.starts_at",
	"SELECT * FROM searches WHERE supporter = :person", "SELECT * FROM conversations WHERE chat = :chat",
	"SELECT * FROM challenges WHERE account = :account", "SELECT * FROM outbox WHERE chat = :chat ORDER BY id",
	"SELECT * FROM menus WHERE chat = :chat ORDER BY message", "SELECT * FROM receipts WHERE chat = :chat",
	"SELECT b.*, r.* FROM broadcasts AS b CROSS JOIN recipients AS r WHERE r.broadcast = b.id AND r.chat = :chat ORDER BY r.id",
}

// readPlainly reads all of them, and returns how many there were.
func readPlainly(ctx context.Context, db *sql.DB, l lookBack) (n int, err error) {
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return 0, err
	}
	defer tx.Rollback()
	fill := strings.NewReplacer(":person", fmt.Sprint(int64(l.person)), ":chat", fmt.Sprint(int64(l.chat)), ":account", fmt.Sprint(int64(l.account)))
	for _, query := range plainReads {
		rows, err := tx.QueryContext(ctx, fill.Replace(query))
		if err != nil {
			return 0, err
		}
		columns, err := rows.Columns()
		if err != nil {
			return 0, err
		}
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		for rows.Next() {
			n++
			if err := rows.Scan(values...); err != nil {
				return 0, err
			}
		}
		if err := rows.Close(); err != nil {
			return 0, err
		}
	}
	return n, tx.Commit()
}

// fileOf makes the file as the dispatcher does, in a transaction.
func fileOf(ctx context.Context, b *conversation.Bot, l lookBack) (size int, err error) {
	err = b.Store.Tx(ctx, func(tx core.Tx) error {
		d, _, err := b.Prepare(ctx, tx, &core.Outgoing{
			Chat: l.chat, Account: l.account, Lane: core.Talk,
			Content: &core.Reference{Kind: "mydata.file", Supporter: l.person, Subjects: []int64{int64(l.account)}},
		}, time.Now())
		if m, ok := d.Content.(*core.Message); ok && m.File != nil {
			size = len(m.File.Data)
		}
		return err
	})
	return size, err
}

// benchMyData takes turns between both sides, and reports.
func benchMyData(t *testing.T, name Name, s *storage.Store, db *sql.DB, l lookBack) {
	t.Helper()
	words, err := locale.Load()
	must(t, err)
	campaign, err := core.ParseCampaign(strings.NewReader(""))
	must(t, err)
	b := &conversation.Bot{
		Store: s, Flows: flows.All(), Locale: words, Campaign: campaign, Log: slog.New(slog.DiscardHandler),
		Can: func(core.BotID) core.Capabilities { return core.Capabilities{Buttons: true, Files: true} },
	}
	var ours, theirs []time.Duration
	var size, read int
	for range myDataRounds {
		began := time.Now()
		size, err = fileOf(t.Context(), b, l)
		must(t, err)
		ours = append(ours, time.Since(began))
		began = time.Now()
		read, err = readPlainly(t.Context(), db, l)
		must(t, err)
		theirs = append(theirs, time.Since(began))
	}
	if least := longAnswers + longConsents + 2*longMessages + longBroadcasts; read < least || size < 50*least {
		t.Fatalf("%d rows were read, and the file has %d bytes", read, size)
	}
	Settings(name, "%d actions; the file of one person in %d: %d answers, %d consents, %d messages with buttons among %d of others, %d broadcasts; %d bytes; reference: its %d rows read by hand, neither opened nor written",
		crowdSize, signedUp, longAnswers, longConsents, longMessages, othersMessages, longBroadcasts, size, read)
	Settings(name, "p99: ours %.3g ms, reference %.3g ms", Millis(Quantile(ours, 0.99)), Millis(Quantile(theirs, 0.99)))
	Report(t, Line{Name: name, Unit: "ms", Ours: Millis(Quantile(ours, 0.5)), Reference: Millis(Quantile(theirs, 0.5)), Goal: Goal{Of: Ours, AtMost: 50}})
}

func TestBenchMyData(t *testing.T) {
	if !Wanted(t, myDataSQLite) {
		t.Skip("not picked")
	}
	url := sqliteURL(t)
	s := open(t, url)
	l := grownOld(t, s)
	db, err := sql.Open("sqlite", strings.TrimPrefix(url, "sqlite:"))
	must(t, err)
	t.Cleanup(func() { db.Close() })
	benchMyData(t, myDataSQLite, s, db, l)
}

func TestBenchMyDataPostgres(t *testing.T) {
	if !Wanted(t, myDataPostgres) {
		t.Skip("not picked")
	}
	url := pgtest.New(t)
	s := open(t, url)
	l := grownOld(t, s)
	ref := postgresDB(t, url)
	must(t, execute(t, ref, "VACUUM ANALYZE"))
	benchMyData(t, myDataPostgres, s, ref.DB, l)
}
