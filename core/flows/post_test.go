package flows_test

import (
	"time"

	"tocsin/core"
	"tocsin/core/conversation/transcript"
	"tocsin/core/geo"
	"tocsin/scheduler"
)

// work does what the clock starts every minute.
func (s *stage) work() {
	s.t.Helper()
	alerts := &scheduler.Alerts{Campaign: s.bot.Campaign, Planner: s.bot.Planner}
	if _, err := alerts.Instant(s.t.Context(), s.store, false); err != nil {
		s.t.Fatal(err)
	}
}

// upcoming are the actions that a transcript may announce.
var upcoming = map[string]core.Action{
	"Stand à la Croix-Rousse": {Kind: "stall", Place: "Place de la Croix-Rousse, Lyon", Point: geo.Point{Lat: 45.7743, Lon: 4.8320}, Capacity: 8},
	"Réunion du comité":       {Kind: "meeting", Place: "Rue de la République, Lyon", Point: geo.Point{Lat: 45.7640, Lon: 4.8357}, Visibility: core.ForSupporters},
	"Fête à Villeurbanne":     {Kind: "other", Place: "Gratte-Ciel, Villeurbanne", Point: geo.Point{Lat: 45.7665, Lon: 4.8795}},
}

// announce has an action of upcoming announced, three days from the opening at 14 h.
func (s *stage) announce(title string) {
	s.t.Helper()
	a, ok := upcoming[title]
	if !ok {
		s.t.Fatalf("no action %q to announce", title)
	}
	paris, _ := time.LoadLocation("Europe/Paris")
	day := opening.In(paris).AddDate(0, 0, 3)
	a.StartsAt = time.Date(day.Year(), day.Month(), day.Day(), 14, 0, 0, 0, paris).UTC()
	a.EndsAt = a.StartsAt.Add(2 * time.Hour)
	a.Title, a.Source, a.Zone, a.Area, a.State = title, title, "Europe/Paris", "FR/84/69", core.Public
	if a.Visibility == "" {
		a.Visibility = core.ForEveryone
	}
	err := s.store.Tx(s.t.Context(), func(tx core.Tx) error {
		_, _, err := tx.PutActions(s.t.Context(), []*core.Action{&a})
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.work()
}

// shift lets an action begin at another time of its day.
func (s *stage) shift(l transcript.Line) {
	s.alterAction(l.Text, func(a *core.Action) {
		start := a.Local(a.StartsAt)
		midnight := time.Date(start.Year(), start.Month(), start.Day(), 0, 0, 0, 0, start.Location())
		lasts := a.EndsAt.Sub(a.StartsAt)
		a.StartsAt = midnight.Add(l.Pass).UTC()
		a.EndsAt = a.StartsAt.Add(lasts)
	})
	s.work()
}
