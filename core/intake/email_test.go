package intake_test

import (
	"strings"
	"testing"
	"unicode"

	"tocsin/core"
	"tocsin/core/intake"
)

func TestAnAddressHasOneCanonicalForm(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"a@b.fr":                  "a@b.fr",
		"  a@b.fr\t\n":            "a@b.fr",
		"\uFEFFa@b.fr\u200b":      "a@b.fr", // byte order mark, zero-width space
		"\u2068a@b.fr\u2069":      "a@b.fr", // the isolates that we put around names
		"Jean.Dupont@Exemple.FR":  "jean.dupont@exemple.fr",
		"jean+tract@exemple.fr":   "jean+tract@exemple.fr",
		"j.e.a.n@exemple.fr":      "j.e.a.n@exemple.fr",
		"o'brien@exemple.ie":      "o'brien@exemple.ie",
		"a..b@exemple.fr":         "a..b@exemple.fr", // some providers gave such out
		"a@Mairie-Évry.fr":        "a@xn--mairie-vry-h7a.fr",
		"a@mairie-e\u0301vry.fr":  "a@xn--mairie-vry-h7a.fr",
		"a@XN--MAIRIE-VRY-H7A.fr": "a@xn--mairie-vry-h7a.fr",
		"a@straße.de":             "a@xn--strae-oqa.de",
		"a@例え。jp":                 "a@xn--r8jz45g.jp",
		"Re\u0301my@exemple.fr":   "rémy@exemple.fr",
		"ÉLISE@exemple.fr":        "élise@exemple.fr",
		"a@b.xn--p1ai":            "a@b.xn--p1ai",
		"a@4chan.org":             "a@4chan.org",

		strings.Repeat("a", 64) + "@b.fr":                     strings.Repeat("a", 64) + "@b.fr",
		"a@" + strings.Repeat("b23456789.", 25) + "fr":        "a@" + strings.Repeat("b23456789.", 25) + "fr", // 254
		strings.Repeat(" ", 5000) + "a@b.fr":                  "a@b.fr",
		"a@" + strings.Repeat("b", 63) + ".fr":                "a@" + strings.Repeat("b", 63) + ".fr",
		strings.Repeat("é", 32) + "@b.fr":                     strings.Repeat("é", 32) + "@b.fr",
		strings.Repeat("e\u0301", 32) + "@b.fr":               strings.Repeat("é", 32) + "@b.fr",
		"!#$%&'*+-/=?^_`{|}~@b.fr":                            "!#$%&'*+-/=?^_`{|}~@b.fr",
		"\u212Aelvin@b.fr" /* the sign of the unit kelvin */ : "kelvin@b.fr",
	} {
		got, err := intake.CanonicalEmail(given)
		if string(got) != want || err != nil {
			t.Errorf("%q: got %q and %v, want %q", given, string(got), err, want)
		}
	}
}

func TestWhatIsNoAddressIsInvalidAndNotRepeated(t *testing.T) {
	t.Parallel()
	for _, given := range []string{
		"", " ", "@", "a", "a@", "@b.fr", "a@@b.fr", "a@b@c.fr", "a b@c.fr", "a@b c.fr",
		"a@b.fr\nBcc:x@y.fr", "a\x00@b.fr", "a\u200bb@c.fr", "a\u202eb@c.fr", "a\u00a0b@c.fr",
		"a@gmail", "a@b.fr.", "a@.b.fr", "a@b..fr", "a@-b.fr", "a@b-.fr", "a@b_c.fr", "a@127.0.0.1",
		"a@[127.0.0.1]", `"a b"@c.fr`, `"a"@c.fr`, "a(b)@c.fr", "a,b@c.fr", "a;b@c.fr", "a:b@c.fr",
		`a\b@c.fr`, "<a@b.fr>", "Jean <a@b.fr>", "mailto:a@b.fr", "a@xn--.fr", "a@ab--c.fr",
		"a\xff@b.fr", "a@b\xff.fr", "a\ufffd@b.fr", "a\u037eb@c.fr", // the Greek question mark becomes ;
		strings.Repeat("a", 65) + "@b.fr",
		strings.Repeat("é", 33) + "@b.fr",
		"a@" + strings.Repeat("b", 64) + ".fr",
		"ab@" + strings.Repeat("b23456789.", 25) + "fr", // 255 bytes
		"é@" + strings.Repeat("b23456789.", 25) + "fr",
		strings.Repeat("a", 1<<20) + "@b.fr",
	} {
		got, err := intake.CanonicalEmail(given)
		if got != "" || core.CodeOf(err) != core.Invalid || core.KeyOf(err) != "email.invalid" {
			t.Errorf("%q: got %q and %v", given, string(got), err)
		}
		if err != nil && err.Error() != "invalid (email.invalid)" {
			t.Errorf("%q: the error says %q", given, err)
		}
	}
}

