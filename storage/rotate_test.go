package storage_test

import (
	"bytes"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"fmt"
	"os"
	"testing"
	"time"

	"tocsin/core"
	"tocsin/storage"
	"tocsin/storage/pgtest"
)

// addKey adds a key to a key file, as an operator does.
func addKey(t *testing.T, path, id string) {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	secret := make([]byte, 32)
	rand.Read(secret)
	text = fmt.Appendf(text, "%s:%s\n", id, base64.StdEncoding.EncodeToString(secret))
	must(t, os.Remove(path))
	must(t, os.WriteFile(path, text, 0o400))
}

// world is what a test stored, to find it again.
type world struct {
	chats    []core.ChatID
	accounts []core.AccountID
	person   core.SupporterID
}

const (
	worldSize    = 50
	worldAddress = core.Address("anna@example.org")
	worldOffer   = core.Code8("12345678")
)

var worldTally = core.TallyKey{Kind: "code.account", Subject: "7"}

// fill stores some of all that is found by a hash.
func fill(t *testing.T, s *storage.Store) world {
	t.Helper()
	ctx := t.Context()
	var w world
	must(t, s.Tx(ctx, func(tx core.Tx) error {
		w = world{}
		for i := range worldSize {
			c, err := tx.EnterChat(ctx, core.ChatRef{Bot: "telegram:4711", Chat: fmt.Sprint("chat ", i)}, core.Private)
			must(t, err)
			a, err := tx.EnterAccount(ctx, core.AccountRef{Bot: "telegram:4711", ID: fmt.Sprint("account ", i)})
			must(t, err)
			w.chats, w.accounts = append(w.chats, c.ID), append(w.accounts, a.ID)
		}
		f := tx.Fingerprint(worldAddress)
		_, err := tx.PutSponsorships(ctx, []core.Sponsorship{{Fingerprint: f, At: "2026-11-22"}})
		must(t, err)
		p := &core.Supporter{State: core.Active, Name: "Anna", Radius: core.DefaultRadius, Often: core.Daily}
		must(t, tx.CreateSupporter(ctx, p))
		w.person = p.ID
		must(t, tx.Prove(ctx, p.ID, f))
		must(t, tx.PutChallenge(ctx, &core.Challenge{Account: w.accounts[0], Fingerprint: f, Code: "87654321", Made: time.Now()}))
		must(t, tx.CreateOffer(ctx, &core.Offer{Code: worldOffer, Role: core.Organiser, Area: "FR", Expires: time.Now().Add(time.Hour)}))
		_, err = tx.Tally(ctx, worldTally, 24*time.Hour)
		return err
	}))
	return w
}

// check finds all of it again.
func (w world) check(t *testing.T, s *storage.Store) {
	t.Helper()
	ctx := t.Context()
	must(t, s.Tx(ctx, func(tx core.Tx) error {
		for i := range worldSize {
			ref := core.ChatRef{Bot: "telegram:4711", Chat: fmt.Sprint("chat ", i)}
			c, err := tx.EnterChat(ctx, ref, core.Private)
			must(t, err)
			a, err := tx.EnterAccount(ctx, core.AccountRef{Bot: "telegram:4711", ID: fmt.Sprint("account ", i)})
			must(t, err)
			if c.ID != w.chats[i] || a.ID != w.accounts[i] {
				t.Fatalf("chat and account %d are %d and %d, were %d and %d", i, c.ID, a.ID, w.chats[i], w.accounts[i])
			}
			c, err = tx.Chat(ctx, c.ID)
			must(t, err)
			if c.Ref != ref {
				t.Fatalf("chat %d came back with another ref", i)
			}
		}
		f := tx.Fingerprint(worldAddress)
		_, err := tx.Sponsorship(ctx, f)
		must(t, err)
		p, err := tx.SponsoredBy(ctx, f)
		must(t, err)
		c, err := tx.Challenge(ctx, w.accounts[0])
		must(t, err)
		if p.ID != w.person || p.Name != "Anna" || c.Fingerprint != f || c.Code != "87654321" {
			t.Errorf("the sponsor is %d, named %q; the challenge is of the address: %v", p.ID, p.Name, c.Fingerprint == f)
		}
		n, err := tx.Tally(ctx, worldTally, 24*time.Hour)
		must(t, err)
		if n < 2 {
			t.Errorf("the count began anew: %d", n)
		}
		return nil
	}))
}

