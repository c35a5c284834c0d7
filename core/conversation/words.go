package conversation

import "tocsin/core/locale"

// A vocabulary is what the words that a person of one language types mean: label by
// label, the command of that name or alias.
type vocabulary map[string]*Command

// find returns the command with a name or an alias, in the person's language first.
func (b *Bot) find(t *Turn, word string) (*Command, bool) {
	b.learn.Do(func() { // every written turn asks, and the answer never changes
		b.words = map[locale.Language]vocabulary{}
		for _, l := range b.Locale.Languages() {
			b.words[l] = b.vocabulary(l)
		}
	})
	c, ok := b.words[t.Language.Language()][label(word)]
	return c, ok
}

// vocabulary returns the words of a language and, where it has none of its own, those of
// the others.
func (b *Bot) vocabulary(l locale.Language) vocabulary {
	v := vocabulary{}
	for _, l := range append([]locale.Language{l}, b.Locale.Languages()...) {
		p := b.Locale.Printer(l)
		for _, f := range b.Flows {
			for i := range f.Commands {
				c := &f.Commands[i]
				v.add(c.Name, c)
				for _, alias := range p.Aliases(locale.Command(c.Name)) {
					v.add(label(alias), c)
				}
			}
		}
	}
	return v
}

// add gives a word a meaning, unless it has one.
func (v vocabulary) add(word string, c *Command) {
	if _, known := v[word]; !known && word != "" {
		v[word] = c
	}
}