func TestAnAddressIsFoundInWhatPeoplePaste(t *testing.T) {
	t.Parallel()
	for _, given := range []string{
		"a@b.fr", "A@B.FR", "a@b.fr.", "a@b.fr,", "a@b.fr !", "a@b.fr…", "<a@b.fr>", "Jean <a@b.fr>",
		`"Dupont, Jean" <a@b.fr>`, "'a@b.fr'", "« a@b.fr »", "“a@b.fr”", "‘a@b.fr’", "(a@b.fr)", "[a@b.fr]",
		"mailto:a@b.fr", "MAILTO:a@b.fr?subject=Bonjour", "mailto:a%40b.fr", "<mailto:a@b.fr>",
		"[a@b.fr](mailto:a@b.fr)", "**a@b.fr**", "`a@b.fr`", "c'est a@b.fr.", "mon adresse : a@b.fr; merci",
		"\u2068a@b.fr\u2069", "@camille a@b.fr", "a@b.fr a@b.fr", "100% sûr, a@b.fr", "a@b.fr\n-- \nJean @ Lyon",
	} {
		got, err := intake.EmailIn(given)
		if got != "a@b.fr" || err != nil {
			t.Errorf("%q: got %q and %v", given, string(got), err)
		}
	}
	for given, want := range map[string]string{
		"o'brien@b.ie":              "o'brien@b.ie",
		"mailto:jean%2Btract@b.fr":  "jean+tract@b.fr",
		"écrivez à rémy@évry.fr !":  "rémy@xn--vry-9la.fr",
		"jean_dupont@exemple.co.uk": "jean_dupont@exemple.co.uk",
	} {
		if got, err := intake.EmailIn(given); string(got) != want || err != nil {
			t.Errorf("%q: got %q and %v, want %q", given, string(got), err, want)
		}
	}
}

func TestATextWithoutOneAddressIsInvalid(t *testing.T) {
	t.Parallel()
	for _, given := range []string{
		"", "bonjour", "@camille", "a@b", "a@b.fr et c@d.fr", "100%", "%40", "a@b.fr" + strings.Repeat(" ", 20_000),
	} {
		got, err := intake.EmailIn(given)
		if got != "" || core.CodeOf(err) != core.Invalid || core.KeyOf(err) != "email.invalid" {
			t.Errorf("%q: got %q and %v", given, string(got), err)
		}
	}
}

// Both ways through CanonicalEmail must agree, and none may depend on how often it
// was gone: a fingerprint is of the canonical form.
func TestEachCharacterHasOneCanonicalForm(t *testing.T) {
	t.Parallel()
	for r := range unicode.MaxRune {
		if !unicode.IsGraphic(r) || unicode.In(r, unicode.Han, unicode.Hangul, unicode.Tangut) { // many, all alike
			continue
		}
		for _, s := range []string{"x" + string(r) + "@b.fr", "a@b" + string(r) + ".fr"} {
			once, err := intake.CanonicalEmail(s)
			if err != nil {
				continue
			}
			if twice, err := intake.CanonicalEmail(string(once)); twice != once || err != nil {
				t.Errorf("%U: %q, then %q and %v", r, string(once), string(twice), err)
			}
		}
	}
}

func FuzzCanonicalEmail(f *testing.F) {
	for _, s := range []string{"a@b.fr", "É@Évry.fr", "x\u0345\u0301@straße.de", "a@xn--vry-9la.fr", "<a@b.fr>", "@", "İ@ǅ.fr"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once, err := intake.CanonicalEmail(s)
		if err != nil {
			return
		}
		if len(once) > 254 || strings.Count(string(once), "@") != 1 {
			t.Errorf("%q became %q", s, string(once))
		}
		twice, err := intake.CanonicalEmail(string(once))
		if twice != once || err != nil {
			t.Errorf("%q became %q, then %q and %v", s, string(once), string(twice), err)
		}
		if found, err := intake.EmailIn("<" + string(once) + ">."); err == nil && !strings.ContainsAny(string(once), "%'`*?&/|{}") && found != once {
			t.Errorf("%q was found as %q", string(once), string(found))
		}
	})
}