func TestAddedKeyFindsAndOpensWhatWasStored(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, c storage.Config, raw func() *sql.DB) {
		s, err := storage.Open(t.Context(), c)
		must(t, err)
		w := fill(t, s)
		must(t, s.Close())
		before := hashes(t, raw())
		for _, id := range []string{"k2", "k3"} {
			addKey(t, c.KeyFile, id)
			s, err = storage.Open(t.Context(), c)
			must(t, err)
			w.check(t, s)
			must(t, s.Close())
		}
		after := hashes(t, raw())
		for name := range before {
			if len(before[name]) == 0 || len(after[name]) != len(before[name]) {
				t.Errorf("%s has %d hashes, had %d", name, len(after[name]), len(before[name]))
			}
			for h := range before[name] {
				if after[name][h] {
					t.Errorf("%s holds a hash of the first key alone", name)
				}
			}
		}
		s, err = storage.Open(t.Context(), c)
		must(t, err)
		defer s.Close()
		must(t, s.Tx(t.Context(), func(tx core.Tx) error {
			_, err := tx.TakeOffer(t.Context(), worldOffer, time.Now())
			return err
		}))
	})
}

// hashes returns all values of each column that holds hashes.
func hashes(t *testing.T, db *sql.DB) map[string]map[string]bool {
	t.Helper()
	all := map[string]map[string]bool{}
	for name, query := range map[string]string{
		"chats":        "SELECT find FROM chats",
		"accounts":     "SELECT find FROM accounts",
		"supporters":   "SELECT proof FROM supporters WHERE proof IS NOT NULL",
		"sponsorships": "SELECT fingerprint FROM sponsorships",
		"challenges":   "SELECT fingerprint FROM challenges",
		"offers":       "SELECT hash FROM offers",
		"tallies":      "SELECT DISTINCT subject FROM tallies",
	} {
		rows, err := db.Query(query)
		must(t, err)
		all[name] = map[string]bool{}
		for rows.Next() {
			var h []byte
			must(t, rows.Scan(&h))
			all[name][string(h)] = true
		}
		must(t, rows.Err())
		rows.Close()
	}
	return all
}

func TestKeyIsNotAddedWhileAnotherProcessWorks(t *testing.T) {
	t.Parallel()
	c := storage.Config{URL: pgtest.New(t), KeyFile: t.TempDir() + "/keys", Conns: 2, LongConns: 1}
	old, err := storage.Open(t.Context(), c)
	must(t, err)
	defer old.Close()
	enterChat(t, old, "42")
	before, err := os.ReadFile(c.KeyFile)
	must(t, err)
	addKey(t, c.KeyFile, "k2")
	wantRefused(t, c, core.Conflict, "other processes use it")
	enterChat(t, old, "42")

	// A process that lost its connections meanwhile cannot come back with the old keys.
	server := rawPostgres(t, c.URL)
	_, err = server.Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	must(t, err)
	fresh, err := storage.Open(t.Context(), c)
	must(t, err)
	defer fresh.Close()
	for range 2 { // the first may find a broken connection
		err = old.Tx(t.Context(), func(core.Tx) error { return nil })
	}
	if core.CodeOf(err) != core.Internal || !bytes.Contains([]byte(fmt.Sprint(err)), []byte("a key was added")) {
		t.Errorf("a process with the old keys goes on: %v", err)
	}
	must(t, os.Remove(c.KeyFile))
	must(t, os.WriteFile(c.KeyFile, before, 0o400))
	wantRefused(t, c, core.Invalid, "it lacks the key k2")
}
