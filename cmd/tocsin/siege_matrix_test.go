//go:build goolm

package main

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"tocsin/bots/matrix/matrixtest"
	"tocsin/core"
	"tocsin/core/gazetteer"
	"tocsin/storage/pgtest"
)

// A deathPoint is a point at which the program on Matrix dies.
type deathPoint string

const (
	beforeTurn   deathPoint = "messages are read, and none is handled"
	beforeToken  deathPoint = "all is handled and answered, and the token is not saved"
	beforeMark   deathPoint = "a reply is accepted, and its mark is not written"
	beforeUpload deathPoint = "new keys are made, and the server has not seen them"
	afterUpload  deathPoint = "the server has new keys, and the program has not heard it"
	anyMoment    deathPoint = "any moment"
)

// deathPoints are all of them; a short siege leaves out the last.
var deathPoints = []deathPoint{beforeTurn, beforeToken, beforeMark, beforeUpload, afterUpload, anyMoment}

// The program that serves a bot on Matrix is killed again and again while people talk to
// it in encrypted chats. Nobody's message is lost, and nobody is answered twice; and the
// account logs in once.
func TestAKilledBotOnMatrixLosesNothingAndDoublesNothing(t *testing.T) {
	t.Parallel()
	kills := len(deathPoints) - 1
	if os.Getenv("SOAK") != "" {
		kills = 100
	}
	for name, database := range map[string]func(*testing.T) string{
		"sqlite":   sqliteFile,
		"postgres": withKeys,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newMatrixSiege(t, database(t))
			for n := range kills {
				s.die(deathPoints[n%len(deathPoints)])
			}
			s.start()
			s.talk(0)
			s.stop()
			s.inspect(kills)
		})
	}
}

// withKeys returns a PostgreSQL database, with another beside it for the keys.
func withKeys(t *testing.T) string {
	t.Helper()
	database := pgtest.New(t)
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	_, err = rawDB(t, database).Exec("CREATE DATABASE " + strings.TrimPrefix(u.Path, "/") + "_matrix")
	if err != nil {
		t.Fatal(err)
	}
	return database
}

// A matrixSiege is a campaign on Matrix whose program is killed again and again.
type matrixSiege struct {
	*siege
	proxy  *matrixtest.Proxy
	bot    matrixtest.Account
	keys   *sql.DB // beside the campaign's
	people []*correspondent
}

// A correspondent is somebody who talks to the bot on Matrix, in names: each is asked for,
// and then noted.
type correspondent struct {
	*matrixtest.Human
	chat *matrixtest.Chat
	said int // names
}

const correspondents = 3

