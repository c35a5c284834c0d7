package mailtest

import (
	"context"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"tocsin/bots/tlstest"
)

// An Encryption says how a Server uses TLS.
type Encryption string

const (
	Plain    Encryption = ""         // never
	StartTLS Encryption = "starttls" // offered by STARTTLS; a login needs it
	Implicit Encryption = "implicit" // from the first byte, as on port 465
)

// Options says what a Server offers.
type Options struct {
	Encryption Encryption
	User       string   // "": no login is offered
	Password   string   // of User
	Logins     []string // the mechanisms; nil: PLAIN and LOGIN
	ClearLogin bool     // take a login without TLS
	UTF8       bool     // offer SMTPUTF8
	Host       string   // the host that URL names; "": 127.0.0.1
}

// hostnames are those that the certificate of a Server is for.
var hostnames = []string{"localhost", "mail.example.test"}

// A Server is a running SMTP server. It stops at the end of its test at the latest.
type Server struct {
	options  Options
	roots    *x509.CertPool
	listener *listener
	connect  func(context.Context) (net.Conn, error)
	port     string
	smtp     *smtp.Server
	stopping chan struct{}
	stopped  func()

	mu      sync.Mutex
	faults  map[stage]fault
	letters []Letter
	arrived chan struct{} // closed and made anew when a letter arrives
}

// Start runs a Server on loopback TCP, in clear and without a login.
func Start(t testing.TB) *Server {
	t.Helper()
	return StartWith(t, Options{})
}

// StartWith runs a Server on loopback TCP that offers what o says.
func StartWith(t testing.TB, o Options) *Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("mailtest: listen: %v", err)
	}
	s := newServer(t, l, o)
	_, s.port, _ = net.SplitHostPort(l.Addr().String())
	s.connect = func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", l.Addr().String())
	}
	s.serve(t)
	return s
}

// Pipe runs a Server in memory, in clear and without a login. Only Dial reaches it.
func Pipe(t testing.TB) *Server {
	t.Helper()
	l := &pipeListener{waiting: make(chan net.Conn), closed: make(chan struct{})}
	s := newServer(t, l, Options{})
	s.port = "25"
	s.connect = l.dial
	s.serve(t)
	return s
}

func newServer(t testing.TB, l net.Listener, o Options) *Server {
	t.Helper()
	if o.Host == "" {
		o.Host = "127.0.0.1"
	}
	s := &Server{
		options:  o,
		listener: newListener(l),
		stopping: make(chan struct{}),
		faults:   map[stage]fault{},
		arrived:  make(chan struct{}),
	}
	s.smtp = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{server: s, conn: c}, nil
	}))
	s.smtp.Domain = "mail.example.test"
	s.smtp.ErrorLog = log.New(io.Discard, "", 0)
	s.smtp.EnableSMTPUTF8 = o.UTF8
	s.smtp.AllowInsecureAuth = o.ClearLogin
	if o.Encryption != Plain {
		s.roots, s.smtp.TLSConfig = tlstest.Certificate(t, hostnames...)
	}
	if o.Encryption == Implicit {
		s.listener.tls = s.smtp.TLSConfig
	}
	return s
}

func (s *Server) serve(t testing.TB) {
	var served sync.WaitGroup
	served.Go(func() { _ = s.smtp.Serve(s.listener) })
	s.stopped = sync.OnceFunc(func() {
		close(s.stopping)
		s.listener.closeAll()
		served.Wait()
		_ = s.smtp.Shutdown(context.Background()) // waits for the connections' ends
	})
	t.Cleanup(s.Stop)
}

// Stop ends the server and all its connections. Who connects later is refused.
func (s *Server) Stop() { s.stopped() }

// URL returns what to put in SMTP_URL, with the user and the password if there are.
func (s *Server) URL() string {
	u := url.URL{Scheme: "smtp", Host: net.JoinHostPort(s.options.Host, s.port)}
	if s.options.Encryption == Implicit {
		u.Scheme = "smtps"
	}
	if s.options.User != "" {
		u.User = url.UserPassword(s.options.User, s.options.Password)
	}
	return u.String()
}

// RootCAs returns who signs the server's certificate, or nil if it has none. The
// certificate is for 127.0.0.1, ::1, localhost and mail.example.test.
func (s *Server) RootCAs() *x509.CertPool { return s.roots }

// Dial connects to the server, whatever address says. It fits the Dialer of
// mail.Config.
func (s *Server) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	return s.connect(ctx)
}

// Open returns how many connections are open.
func (s *Server) Open() int { return s.listener.open() }

// Opened returns how many connections there have been.
func (s *Server) Opened() int { return s.listener.opened() }

// Letters returns the letters taken so far, in their order.
func (s *Server) Letters() []Letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Letter(nil), s.letters...)
}

// Wait returns the letters as soon as there are n. It fails the test if they do not
// come within 10 s.
func (s *Server) Wait(t testing.TB, n int) []Letter {
	t.Helper()
	late := time.NewTimer(10 * time.Second)
	defer late.Stop()
	for {
		s.mu.Lock()
		letters, arrived := append([]Letter(nil), s.letters...), s.arrived
		s.mu.Unlock()
		if len(letters) >= n {
			return letters
		}
		select {
		case <-arrived:
		case <-late.C:
			t.Fatalf("mailtest: %d of %d letters came", len(letters), n)
		}
	}
}

func (s *Server) keep(l Letter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.letters = append(s.letters, l)
	close(s.arrived)
	s.arrived = make(chan struct{})
}
