package storage_test

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"tocsin/core"
	"tocsin/storage"
	"tocsin/storage/pgtest"
)

// canaries are what must stand nowhere in clear.
var canaries = []string{
	"canary-chat", "canary-thread", "canary-account", "Canary Name", "canary message", "canary button", "canary frame",
	"canary-menu-arg", "canary payload", "canary blob", "canary@example.org", "canary broadcast", "canary-subject", "31415926", "27182818",
}

// sing stores all of them.
func sing(t *testing.T, s *storage.Store) {
	t.Helper()
	ctx := t.Context()
	say := func(text string) *core.Message { return &core.Message{Body: []core.Span{{Text: text}}} }
	must(t, s.Tx(ctx, func(tx core.Tx) error {
		c, err := tx.EnterChat(ctx, core.ChatRef{Bot: "telegram:4711", Chat: "canary-chat", Thread: "canary-thread"}, core.Private)
		must(t, err)
		a, err := tx.EnterAccount(ctx, core.AccountRef{Bot: "telegram:4711", ID: "canary-account"})
		must(t, err)
		must(t, tx.PutConversation(ctx, &core.Conversation{Chat: c.ID, Account: a.ID,
			Frames: []core.Frame{{Flow: "signup", Data: map[string]string{"name": "canary frame"}}}}))
		must(t, tx.PutMenu(ctx, &core.Menu{Token: "abcdefgh234567ab", Chat: c.ID,
			Buttons: []core.Button{{Label: "canary button", Do: core.Do{Verb: "x.y", Arg: "canary-menu-arg"}}}}))
		must(t, tx.CreateSupporter(ctx, &core.Supporter{State: core.Active, Name: "Canary Name", Radius: core.DefaultRadius, Often: core.Daily}))
		must(t, tx.Enqueue(ctx, &core.Outgoing{Chat: c.ID, Account: a.ID, Lane: core.Talk, Content: say("canary message"), Again: core.Once}))
		must(t, tx.Enqueue(ctx, &core.Outgoing{Lane: core.Talk, Content: &core.Task{Name: "mail.check", Payload: []byte("canary payload")}, Again: core.Once}))
		_, err = tx.PutBlob(ctx, []byte("canary blob"))
		must(t, err)
		must(t, tx.CreateBroadcast(ctx, &core.Broadcast{State: core.Draft, Letterhead: core.Letterhead{
			Speaker: "canary speaker", Texts: []core.Wording{{Language: "fr", Body: say("canary broadcast").Body}},
		}}))
		f := tx.Fingerprint("canary@example.org")
		_, err = tx.PutSponsorships(ctx, []core.Sponsorship{{Fingerprint: f}})
		must(t, err)
		must(t, tx.PutChallenge(ctx, &core.Challenge{Account: a.ID, Fingerprint: f, Code: "31415926", Made: time.Now()}))
		must(t, tx.CreateOffer(ctx, &core.Offer{Code: "27182818", Role: core.Owner, Expires: time.Now().Add(time.Hour)}))
		_, err = tx.Tally(ctx, core.TallyKey{Kind: "mail.hour", Subject: "canary-subject"}, time.Hour)
		return err
	}))
}

// wantSilent checks that none of them stands in text, in clear or in a plain disguise.
func wantSilent(t *testing.T, where, text string) {
	t.Helper()
	for _, c := range canaries {
		for _, form := range []string{c, hex.EncodeToString([]byte(c)), base64.StdEncoding.EncodeToString([]byte(c))[:len(c)]} {
			if strings.Contains(text, form) {
				t.Errorf("%s holds %q", where, c)
			}
		}
	}
}

func TestSQLiteFilesHoldNobodyInClear(t *testing.T) {
	t.Parallel()
	c := storage.Config{URL: sqliteURL(t), KeyFile: t.TempDir() + "/keys"}
	s, err := storage.Open(t.Context(), c)
	must(t, err)
	sing(t, s)
	seen := 0
	for _, when := range []string{"open", "closed"} {
		for name, content := range files(t, c) {
			wantSilent(t, name+" of the "+when+" database", content)
			seen += len(content)
		}
		if when == "open" {
			must(t, s.Close())
		}
	}
	if seen < 100_000 {
		t.Errorf("only %d bytes were looked through", seen)
	}
	if wal := files(t, c)["tocsin.db-wal"]; wal != "" {
		t.Errorf("Close left %d bytes in the write-ahead log", len(wal))
	}
}

func TestPostgresTablesHoldNobodyInClear(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	sing(t, open(t, url))
	db, seen := rawPostgres(t, url), 0
	for _, table := range strs(t, db, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'") {
		content := strings.Join(strs(t, db, "SELECT t::text FROM "+table+" AS t"), "\n")
		wantSilent(t, table, content)
		seen += len(content)
	}
	if seen < 2_000 {
		t.Errorf("only %d bytes were looked through", seen)
	}
}

// strs returns the one column of a query.
func strs(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.QueryContext(context.Background(), query)
	must(t, err)
	defer rows.Close()
	var all []string
	for rows.Next() {
		var s string
		must(t, rows.Scan(&s))
		all = append(all, s)
	}
	must(t, rows.Err())
	return all
}
