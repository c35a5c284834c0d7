package flows_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/core"
	"tocsin/core/gazetteer"
	"tocsin/core/geo"
)

// wish lets that many people search in a town, in vain.
func (s *stage) wish(town string, people int) {
	s.of("anna", func(ctx context.Context, tx core.Tx, _ core.SupporterID) error {
		places, err := tx.FindPlaces(ctx, core.PlaceText{Fold: gazetteer.Fold(town)}, 1)
		if err != nil {
			return err
		}
		for range people {
			p := &core.Supporter{State: core.Active, Zone: "Europe/Paris", Radius: 25, Often: core.Weekly, Since: "2027-03-01", Seen: "2027-03-01"}
			if err := tx.CreateSupporter(ctx, p); err != nil {
				return err
			}
			search := core.Search{Supporter: p.ID, Square: geo.CellOf(places[0].Point).Square(), Week: core.WeekOf(time.Now())}
			if err := tx.NoteSearch(ctx, search); err != nil {
				return err
			}
		}
		return nil
	})
}

// organises gives Anna a role.
func (s *stage) organises(area core.AreaID) {
	s.of("anna", func(ctx context.Context, tx core.Tx, p core.SupporterID) error {
		account, err := tx.EnterAccount(ctx, core.AccountRef{Bot: s.Bot(), ID: "anna"})
		if err != nil {
			return err
		}
		return tx.CreateGrant(ctx, &core.Grant{Supporter: p, Account: account.ID, Role: core.Organiser, Area: area, Expires: time.Now().Add(core.RoleLife)})
	})
}

// Below eleven nobody hears of it; from there on one organiser of the place, once a week,
// with the number rounded, and in their waking hours.
func TestWhereManySearchInVainOneOrganiserHearsOfIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		area   core.AreaID
		people int
		before string
		want   string
	}{
		"fourteen":                {area: "FR/53/29", people: 14, want: "au moins 10 personnes"},
		"ten":                     {area: "FR/53/29", people: 10},
		"in another department":   {area: "FR/53/35", people: 14},
		"at night":                {area: "FR/53/29", people: 14, before: "(13 hours pass)\n"},
		"who paused":              {area: "FR/53/29", people: 14, before: "anna: /réglages pause\n"},
		"who never wants to hear": {area: "FR/53/29", people: 14, before: "anna: /réglages messages jamais\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := open(t, "buttons", "fr")
				play(t, s, "anna: (is a supporter in Brest)\n"+c.before)
				s.organises(c.area)
				s.wish("Brest", c.people)
				said := play(t, s, "(the job demand runs)\n(1 hour passes)\n(the job demand runs)\n")
				if n := strings.Count(said, "Brest"); (n == 1) != (c.want != "") || !strings.Contains(said, c.want) || n > 1 {
					t.Errorf("it is said %d times:\n%s", n, said)
				}
				if c.want == "" {
					return
				}
				if said := play(t, s, "anna: [Pourquoi ?]\nanna: [Voir les actions]\n"); !strings.Contains(said, "rôle d’organisation") || !strings.Contains(said, "Brest") {
					t.Error(said)
				}
				s.wish("Brest", 3)
				if said := play(t, s, "(5 days pass)\n(the job demand runs)\n"); strings.Contains(said, "personnes ont cherché") {
					t.Errorf("of three in the next week:\n%s", said)
				}
			})
		})
	}
}

// Whatever days the job was not run on, a team is offered once, a week after the sign-up or
// later, to who may be written to and agreed that a team sees their name.
func TestATeamIsOfferedOnceAfterAWeek(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before string
		later  string // on day 15
		away   int    // until that day no job runs
		want   int
	}{
		"each day":            {want: 1},
		"missed for days":     {away: 12, want: 1},
		"missed for a month":  {away: 32},
		"over budget":         {before: "anna: /réglages budget 0\n"},
		"over it for a while": {before: "anna: /réglages budget 0\n", later: "anna: /réglages budget 5\n", want: 1},
		"after a stop":        {before: "anna: /stop\n"},
		"without a team":      {before: "anna: /réglages accords\nanna: [Cacher mon nom]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := open(t, "buttons", "fr")
				s.alterAction("Porte-à-porte aux États-Unis", func(a *core.Action) {
					a.StartsAt, a.EndsAt = a.StartsAt.AddDate(0, 0, 40), a.EndsAt.AddDate(0, 0, 40)
				})
				play(t, s, "anna: (is a supporter in Lyon)\n"+c.before)
				offered := 0
				for day := range 36 {
					if day < c.away {
						play(t, s, "(1 day passes)\n")
						continue
					}
					if day == 15 {
						play(t, s, c.later)
					}
					said := play(t, s, "(the job digests runs)\n(the job nudges runs)\n(3 hours pass)\n(the job nudges runs)\n(21 hours pass)\n")
					if n := strings.Count(said, "L’équipe Lyon 8e"); n > 0 {
						if offered += n; day < 7 {
							t.Errorf("on day %d:\n%s", day, said)
						}
					}
				}
				if offered != c.want {
					t.Fatalf("a team is offered %d times, want %d", offered, c.want)
				}
				if offered == 0 {
					return
				}
				if said := play(t, s, "anna: [Voir ses actions]\nanna: [Pourquoi ?]\n"); !strings.Contains(said, "Porte-à-porte aux") || !strings.Contains(said, "une seule fois") {
					t.Error(said)
				}
			})
		})
	}
}
