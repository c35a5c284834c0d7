package flows_test

import (
	"context"
	"fmt"
	"mime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-ical"

	"tocsin/core"
	"tocsin/core/conversation/transcript"
	"tocsin/core/geo"
	"tocsin/core/intake"
)

// bellecour is where some actions of the stage take place.
var bellecour = geo.Point{Lat: 45.7578, Lon: 4.8320}

// told plays lines, and returns them with what the bot says.
func (s *stage) told(lines string) string {
	s.t.Helper()
	told, err := transcript.Play(s, lines)
	if err != nil {
		s.t.Fatal(err)
	}
	return told
}

// alterAction changes an action as its organiser would.
func (s *stage) alterAction(title string, change func(*core.Action)) {
	s.t.Helper()
	ctx := s.t.Context()
	err := s.store.Tx(ctx, func(tx core.Tx) error {
		near, err := tx.NearActions(ctx, core.NearQuery{
			Center: bellecour, Radius: 25, From: opening, To: opening.AddDate(1, 0, 0), Limit: 100,
		})
		for _, n := range near {
			if n.Action.Title == title {
				change(n.Action)
				_, _, err := tx.PutActions(ctx, []*core.Action{n.Action})
				return err
			}
		}
		return fmt.Errorf("no action %q: %w", title, err)
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// An invite is what a calendar reads in a file.
type invite struct {
	method, uid string
	sequence    int
	status      ical.EventStatus
	start       time.Time
}

// readCalendar returns the events of the last file, as another program reads them; our own
// reader must agree.
func (s *stage) readCalendar() []invite {
	s.t.Helper()
	file := s.files[len(s.files)-1]
	c, err := ical.NewDecoder(strings.NewReader(string(file.Data))).Decode()
	if err != nil {
		s.t.Fatal(err)
	}
	method := c.Props.Get(ical.PropMethod).Value
	if _, params, err := mime.ParseMediaType(file.MIME); err != nil || params["method"] != method {
		s.t.Errorf("a file of the method %s is sent as %q", method, file.MIME)
	}
	var out []invite
	for _, e := range c.Events() {
		i := invite{method: method, uid: e.Props.Get(ical.PropUID).Value}
		if i.sequence, err = e.Props.Get(ical.PropSequence).Int(); err != nil {
			s.t.Error(err)
		}
		i.status, _ = e.Status()
		i.start, _ = e.DateTimeStart(time.UTC)
		out = append(out, i)
	}
	n := 0
	for a, err := range intake.Calendar(strings.NewReader(string(file.Data)), opening) {
		if err != nil || n >= len(out) || a.ExternalID != out[n].uid || a.Sequence != out[n].sequence ||
			a.Cancelled != (out[n].status == ical.EventCancelled) || !a.StartsAt.Instant.Equal(out[n].start) {
			s.t.Fatalf("we read %+v, %v", a, err)
		}
		n++
	}
	return out
}

func TestACalendarFollowsEachAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, "buttons", "fr")
		s.told("anna: (is a supporter in Lyon)\nanna: /near Bordeaux\n")
		last := invite{sequence: -1}
		for _, tt := range []struct {
			press, method string
			status        ical.EventStatus
		}{
			{"J’y serai", "PUBLISH", ical.EventConfirmed},
			{"Je ne peux plus", "CANCEL", ical.EventCancelled},
			{"J’y serai", "PUBLISH", ical.EventConfirmed},
			{"Peut-être", "PUBLISH", ical.EventTentative},
			{"Je ne peux plus", "CANCEL", ical.EventCancelled},
			{"Peut-être", "PUBLISH", ical.EventTentative},
			{"J’y serai", "PUBLISH", ical.EventConfirmed},
		} {
			s.told("anna: [" + tt.press + "]\n")
			got := s.readCalendar()[0]
			if got.method != tt.method || got.status != tt.status {
				t.Errorf("after %s, a calendar reads %+v", tt.press, got)
			}
			if got.sequence <= last.sequence || last.uid != "" && got.uid != last.uid {
				t.Errorf("after %s, a calendar reads %+v, and before it %+v", tt.press, got, last)
			}
			last = got
		}
		// What changes nothing has no file.
		n := len(s.files)
		s.told("anna: [J’y serai]\nanna: [J’amène quelqu’un]\nanna: [2 personnes]\nanna: [J’y serai]\n")
		if len(s.files) != n {
			t.Errorf("%d files were sent for nothing", len(s.files)-n)
		}
	})
}

