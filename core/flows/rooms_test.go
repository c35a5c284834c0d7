//go:build goolm

package flows_test

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"maunium.net/go/mautrix/id"

	"tocsin/bots/matrix"
	"tocsin/bots/matrix/matrixtest"
	"tocsin/core"
	"tocsin/core/conversation/transcript"
)

// rooms are the people of a transcript on Matrix: our adapter in front of a real homeserver,
// where each has a client with keys of its own and an encrypted chat. The store's clock
// stands still but where the transcript says that time passes. This is all that is made
// alike; what else differs is a fault:
//
//	choices are numbered lines, with the bot's reactions beneath    they are the buttons
//	a place and a file are messages of their own, below              they are lines of the text that they come with
//	a message with a place cannot be edited                          taken back and sent anew: "bot edits"
//	nobody says their language                                       the campaign's is that of the transcript
//	the bot says where it is                                         "on Matrix" is "in a terminal" in the files
//	what is said in two chats at once has no order                  what is said elsewhere is first in the files
//	an account may say about one thing in five seconds               there is no limit, since answers show the time of day
type rooms struct {
	*matrix.Adapter
	stage  *stage
	tables *sql.DB // of the store, to look whether all is still
	server *matrixtest.Server
	bot    matrixtest.Account
	chats  map[string]*matrixtest.Chat
	humans map[string]id.UserID
	names  map[string]string // of the people, by the room
	wrote  map[string]id.EventID
	marks  map[string][]mark     // by room: what the choices of messages are
	texts  map[id.EventID]string // messages
	read   map[string]int        // by room: of what happened in it
	begun  time.Time             // the store's clock, by what passed

	mu      sync.Mutex
	more    chan struct{}        // closed when something changed
	asks    map[string]bool      // the messages that ask for a position
	handled map[string]error     // updates
	sent    map[string]sentParts // by room, since it was seen last
	sending int
}

// sentParts are what was sent into a room, replaced there, and taken back.
type sentParts struct{ shown, edits, taken core.Receipt }

// A mark is a message with choices.
type mark struct {
	on     id.EventID
	labels []string
}

var _ platform = (*rooms)(nil)

