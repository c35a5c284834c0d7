package scheduler_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/core"
)

// follow lets a group follow Lyon.
func (s *stage) follow(group string) core.ChatID {
	s.t.Helper()
	ctx := s.t.Context()
	var id core.ChatID
	s.tx(func(tx core.Tx) error {
		p := core.Place{Source: "test:lyon", Name: "Lyon", Country: "FR", Area: "FR/84/69", Point: lyon, Zone: "Europe/Paris"}
		if _, err := tx.PutPlaces(ctx, []core.NamedPlace{{Place: p, Fold: "lyon"}}); err != nil {
			return err
		}
		found, err := tx.FindPlaces(ctx, core.PlaceText{Fold: "lyon"}, 1)
		if err != nil {
			return err
		}
		c, err := tx.EnterChat(ctx, core.ChatRef{Bot: "console:t", Chat: group}, core.Group)
		if err != nil {
			return err
		}
		id = c.ID
		return tx.PutFollow(ctx, core.Follow{Chat: c.ID, Place: found[0].ID, Radius: 10, Language: "en"})
	})
	return id
}

func open(a *core.Action) { a.Visibility = core.ForEveryone }

// A group is told of an action once, however often the job runs, and of no more than
// MostPosts a day.
func TestAGroupIsToldOfAnActionOnceAndNotOfAllAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, alerts := alertStage(t, "")
		s.follow("team")
		s.run(s.dispatcher())
		s.publish("For supporters", 72*time.Hour, nil)
		s.publish("Far away", 72*time.Hour, func(a *core.Action) { open(a); a.Point.Lat += 1 })
		s.publish("Over soon", time.Second, open)
		time.Sleep(2 * time.Second)
		for i := range core.MostPosts + 3 {
			s.publish(fmt.Sprint("Stall ", i), 72*time.Hour, open)
		}
		if n := runs(t, s, alerts.Instant, time.Minute, time.Hour); n != core.MostPosts {
			t.Errorf("%d are told", n)
		}
		all := s.all()
		if len(all) != core.MostPosts {
			t.Fatalf("%d messages arrive", len(all))
		}
		for _, m := range all {
			if !strings.Contains(m.text, "Stall") || !strings.Contains(m.text, "This group follows actions around Lyon") {
				t.Errorf("it reads %q", m.text)
			}
		}
	})
}

// In a silence a group is told nothing; after it, what there is then.
func TestAGroupIsToldAfterASilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const silences = `
			silence = [
				{ areas = ["FR/01"], zone = "Europe/Paris", from = "2027-03-10T00:00", until = "2027-03-10T20:00" },
				{ areas = [], zone = "Europe/Paris", from = "2027-03-10T20:00", until = "2027-03-11T08:00" },
			]`
		s, alerts := alertStage(t, silences)
		s.follow("team")
		s.run(s.dispatcher())
		s.publish("Stall on the square", 72*time.Hour, open)
		s.publish("Stall before the end", 4*time.Hour, open)
		runs(t, s, alerts.Instant, time.Minute, 22*time.Hour)
		if all := s.all(); len(all) != 0 {
			t.Fatalf("%d messages arrive in the silence", len(all))
		}
		runs(t, s, alerts.Instant, time.Minute, 2*time.Hour)
		all := s.all()
		if len(all) != 1 || !strings.Contains(all[0].text, "on the square") || all[0].at < 23*time.Hour {
			t.Errorf("afterwards arrive %v", all)
		}
	})
}

// An action that changes while its card waits is shown once, as it is.
func TestACardThatWaitsShowsTheActionAsItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, alerts := alertStage(t, "")
		s.follow("team")
		a := s.publish("Stall on the square", 72*time.Hour, open)
		if n, err := alerts.Instant(t.Context(), s.store, false); n != 1 || err != nil {
			t.Fatalf("%d are told, %v", n, err)
		}
		a.Place = "Place Carnot"
		s.tx(func(tx core.Tx) error { _, _, err := tx.PutActions(t.Context(), []*core.Action{a}); return err })
		for _, want := range []int{1, 0} { // it is renewed, and that is all
			if n, err := alerts.Instant(t.Context(), s.store, true); n != want || err != nil {
				t.Errorf("%d would be told, %v; want %d", n, err, want)
			}
			if _, err := alerts.Instant(t.Context(), s.store, false); err != nil {
				t.Fatal(err)
			}
		}
		s.run(s.dispatcher())
		time.Sleep(time.Minute)
		for _, m := range s.all() {
			if !strings.Contains(m.text, "Place Carnot") {
				t.Errorf("it reads %q", m.text)
			}
		}
	})
}
