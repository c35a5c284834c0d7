package telegram

import (
	"strconv"
	"strings"
	"testing"

	"tocsin/core"
	"tocsin/core/locale"
)

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
