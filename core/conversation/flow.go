package conversation

import (
	"context"

	"tocsin/core"
	"tocsin/core/geo"
)

// A Flow is one thing a person can do with the bot, as tables. A flow is found by
// its commands, by the actions of its buttons, and by the step that is open.
type Flow struct {
	Name       string
	Commands   []Command
	Steps      map[string]Step
	Actions    map[core.Verb]Action               // what buttons do in every state; verbs have a dot
	Tasks      map[core.TaskName]Task             // work without a message
	References map[core.ReferenceKind]Rendering   // what is rendered when it is sent
	Position   func(context.Context, *Turn) error // a point that was shared unasked; at most one flow has it
	Copy       Copying                            // makes the message of a broadcast; at most one flow has it
	Added      func(context.Context, *Turn) error // the bot was added to a group; at most one flow has it

	// Public are the actions that say nothing personal. In a group any other leads to the
	// private chat: to what Lead returns for its argument, if there is a Lead.
	Public []core.Verb
	Lead   func(arg string) core.Link
}

// A Command is a word that starts something. Its other words stand in the catalogue,
// under command.<name>.aliases.
type Command struct {
	Name   string
	Do     func(ctx context.Context, t *Turn, arg string) error
	Place  Place
	Bare   bool       // works as a bare word even where text is an answer: help, cancel, stop
	Right  core.Right // "" needs none
	Banned bool       // also for who is banned
}

// Place says where a command may be said.
type Place int

const (
	InPrivate  Place = iota // in a group, the person is asked to come to the private chat
	Everywhere              // it says nothing personal
)

// A Step waits for an answer. Ask says the question; it is asked again after an
// aside, and whenever the answer was none. A nil handler means that such an answer
// is not expected: the person is told what is.
type Step struct {
	Ask      func(ctx context.Context, t *Turn) error
	Choice   func(ctx context.Context, t *Turn, do core.Do) error
	Text     func(ctx context.Context, t *Turn, text string) error
	Position func(ctx context.Context, t *Turn, p geo.Point) error
}

// An Action is what a button does in every state, long after it was offered. It
// checks rights and states anew.
type Action func(ctx context.Context, t *Turn, arg string) error

// A Task does work outside a turn. It reads and writes by transactions of its own.
type Task func(ctx context.Context, b *Bot, payload []byte) error

// A Copying makes the message of a broadcast when it is sent: the same for all who have
// the scene's language. A nil message means that there is nothing to say any more.
type Copying func(ctx context.Context, s *Scene, b *core.Broadcast) (*core.Message, error)

// A Rendering makes the message of a Reference when it is sent. A nil message means
// that there is nothing to say any more.
type Rendering func(ctx context.Context, s *Scene, subjects []int64) (*core.Message, error)
