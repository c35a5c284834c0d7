package conversation

import (
	"context"
	"slices"

	"tocsin/core"
	"tocsin/core/locale"
)

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

// meant is what a button does that offers the command somebody may have meant.
const meant core.Verb = "talk.meant"

// unknown answers a command that there is not.
func (b *Bot) unknown(ctx context.Context, t *Turn, word string) error {
	if offered, err := b.offer(ctx, t, word); offered || err != nil {
		return err
	}
	t.Say("talk.unknown", locale.Args{"Word": locale.User(clip(word))})
	return nil
}

// offer asks whether a word that there is not was meant to be one of the commands, and
// reports whether there is one like it.
func (b *Bot) offer(ctx context.Context, t *Turn, word string) (bool, error) {
	var buttons []core.Button
	for _, name := range b.like(t, word) {
		c := b.words[t.Language.Language()][name]
		if c.Right != "" {
			if may, err := t.May(ctx, c.Right); err != nil || !may {
				return false, err
			}
		}
		button := core.Button{Label: "/" + c.Name, Do: core.Do{Verb: meant, Arg: c.Name}}
		if !slices.ContainsFunc(buttons, func(o core.Button) bool { return o.Do == button.Do }) {
			buttons = append(buttons, button)
		}
	}
	if buttons == nil {
		return false, nil
	}
	t.Choose("talk.meant", locale.Args{"Word": locale.User(clip(word))}, buttons...)
	return true, nil
}

// like returns the commands that a word looks like, three at most: those that it
// begins first, then those that few slips part it from.
func (b *Bot) like(t *Turn, word string) []string {
	const shortest, most = 3, 3
	typed := label(word)
	if len(typed) < shortest {
		return nil
	}
	var known, out []string
	for name := range b.words[t.Language.Language()] {
		known = append(known, name)
	}
	slices.Sort(known)
	for _, name := range known {
		if len(name) > len(typed) && name[:len(typed)] == typed {
			out = append(out, name)
		}
	}
	out = append(out, core.Nearest(typed, known, most)...)
	return out[:min(len(out), most)]
}

// clip shortens what a person wrote before it is quoted back to them.
func clip(s string) string {
	const most = 32
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
