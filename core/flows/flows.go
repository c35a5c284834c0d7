// Package flows holds what a person can do with the bot, one flow in a file, each a
// table of commands, steps and actions. Its transcripts in testdata are the
// specification: they are written to be read.
package flows

import "tocsin/core/conversation"

// All returns every flow.
func All() []*conversation.Flow {
	return []*conversation.Flow{
		signup(), move(), invitations(),
		where(), near(), rsvp(), agenda(), alert(),
		settings(), privacy(), myData(), deleteMe(), language(), stop(),
		role(),
		help(), cancel(), thanks(),
	}
}
