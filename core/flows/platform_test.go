package flows_test

import (
	"strings"

	"tocsin/core"
	"tocsin/core/conversation/transcript"
)

// A platform is where people write to the bot and read what it says. The same transcripts
// are played on each; people and chats have the names that they have there.
type platform interface {
	core.Adapter

	// home returns the private chat of a person, where the bot may write, and their
	// account.
	home(who string) (core.ChatRef, core.AccountRef)

	// act lets a person do what a line says: write, press, correct, share, send. It returns
	// once that is handled, and fails if the person could not do it, as when nothing shows
	// the button. What only the stage knows is in the line already.
	act(l transcript.Line) error

	// seen returns what was shown since the last call, as transcript.Stage.Shown does, but
	// for letters. The stage holds its mutex meanwhile.
	seen() []string
}

// A saying is one thing that the bot showed.
type saying struct {
	who  string // "bot", or "bot edits" for what stands in place of an earlier one
	chat string
	text string
}

// written returns a saying as a transcript writes it, and learns the invitation in it.
// s.mu is held.
func (s *stage) written(said saying) string {
	if payload := payloadShown.FindString(said.text); payload != "" {
		s.offer, said.text = payload, strings.ReplaceAll(said.text, payload, "{invitation}")
	}
	if said.chat != s.here {
		said.who += " to " + said.chat
	}
	return said.who + ": " + said.text
}
