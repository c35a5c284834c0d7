package flows_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

// faults are what a mail server can do to a letter. None of them may tell whether one
// was to be sent.
var faults = map[string]func(*stage){
	"is well":            func(*stage) {},
	"is away":            func(s *stage) { s.plan("is away") },
	"refuses":            func(s *stage) { s.mail.FailRcpt(550) },
	"asks to wait":       func(s *stage) { s.mail.FailRcpt(451) },
	"refuses the sender": func(s *stage) { s.mail.FailMail(550) },
	"cuts":               func(s *stage) { s.mail.CutAtRcpt() },
	"stands still":       func(s *stage) { s.mail.HoldRcpt() },
	"takes and cuts":     func(s *stage) { s.mail.CutAfterData() },
}

// Whatever the mail server does: a sponsor who types no code and a stranger are told the
// same, at the same instant, once for each address that they type.
func TestNoFaultOfTheMailTellsWhetherAnAddressSponsored(t *testing.T) {
	t.Parallel()
	script := slices.Concat(opener, []string{"(4 minutes pass)", "[Renvoyer le code]", "/language", "(2 minutes pass)", "1", "other.{address}", "(4 minutes pass)"})
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := open(t, "buttons", "fr")
				s.sponsor("member@example.org")
				fault(s)
				told, apart := s.listen(t, "member", script), s.listen(t, "strange", script)
				if told != apart {
					t.Fatalf("a sponsor is told\n%s\na stranger\n%s", told, apart)
				}
				want := map[string]int{"Toujours pas de code": 2, "ne répond pas": 0}
				if name == "is away" {
					want = map[string]int{"Toujours pas de code": 0, "ne répond pas": 2}
				}
				for what, n := range want {
					if strings.Count(told, what) != n {
						t.Errorf("%q is not said %d times:\n%s", what, n, told)
					}
				}
			})
		})
	}
}
