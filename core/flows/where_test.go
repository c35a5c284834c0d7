package flows_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/core"
	"tocsin/core/conversation/transcript"
	"tocsin/core/geo"
)

// disagree takes back what a supporter of the stage agreed to.
func (s *stage) disagree(who string, p core.Purpose) {
	s.alter(who, func(tx core.Tx, person *core.Supporter) error {
		return tx.RecordConsent(s.t.Context(), &core.Consent{
			Supporter: person.ID, Purpose: p, Version: core.ConsentVersion, Platform: core.Console, At: time.Now(),
		})
	})
}

// alter runs fn with the supporter behind an account.
func (s *stage) alter(who string, fn func(core.Tx, *core.Supporter) error) {
	ctx := s.t.Context()
	err := s.store.Tx(ctx, func(tx core.Tx) error {
		a, err := tx.EnterAccount(ctx, core.AccountRef{Bot: s.Bot(), ID: who})
		if err != nil {
			return err
		}
		person, err := tx.Supporter(ctx, a.Supporter)
		if err != nil {
			return err
		}
		return fn(tx, person)
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// whereIs returns what is stored of a supporter of the stage, and whether they agreed
// that their area is.
func (s *stage) whereIs(who string) (p core.Supporter, agreed bool) {
	s.alter(who, func(tx core.Tx, person *core.Supporter) (err error) {
		p = *person
		agreed, err = tx.Consented(s.t.Context(), person.ID, core.ToArea)
		return err
	})
	return p, agreed
}

// says plays lines, and fails unless something that the bot says holds want.
func (s *stage) says(want string, lines ...string) {
	s.t.Helper()
	heard, err := transcript.Play(s, strings.Join(lines, "\n")+"\n")
	if err != nil {
		s.t.Fatal(err)
	}
	if !strings.Contains(heard, want) {
		s.t.Errorf("nothing says %q:\n%s", want, heard)
	}
}

func TestWhoDidNotAgreeToTheAreaIsAskedFirst(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ line, town string }{
		"by a name":     {"anna: /where Lyon", "Lyon, "},
		"by a point":    {"anna: (location 45.7578 4.8320)", "Lyon 2e, "},
		"by numbers":    {"anna: /where 45.7578, 4.8320", "Lyon 2e, "},
		"by no one yet": {"anna: /where", "Où êtes-vous"},
		"by a button":   {"anna: /where oublier\nanna: [Donner un secteur]", "Où êtes-vous"},
		"by a slip":     {"anna: /where Lyno", "Vouliez-vous dire"},
		"by nonsense":   {"anna: /where Atlantide", "Je ne trouve pas"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := open(t, "buttons", "fr")
				if err := s.join("anna", ""); err != nil {
					t.Fatal(err)
				}
				s.disagree("anna", core.ToArea)
				s.says("Pouvons-nous nous servir de votre secteur", c.line)
				if p, agreed := s.whereIs("anna"); p.Cell != 0 || agreed {
					t.Error("the area is kept, or agreed to, before the answer")
				}
				s.says(c.town, "anna: [Oui, mon secteur]")
				if _, agreed := s.whereIs("anna"); !agreed {
					t.Error("the answer is not kept")
				}
			})
		})
	}
}

func TestWhoRefusesTheAreaHasNone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, "numbers", "fr")
		if err := s.join("anna", ""); err != nil {
			t.Fatal(err)
		}
		s.disagree("anna", core.ToArea)
		s.says("aucun secteur n’est gardé", "anna: /where Lyon", "anna: 2")
		s.says("Pouvons-nous", "anna: /where") // they may still change their mind
		if p, agreed := s.whereIs("anna"); p.Cell != 0 || p.Area != core.World || agreed {
			t.Error("the area is kept all the same")
		}
	})
}

func TestForgettingThePlaceWipesAllButTheTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, "buttons", "fr")
		if err := s.join("anna", "Nouméa"); err != nil {
			t.Fatal(err)
		}
		s.says("C’est oublié", "anna: /where forget")
		if p, _ := s.whereIs("anna"); p.Cell != 0 || p.Place != 0 || p.Area != core.World || p.Zone != "Pacific/Noumea" {
			t.Errorf("left: place %d, area %q, zone %s", p.Place, p.Area, p.Zone)
		}
	})
}

func TestWhoIsSuspendedMayBeForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, "buttons", "fr")
		if err := s.join("anna", "Lyon"); err != nil {
			t.Fatal(err)
		}
		s.says("Heure locale", "anna: /where")
		s.alter("anna", func(tx core.Tx, p *core.Supporter) error {
			p.State = core.Suspended
			return tx.PutSupporter(t.Context(), p)
		})
		s.says("Pour commencer", "anna: [Changer]")
		s.says("C’est oublié", "anna: [Oublier]")
		if p, _ := s.whereIs("anna"); p.Cell != 0 {
			t.Error("the cell is left")
		}
	})
}

func TestFarFromAnyTownTheCellIsKeptAndNoTownIs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, "buttons", "fr")
		if err := s.join("anna", "Lyon"); err != nil {
			t.Fatal(err)
		}
		s.says("loin de toute ville", "anna: (location 30 -40)")
		p, _ := s.whereIs("anna")
		if p.Cell != geo.CellOf(geo.Point{Lat: 30, Lon: -40}) || p.Place != 0 || p.Area != "FR/975" || p.Zone != "America/Miquelon" {
			t.Errorf("kept: place %d, area %q, zone %s", p.Place, p.Area, p.Zone)
		}
	})
}

// The question of a flow that was open goes on after a look at what is known.
func TestWhatWasOpenGoesOnAfterALook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, "numbers", "fr")
		if err := s.join("anna", "Lyon"); err != nil {
			t.Fatal(err)
		}
		s.says("Dans quelle langue", "anna: /language", "anna: /where")
		s.says("I now speak English", "anna: English")
	})
}
