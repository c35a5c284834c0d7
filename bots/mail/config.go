package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	netmail "net/mail"
	"time"

	"tocsin/core"
)

const (
	defaultTimeout  = 30 * time.Second
	defaultParallel = 4
)

// A Config says how letters are sent. URL and From are needed, the rest has
// defaults. It holds a password, so it prints and logs as "[mail config]".
type Config struct {
	URL  string // SMTP_URL: smtp://user:password@host:587 or smtps://user:password@host:465
	From string // MAIL_FROM: an address, or a name and an address: Campaign <post@example.org>

	RootCAs  *x509.CertPool // who may sign the server's certificate; nil: whom the system trusts
	Timeout  time.Duration  // the longest that one call takes; 0: 30 s
	Parallel int            // the most connections at a time; 0: 4

	// Dialer opens the connection; nil: over TCP. It changes the way, not the
	// rules: the host of URL still decides what must be encrypted and which
	// certificate is accepted.
	Dialer func(ctx context.Context, network, address string) (net.Conn, error)
}

func (Config) String() string       { return "[mail config]" }
func (Config) GoString() string     { return "[mail config]" }
func (Config) LogValue() slog.Value { return slog.StringValue("[mail config]") }

// A Sender sends letters through one SMTP server. It is safe for use by several
// goroutines. It holds a password, so it prints and logs as "[mail sender]".
type Sender struct {
	server  server
	from    *netmail.Address
	tls     *tls.Config
	dial    func(ctx context.Context, network, address string) (net.Conn, error)
	timeout time.Duration
	slots   chan struct{} // one is taken while a connection is open
}

var _ core.Mailer = (*Sender)(nil)

func (Sender) String() string       { return "[mail sender]" }
func (Sender) GoString() string     { return "[mail sender]" }
func (Sender) LogValue() slog.Value { return slog.StringValue("[mail sender]") }

// New returns a Sender for c. It opens no connection: Check does. It fails with
// Invalid, telling the operator what to write, if SMTP_URL or MAIL_FROM cannot be
// used.
func New(c Config) (*Sender, error) {
	srv, err := parseServer(c.URL)
	if err != nil {
		return nil, core.Wrap(core.Invalid, err, "mail: read SMTP_URL")
	}
	from, err := parseFrom(c.From)
	if err != nil {
		return nil, core.Wrap(core.Invalid, err, "mail: read MAIL_FROM")
	}
	s := &Sender{
		server:  srv,
		from:    from,
		tls:     &tls.Config{ServerName: srv.host, RootCAs: c.RootCAs, MinVersion: tls.VersionTLS12},
		dial:    c.Dialer,
		timeout: c.Timeout,
	}
	if s.dial == nil {
		s.dial = new(net.Dialer).DialContext
	}
	if s.timeout <= 0 {
		s.timeout = defaultTimeout
	}
	if c.Parallel <= 0 {
		c.Parallel = defaultParallel
	}
	s.slots = make(chan struct{}, c.Parallel)
	return s, nil
}