func TestTheAgendaIsOfActionsAsTheyAreNow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, "buttons", "fr")
		s.told("anna: (is a supporter in Lyon)\nanna: /start act_3\nanna: [J’y serai]\n")
		before := s.readCalendar()[0]
		s.told("anna: /start act_4\nanna: [J’y serai]\n")
		s.alterAction("Réunion d’appartement", func(a *core.Action) {
			a.StartsAt, a.EndsAt = a.StartsAt.Add(24*time.Hour), a.EndsAt.Add(24*time.Hour)
		})
		s.alterAction("Collage de nuit", func(a *core.Action) { a.State = core.Cancelled })
		told := s.told("anna: /agenda\n")
		for _, want := range []string{"mercredi 17 mars à 19 h", "Cette action est annulée."} {
			if !strings.Contains(told, want) {
				t.Errorf("no %q in\n%s", want, told)
			}
		}
		s.told("anna: [Fichier calendrier]\n")
		got := s.readCalendar()
		if len(got) != 2 || got[0].uid != before.uid || got[0].sequence <= before.sequence || !got[0].start.Equal(before.start.Add(24*time.Hour)) {
			t.Errorf("the calendar reads %+v, and before it %+v", got, before)
		}
		if len(got) == 2 && got[1].status != ical.EventCancelled {
			t.Errorf("what is cancelled is read as %+v", got[1])
		}
		if told := s.told("anna: [Je ne peux plus]\n"); !strings.Contains(told, "annulée") && !strings.Contains(told, "vous ne venez plus") {
			t.Errorf("got\n%s", told)
		}
	})
}

func TestALongAgendaIsTurnedPageByPage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, "buttons", "fr")
		s.told("anna: (is a supporter in Lyon)\n")
		s.answerAll("anna", 12)
		// Who leaves the first page with fewer actions misses none of the second.
		told := s.told("anna: /agenda\nanna: [Je ne peux plus]\nanna: [Voir la suite]\nanna: [Voir la suite]\n")
		for i := range 12 {
			title := fmt.Sprintf("Tournée %d du ", i+1)
			if want := map[bool]int{true: 2, false: 1}[i == 4]; strings.Count(told, title) != want {
				t.Errorf("%q stands %d times in\n%s", title, strings.Count(told, title), told)
			}
		}
		if !strings.Contains(told, "12 actions à venir") {
			t.Errorf("got\n%s", told)
		}
		for _, keys := range s.keys {
			on := map[core.ReceiptID]int{}
			for _, k := range keys {
				if on[k.on]++; on[k.on] > 8 {
					t.Error("a message has more than 8 buttons")
				}
			}
		}
	})
}

// answerAll lets somebody say that they come to n new actions, three a day.
func (s *stage) answerAll(who string, n int) {
	s.t.Helper()
	ctx := s.t.Context()
	_, person := s.on.home(who)
	err := s.store.Tx(ctx, func(tx core.Tx) error {
		account, err := tx.EnterAccount(ctx, person)
		for i := range n {
			start := opening.AddDate(0, 0, i/3+1)
			a := &core.Action{
				Source: fmt.Sprint("long ", i), Title: fmt.Sprintf("Tournée %d du quartier", i+1), Kind: "canvassing",
				StartsAt: start, EndsAt: start.Add(time.Hour), Zone: "Europe/Paris", Place: "Lyon", Area: "FR/84/69",
				Point: bellecour, Visibility: core.ForSupporters, State: core.Public,
			}
			if _, _, err := tx.PutActions(ctx, []*core.Action{a}); err != nil {
				return err
			}
			r := &core.Rsvp{Action: a.ID, Supporter: account.Supporter, Answer: core.Going, On: core.DayOf(start)}
			if _, err := core.Respond(ctx, tx, r, opening); err != nil {
				return err
			}
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

func TestAnAnswerIsRefusedInWords(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, "buttons", "fr")
		s.told("anna: (is a supporter in Lyon)\nanna: /start act_4\nanna: [J’y serai]\nanna: [J’amène quelqu’un]\n")
		s.alterAction("Collage de nuit", func(a *core.Action) { a.State = core.Cancelled })
		// The question for guests does not hold who can answer it no more.
		for _, tt := range []struct{ line, want string }{
			{"anna: deux\n", "Cette action est annulée"},
			{"anna: deux\n", "Je n’ai pas compris"},
			{"anna: [J’y serai]\n", "Cette action est annulée"},
			{"anna: [Peut-être]\n", "Cette action est annulée"},
			{"anna: [J’amène quelqu’un]\n", "Cette action est annulée"},
		} {
			if told := s.told(tt.line); !strings.Contains(told, tt.want) {
				t.Errorf("no %q in\n%s", tt.want, told)
			}
		}
		s.suspendPerson("anna")
		for _, line := range []string{"anna: [J’y serai]\n", "anna: [J’amène quelqu’un]\n", "anna: [Peut-être]\n", "anna: /agenda\n"} {
			if told := s.told(line); !strings.Contains(told, "votre participation est suspendue") {
				t.Errorf("whoever is suspended is told\n%s", told)
			}
		}
	})
}

// suspendPerson takes somebody's sponsorship back.
func (s *stage) suspendPerson(who string) {
	s.t.Helper()
	ctx := s.t.Context()
	err := s.store.Tx(ctx, func(tx core.Tx) error { return takeBack(ctx, tx, core.AccountRef{Bot: s.Bot(), ID: who}) })
	if err != nil {
		s.t.Fatal(err)
	}
}

func takeBack(ctx context.Context, tx core.Tx, ref core.AccountRef) error {
	account, err := tx.EnterAccount(ctx, ref)
	if err != nil {
		return err
	}
	p, err := tx.Supporter(ctx, account.Supporter)
	if err != nil {
		return err
	}
	p.State = core.Suspended
	return tx.PutSupporter(ctx, p)
}
