package locale

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/nicksnyder/go-i18n/v2/i18n/template"
	"golang.org/x/text/language"
)

// checks are what every catalogue must hold to, beyond what Load refuses. Each
// returns one line a fault.
var checks = map[string]func(*Catalogues) []string{
	"keys":         checkKeys,
	"plural forms": checkPlurals,
	"placeholders": checkPlaceholders,
	"spaces":       checkSpaces,
	"length":       checkLength,
	"clock":        checkClock,
	"aliases":      checkAliases,
	"typography":   checkFrench,
}

// eachForm calls visit with every form of every entry of every language, in order.
func eachForm(c *Catalogues, visit func(at string, lang Language, key Key, s *sentence)) {
	for _, lang := range c.languages {
		own := c.printers[lang].own
		for _, key := range slices.Sorted(maps.Keys(own)) {
			forms := formsOf(own[key])
			for _, form := range slices.Sorted(maps.Keys(forms)) {
				s, err := compile(forms[form])
				if err != nil {
					panic(err) // Load has compiled it
				}
				visit(fmt.Sprintf("%s %s (%s)", lang, key, form), lang, key, s)
			}
		}
	}
}

// prose returns the words of s as they are shown; a placeholder and what is in the
// style Code become U+FFFC.
func prose(s *sentence) string {
	var b strings.Builder
	for _, r := range s.runs {
		for _, p := range r.parts {
			if p.name != "" || r.style == Code {
				b.WriteRune('\uFFFC')
			} else {
				b.WriteString(p.text)
			}
		}
	}
	return b.String()
}

func checkKeys(c *Catalogues) (faults []string) {
	for _, lang := range c.languages {
		for _, key := range c.Keys() {
			switch own := c.printers[lang].Has(key); {
			case !own && c.printers[Reference].Has(key):
				faults = append(faults, fmt.Sprintf("%s lacks %s", lang, key))
			case own && !c.printers[Reference].Has(key):
				faults = append(faults, fmt.Sprintf("%s has %s, which %s lacks", lang, key, Reference))
			}
		}
	}
	return faults
}

func checkPlurals(c *Catalogues) (faults []string) {
	for _, lang := range c.languages {
		needed := cardinalForms(lang)
		for key, m := range c.printers[lang].own {
			got := slices.Sorted(maps.Keys(formsOf(m)))
			if len(got) > 1 && !slices.Equal(got, needed) {
				faults = append(faults, fmt.Sprintf("%s %s has the forms %v, not %v", lang, key, got, needed))
			}
		}
	}
	return faults
}

// cardinalForms asks go-i18n, whose rules are those of CLDR, which plural forms the
// whole numbers of lang take.
func cardinalForms(lang Language) []string {
	tag := language.MustParse(string(lang))
	bundle := i18n.NewBundle(tag)
	bundle.MustAddMessages(tag, &i18n.Message{
		ID: "probe", Zero: "zero", One: "one", Two: "two", Few: "few", Many: "many", Other: "other",
	})
	localizer := i18n.NewLocalizer(bundle, string(lang))
	found := map[string]bool{}
	ask := func(n int) {
		found[localizer.MustLocalize(&i18n.LocalizeConfig{
			MessageID: "probe", PluralCount: n, TemplateParser: template.IdentityParser{},
		})] = true
	}
	for n := range 201 {
		ask(n)
	}
	ask(1_000)
	ask(1_000_000)
	return slices.Sorted(maps.Keys(found))
}

// checkPlaceholders compares the names in all forms and languages of a key. Where
// any language has plural forms, N is left out of the comparison.
func checkPlaceholders(c *Catalogues) (faults []string) {
	plural, first := map[Key]bool{}, map[Key][]string{}
	for _, p := range c.printers {
		for key, m := range p.own {
			plural[key] = plural[key] || len(formsOf(m)) > 1
		}
	}
	eachForm(c, func(at string, _ Language, key Key, s *sentence) {
		names := s.names()
		if plural[key] {
			names = slices.DeleteFunc(names, func(name string) bool { return name == "N" })
		}
		if want, ok := first[key]; !ok {
			first[key] = names
		} else if !slices.Equal(names, want) {
			faults = append(faults, fmt.Sprintf("%s has the placeholders %v, not %v", at, names, want))
		}
	})
	return faults
}

func checkSpaces(c *Catalogues) (faults []string) {
	eachForm(c, func(at string, _ Language, key Key, s *sentence) {
		if strings.HasPrefix(string(key), "number.") {
			return // a separator may be a space
		}
		text := prose(s)
		if strings.TrimSpace(text) != text {
			faults = append(faults, at+" begins or ends with a space")
		}
		for line := range strings.Lines(text) {
			line = strings.TrimSuffix(line, "\n")
			if strings.TrimRightFunc(line, unicode.IsSpace) != line {
				faults = append(faults, at+" has a line that ends with a space")
			}
		}
	})
	return faults
}

func checkLength(c *Catalogues) (faults []string) {
	eachForm(c, func(at string, _ Language, _ Key, s *sentence) {
		if n := utf8.RuneCountInString(prose(s)); n > 700 {
			faults = append(faults, fmt.Sprintf("%s has %d characters", at, n))
		}
	})
	return faults
}

func checkClock(c *Catalogues) (faults []string) {
	for _, lang := range c.languages {
		if clock := c.Printer(lang).Text("date.clock", nil); clock != "12" && clock != "24" {
			faults = append(faults, fmt.Sprintf("%s has a clock of %s hours", lang, clock))
		}
	}
	return faults
}

// checkAliases finds words that stand for two commands of one language.
func checkAliases(c *Catalogues) (faults []string) {
	for _, lang := range c.languages {
		owner := map[string]Command{}
		for _, key := range c.Keys() {
			name, isCommand := strings.CutPrefix(string(key), "command.")
			name, isAliases := strings.CutSuffix(name, ".aliases")
			if !isCommand || !isAliases {
				continue
			}
			for _, word := range c.Printer(lang).Aliases(Command(name)) {
				switch other, taken := owner[word]; {
				case word == "" || strings.ContainsFunc(word, unicode.IsSpace):
					faults = append(faults, fmt.Sprintf("%s %s holds what is no word", lang, key))
				case taken:
					faults = append(faults, fmt.Sprintf("%s %s: %q stands for %s too", lang, key, word, other))
				}
				owner[word] = Command(name)
			}
		}
	}
	return faults
}

// checkFrench asks for a no-break space before : ; ? ! » and after «, and for ’.
func checkFrench(c *Catalogues) (faults []string) {
	eachForm(c, func(at string, lang Language, _ Key, s *sentence) {
		if lang != "fr" {
			return
		}
		text := []rune(prose(s))
		at0 := func(i int) rune {
			if i < 0 || i >= len(text) {
				return ' '
			}
			return text[i]
		}
		for i, r := range text {
			before, after := at0(i-1), at0(i+1)
			fixed := before == '\u00A0' || before == '\u202F' || strings.ContainsRune("?!", before)
			switch {
			case r == ':' && after == '/': // an address
			case strings.ContainsRune(":;?!»", r) && !fixed:
				faults = append(faults, fmt.Sprintf("%s has no no-break space before %c", at, r))
			case r == '«' && after != '\u00A0' && after != '\u202F':
				faults = append(faults, at+" has no no-break space after «")
			case r == '\'':
				faults = append(faults, at+" has ' in place of ’")
			}
		}
	})
	return faults
}

func reportAll(t *testing.T, faults []string) {
	t.Helper()
	for _, fault := range faults {
		t.Error(fault)
	}
}
