package flows_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"tocsin/core/conversation/transcript"
)

// canaries are what must never be on disk or in a log as it is: an address, a point,
// a name, a chat id, an account id, what was typed.
var canaries = []string{
	"zanzibar.quetzal@exemple.fr", "zanzibar.quetzal", "45.764043", "4.835659", "45,764043",
	"Wilhelmine-Canari", "chatcanary771", "brouillon-canari",
}

// life touches every part of the spine, its faults too.
const life = `chatcanary771: /start
chatcanary771: [Continuer]
chatcanary771: [Oui, m’écrire]
chatcanary771: [Oui, mon secteur]
chatcanary771: [Oui, mon équipe]
chatcanary771: zanzibar.quetzal@exemple.fr
chatcanary771: brouillon-canari
chatcanary771: {wrong}
chatcanary771: {code}
chatcanary771: Wilhelmine-Canari
chatcanary771: (location 45.764043 4.835659)
chatcanary771: [25 km]
chatcanary771: [Une fois par jour]
chatcanary771: /where
chatcanary771: 45,764043 ; 4,835659
chatcanary771: brouillon-canari
chatcanary771: /near 45.764043 4.835659
chatcanary771: [J’y serai]
chatcanary771: /agenda
chatcanary771: /brouillon-canari
chatcanary771: /role 1234 5678
chatcanary771@groupe: /near Lyon
chatcanary771: /stop
`

func TestNothingOnDiskOrInALogNamesAPerson(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, "buttons", "fr")
		s.sponsor("zanzibar.quetzal@exemple.fr")
		for line := range strings.Lines(life) {
			if strings.Contains(line, "zanzibar") {
				s.mail.FailRcpt(451) // the address waits, sealed, while the mail server is slow
			}
			if _, err := transcript.Play(s, line); err != nil {
				t.Fatal(err)
			}
			s.search(line)
			if strings.Contains(line, "brouillon") {
				s.mail.Heal()
				if _, err := transcript.Play(s, "(1 minute passes)\n"); err != nil {
					t.Fatal(err)
				}
			}
		}
		if s.code == "" {
			t.Fatal("the letter never came: the life was not lived")
		}
	})
}

// search looks for the canaries in every byte on disk and in the log.
func (s *stage) search(after string) {
	s.t.Helper()
	look := func(where string, b []byte) {
		for _, c := range canaries {
			if bytes.Contains(b, []byte(c)) {
				s.t.Fatalf("after %q, %s holds %q", after, where, c)
			}
		}
	}
	err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		look(filepath.Base(path), b)
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	look("the log", s.log.Bytes())
}
