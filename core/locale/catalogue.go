package locale

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// A Language is the BCP 47 tag of a catalogue: "fr", "en".
type Language string

// A Key names a sentence in every catalogue: "signup.welcome".
type Key string

// Reference is the language whose catalogue is complete by definition: the others
// are compared with it, and what one of them lacks is said in it.
const Reference Language = "fr"

//go:embed catalogue/*.toml
var embedded embed.FS

// Catalogues holds the sentences of all languages. It is read-only after Load and
// safe for concurrent use.
type Catalogues struct {
	languages []Language // Reference first, then by tag
	printers  map[Language]*Printer
	matcher   language.Matcher // over languages, in that order
}

// entries is one catalogue. A plain sentence has the form "other" alone.
type entries map[Key]*i18n.Message

// Load reads the catalogues that are built into the program. It fails if a file is
// not TOML, if its name is no language tag, or if a sentence is empty or malformed.
func Load() (*Catalogues, error) { return load(embedded) }

// load reads the catalogues in the folder catalogue of fsys, as Load does.
func load(fsys fs.FS) (*Catalogues, error) {
	bundle := i18n.NewBundle(language.MustParse(string(Reference)))
	bundle.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	files, err := fs.Glob(fsys, "catalogue/*.toml")
	if err != nil {
		return nil, fmt.Errorf("locale: list catalogues: %w", err)
	}
	all := map[Language]entries{}
	for _, file := range files {
		lang := Language(strings.TrimSuffix(path.Base(file), ".toml"))
		if all[lang], err = loadFile(bundle, fsys, file); err != nil {
			return nil, fmt.Errorf("locale: load catalogue %s: %w", lang, err)
		}
	}
	if all[Reference] == nil {
		return nil, fmt.Errorf("locale: load catalogue %s: there is none", Reference)
	}
	return assemble(bundle, all), nil
}

// loadFile adds the sentences of one file to bundle and returns them.
func loadFile(bundle *i18n.Bundle, fsys fs.FS, file string) (entries, error) {
	if _, err := language.Parse(strings.TrimSuffix(path.Base(file), ".toml")); err != nil {
		return nil, err
	}
	data, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, err
	}
	parsed, err := bundle.ParseMessageFileBytes(data, file)
	if err != nil {
		return nil, err
	}
	own := make(entries, len(parsed.Messages))
	for _, m := range parsed.Messages {
		if err := checkForms(m); err != nil {
			return nil, fmt.Errorf("%s: %w", m.ID, err)
		}
		own[Key(m.ID)] = m
	}
	return own, nil
}

// checkForms fails if m has no form "other", if one of its forms does not compile,
// or if it asks for other delimiters.
func checkForms(m *i18n.Message) error {
	forms := formsOf(m)
	switch {
	case forms["other"] == "":
		return fmt.Errorf("the form other is empty")
	case m.LeftDelim != "" || m.RightDelim != "":
		return fmt.Errorf("the delimiters are {{ and }}")
	}
	for name, source := range forms {
		if _, err := compile(source); err != nil {
			return fmt.Errorf("form %s: %w", name, err)
		}
	}
	return nil
}

// formsOf returns the CLDR plural forms that m has, by their CLDR names.
func formsOf(m *i18n.Message) map[string]string {
	forms := map[string]string{
		"zero": m.Zero, "one": m.One, "two": m.Two, "few": m.Few, "many": m.Many, "other": m.Other,
	}
	maps.DeleteFunc(forms, func(_, source string) bool { return source == "" })
	return forms
}

// assemble makes the printers and the matcher over what was loaded.
func assemble(bundle *i18n.Bundle, all map[Language]entries) *Catalogues {
	c := &Catalogues{languages: []Language{Reference}, printers: map[Language]*Printer{}}
	for _, lang := range slices.Sorted(maps.Keys(all)) {
		if lang != Reference {
			c.languages = append(c.languages, lang)
		}
	}
	tags := make([]language.Tag, len(c.languages))
	for i, lang := range c.languages {
		tags[i] = language.MustParse(string(lang))
		c.printers[lang] = &Printer{
			language:  lang,
			localizer: i18n.NewLocalizer(bundle, string(lang)),
			own:       all[lang],
		}
	}
	c.matcher = language.NewMatcher(tags)
	return c
}

// Languages returns the languages that there is a catalogue for, Reference first.
func (c *Catalogues) Languages() []Language { return slices.Clone(c.languages) }

// Keys returns every key that any catalogue has, in order.
func (c *Catalogues) Keys() []Key {
	all := map[Key]bool{}
	for _, p := range c.printers {
		for key := range p.own {
			all[key] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// maxTag is the longest tag that is looked at, in bytes: BCP 47 asks
// implementations to take 35 characters (RFC 5646, section 4.4.1).
const maxTag = 35

// Match returns the language that suits a person best who asks for tags (BCP 47,
// the most wanted first): "fr-CH" gives "fr". Tags that are empty or malformed are
// passed over; Reference is the answer where nothing suits.
func (c *Catalogues) Match(tags ...string) Language {
	wanted := make([]language.Tag, 0, len(tags))
	for _, tag := range tags {
		if tag == "" || len(tag) > maxTag {
			continue
		}
		if t, err := language.Parse(tag); err == nil && t != language.Und {
			wanted = append(wanted, t)
		}
	}
	_, i, _ := c.matcher.Match(wanted...) // 0, which is Reference, where nothing suits
	return c.languages[i]
}

// Printer returns the printer of lang, that of Reference if there is no such catalogue.
func (c *Catalogues) Printer(lang Language) *Printer {
	if p := c.printers[lang]; p != nil {
		return p
	}
	return c.printers[Reference]
}