// newMatrixSiege makes a campaign with supporters, whose account has an identity.
func newMatrixSiege(t *testing.T, database string) *matrixSiege {
	t.Helper()
	server := matrixtest.Shared(t)
	s := &matrixSiege{
		siege: &siege{t: t, random: rand.New(rand.NewPCG(2027, 5))}, proxy: server.Proxy(t), bot: server.Register(t, "tocsin"),
	}
	campaign := filepath.Join(t.TempDir(), "campaign.toml")
	if err := os.WriteFile(campaign, []byte("[matrix]\nunlimited = true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.env = map[string]string{
		"DATABASE_URL": database, "SECRET_KEY_FILE": filepath.Join(t.TempDir(), "keys"), "LOG_LEVEL": "error", "HTTP_ADDR": "127.0.0.1:0",
		"MATRIX_HOMESERVER": s.proxy.URL(), "MATRIX_USER": string(s.bot.ID), "MATRIX_PASSWORD": s.bot.Password, "CAMPAIGN_FILE": campaign,
		"SMTP_URL": "smtp://127.0.0.1:1", "MAIL_FROM": "bot@campagne.example", "CAMPAIGN_NAME": "Demain",
		"SPONSOR_URL": "https://parrainer.example/", "PRIVACY_URL": "https://demain.example/donnees",
	}
	for _, command := range [][]string{{"migrate"}, {"matrix", "setup"}} {
		if _, errs, code := called(t, s.env, "", command...); code != succeeded {
			t.Fatal(errs)
		}
	}
	s.db, s.keys = rawDB(t, database), rawDB(t, beside(database))
	t.Cleanup(s.autopsy)
	s.meet(server)
	return s
}

// autopsy says how things stand if the test has failed.
func (s *matrixSiege) autopsy() {
	if !s.t.Failed() {
		return
	}
	var unread int
	err := s.keys.QueryRow("SELECT count(*) FROM tocsin_unread").Scan(&unread)
	s.t.Logf("%d messages cannot be read by the bot (%v), %d are not sent; the program says %s",
		unread, err, s.count("SELECT count(*) FROM outbox WHERE state <> 'sent'"), s.log.String())
	for i, p := range s.people {
		p.chat.Until("what there is", func(all []matrixtest.Message) bool {
			for _, m := range all[max(0, len(all)-4):] {
				s.t.Logf("person %d, who waits for %s, heard %q, sealed %t", i, nameOf(p.said-1), plainly.Replace(m.Text), m.Sealed)
			}
			return true
		})
	}
}

// meet opens a chat with each person, and makes supporters of them.
func (s *matrixSiege) meet(server *matrixtest.Server) {
	s.t.Helper()
	for i := range correspondents {
		h := server.HumanWith(s.t, fmt.Sprint("person", i), matrixtest.HumanOptions{OnlyVerified: true})
		s.people = append(s.people, &correspondent{Human: h, chat: h.Direct(s.bot.ID)})
	}
	s.inStore(func(ctx context.Context, o *opened) error {
		return o.store.Tx(ctx, func(tx core.Tx) error {
			found, err := tx.FindPlaces(ctx, core.PlaceText{Fold: gazetteer.Fold("Lyon")}, 1)
			for _, p := range s.people {
				if err == nil {
					bot := core.BotID(string(core.Matrix) + ":" + string(s.bot.ID))
					in := core.ChatRef{Bot: bot, Chat: string(p.chat.Room)}
					_, _, err = enlist(ctx, tx, in, core.AccountRef{Bot: bot, ID: string(p.ID)}, found[0])
				}
			}
			return err
		})
	})
	s.start()
	s.talk(1)
	s.stop()
}

// nameOf is the name that a person takes at their n-th turn.
func nameOf(n int) string {
	return "Anna " + string([]rune{rune('A' + n/676%26), rune('a' + n/26%26), rune('a' + n%26)})
}

// say lets a person take their next name, without waiting for an answer.
func (p *correspondent) say() {
	p.chat.Write("!settings nom")
	p.chat.Write(nameOf(p.said))
	p.said++
}

// heard reports whether a person's last name was noted.
func (p *correspondent) heard(all []matrixtest.Message) bool {
	n := len(all)
	return n > 0 && strings.Contains(all[n-1].Text, nameOf(p.said-1))
}

// talk waits until everybody has heard all, and lets them take more names.
func (s *matrixSiege) talk(names int) {
	s.t.Helper()
	for range names {
		for _, p := range s.people {
			p.say()
		}
	}
	for _, p := range s.people {
		p.chat.Until("the answer to "+nameOf(p.said-1)+"; the program says "+s.log.String(), p.heard)
	}
}

// die starts the program and lets it die at a point, while people talk.
func (s *matrixSiege) die(at deathPoint) {
	s.t.Helper()
	died := make(chan struct{})
	crash := func() {
		_ = s.program.Process.Kill()
		close(died)
	}
	release := func() {}
	fault := matrixtest.Fault{Paths: []string{"/send/m.room.encrypted/"}, Cut: matrixtest.After, Do: crash}
	switch at {
	case beforeToken:
		s.hold(true)
	case beforeUpload:
		fault.Paths, fault.Cut = []string{"/keys/upload"}, matrixtest.Before
	case afterUpload:
		fault.Paths = []string{"/keys/upload"}
	}
	if at == beforeMark || at == beforeUpload || at == afterUpload {
		s.proxy.Fail(fault)
	}
	s.start()
	switch at {
	case beforeTurn:
		s.talk(1) // else it would not be ready
		release = s.block()
		syncs := s.proxy.Calls(syncCall)
		s.say()
		for tick := time.NewTicker(5 * time.Millisecond); s.proxy.Calls(syncCall) == syncs; <-tick.C {
		}
		crash()
	case beforeToken:
		s.talk(2)
		crash()
	case anyMoment:
		s.say()
		time.Sleep(time.Duration(s.random.IntN(1500)) * time.Millisecond)
		crash()
	case beforeUpload, afterUpload:
		s.people[0].TakeKeys(s.bot.ID, 100) // or as many as there are
		s.say()
	default:
		s.say()
	}
	select {
	case <-died:
	case <-time.After(time.Minute):
		s.t.Fatalf("this never came: %s; %d keys were uploaded, the program says %s", at, s.proxy.Calls("/keys/upload"), s.log.String())
	}
	release()
	s.proxy.Heal()
	s.kill()
	if at == beforeToken {
		s.hold(false)
	}
}

// say lets everybody take a name. More than twenty messages of one chat that wait at once
// would be a flood, of which the rest is dropped.
func (s *matrixSiege) say() {
	for _, p := range s.people {
		p.say()
	}
}

const syncCall = "GET /_matrix/client/v3/sync"

// block lets nobody write into the campaign's database until it is released.
func (s *matrixSiege) block() (release func()) {
	s.t.Helper()
	conn, err := s.db.Conn(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	statements := []string{"BEGIN", "LOCK TABLE seen_updates, outbox IN ACCESS EXCLUSIVE MODE"}
	if strings.HasPrefix(s.env["DATABASE_URL"], "sqlite:") {
		statements = []string{"BEGIN IMMEDIATE"}
	}
	for _, statement := range statements {
		if _, err := conn.ExecContext(s.t.Context(), statement); err != nil {
			s.t.Fatal(err)
		}
	}
	return func() {
		_, _ = conn.ExecContext(s.t.Context(), "ROLLBACK")
		_ = conn.Close()
	}
}

// hold makes the database refuse that a token is saved, until it does no more.
func (s *matrixSiege) hold(on bool) {
	s.t.Helper()
	statements := "DROP TRIGGER held"
	_, file := strings.CutPrefix(s.env["DATABASE_URL"], "sqlite:")
	switch {
	case on && file:
		statements = "CREATE TRIGGER held BEFORE UPDATE OF next_batch ON tocsin_account BEGIN SELECT RAISE(ABORT, 'held'); END"
	case on:
		statements = "CREATE OR REPLACE FUNCTION held() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'held'; END $$ LANGUAGE plpgsql; " +
			"CREATE TRIGGER held BEFORE UPDATE OF next_batch ON tocsin_account FOR EACH ROW EXECUTE FUNCTION held()"
	case !file:
		statements += " ON tocsin_account"
	}
	if _, err := s.keys.Exec(statements); err != nil {
		s.t.Fatal(err)
	}
	s.log.forget() // that a token cannot be saved is told as an error
}

// forget drops what was written so far.
func (j *journal) forget() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.text.Reset()
}

// noted is the answer to a name.
var noted = regexp.MustCompile(`C’est noté, (Anna \w+)`)

// inspect looks at what everybody heard: the answers to each of their names once, in order.
func (s *matrixSiege) inspect(kills int) {
	s.t.Helper()
	messages := 0
	for i, p := range s.people {
		all := p.chat.History()
		messages += 2 * p.said
		if len(all) != 2*p.said {
			s.t.Errorf("person %d wrote %d messages and got %d answers", i, 2*p.said, len(all))
		}
		for n := range all {
			answer := noted.FindStringSubmatch(plainly.Replace(all[n].Text))
			if n%2 == 1 && (answer == nil || answer[1] != nameOf(n/2)) || n%2 == 0 && answer != nil {
				s.t.Fatalf("answer %d of person %d is %q, want the one to %s", n, i, all[n].Text, nameOf(n/2))
			}
			if !all[n].Encrypted {
				s.t.Errorf("an answer is not encrypted")
			}
		}
	}
	if n := s.count("SELECT count(*) FROM outbox WHERE state <> 'sent'"); n > 0 {
		s.t.Errorf("%d messages were not sent", n)
	}
	if n := s.proxy.Calls("POST /_matrix/client/v3/login"); n != 1 {
		s.t.Errorf("%d logins", n)
	}
	s.t.Logf("%d kills, %d messages: none lost, none answered twice", kills, messages)
}
