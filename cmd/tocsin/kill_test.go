package main

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin/bots/mail/mailtest"
)

// evening is what each person says, and what is heard when the next line may follow.
var evening = []struct{ say, hear string }{
	{"/start", "On continue"},
	{"1", "Pouvons-nous vous écrire"},
	{"1", "Pouvons-nous nous servir"},
	{"1", "Si vous rejoignez"},
	{"2", "Avec quelle adresse"},
	{"{address}", "Quel est le code"},
	{"{code}", "Comment voulez-vous"},
	{"Anna", "Où êtes-vous"},
	{"Lyon", "Jusqu’à quelle distance"},
	{"3", "À quel rythme"},
	{"2", "Tout est prêt"},
	{"/near", "J’y serai"},
	{"1", "Votre participation est confirmée"},
	{"/agenda", "Votre agenda"},
}

const people = 6

// freePlaces changes with who came before, and so does what is said of them.
var freePlaces = regexp.MustCompile(`Il reste \d+ places?\.(\nPour l’instant, moins de onze personnes y vont\.)?`)

// The program is killed at random moments of an evening with six people. Nothing is
// lost and nothing is doubled: each hears what they hear without a kill, and the
// database holds the same.
func TestKillLosesNothingAndDoublesNothing(t *testing.T) {
	t.Parallel()
	kills := 10
	if os.Getenv("SOAK") != "" {
		kills = 200
	}
	calm, _ := live(t, 0)
	for done := 0; done < kills; {
		told, n := live(t, min(kills-done, 10))
		done += n
		for chat, want := range calm {
			if !slices.Equal(told[chat], want) {
				t.Fatalf("with %d kills %s hears\n%s\nwithout\n%s", n, chat, strings.Join(told[chat], "\n--\n"), strings.Join(want, "\n--\n"))
			}
		}
	}
}

// live lets the people live their evening through a number of kills, and returns what
// each heard, and how often the program was killed.
func live(t *testing.T, kills int) (map[string][]string, int) {
	post := mailtest.Start(t)
	s := newScripted(t, "SMTP_URL="+post.URL(), "MAIL_FROM=bot@campagne.example", "LOG_LEVEL=error")
	s.call("email\n"+strings.Join(addresses(), "\n")+"\n", "sponsors", "import", "-")
	day := time.Now().AddDate(0, 0, 10).Format(time.DateOnly)
	file := filepath.Join(s.dir, "actions.csv")
	row := "title,kind,starts_at,ends_at,place,lat,lon,capacity,external_id\n" +
		"Tractage au marché,leafleting," + day + " 10:00," + day + " 12:00,Place Bellecour,45.7578,4.8320,50,1\n"
	if err := os.WriteFile(file, []byte(row), 0o600); err != nil {
		t.Fatal(err)
	}
	s.call("", "actions", "import", file)

	p := s.serve()
	killed := 0
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	deaths := make(chan struct{}, 1)
	if kills > 0 {
		go plan(ctx, deaths)
	}
	at := make([]int, people) // the line that each said last
	said := make([]int, people)
	for slices.Min(at) < len(evening) {
		select {
		case <-deaths:
			if killed < kills {
				p.kill()
				killed++
				p = s.serve()
			}
			continue
		default:
		}
		if !s.next(p, post, at, said) {
			select {
			case <-s.more:
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
	s.until("all is answered", func() bool { return len(s.waiting) == 0 })
	p.leave()
	s.inspect(post)
	return s.masked(post), killed
}

// plan asks for a death every now and then.
func plan(ctx context.Context, deaths chan<- struct{}) {
	for ctx.Err() == nil {
		wait := time.Duration(50+rand.IntN(600)) * time.Millisecond
		select {
		case <-ctx.Done():
		case <-time.After(wait):
			select {
			case deaths <- struct{}{}:
			default:
			}
		}
	}
}

// next lets everyone go on who has heard what they wait for, and reports whether
// somebody did.
func (s *scripted) next(p *server, post *mailtest.Server, at, said []int) (moved bool) {
	for i := range at {
		if at[i] == len(evening) {
			continue
		}
		chat := fmt.Sprint("person", i)
		if said[i] == at[i] {
			text := strings.ReplaceAll(evening[at[i]].say, "{address}", addresses()[i])
			if text == "{code}" {
				if text = codeFor(post, addresses()[i]); text == "" {
					continue
				}
			}
			s.say(p, chat, text)
			said[i]++
			moved = true
		}
		s.mu.Lock()
		for _, text := range s.heard[chat] {
			if strings.Contains(text, evening[at[i]].hear) {
				at[i]++
				moved = true
				break
			}
		}
		s.mu.Unlock()
	}
	return moved
}

func addresses() (out []string) {
	for i := range people {
		out = append(out, fmt.Sprintf("person%d@example.org", i))
	}
	return out
}

// codeFor returns the code of the last letter to an address, or "".
func codeFor(post *mailtest.Server, address string) (code string) {
	for _, l := range post.Letters() {
		if l.To == address {
			code = codeShown.FindString(l.Text)
		}
	}
	return code
}

// inspect looks into the database and the mail: nobody is there twice, nothing waits,
// and a letter that was sent again is the same letter.
func (s *scripted) inspect(post *mailtest.Server) {
	s.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(s.dir, "tocsin.db"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	for query, want := range map[string]int{
		"SELECT count(*) FROM supporters":                   people,
		"SELECT count(*) FROM consents":                     3 * people,
		"SELECT count(*) FROM rsvps WHERE answer = 'going'": people,
		"SELECT taken FROM actions":                         people,
		"SELECT count(*) FROM seen_updates":                 people * len(evening),
		// What is said where no letter comes waits for three minutes, once a person.
		"SELECT count(*) FROM outbox WHERE state = 'queued' AND chat <> 0 OR state = 'unsent'": people,
		"SELECT count(*) FROM outbox WHERE state NOT IN ('queued', 'sent', 'unsent')":          0,
		"SELECT count(*) FROM outbox WHERE state <> 'queued' AND sealed IS NOT NULL":           0,
		"SELECT count(*) FROM (SELECT supporter FROM accounts GROUP BY 1 HAVING count(*) > 1)": 0,
	} {
		var got int
		if err := db.QueryRow(query).Scan(&got); err != nil || got != want {
			s.t.Errorf("%s: %d, want %d (%v)", query, got, want, err)
		}
	}
	ids := map[string]string{}
	for _, l := range post.Letters() {
		if known, ok := ids[l.To]; ok && known != l.MessageID() {
			s.t.Error("a person got two different letters")
		}
		ids[l.To] = l.MessageID()
	}
	if len(ids) != people {
		s.t.Errorf("%d people got a letter", len(ids))
	}
}

// masked returns what everyone heard, without what differs between two runs.
func (s *scripted) masked(*mailtest.Server) map[string][]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string][]string{}
	for chat, texts := range s.heard {
		for _, text := range texts {
			out[chat] = append(out[chat], freePlaces.ReplaceAllString(text, "Il reste … places."))
		}
	}
	return out
}
