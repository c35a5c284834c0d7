package console

import (
	"context"
	"crypto/rand"
	"io"
	"os"
	"strconv"
	"time"

	"tocsin/core"
)

// An Adapter is a chat in the terminal. Its fields are not changed once it is used.
type Adapter struct {
	ID       core.BotID // "console:terminal"
	Chat     string     // the name of the chat, and of who speaks in it; "" means "terminal"
	Language string     // what the person's client says, BCP 47; may be empty
	Numbered bool       // speak the protocol for scripts
	In       io.Reader
	Out      io.Writer
	Files    string // a directory in which files are saved; "": they are only named

	// Getenv tells what TERM and NO_COLOR are; nil means os.Getenv.
	Getenv func(string) string

	screen screen
}

var _ core.Adapter = (*Adapter)(nil)

// Bot returns the ID.
func (a *Adapter) Bot() core.BotID { return a.ID }

// Capabilities returns what a terminal can show. A numbered one shows a message that
// is sent twice once: its reader knows the key.
func (a *Adapter) Capabilities() core.Capabilities {
	return core.Capabilities{Files: true, SendsOnce: a.Numbered}
}

// Run submits what is typed until the input ends or ctx is done, and returns once all
// of it is answered. To stop waiting for input it closes In if that is an io.Closer
// but no file; a reader that can neither be closed nor polled keeps one goroutine
// until it returns. Run fails with Unavailable if the input breaks, or, when
// numbered, if what has come of a line can no longer be told. It is called once.
func (a *Adapter) Run(ctx context.Context, q core.Queue) error {
	in, err := a.listen()
	if err != nil {
		return err
	}
	defer in.close()
	if a.Numbered {
		return a.follow(ctx, q, in)
	}
	return a.talk(ctx, q, in)
}

// talk submits one line after the other.
func (a *Adapter) talk(ctx context.Context, q core.Queue, in *listener) error {
	run := rand.Text()
	for n := 1; ; n++ {
		l, ok := in.next(ctx)
		if !ok {
			return in.why(ctx)
		}
		if e := l.event(); e != nil {
			give(ctx, q, a.update(run+"-"+strconv.Itoa(n), a.chat(), e))
		}
	}
}

// The waits before a line is given again that could not be handled.
const (
	firstWait   = 50 * time.Millisecond
	longestWait = 5 * time.Second
)

// give submits u until it is handled, or ctx is done.
func give(ctx context.Context, q core.Queue, u *core.Update) {
	for wait := firstWait; ; wait = min(2*wait, longestWait) {
		if err := <-q.Submit(ctx, u); err == nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// update returns what happened in a chat.
func (a *Adapter) update(id string, chat chatName, e core.Event) *core.Update {
	return &core.Update{
		ID:       id,
		Chat:     core.ChatRef{Bot: a.ID, Chat: string(chat)},
		Kind:     core.Private,
		Sender:   &core.AccountRef{Bot: a.ID, ID: string(chat)},
		Language: a.Language,
		At:       time.Now(),
		Event:    e,
	}
}

// A chatName names a chat, and who speaks in it.
type chatName string

// chat returns the name of the adapter's own chat.
func (a *Adapter) chat() chatName {
	if a.Chat == "" {
		return "terminal"
	}
	return chatName(a.Chat)
}

// env returns a variable of the environment.
func (a *Adapter) env(name string) string {
	if a.Getenv == nil {
		return os.Getenv(name)
	}
	return a.Getenv(name)
}
