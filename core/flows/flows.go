// Package flows holds what a person can do with the bot, one flow in a file, each a
// table of commands, steps and actions. Its transcripts in testdata are the
// specification: they are written to be read.
package flows

import (
	"strings"

	"tocsin/core/conversation"
	"tocsin/core/gazetteer"
	"tocsin/core/locale"
)

// All returns every flow.
func All() []*conversation.Flow {
	return []*conversation.Flow{
		signup(), move(), invitations(),
		where(), near(), rsvp(), agenda(), alert(), reminders(), briefings(), nudge(), copies(),
		settings(), privacy(), myData(), deleteMe(), language(), stop(),
		role(), group(), following(), share(),
		help(), cancel(), thanks(),
	}
}

// oneOf reports whether text is one of the words of the catalogue under key, in any of its
// languages, where commas part them. Case, accents and hyphens do not matter.
func oneOf(t *conversation.Turn, key locale.Key, text string) bool {
	typed := gazetteer.Fold(text)
	for _, p := range t.Printers() {
		for word := range strings.SplitSeq(p.Text(key, nil), ",") {
			if typed != "" && gazetteer.Fold(word) == typed {
				return true
			}
		}
	}
	return false
}
