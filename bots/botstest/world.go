package botstest

import (
	"time"

	"tocsin/core"
	"tocsin/core/geo"
	"tocsin/core/locale"
)

// A Person talks to the bot in a private chat of their own.
type Person string

// A World is an adapter together with its platform. Its methods end the test if
// they fail; what it started ends with the test that opened it.
type World interface {
	// Adapter returns the adapter, which the contract runs.
	Adapter() core.Adapter

	// People returns who can talk to the bot: one person at least.
	People() []Person

	// Chat returns the address of a person's private chat. The adapter may have to run
	// for the chat to come about, and does when Chat is called.
	Chat(p Person) core.ChatRef

	// Write lets a person write a message to the bot. It does not wait for the adapter.
	Write(p Person, text string)

	// Shown returns what a person sees of the bot in their chat, the oldest first. What
	// a Send that has returned made visible is in it.
	Shown(p Person) []Shown

	// Fail makes every send end as f says, from now until Mend, however often the
	// adapter tries. It reports false if nothing like f can befall this platform.
	Fail(f Fault) bool
	Mend()

	// Secrets returns what no error may hold: tokens, passwords, keys. It may be empty.
	Secrets() []string
}

// A Shown is one message of the bot, as a person sees it.
type Shown struct {
	Text     string      // as it is read; links as locale.PlainText unless the platform has links
	Styled   []core.Span // the stretches that are not plain, in order; see Stylist
	Buttons  []string    // their labels, in order
	File     *File
	Pin      *core.Pin
	Edited   bool // it is marked as edited, where the platform does so
	Redacted bool // it was taken back: only that it was there is seen
}

// A File is a file as a person receives it.
type File struct {
	Name  string
	Bytes []byte
}

// A Presser is a World whose people can press buttons.
type Presser interface {
	// Press lets a person press a button of the last message that has any: the number
	// counts from 1.
	Press(p Person, number int)
}

// A Sharer is a World whose people can share where they are.
type Sharer interface {
	Share(p Person, at geo.Point)
}

// A Corrector is a World whose people can change what they wrote.
type Corrector interface {
	// Correct replaces the last message of a person.
	Correct(p Person, text string)
}

// A Repeater is a World whose platform may deliver an update once more.
type Repeater interface {
	// Repeat delivers the last update from a person again.
	Repeat(p Person)
}

// A Restarter is a World that can make a second adapter for the same bot, as a new
// start of the program would.
type Restarter interface {
	// Restart replaces the adapter, which does not run: Adapter returns the new one.
	// What the platform keeps, it keeps.
	Restart()
}

// A Revoker is a World whose platform can shut the bot out for good.
type Revoker interface {
	// Revoke makes the platform refuse the bot's credentials from now on.
	Revoke()
}

// A Stylist is a World whose people see styles.
type Stylist interface {
	// Styles returns those that Shown.Styled tells apart.
	Styles() []locale.Style
}

// A Hanger is a World with connections that stay open between requests.
type Hanger interface {
	// HangUp closes them. What still runs after it was left behind by the adapter.
	HangUp()
}

// A Patient is a World in which things take longer, or less long, than usual.
type Patient interface {
	// Patience returns how long to wait for something that must come; usually 20 s.
	Patience() time.Duration
}
