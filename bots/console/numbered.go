package console

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"tocsin/core"
)

// window is how many numbered lines wait for their answers at once: fewer than a
// queue keeps for one chat, so that a script is never taken for a flood.
const window = 16

// A report says what has come of a line.
type report string

const (
	handled report = "="
	refused report = "!"
	unread  report = "?"
	remark  report = "#"
)

// A numbered is a line of a script.
type numbered struct {
	number string // as it was given
	chat   chatName
	event  core.Event
}

// The longest number and name of a chat, in bytes.
const (
	maxNumber = 19
	maxName   = 200
)

// parse reads a numbered line; chat is where it is from if it does not say.
func (l line) parse(chat chatName) (numbered, bool) {
	number, text, ok := strings.Cut(l.text, "\t")
	if !ok || number == "" || len(number) > maxNumber || strings.Trim(number, "0123456789") != "" {
		return numbered{}, false
	}
	n := numbered{number: number, chat: chat}
	if rest, ok := strings.CutPrefix(text, "@"); ok {
		if name, said, ok := strings.Cut(rest, "\t"); ok {
			n.chat, text = chatName(name), said
		}
	}
	if !n.chat.valid() {
		return numbered{}, false
	}
	if n.event = (line{text: text, long: l.long}).event(); n.event == nil {
		n.event = core.Text{Body: ""}
	}
	return n, true
}

// valid reports whether a line of the protocol can name the chat.
func (c chatName) valid() bool {
	return c != "" && len(c) <= maxName && utf8.ValidString(string(c)) && clean(string(c)) == string(c)
}

// A script is the lines of which somebody wants to know what has come.
type script struct {
	*Adapter
	queue   core.Queue
	failed  context.CancelCauseFunc // called if it cannot be told
	answers sync.WaitGroup
	slots   chan struct{}              // holds a value for each line without an answer
	told    map[chatName]chan struct{} // closed once the last line of a chat is reported
}

// follow submits the lines of a script, and says what has come of each.
func (a *Adapter) follow(ctx context.Context, q core.Queue, in *listener) error {
	reading, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	s := &script{
		Adapter: a, queue: q, failed: stop,
		slots: make(chan struct{}, window), told: map[chatName]chan struct{}{},
	}
	for n := 1; ; n++ {
		l, ok := in.next(reading)
		if !ok {
			break
		}
		if l.open {
			continue // its rest may have been lost
		}
		if given, ok := l.parse(a.chat()); ok {
			s.submit(ctx, given)
		} else {
			s.tell(ctx, unread, decimal(n))
		}
	}
	s.answers.Wait()
	if ctx.Err() == nil && reading.Err() != nil {
		return context.Cause(reading)
	}
	return in.why(ctx)
}

// submit submits a line once there is a slot, and reports it after those of its chat
// that came before.
func (s *script) submit(ctx context.Context, given numbered) {
	s.slots <- struct{}{}
	done := s.queue.Submit(ctx, s.update(given.number, given.chat, given.event))
	before, mine := s.told[given.chat], make(chan struct{})
	s.told[given.chat] = mine
	s.answers.Go(func() {
		r := handled
		if err := <-done; err != nil {
			r = refused
		}
		if before != nil {
			<-before
		}
		s.tell(ctx, r, given.number)
		close(mine)
		<-s.slots
	})
}

// tellTime is how long what has come of a line may take to be told, also when the
// program is about to end.
const tellTime = 5 * time.Second

// tell writes what has come of a line.
func (s *script) tell(ctx context.Context, r report, about string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellTime)
	defer cancel()
	if err := s.screen.write(ctx, s.Out, string(r)+"\t"+about+"\n"); err != nil {
		s.failed(err)
	}
}

// keyed returns a message as one line of the protocol.
func keyed(d core.Delivery, own chatName, text string) (string, error) {
	var b bytes.Buffer
	b.WriteString(string(d.Key) + "\t")
	if chat := chatName(d.To.Chat); chat != own {
		b.WriteString("@" + string(chat) + "\t")
	}
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil { // ends with the end of the line
		return "", err
	}
	return b.String(), nil
}
