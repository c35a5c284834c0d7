package matrixtest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"maunium.net/go/mautrix/id"
)

// FakeURL is the address of each Fake.
const FakeURL = "http://localhost"

// A Fake is a homeserver that is none: it serves one account what an adapter asks for, in
// the time of a testing/synctest bubble, and does what Dendrite never does. Its chats are
// not encrypted. It remembers the names of sends for a day, as Synapse does: by room and
// device, through a restart and whatever the token.
type Fake struct {
	User     id.UserID
	Password string

	pipes chan net.Conn
	ended chan struct{}

	mu      sync.Mutex
	more    chan struct{} // closed when something happened
	token   string
	logins  int
	refusal *Answer // of every call that needs a token; nil: none
	rooms   map[id.RoomID]*fakeRoom
	news    []fakeEvent // in order: a sync token is an index
	plan    []Answer
	ever    *Answer // of every sync; nil: none
	taken   map[string]taken
	calls   []Call
}

// A Call is one request to a Fake.
type Call struct {
	At     time.Time
	Method string
	Path   string
	Body   string
}

// An Answer befalls one send.
type Answer struct {
	Status int
	Header http.Header
	Body   string
	Done   bool // the message is in the room all the same
}

// taken is a send that the server remembers.
type taken struct {
	event id.EventID
	at    time.Time
}

type fakeRoom struct {
	person id.UserID
	sent   []string // what the bot wrote, in order
}

type fakeEvent struct {
	room id.RoomID
	data map[string]any
}

// memory is how long Synapse remembers the name of a send (_cleanup_old_transaction_ids).
const memory = 24 * time.Hour

// NewFake returns a server with one account, which ends with the test.
func NewFake(t testing.TB) *Fake {
	f := &Fake{
		User: "@bot:example.org", Password: "hunter22", token: "token-0", pipes: make(chan net.Conn), ended: make(chan struct{}),
		more: make(chan struct{}), rooms: map[id.RoomID]*fakeRoom{}, taken: map[string]taken{},
	}
	server := &http.Server{Handler: f}
	var served sync.WaitGroup
	served.Go(func() { _ = server.Serve(f) })
	t.Cleanup(func() {
		_ = server.Close()
		served.Wait()
	})
	return f
}

// Dial connects to the server, whatever the address says.
func (f *Fake) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case f.pipes <- there:
		return here, nil
	case <-f.ended:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept, Close and Addr implement net.Listener.
func (f *Fake) Accept() (net.Conn, error) {
	select {
	case c := <-f.pipes:
		return c, nil
	case <-f.ended:
		return nil, net.ErrClosed
	}
}

// Close ends the server.
func (f *Fake) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	select {
	case <-f.ended:
	default:
		close(f.ended)
	}
	return nil
}

// Addr says where nobody finds it.
func (f *Fake) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }

// Chat returns the chat of the bot with a person.
func (f *Fake) Chat(person id.UserID) id.RoomID {
	f.mu.Lock()
	defer f.mu.Unlock()
	name, _, _ := person.Parse()
	room := id.RoomID("!" + name + ":example.org")
	f.rooms[room] = &fakeRoom{person: person}
	return room
}

// Say lets the person of a chat write, and returns the name of what they wrote.
func (f *Fake) Say(room id.RoomID, text string) id.EventID {
	return f.Happen(room, "m.room.message", map[string]any{"msgtype": "m.text", "body": text})
}

// Happen puts any event of the person into a chat.
func (f *Fake) Happen(room id.RoomID, kind string, content any) id.EventID {
	f.mu.Lock()
	defer f.mu.Unlock()
	name := id.EventID(fmt.Sprint("$", len(f.news)))
	f.news = append(f.news, fakeEvent{room, map[string]any{
		"type": kind, "event_id": name, "sender": f.rooms[room].person, "origin_server_ts": time.Now().UnixMilli(), "content": content,
	}})
	f.wake()
	return name
}

// Plan says what befalls the next sends, in turn; after that they succeed.
func (f *Fake) Plan(answers ...Answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.plan = append(f.plan, answers...)
}

// Refuse answers every call that needs a token, until a login; nil ends it.
func (f *Fake) Refuse(a *Answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refusal = a
	f.wake()
}

// Trouble answers every sync; nil ends it.
func (f *Fake) Trouble(a *Answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ever = a
	f.wake()
}

// Refused is what a server says to a token or an account that it does not let in.
func Refused(code string) *Answer {
	status := http.StatusUnauthorized
	if code != "M_UNKNOWN_TOKEN" {
		status = http.StatusForbidden
	}
	return &Answer{Status: status, Body: fmt.Sprintf(`{"errcode":%q,"error":"no"}`, code)}
}

// Forget makes the server forget the names of all sends, as Dendrite does when it restarts.
func (f *Fake) Forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.taken)
}

// Sent returns what the bot wrote into a chat, in order.
func (f *Fake) Sent(room id.RoomID) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.rooms[room].sent)
}

// Calls returns the calls so far whose method and path hold text.
func (f *Fake) Calls(text string) (out []Call) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.calls {
		if strings.Contains(c.Method+" "+c.Path, text) {
			out = append(out, c)
		}
	}
	return out
}

// wake lets syncs look again. f.mu is held.
func (f *Fake) wake() {
	close(f.more)
	f.more = make(chan struct{})
}
