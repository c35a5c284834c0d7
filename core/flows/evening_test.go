package flows_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tocsin/core/flows"
	"tocsin/core/geo"
	"tocsin/core/locale"
)

// An input is one thing that a person does.
type input struct {
	who   int
	group bool
	kind  kindOfInput
	n     int // which of what there is
	text  string
	at    geo.Point
	pass  time.Duration
}

type kindOfInput int

const (
	writes kindOfInput = iota
	commands
	goesOn     // answers what is asked
	presses    // one of the last buttons
	pressesOld // any button ever shown, to anybody
	edits
	shares
	sends
	repeats // the platform delivers the last update again
	waits
	leaves
)

// weights say how often each kind comes.
var weights = []kindOfInput{
	writes, writes, writes, writes, commands, commands, commands, presses, presses, presses, presses, presses, presses,
	goesOn, goesOn, goesOn, goesOn, goesOn, goesOn,
	pressesOld, edits, shares, sends, repeats, waits, leaves,
}

// said are words that lead somewhere; the rest are drawn at random.
var said = []string{
	"1", "2", "3", "4", "5", "8", "{code}", "{code}", "{wrong}", "{address}", "{address}", "Lyon", "Paris", "lyno", "69001", "75011",
	"saint denis", "Genève", "15 km", "0 km", "geo:45.7,4.8", "45.76, 4.84", "Anna", "oui", "non", "yes", "no", "merci", "stop", "annuler",
	"demain tractage", "Lyon week-end", "tomorrow", "ce soir", "22h-7h", "+2", "deux", "Europe/Lisbon", "@", "a@b", "/", "//", "!", "\u202e",
	"🪧", "Zoé 👩‍🌾", strings.Repeat("très long ", 500), "<b>x</b>", "*x* _y_ [z](https://example.org)", "\x00", "ＡＢＣ", "١٢٣", "  ",
}

// drawEvening draws what happens in one evening.
func drawEvening(words []string) *rapid.Generator[[]input] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) input {
		in := input{
			who: rapid.IntRange(0, len(people)-1).Draw(t, "who"), kind: rapid.SampledFrom(weights).Draw(t, "kind"),
			n: rapid.IntRange(0, 1<<16).Draw(t, "n"), group: rapid.IntRange(0, 19).Draw(t, "group") == 0,
		}
		switch in.kind {
		case writes, edits:
			in.text = rapid.SampledFrom(said).Draw(t, "text")
			if rapid.IntRange(0, 9).Draw(t, "free") == 0 {
				in.text = rapid.String().Draw(t, "string")
			}
		case commands:
			in.text = rapid.SampledFrom(words).Draw(t, "word")
			if rapid.Bool().Draw(t, "with") {
				in.text += " " + rapid.SampledFrom(said).Draw(t, "arg")
			}
		case shares:
			in.at = geo.Point{Lat: rapid.Float64Range(-90, 90).Draw(t, "lat"), Lon: rapid.Float64Range(-180, 180).Draw(t, "lon")}
		case waits:
			in.pass = rapid.SampledFrom([]time.Duration{
				time.Second, time.Minute, 4 * time.Minute, 16 * time.Minute, time.Hour, 25 * time.Hour, 9 * 24 * time.Hour,
			}).Draw(t, "pass")
		}
		return in
	}), inputs, inputs)
}

// commandWords are all words that start something, in all languages.
func commandWords(t *testing.T) []string {
	t.Helper()
	words, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	out := []string{"naer", "danse"}
	for _, f := range flows.All() {
		for _, c := range f.Commands {
			out = append(out, c.Name)
			for _, l := range words.Languages() {
				out = append(out, words.Printer(l).Aliases(locale.Command(c.Name))...)
			}
		}
	}
	return out
}
