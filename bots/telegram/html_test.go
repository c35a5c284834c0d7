package telegram

import (
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tocsin/core"
	"tocsin/core/locale"
)

// squeezed is text without the white space at which it may be cut.
func squeezed(s string) string { return strings.Join(strings.Fields(s), "") }

func TestALongTextIsCutWithoutLoss(t *testing.T) {
	t.Parallel()
	styles := []locale.Style{locale.Plain, locale.Strong, locale.Emphasis, locale.Code}
	rapid.Check(t, func(t *rapid.T) {
		spans := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) core.Span {
			return core.Span{
				Text:  strings.Repeat(rapid.StringOfN(rapid.RuneFrom([]rune("ab é🗳 .\n<&")), 1, 20, -1).Draw(t, "text"), rapid.IntRange(1, 40).Draw(t, "times")),
				Style: rapid.SampledFrom(styles).Draw(t, "style"),
			}
		}), 1, 12).Draw(t, "spans")
		limit := rapid.IntRange(10, 300).Draw(t, "limit")
		whole := plainText(spans)
		var got strings.Builder
		for _, part := range split(spans, limit) {
			if n := units(part); n > limit {
				t.Fatalf("a part of %d units, %d are allowed", n, limit)
			}
			got.WriteString(plainText(part))
		}
		if squeezed(got.String()) != squeezed(whole) {
			t.Fatalf("%q became %q", whole, got.String())
		}
	})
}

func TestAllTextIsEscapedAndCanBeTakenOut(t *testing.T) {
	t.Parallel()
	spans := []core.Span{
		{Text: "<b>&amp; \"x\"", Style: locale.Strong}, {Text: "here", Style: locale.Link, URL: "https://example.org/?a=1&b=\"2\""}, {Text: "c < d"},
	}
	got := htmlOf(spans)
	want := `<b>&lt;b&gt;&amp;amp; &#34;x&#34;</b><a href="https://example.org/?a=1&amp;b=&#34;2&#34;">here</a>c &lt; d`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if text := withoutTags(got); text != "<b>&amp; \"x\"herec < d" {
		t.Errorf("without tags: %s", text)
	}
}

func TestButtonsAreOneToThreeARow(t *testing.T) {
	t.Parallel()
	var buttons []core.Button
	for _, l := range []string{"2 km", "5 km", "10 km", "25 km", "J’y serai", "Une fois par jour", "Voir la suite", "Un libellé bien plus long que les autres", "Non"} {
		buttons = append(buttons, core.Button{Label: l})
	}
	var rows []string
	n := 0
	for _, row := range inline("menu", buttons).Rows {
		var labels []string
		for _, b := range row {
			n++
			labels = append(labels, b.Text)
			if len(b.Data) > 64 {
				t.Errorf("%d bytes of data", len(b.Data))
			}
		}
		rows = append(rows, strings.Join(labels, "|"))
	}
	want := "2 km|5 km|10 km / 25 km|J’y serai / Une fois par jour|Voir la suite / Un libellé bien plus long que les autres / Non"
	if got := strings.Join(rows, " / "); got != want || n != len(buttons) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestATextIsCutWhereItReadsBest(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, first, rest string }{
		{"Un. Deux trois.\n\nQuatre cinq", "Un. Deux trois.", "Quatre cinq"},
		{"Un. Deux trois\nquatre cinq", "Un. Deux trois", "quatre cinq"},
		{"Un deux trois. Quatre cinq", "Un deux trois.", "Quatre cinq"},
		{"Un deux trois ? Quatre cinq", "Un deux trois ?", "Quatre cinq"},
		{"Un deux trois quatre cinq", "Un deux trois", "quatre cinq"},
		{"Undeuxtroisquatrecinq", "Undeuxtroisquatr", "ecinq"},
		{"abcdefghij👩🏽‍🚒z", "abcdefghij", "👩🏽‍🚒z"},
	} {
		parts := split([]core.Span{{Text: tt.text}}, 16)
		if len(parts) != 2 || plainText(parts[0]) != tt.first || plainText(parts[1]) != tt.rest {
			t.Errorf("%q was cut into %q", tt.text, parts)
		}
	}
}

func TestFewFilesAreRemembered(t *testing.T) {
	t.Parallel()
	var s stock
	for i := range 10 * mostStocked {
		d := digestOf(piece{method: sendDocument, file: &upload{name: strconv.Itoa(i)}})
		first := s.find(d)
		if again := s.find(d); again != first {
			t.Fatal("a file is not found again")
		}
	}
	if len(s.files) != mostStocked || len(s.order) != mostStocked {
		t.Errorf("%d files are remembered", len(s.files))
	}
}
