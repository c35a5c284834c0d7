package flows_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"tocsin/core"
	"tocsin/core/conversation/transcript"
)

// moves are what the people of the oracle test do. {address} is a sponsor's for one
// and a stranger's for the other; neither ever types the right code.
var moves = []string{
	"/start", "/start act_1", "/start team_1", "/invite", "1", "2", "{address}", "{address}", "11112222", "1234 5678", "[Renvoyer le code]",
	"[Une autre adresse]", "/near Lyon", "/help", "/language", "[English]", "/stop", "/cancel",
	"/agenda", "/where", "/role 11112222", "(location 45.75 4.83)", "(sticker)", "Anna", "other.{address}",
	"(edits) {address}", "(1 minute passes)", "(4 minutes pass)", "(16 minutes pass)", "(61 minutes pass)",
}

// opener leads to the question for the address, so that most dialogues get there.
var opener = []string{"/start", "1", "1", "2", "2", "{address}"}

// scripts draws random dialogues. They are drawn before the bubble begins, in which
// the library cannot run.
func scripts() [][]string {
	n := 60
	if os.Getenv("SOAK") != "" {
		n = 1000
	}
	script := rapid.Custom(func(t *rapid.T) []string {
		drawn := rapid.SliceOfN(rapid.SampledFrom(moves), 3, 14).Draw(t, "script")
		if rapid.IntRange(0, 3).Draw(t, "opened") > 0 {
			drawn = append(slices.Clone(opener), drawn...)
		}
		return drawn
	})
	out := make([][]string, n)
	for i := range out {
		out[i] = script.Example(i)
	}
	return out
}

// Whatever is said, and whenever: a sponsor who does not know the code and a stranger
// are told the same, byte for byte and at the same instant.
func TestNobodyLearnsWhetherAnAddressSponsored(t *testing.T) {
	t.Parallel()
	drawn := scripts()
	for _, shape := range []string{"buttons", "numbers"} {
		t.Run(shape, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { compare(t, open(t, shape, "fr"), drawn) })
		})
	}
}

// compare plays each script twice. Both begin at the same minute of an even hour:
// quotas are counted in slices of time. All actions are over, since how many are
// near changes with the day.
func compare(t *testing.T, s *stage, scripts [][]string) {
	time.Sleep(20 * 24 * time.Hour)
	for i, script := range scripts {
		member, stranger := fmt.Sprintf("member%d", i), fmt.Sprintf("strange%d", i)
		s.sponsor(core.Address(member + "@example.org"))
		told, apart := s.listen(t, member, script), s.listen(t, stranger, script)
		if told != apart {
			t.Fatalf("%q\na sponsor is told\n%s\na stranger\n%s", script, told, apart)
		}
	}
	if len(s.mail.Letters()) == 0 {
		t.Fatal("no sponsor got a letter: the dialogues never reached the registry")
	}
}

// sponsor adds an address to the registry.
func (s *stage) sponsor(a core.Address) {
	err := s.store.Tx(s.t.Context(), func(tx core.Tx) error {
		_, err := tx.PutSponsorships(s.t.Context(), []core.Sponsorship{{Fingerprint: tx.Fingerprint(a)}})
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// listen plays a script for one person and returns all that they are told, with the
// time that it took since the script began.
func (s *stage) listen(t *testing.T, who string, script []string) string {
	const even = 2 * time.Hour
	time.Sleep(time.Until(time.Now().Truncate(even).Add(even)))
	start := time.Now()
	var heard strings.Builder
	for _, move := range append(slices.Clone(script), "(4 minutes pass)") { // what was ordered last is heard, too
		text := strings.ReplaceAll(move, "{address}", who+"@example.org")
		if !strings.HasPrefix(text, "(") || !strings.Contains(text, "pass") {
			text = who + ": " + text
		}
		l, err := transcript.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Do(l); err != nil {
			t.Fatal(err)
		}
		s.mu.Lock()
		for i, shown := range s.shown {
			fmt.Fprintf(&heard, "%s %s\n", s.at[i].Sub(start), shown)
		}
		s.shown, s.at = nil, nil
		s.mu.Unlock()
	}
	return heard.String()
}
