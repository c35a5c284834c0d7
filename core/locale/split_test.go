package locale_test

import (
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"

	"tocsin/core/locale"
)

// Whatever is cut, every word is there, in its style, and no part is too long.
func TestALongTextIsCutWithoutLoss(t *testing.T) {
	t.Parallel()
	word := rapid.StringMatching(`[a-zé🗳<&]{1,40}[.\n !]{1,2}`)
	rapid.Check(t, func(t *rapid.T) {
		var spans []locale.Span
		for range rapid.IntRange(1, 6).Draw(t, "spans") {
			spans = append(spans, locale.Span{
				Text:  strings.Join(rapid.SliceOfN(word, 0, 20).Draw(t, "words"), ""),
				Style: rapid.SampledFrom([]locale.Style{locale.Plain, locale.Strong, locale.Code}).Draw(t, "style"),
			})
		}
		limit := rapid.IntRange(30, 200).Draw(t, "limit")
		want, got := map[locale.Style]string{}, map[locale.Style]string{}
		for _, s := range spans {
			want[s.Style] += s.Text
		}
		for _, part := range locale.Split(spans, limit, nil) {
			if n := len(utf16.Encode([]rune(locale.PlainText(part)))); n > limit {
				t.Errorf("a part has %d units, %d fit", n, limit)
			}
			for _, s := range part {
				got[s.Style] += s.Text
			}
		}
		for style := range want {
			if squeezed(got[style]) != squeezed(want[style]) {
				t.Errorf("in style %q is %q, want %q", style, got[style], want[style])
			}
		}
	})
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
		{strings.Repeat("\xff", 16) + "abcd", strings.Repeat("\xff", 16), "abcd"}, // no UTF-8
	} {
		parts := locale.Split([]locale.Span{{Text: tt.text}}, 16, nil)
		if len(parts) != 2 || locale.Bare(parts[0]) != tt.first || locale.Bare(parts[1]) != tt.rest {
			t.Errorf("%q was cut into %q", tt.text, parts)
		}
	}
}

func squeezed(s string) string { return strings.Join(strings.Fields(s), "") }
