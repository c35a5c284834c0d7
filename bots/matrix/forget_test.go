//go:build goolm

package matrix_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"maunium.net/go/mautrix/id"

	"tocsin/bots/matrix"
	"tocsin/core"
	"tocsin/storage/pgtest"
)

// rows returns, of each table that has one, the rows in which a text is.
func (s *stage) rows(text string) map[string]int {
	s.t.Helper()
	db, list := s.open()
	defer db.Close()
	out := map[string]int{}
	for _, table := range s.strings(db, list) {
		all, err := db.Query("SELECT * FROM " + table)
		if err != nil {
			s.t.Fatal(err)
		}
		names, err := all.Columns()
		if err != nil {
			s.t.Fatal(err)
		}
		for all.Next() {
			values := make([]any, len(names))
			for i := range values {
				values[i] = new(any)
			}
			if err := all.Scan(values...); err != nil {
				s.t.Fatal(err)
			}
			for _, v := range values {
				if v := *(v.(*any)); strings.Contains(fmt.Sprintf("%s %v", v, v), text) {
					out[table]++
					break
				}
			}
		}
		if err := all.Close(); err != nil {
			s.t.Fatal(err)
		}
	}
	return out
}

// open opens the bot's database beside it, and says how its tables are listed.
func (s *stage) open() (db *sql.DB, list string) {
	s.t.Helper()
	driver, url, list := "pgx", s.config.Database, "SELECT tablename FROM pg_tables WHERE schemaname='public'"
	if path, file := strings.CutPrefix(url, "sqlite:"); file {
		driver, url, list = "sqlite", path+"?_pragma=busy_timeout(5000)", "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%'"
	}
	db, err := sql.Open(driver, url)
	if err != nil {
		s.t.Fatal(err)
	}
	return db, list
}

// note stores that people invited the bot into rooms, and that rooms of theirs went on as
// others.
func (s *stage) note(people ...id.UserID) {
	s.t.Helper()
	db, _ := s.open()
	defer db.Close()
	for i, who := range people {
		for _, statement := range []string{
			fmt.Sprintf("INSERT INTO tocsin_invite (user_id, room_id, sender, direct) VALUES ('%s', '!in%d', '%s', TRUE)", s.bot.ID, i, who),
			fmt.Sprintf("INSERT INTO tocsin_upgrade (user_id, room_id, replacement, sender, came, course, kind, person) "+
				"VALUES ('%[1]s', '!from%[2]d', '!to%[2]d', '%[3]s', 1, 'followed', 'private', '%[3]s')", s.bot.ID, i, who),
		} {
			if _, err := db.Exec(statement); err != nil {
				s.t.Fatal(err)
			}
		}
	}
}

func (s *stage) strings(db *sql.DB, query string) (out []string) {
	s.t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			s.t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

// Nothing leads to who is forgotten any more, what they said cannot be read with our keys,
// and everybody else stays. Who begins anew is heard and answered.
func TestNothingLeadsToWhoIsForgotten(t *testing.T) {
	t.Parallel()
	for name, database := range map[string]func(*testing.T) string{
		"sqlite": func(*testing.T) string { return "" }, "postgres": func(t *testing.T) string { return pgtest.New(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, func(c *matrix.Config) {
				if url := database(t); url != "" {
					c.Database = url
				}
			})
			s.run()
			anna, ben := s.server.Human(t, "anna"), s.server.Human(t, "ben")
			hers, his := anna.Direct(s.bot.ID), ben.Direct(s.bot.ID)
			for i := range 3 {
				hers.Write(fmt.Sprint("hers ", i))
				s.hear()
				his.Write(fmt.Sprint("his ", i))
				s.hear()
			}
			s.say(hers.Room, "an answer to her")
			s.say(his.Room, "an answer to him")
			s.note(anna.ID, ben.ID)
			before := s.rows(string(ben.ID))
			if len(s.rows(string(anna.ID))) < 4 || s.adapter.OldestKeys(t.Context(), hers.Room)[0] != 0 {
				t.Fatalf("of her is held %v", s.rows(string(anna.ID)))
			}
			for range 2 { // to call it again does no harm
				if err := s.adapter.Forget(t.Context(), core.AccountRef{Bot: s.adapter.Bot(), ID: string(anna.ID)}); err != nil {
					t.Fatal(err)
				}
			}
			if left := s.rows(string(anna.ID)); len(left) > 0 {
				t.Errorf("her name is still in %v", left)
			}
			delete(before, "tocsin_sent")
			if after := s.rows(string(ben.ID)); fmt.Sprint(after) != fmt.Sprint(before) {
				t.Errorf("of him is held %v, want %v", after, before)
			}
			if left := s.rows(string(hers.Room)); len(left) > 1 || left["crypto_megolm_inbound_session"] != 1 {
				t.Errorf("her chat is still in %v, want the key for what she says next alone", left)
			}
			if from := s.adapter.OldestKeys(t.Context(), hers.Room); !slices.Equal(from, []uint32{3}) {
				t.Errorf("her keys open what she said from %v on, want only what comes", from)
			}
			hers.Write("hello again")
			if got := s.hear(); got != "hello again" {
				t.Errorf("got %q", got)
			}
			s.say(hers.Room, "welcome back")
			if m := hers.Hear("welcome back"); !m.Encrypted {
				t.Error("the answer is not encrypted")
			}
			s.say(his.Room, "all is as it was")
			his.Hear("all is as it was")
			s.halt()
			if err := s.adapter.Forget(t.Context(), core.AccountRef{Bot: s.adapter.Bot(), ID: string(ben.ID)}); err != nil || len(s.rows(string(ben.ID))) > 0 {
				t.Errorf("while the account is not connected: %v; of him is held %v", err, s.rows(string(ben.ID)))
			}
		})
	}
}
