package locale

import (
	"slices"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/nicksnyder/go-i18n/v2/i18n/template"
)

// A Printer says sentences in one language. It is safe for concurrent use.
type Printer struct {
	language  Language
	localizer *i18n.Localizer
	own       entries
}

// Language returns the language that p speaks.
func (p *Printer) Language() Language { return p.language }

// Has reports whether the language of p itself has a sentence for key.
func (p *Printer) Has(key Key) bool { return p.own[key] != nil }

// Under returns the keys of the language of p that begin with prefix, in order.
func (p *Printer) Under(prefix string) []Key {
	var keys []Key
	for key := range p.own {
		if strings.HasPrefix(string(key), prefix) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// Spans returns the sentence for key with args in their places. The Count in
// args["N"] chooses the plural form. A key that the language lacks is said in the
// Reference language; one that is unknown comes back as "[key]", a placeholder
// without a value as "[Name]". It does not fail.
func (p *Printer) Spans(key Key, args Args) []Span {
	f := &filling{printer: p, args: args}
	config := &i18n.LocalizeConfig{MessageID: string(key), TemplateData: f, TemplateParser: parser{}}
	if n, ok := args["N"].(Count); ok {
		config.PluralCount = int(n)
	}
	// An error with spans says that the sentence has one form only, or is that of the
	// Reference; without spans there is no such sentence.
	if _, err := p.localizer.Localize(config); err != nil && f.spans == nil {
		return []Span{{Text: "[" + string(key) + "]"}}
	}
	return f.spans
}

// Text returns what Spans returns, as PlainText.
func (p *Printer) Text(key Key, args Args) string { return PlainText(p.Spans(key, args)) }

// A Command is the name of a command as core knows it: "near".
type Command string

// Aliases returns the words that the language of p has for command, from the entry
// "command.<name>.aliases", where commas part them; none if there is no such entry.
func (p *Printer) Aliases(command Command) []string {
	key := Key("command." + command + ".aliases")
	if !p.Has(key) {
		return nil
	}
	words := strings.Split(p.Text(key, nil), ",")
	for i, word := range words {
		words[i] = strings.TrimSpace(word)
	}
	return words
}

// Description returns the line that explains command in a menu, from the entry
// "command.<name>.description".
func (p *Printer) Description(command Command) string {
	return p.Text(Key("command."+command+".description"), nil)
}

// parser lets go-i18n read and keep our sentences in place of Go templates.
type parser struct{}

// Cacheable says that go-i18n parses a sentence once only.
func (parser) Cacheable() bool { return true }

// Parse compiles source; the delimiters are always {{ and }}.
func (parser) Parse(source, _, _ string) (template.ParsedTemplate, error) {
	return compile(source)
}

// Execute adds the filled sentence to data, which is the *filling of Spans. The
// text that go-i18n is given has no use and is empty.
func (s *sentence) Execute(data any) (string, error) {
	if f, ok := data.(*filling); ok {
		f.fill(s)
	}
	return "", nil
}
