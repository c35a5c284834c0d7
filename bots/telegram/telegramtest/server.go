package telegramtest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"tocsin/bots/tlstest"
)

// Options says what a Server is like. The zero value is a server on loopback TCP in
// clear, in virtual time, without limits on rates, with one bot.
type Options struct {
	Clock    Clock
	InMemory bool   // only Dial and Client reach it, as a testing/synctest bubble needs
	TLS      bool   // with a certificate that RootCAs trusts
	Limits   Limits // zero: none; PublishedLimits are those that Telegram names
	Seed     uint64 // of the first update ids

	// Lenient lets parameters pass that the Bot API 10.1 does not know. Else each is a
	// problem that fails the test: the real server ignores a mistyped name.
	Lenient bool

	// LoopbackWebhooks lets setWebhook take http and any port for loopback addresses.
	LoopbackWebhooks bool
	// WebhookDial connects to webhooks; nil means the network.
	WebhookDial func(ctx context.Context, network, addr string) (net.Conn, error)
	// WebhookRoots signs the certificates of webhooks; nil means the system's roots.
	WebhookRoots *x509.CertPool

	// CallbackWindow is how long a tap can be answered; 0 means 15 s. The real one is
	// not published.
	CallbackWindow time.Duration

	// MalformedToken404 answers malformed tokens with 404, as api.telegram.org may, and
	// not with the 401 of the public source.
	MalformedToken404 bool
}

// A Server is a running Bot API server. All its methods can be called side by side.
type Server struct {
	t        testing.TB // nil: Open made it
	options  Options
	clock    *clock
	gate     *gate
	roots    *x509.CertPool
	http     *http.Server
	hooks    *http.Client // delivers to webhooks
	life     context.Context
	methods  map[string]method
	stopped  func()
	delivery sync.WaitGroup

	mu         sync.Mutex
	over       bool
	random     *rand.Rand
	serial     int64 // of users, chats, queries and files
	box        int   // the last message id of private chats and basic groups
	began      time.Time
	bots       []*Bot
	people     map[int64]*person
	chats      map[int64]*chat // all but private ones
	private    map[pair]*chat
	files      map[string]*File // by file_unique_id
	taps       map[string]*tap
	inline     map[string]*inlined
	faults     []*planned
	calls      []*Call
	violations []Violation
	problems   []string
	read       map[reader]int
	said       []Message // what bots wrote, edited and deleted
	lanes      map[lane]*bucket
	changed    chan struct{} // closed and made anew whenever something happens
}

// A pair names the private chat of a bot and a person.
type pair struct{ bot, person int64 }

// New runs a Server until the end of t. Then it fails t for each of Problems.
func New(t testing.TB, o Options) *Server {
	t.Helper()
	s := Open(o)
	s.t = t
	s.gate = &gate{addr: "127.0.0.1:0", conns: map[net.Conn]struct{}{}}
	if o.InMemory {
		s.gate.pipe, s.gate.addr = make(chan net.Conn), "telegram.test"
	}
	if o.TLS {
		s.roots, s.gate.tls = tlstest.Certificate(t, "localhost")
	}
	s.http = &http.Server{Handler: s, ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: time.Minute}
	if err := s.gate.unlock(s.serve); err != nil {
		t.Fatalf("telegramtest: listen: %v", err)
	}
	t.Cleanup(func() {
		s.Stop()
		for _, p := range s.Problems() {
			t.Errorf("telegramtest: %s", p)
		}
	})
	return s
}

// Open returns a Server without a network address: it is a http.Handler, to be
// stopped by Stop.
func Open(o Options) *Server {
	if o.CallbackWindow == 0 {
		o.CallbackWindow = 15 * time.Second
	}
	s := &Server{
		options: o, methods: methods(), clock: newClock(o.Clock), random: rand.New(rand.NewPCG(o.Seed, 1)),
		people: map[int64]*person{}, chats: map[int64]*chat{}, private: map[pair]*chat{}, files: map[string]*File{},
		taps: map[string]*tap{}, inline: map[string]*inlined{}, read: map[reader]int{}, lanes: map[lane]*bucket{}, changed: make(chan struct{}),
	}
	s.began = s.clock.time()
	var end context.CancelFunc
	s.life, end = context.WithCancel(context.Background())
	dial := o.WebhookDial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	s.hooks = &http.Client{
		Transport:     &http.Transport{DialContext: dial, TLSClientConfig: &tls.Config{RootCAs: o.WebhookRoots, MinVersion: tls.VersionTLS12}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	s.stopped = sync.OnceFunc(func() { s.stop(end) })
	s.AddBot("tocsin_bot")
	return s
}

// Stop ends the server, its connections and its deliveries.
func (s *Server) Stop() { s.stopped() }

func (s *Server) stop(end context.CancelFunc) {
	s.mu.Lock()
	s.over = true
	s.mu.Unlock()
	end()
	s.clock.stop()
	if s.gate != nil {
		s.gate.shut()
		_ = s.http.Close()
	}
	s.delivery.Wait()
	s.hooks.CloseIdleConnections()
}

func (s *Server) serve(l net.Listener) { _ = s.http.Serve(l) }

// Down refuses new connections and resets those that are open, until Up.
func (s *Server) Down() { s.gate.shut() }

// Up listens again at the address it had. It fails t if that has been taken.
func (s *Server) Up(t testing.TB) {
	t.Helper()
	if err := s.gate.unlock(s.serve); err != nil {
		t.Fatalf("telegramtest: listen again: %v", err)
	}
}

// URL returns what stands before /bot in a call, without a slash at its end.
func (s *Server) URL() string {
	scheme := "http"
	if s.options.TLS {
		scheme = "https"
	}
	return fmt.Sprintf("%s://%s", scheme, s.gate.addr)
}

// RootCAs returns who signs the server's certificate, or nil if it has none.
func (s *Server) RootCAs() *x509.CertPool { return s.roots }

// Dial connects to the server, whatever address says.
func (s *Server) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return s.gate.dial(ctx, network, address)
}

// Now returns the server's time.
func (s *Server) Now() time.Time { return s.clock.time() }

// Advance lets d pass: what comes due on the way happens in its order. In real time
// it is a jump of the clock.
func (s *Server) Advance(d time.Duration) { s.clock.advance(d) }

// Problems returns what a real server would have let pass in silence although it is
// surely a mistake, and removes it.
func (s *Server) Problems() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.problems
	s.problems = nil
	return all
}

// wake tells who waits that something has happened. It is called with mu held, as
// are all methods of Server in lower case unless they say otherwise.
func (s *Server) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *Server) problem(format string, args ...any) {
	s.problems = append(s.problems, fmt.Sprintf(format, args...))
}

// fail ends the test whose people do what people cannot do.
func (s *Server) fail(format string, args ...any) {
	if s.t == nil {
		panic("telegramtest: " + fmt.Sprintf(format, args...))
	}
	s.t.Helper()
	s.t.Fatalf("telegramtest: "+format, args...)
}

// number returns a number that no other thing of the server has.
func (s *Server) number() int64 {
	s.serial++
	return s.serial
}
