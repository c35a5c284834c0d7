package conversation

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"tocsin/core"
	"tocsin/core/locale"
)

func TestTextModeLeavesOutPicturesAndNothingElse(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"📰 tractage":              "tractage",
		"📰 📌 tractage":            "tractage",
		"Merci 🎉":                 "Merci",
		"Merci 🎉 !":               "Merci !",
		"Merci\u00a0! 🎉\n📌 Suite": "Merci\u00a0!\nSuite",
		"un 🎉🎊 deux":              "un deux",
		"un 🎉, deux":              "un, deux",
		"(🎉 un)":                  "(un)",
		"« 🎉 un »":                "« un »",
		"un 👩‍🚀 deux 🇫🇷 trois 👍🏽":     "un deux trois",
		"❤️ ☎ ⚠️ ⛺ ✅ ⭐ ⏰ un":          "un",
		"1️⃣ Lyon, 2e #️⃣":            "1 Lyon, 2e #",
		"© Demain ™ ©️ → ➜ ↔️ ✓ n° 3": "© Demain ™ © → ➜ ↔ ✓ n° 3",
		"⛺️":                   "",
		"":                     "",
		"ᚠ → 日本 e\u0301 ½ km²": "ᚠ → 日本 e\u0301 ½ km²",
	} {
		if got := withoutEmoji(in)[0]; got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func TestTextModeKeepsTheStylesOfAMessage(t *testing.T) {
	t.Parallel()
	in := &core.Message{
		Body: []core.Span{
			{Text: "Bonjour "}, {Text: "👋", Style: locale.Emphasis}, {Text: " Anna · "},
			{Text: "📰 Tract", Style: locale.Strong}, {Text: " · 10 h"},
		},
		Buttons: []core.Button{{Label: "✅ Oui"}},
	}
	out := plain(in)
	want := []core.Span{{Text: "Bonjour "}, {Text: "Anna\n"}, {Text: "Tract", Style: locale.Strong}, {Text: "\n10 h"}}
	if !slices.Equal(out.Body, want) || out.Buttons[0].Label != "Oui" {
		t.Errorf("%q %q", out.Body, out.Buttons)
	}
	if in.Body[1].Text != "👋" || in.Buttons[0].Label != "✅ Oui" {
		t.Error("the message itself has changed")
	}
}

// What a person wrote stands in our sentences too, so all text counts.
func TestTextModeNeverLeavesAPictureAndNeverTakesAWord(t *testing.T) {
	t.Parallel()
	words := []string{"un", "2", "©", "→", " ", "\n", "\u2068", "\u2069", "\u00a0", ",", "📰", "❤️", "👩‍🚀", "1️⃣", "🇫🇷", "·"}
	letters := func(s string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("©→\n,", r) {
				return r
			}
			return -1
		}, s)
	}
	rapid.Check(t, func(t *rapid.T) {
		texts := make([]string, rapid.IntRange(1, 3).Draw(t, "spans"))
		for i := range texts {
			texts[i] = strings.Join(rapid.SliceOf(rapid.SampledFrom(words)).Draw(t, "words"), "")
		}
		out := withoutEmoji(texts...)
		for i, text := range out {
			if strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(pictures, r) }) {
				t.Fatalf("%q leaves %q", texts, out)
			}
			if letters(text) != letters(texts[i]) {
				t.Fatalf("%q becomes %q", texts[i], text)
			}
		}
		if again := withoutEmoji(out...); !slices.Equal(again, out) {
			t.Fatalf("%q becomes %q and then %q", texts, out, again)
		}
	})
}

// Each entry of each catalogue reads in text mode as it does otherwise, without its
// emoji and with a line for each fact.
func TestEverySentenceReadsInTextMode(t *testing.T) {
	t.Parallel()
	words, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range words.Languages() {
		for _, key := range words.Keys() {
			in := &core.Message{Body: words.Printer(l).Spans(key, nil)}
			got := plain(in).PlainText()
			for line := range strings.SplitSeq(got, "\n") {
				if strings.ContainsFunc(line, func(r rune) bool { return unicode.Is(pictures, r) }) || strings.Contains(line, "·") {
					t.Errorf("%s %s: %q", l, key, line)
				}
				if key != "number.group" && strings.TrimSpace(line) != strings.TrimRight(line, " ") && !strings.HasPrefix(line, "    ") {
					t.Errorf("%s %s begins a line with a space: %q", l, key, line)
				}
			}
			if strings.Contains(got, "[N]") == strings.Contains(in.PlainText(), "[N]") {
				continue
			}
			t.Errorf("%s %s loses a value", l, key)
		}
	}
}
