package storage_test

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin/core"
	"tocsin/core/geo"
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
	action := &core.Action{
		Source: "x", Title: "x", Kind: "other", State: core.Public, Visibility: core.ForEveryone, Zone: "UTC",
		StartsAt: time.Now(), EndsAt: time.Now().Add(time.Hour), Point: geo.Point{Lat: 45, Lon: 5},
	}
	tx := func(fn func(core.Tx) error) {
		t.Helper()
		must(t, store.Tx(ctx, fn))
	}
	tx(func(tx core.Tx) error { _, _, err := tx.PutActions(ctx, []*core.Action{action}); return err })
	var gone, stays *core.Account
	tx(func(tx core.Tx) (err error) { gone, err = lived(ctx, tx, "gone", action.ID); return err })
	tx(func(tx core.Tx) (err error) { stays, err = lived(ctx, tx, "stays", action.ID); return err })
	before := rows(t, db, columns)
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
		if after[column] != n/2 {
			t.Errorf("%s: %d rows of two people, %d of one", column, n, after[column])
		}
	}
	if len(before) < 12 {
		t.Errorf("only %d columns were lived in: %v", len(before), before)
	}
	tx(func(tx core.Tx) error {
		a, err := tx.Action(ctx, action.ID)
		if err == nil && a.Taken != 3 {
			t.Errorf("%d places are taken, want those of the other", a.Taken)
		}
		if _, err := tx.Account(ctx, stays.ID); err != nil {
			t.Errorf("the other is gone, too: %v", err)
		}
		return err
	})
}

// lived makes a person who touches every table that leads to one.
func lived(ctx context.Context, tx core.Tx, name string, action core.ActionID) (*core.Account, error) {
	const bot = "telegram:1"
	chat, err := tx.EnterChat(ctx, core.ChatRef{Bot: bot, Chat: name}, core.Private)
	if err != nil {
		return nil, err
	}
	account, err := tx.EnterAccount(ctx, core.AccountRef{Bot: bot, ID: name})
	if err != nil {
		return nil, err
	}
	s := &core.Supporter{State: core.Active, Name: name, Since: "2027-03-10", Seen: "2027-03-10"}
	o := &core.Outgoing{Chat: chat.ID, Account: account.ID, Lane: core.Talk, Content: &core.Message{}}
	b := &core.Broadcast{State: core.Running, Message: &core.Message{}}
	menu := &core.Menu{Token: core.MenuToken("menu-" + name), Chat: chat.ID, Account: account.ID}
	for _, do := range []func() error{
		func() error { return tx.CreateSupporter(ctx, s) },
		func() error { account.Supporter, account.Home = s.ID, chat.ID; return tx.PutAccount(ctx, account) },
		func() error { return tx.Prove(ctx, s.ID, tx.Fingerprint(core.Address(name+"@example.org"))) },
		func() error {
			return tx.RecordConsent(ctx, &core.Consent{Supporter: s.ID, Purpose: core.ToMessages, At: time.Now()})
		},
		func() error {
			return tx.CreateGrant(ctx, &core.Grant{Supporter: s.ID, Account: account.ID, Role: core.Lead, Expires: time.Now()})
		},
		func() error {
			r := &core.Rsvp{Action: action, Supporter: s.ID, Answer: core.Going, Guests: 2}
			_, err := core.Respond(ctx, tx, r, time.Now())
			return err
		},
		func() error {
			return tx.PutChallenge(ctx, &core.Challenge{Account: account.ID, Code: core.NewCode(), Made: time.Now()})
		},
		func() error { return tx.PutConversation(ctx, &core.Conversation{Chat: chat.ID, Account: account.ID}) },
		func() error { return tx.Enqueue(ctx, o) },
		func() error { menu.Message = o.ID; return tx.PutMenu(ctx, menu) },
		func() error { o.Attempt = 0; return settleSent(ctx, tx, bot) },
		func() error {
			return tx.Spend(ctx, core.SlotKey{Bot: bot, Chat: chat.ID}, core.Limit{Every: time.Second, Burst: 1}, 1)
		},
		func() error { return tx.CreateBroadcast(ctx, b) },
		func() error {
			return tx.AddRecipients(ctx, b.ID, []core.Recipient{{Chat: chat.ID, Account: account.ID}})
		},
	} {
		if err := do(); err != nil {
			return nil, err
		}
	}
	return account, nil
}

// settleSent sends what is due, so that there is a receipt.
func settleSent(ctx context.Context, tx core.Tx, bot core.BotID) error {
	claimed, err := tx.Claim(ctx, core.Claim{Bot: bot, Lanes: []core.Lane{core.Talk}, Max: 9, Lease: time.Minute})
	for _, o := range claimed {
		if err := tx.Settle(ctx, o, core.Verdict{State: core.Sent, Receipt: core.Receipt{core.ReceiptID(o.Key)}}); err != nil {
			return err
		}
	}
	return err
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