// openMatrix starts a stage on Matrix.
func openMatrix(t *testing.T, lang string) *stage {
	t.Helper()
	r := &rooms{
		server: matrixtest.Shared(t), chats: map[string]*matrixtest.Chat{}, names: map[string]string{},
		wrote: map[string]id.EventID{}, texts: map[id.EventID]string{}, humans: map[string]id.UserID{}, marks: map[string][]mark{}, read: map[string]int{},
		more: make(chan struct{}), asks: map[string]bool{}, handled: map[string]error{}, sent: map[string]sentParts{}, begun: opening,
	}
	r.bot = r.server.Register(t, "bot")
	var err error
	r.Adapter, err = matrix.New(matrix.Config{
		Homeserver: r.server.URL(), User: string(r.bot.ID), Password: r.bot.Password,
		Database: "sqlite:" + filepath.Join(t.TempDir(), "matrix.db"), Unlimited: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Adapter.Key = bytes.Repeat([]byte{7}, 32)
	if _, err := r.Adapter.SetUp(t.Context(), matrix.SetUp{Show: func(string) error { return nil }}); err != nil {
		t.Fatal(err)
	}
	s := build(t, lang, time.Until(opening), func(s *stage) platform {
		s.store.Halt(opening)
		r.stage, r.Adapter.Log = s, s.bot.Log
		s.bot.Campaign.Language = lang
		s.pass = r.pass
		if r.tables, err = sql.Open("sqlite", "file:"+filepath.Join(s.dir, "t.db")+"?mode=ro"); err != nil {
			t.Fatal(err)
		}
		return r
	})
	t.Cleanup(func() { _ = r.tables.Close() })
	r.until("the bot receives", func() bool { return r.State() == matrix.Receiving })
	return s
}

// Capabilities implements core.Adapter.
func (r *rooms) Capabilities() core.Capabilities {
	can := r.Adapter.Capabilities()
	can.Limits = core.Limits{}
	return can
}

// Run implements core.Adapter.
func (r *rooms) Run(ctx context.Context, q core.Queue) error {
	return r.Adapter.Run(ctx, noting{r, q})
}

// A noting is a queue that notes what is handled.
type noting struct {
	*rooms
	queue core.Queue
}

// Submit implements core.Queue.
func (n noting) Submit(ctx context.Context, u *core.Update) <-chan error {
	from, to := n.queue.Submit(ctx, u), make(chan error, 1)
	go func() {
		err := <-from
		n.change(func() { n.handled[u.ID] = err })
		to <- err
	}()
	return to
}

// Send implements core.Adapter.
func (r *rooms) Send(ctx context.Context, d core.Delivery) (core.Receipt, error) {
	r.change(func() { r.sending++ })
	receipt, err := r.Adapter.Send(ctx, d)
	if err != nil {
		r.change(func() { r.sending-- })
		return nil, err
	}
	r.change(func() {
		r.sending--
		was := r.sent[d.To.Chat]
		was.shown = append(was.shown, receipt...)
		switch c := d.Content.(type) {
		case *core.Message:
			r.asks[string(receipt[0])] = c.AskHere
		case *core.Edit:
			r.asks[string(receipt[0])] = c.Message.AskHere
			if slices.Equal(receipt, c.Parts) {
				was.edits = append(was.edits, receipt...)
			} else {
				was.taken = append(was.taken, c.Parts...)
			}
		}
		r.sent[d.To.Chat] = was
	})
	return receipt, err
}

// change changes what others may wait for.
func (r *rooms) change(fn func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fn()
	close(r.more)
	r.more = make(chan struct{})
}

// slow is how long a machine that has much to do may take for anything.
const slow = 30 * time.Second

// until waits until ok, which runs under r.mu, says so: it is asked again whenever
// something changed, and now and then.
func (r *rooms) until(what string, ok func() bool) {
	late := time.After(slow)
	for {
		r.mu.Lock()
		done, more := ok(), r.more
		r.mu.Unlock()
		if done {
			return
		}
		select {
		case <-more:
		case <-time.After(2 * time.Millisecond):
		case <-late:
			r.stage.t.Fatalf("on Matrix: this did not come: %s\n%s", what, r.stage.log)
		}
	}
}

// pass lets the store's clock go on by d, and waits until all that is due was done: each
// thing at its time.
func (r *rooms) pass(d time.Duration) {
	until := r.begun.Add(d)
	for r.begun.Before(until) {
		at := until
		if next := r.next(); next.Before(until) && next.After(r.begun) {
			at = next
		}
		r.stage.store.Advance(at.Sub(r.begun))
		r.begun = at
		r.until("what is due", r.still)
	}
}

// next returns when the next thing is due.
func (r *rooms) next() time.Time {
	var at int64
	if err := r.tables.QueryRow("SELECT COALESCE(min(next_at), ?) FROM outbox WHERE state='queued'", math.MaxInt64).Scan(&at); err != nil {
		r.stage.t.Errorf("on Matrix: %v", err)
	}
	return time.UnixMicro(at)
}

// still reports whether nothing is due, or under way: what was tried and not settled. What
// works is woken, since it cannot know when a clock that stands will be moved.
func (r *rooms) still() bool {
	r.wake()
	var n int
	err := r.tables.QueryRow("SELECT count(*) FROM outbox WHERE state='queued' AND (attempt > settled OR next_at <= ?)", r.begun.UnixMicro()).Scan(&n)
	if err != nil {
		r.stage.t.Errorf("on Matrix: %v", err)
	}
	return n == 0 && r.sending == 0
}

// wake lets what sends and works look at once.
func (r *rooms) wake() {
	for _, wake := range r.stage.wake {
		select {
		case wake <- struct{}{}:
		default: // it was woken already
		}
	}
}

// home implements platform.
func (r *rooms) home(who string) (core.ChatRef, core.AccountRef) {
	c := r.chat(who)
	c.Joined(r.bot.ID)
	return core.ChatRef{Bot: r.Bot(), Chat: string(c.Room)}, core.AccountRef{Bot: r.Bot(), ID: string(r.humans[who])}
}

// chat returns the chat of a person, who opens it if there is none.
func (r *rooms) chat(who string) *matrixtest.Chat {
	if r.chats[who] == nil {
		h := r.server.Human(r.stage.t, who)
		r.chats[who] = h.Direct(r.bot.ID)
		r.humans[who], r.names[string(r.chats[who].Room)] = h.ID, who
	}
	return r.chats[who]
}

// act implements platform.
func (r *rooms) act(l transcript.Line) error {
	c := r.chat(l.Who)
	event, err := r.do(c, l)
	if err != nil {
		return err
	}
	r.until("the answer to "+l.Text, func() bool { _, ok := r.handled[string(event)]; return ok })
	return r.handled[string(event)]
}

func (r *rooms) do(c *matrixtest.Chat, l transcript.Line) (id.EventID, error) {
	switch l.Verb {
	case transcript.Says:
		r.wrote[l.Who] = c.Write(l.Text)
		return r.wrote[l.Who], nil
	case transcript.Press:
		return r.press(c, l.Text)
	case transcript.Edits:
		return c.Edit(r.wrote[l.Who], l.Text), nil
	case transcript.Shares:
		return c.Share(fmt.Sprintf("geo:%f,%f;u=20", l.Lat, l.Lon)), nil
	case transcript.Sends:
		return c.Sends(core.MediaKind(l.Text)), nil
	}
	return "", fmt.Errorf("nobody %s on Matrix", l.Verb)
}

// press puts the reaction of a choice under the last message that shows it. Where a
// position is asked for, phones have a keyboard, which writes.
func (r *rooms) press(c *matrixtest.Chat, label string) (id.EventID, error) {
	for _, m := range slices.Backward(r.marks[string(c.Room)]) {
		if i := slices.IndexFunc(m.labels, func(l string) bool { return visible(l) == label }); i >= 0 {
			if r.asks[string(m.on)] {
				return c.Write(label), nil
			}
			return c.React(m.on, fmt.Sprintf("%d\ufe0f\u20e3", i+1)), nil
		}
	}
	return "", fmt.Errorf("nothing shows the choice %q", label)
}

// seen implements platform.
func (r *rooms) seen() []string {
	r.mu.Lock()
	sent := r.sent
	r.sent = map[string]sentParts{}
	r.mu.Unlock()
	var all []matrixtest.Change
	in := map[id.EventID]string{}
	for _, who := range r.present() {
		c := r.chats[who]
		room := string(c.Room)
		c.See(sent[room].shown...)
		c.Reread(sent[room].edits...)
		c.Lose(sent[room].taken...)
		var changes []matrixtest.Change
		changes, r.read[room] = c.Changes(r.read[room])
		for _, change := range changes {
			in[change.ID] = room
		}
		all = append(all, changes...)
	}
	var out []*showing
	for _, change := range all {
		out = r.show(out, in[change.ID], change)
	}
	lines := make([]string, len(out))
	for i, s := range out {
		text := strings.Join(append([]string{s.text}, s.below...), "\n")
		if len(s.labels) > 0 {
			text += "\n[" + strings.Join(s.labels, "] [") + "]"
		}
		lines[i] = r.stage.written(saying{s.who, r.names[s.room], text})
	}
	return lines
}

// present returns the people: the one who acts is the last.
func (r *rooms) present() []string {
	return slices.SortedFunc(maps.Keys(r.chats), func(a, b string) int {
		if (a == r.stage.here) != (b == r.stage.here) {
			if a == r.stage.here {
				return 1
			}
			return -1
		}
		return cmp.Compare(a, b)
	})
}

// A showing is what a person sees of one message, or of one change of it.
type showing struct {
	who, room string
	text      string
	below     []string // its place and its file
	labels    []string
}

// show adds a change to what is seen. A message that is taken back once another was said is
// replaced by that.
func (r *rooms) show(out []*showing, room string, c matrixtest.Change) []*showing {
	var last *showing // in this room
	for _, s := range out {
		if s.room == room {
			last = s
		}
	}
	switch {
	case c.Kind == matrixtest.Reacted:
		return out
	case c.Kind == matrixtest.Taken && r.texts[c.On] == "":
		return out // a reaction
	case c.Kind == matrixtest.Taken && last != nil:
		last.who = "bot edits"
		return out
	case c.Kind == matrixtest.Taken:
		return append(out, &showing{who: "bot takes back", room: room, text: r.texts[c.On]})
	case c.Sealed:
		return append(out, &showing{who: "bot", room: room, text: "(it cannot be decrypted)"})
	case c.Type == "m.location":
		r.texts[c.ID] = c.Text
		last.below = append(last.below, "<pin "+visible(c.Text)+">")
		return out
	case c.Type == "m.file":
		r.texts[c.ID] = c.Text
		last.below = append(last.below, "<file "+c.Text+">")
		return out
	}
	s := &showing{who: "bot", room: room}
	on := c.ID
	if c.Kind == matrixtest.Replaced {
		s.who, on = "bot edits", c.On
	}
	s.text, s.labels = choicesIn(c.Text)
	s.text = visible(s.text)
	r.texts[on] = s.text
	r.marks[room] = slices.DeleteFunc(r.marks[room], func(m mark) bool { return m.on == on })
	r.marks[room] = append(r.marks[room], mark{on, s.labels})
	return append(out, s)
}

// numbered is a line that is a choice.
var numbered = regexp.MustCompile(`^(\d)\x{fe0f}\x{20e3} (.*)$`)

// choicesIn parts the choices from the end of a text.
func choicesIn(text string) (string, []string) {
	lines := strings.Split(text, "\n")
	var labels []string
	for len(lines) > 0 {
		m := numbered.FindStringSubmatch(lines[len(lines)-1])
		if m == nil {
			break
		}
		labels = append(labels, strings.NewReplacer("\u2068", "", "\u2069", "").Replace(m[2]))
		lines = lines[:len(lines)-1]
	}
	slices.Reverse(labels)
	if len(labels) > 0 && len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return strings.Join(lines, "\n"), labels
}
