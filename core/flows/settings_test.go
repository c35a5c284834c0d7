package flows_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"tocsin/core"
	"tocsin/core/conversation/transcript"
)

// play plays lines on a stage and returns what the bot says.
func play(t *testing.T, s *stage, lines string) string {
	t.Helper()
	got, err := transcript.Play(s, lines)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// anna returns the supporter that Anna is, after change.
func anna(t *testing.T, s *stage, change func(tx core.Tx, p *core.Supporter) error) (p *core.Supporter) {
	t.Helper()
	err := s.store.Tx(t.Context(), func(tx core.Tx) error {
		account, err := tx.EnterAccount(t.Context(), core.AccountRef{Bot: s.Bot(), ID: "anna"})
		if err != nil {
			return err
		}
		if p, err = tx.Supporter(t.Context(), account.Supporter); err != nil || change == nil {
			return err
		}
		return change(tx, p)
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// becomes gives Anna another state.
func becomes(t *testing.T, s *stage, state core.SupporterState) {
	t.Helper()
	anna(t, s, func(tx core.Tx, p *core.Supporter) error {
		p.State = state
		return tx.PutSupporter(t.Context(), p)
	})
}

func TestWhoeverIsSuspendedStillRulesOverWhatIsTheirs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, "buttons", "fr")
		play(t, s, "anna: (is a supporter in Lyon)\nanna: /settings interests\n")
		becomes(t, s, core.Suspended)
		for lines, want := range map[string]string{
			"anna: /settings\n":                                      "[Langue] [Nom] [Accords] [Affichage]",
			"anna: [tractage]\n":                                     "votre participation est suspendue",
			"anna: /settings quiet 22-7\n":                           "votre participation est suspendue",
			"anna: /settings nom Zoé\n":                              "C’est noté, Zoé.",
			"anna: /settings accords\nanna: [Oublier mon secteur]\n": "votre secteur est effacé",
		} {
			if got := play(t, s, lines); !strings.Contains(got, want) {
				t.Errorf("%s\nthere is no %q", got, want)
			}
		}
		// An area that cannot be of use is not asked for.
		if got := play(t, s, "anna: /settings accords\nanna: [Oui, mon secteur]\n"); strings.Contains(got, "Où êtes-vous") {
			t.Error(got)
		}
		p := anna(t, s, nil)
		if p.Cell != 0 || p.Place != 0 || p.Area != core.World || p.Name != "Zoé" || !p.Settings.Untouched() {
			t.Errorf("cell %d, place %d, area %q, settings untouched: %t", p.Cell, p.Place, p.Area, p.Settings.Untouched())
		}
		becomes(t, s, core.Banned)
		if got := play(t, s, "anna: /settings\n"); !strings.Contains(got, "fermée par la modération") || strings.Contains(got, "[") {
			t.Error(got)
		}
	})
}

// Each change is one row more, dated, with the wording and the platform; a tap that
// changes nothing is none.
func TestTheHistoryOfConsentsOnlyGrows(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, "buttons", "fr")
		history := func() (out []core.Consent) {
			anna(t, s, func(tx core.Tx, p *core.Supporter) (err error) {
				out, err = tx.Consents(t.Context(), p.ID)
				return err
			})
			return out
		}
		play(t, s, "anna: (is a supporter in Lyon)\n")
		before := history()
		play(t, s, `anna: /réglages accords
anna: /réglages accords
anna: [Ne plus m’écrire]
anna: [Ne plus m’écrire]
(1 minute pass)
anna: /réglages accords
anna: [Oui, m’écrire]
anna: [Cacher mon nom]
`)
		after := history()
		if len(after) != len(before)+3 {
			t.Fatalf("%d rows after %d", len(after), len(before))
		}
		for i, c := range before {
			if after[i] != c {
				t.Errorf("row %d has changed", i)
			}
		}
		for i, want := range []core.Consent{
			{Purpose: core.ToMessages, Given: false}, {Purpose: core.ToMessages, Given: true}, {Purpose: core.ToTeam, Given: false},
		} {
			c := after[len(before)+i]
			if c.Purpose != want.Purpose || c.Given != want.Given || c.Version != core.ConsentVersion || c.Platform != core.Console ||
				!c.At.After(after[len(before)+i-1].At) {
				t.Errorf("row %d: %+v", i, c)
			}
		}
	})
}

// The page of a choice that is no more, or of somebody who is gone, is answered too.
func TestAnOldPageOfSomebodyWhoWasForgottenSaysWhatIsLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, "buttons", "fr")
		play(t, s, "anna: (is a supporter in Lyon)\nanna: /settings messages\nanna: /settings accords\nanna: /settings nom\n")
		anna(t, s, func(tx core.Tx, p *core.Supporter) error { return tx.Forget(t.Context(), p.ID) })
		for _, line := range []string{"Zoé", "[Jamais]", "[Cacher mon nom]"} {
			if got := play(t, s, "anna: "+line+"\n"); !strings.Contains(got, "Le reste vient après l’inscription") {
				t.Errorf("%s", got)
			}
		}
	})
}
