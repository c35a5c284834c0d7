package mail

import (
	"context"
	"crypto/tls"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"

	"tocsin/core"
)

// goodbye is how long the server may take to answer QUIT. What it says then
// changes nothing.
const goodbye = time.Second

// A connection is an open one to the server, encrypted and logged in as far as the
// rules ask. It ends with the ctx that it was opened with.
type connection struct {
	net  net.Conn // the one below any TLS
	smtp *smtp.Client
	stop func() bool // parts it from its ctx
}

// connect opens a connection. Its errors are Unavailable.
func (s *Sender) connect(ctx context.Context) (*connection, error) {
	raw, err := s.dial(ctx, "tcp", s.server.address())
	if err != nil {
		return nil, judge(ctx, stepConnect, err)
	}
	c := &connection{net: raw, stop: context.AfterFunc(ctx, func() { raw.Close() })}
	if err := s.open(ctx, c); err != nil {
		c.close(err)
		return nil, err
	}
	return c, nil
}

// open greets the server on a fresh connection, encrypts it and logs in.
func (s *Sender) open(ctx context.Context, c *connection) error {
	if s.server.loopback() && leadsAway(c.net) {
		return judge(ctx, stepConnect, troubleAway)
	}
	under := c.net
	if s.server.implicit {
		t := tls.Client(c.net, s.tls)
		if err := t.HandshakeContext(ctx); err != nil {
			return judge(ctx, stepTLS, err)
		}
		under = t
	}
	var err error
	if c.smtp, err = smtp.NewClient(under, s.server.host); err != nil {
		return judge(ctx, stepGreeting, err)
	}
	// The sender's domain, since the name of this machine is nobody's business.
	if err := c.smtp.Hello(domainOf(s.from.Address)); err != nil {
		return judge(ctx, stepHello, err)
	}
	if err := s.encrypt(ctx, c); err != nil {
		return err
	}
	return s.login(ctx, c)
}

// leadsAway reports whether a connection that should stay on this machine left it:
// a resolver may give "localhost" any address.
func leadsAway(c net.Conn) bool {
	a, ok := c.RemoteAddr().(*net.TCPAddr)
	return ok && !a.IP.IsLoopback()
}

// encrypt starts TLS where smtp:// must have it: always, except with a server on
// this machine. There it is used only if the server wants it before a login, since
// the certificate of a local server is seldom one that can be verified.
func (s *Sender) encrypt(ctx context.Context, c *connection) error {
	if s.server.implicit {
		return nil
	}
	offered, _ := c.smtp.Extension("STARTTLS")
	if s.server.loopback() {
		if login, _ := c.smtp.Extension("AUTH"); login || s.server.user == "" || !offered {
			return nil
		}
	}
	if !offered {
		return judge(ctx, stepTLS, troubleNoTLS)
	}
	return judge(ctx, stepTLS, c.smtp.StartTLS(s.tls))
}

// login proves who we are, if SMTP_URL has a user. The password goes over TLS or
// stays on this machine, so the two plain mechanisms are enough.
func (s *Sender) login(ctx context.Context, c *connection) error {
	if s.server.user == "" {
		return nil
	}
	_, offered := c.smtp.Extension("AUTH")
	ways := strings.Fields(strings.ToUpper(offered))
	inClear := s.server.loopback()
	var auth smtp.Auth
	switch {
	case slices.Contains(ways, "PLAIN"):
		auth = smtp.PlainAuth("", s.server.user, s.server.password, s.server.host, inClear)
	case slices.Contains(ways, "LOGIN"):
		auth = smtp.LoginAuth(s.server.user, s.server.password, s.server.host, inClear)
	default:
		return judge(ctx, stepLogin, troubleNoLogin)
	}
	return judge(ctx, stepLogin, c.smtp.Auth(auth))
}

// send gives p to the server. Until the last step nothing has been sent, whatever
// fails: a text without its final dot is thrown away (RFC 5321 4.1.1.4).
func (c *connection) send(ctx context.Context, p *parcel) error {
	beyond := !isASCII(p.to.Address)
	if ok, _ := c.smtp.Extension("SMTPUTF8"); beyond && !ok {
		return &fault{code: core.Invalid, at: stepRecipient, cause: troubleASCII}
	}
	c.smtp.SkipSMTPUTF8(!beyond)
	if err := c.smtp.Mail("<" + p.from.Address + ">"); err != nil {
		return judge(ctx, stepSender, err)
	}
	if err := c.smtp.Rcpt("<" + p.to.Address + ">"); err != nil {
		return judge(ctx, stepRecipient, err)
	}
	w, err := c.smtp.Data()
	if err != nil {
		return judge(ctx, stepData, err)
	}
	if _, err = w.Write(p.body); err == nil {
		err = c.smtp.Text.W.Flush()
	}
	if err == nil {
		err = ctx.Err() // the last moment to leave without a doubt
	}
	if err != nil {
		return judge(ctx, stepText, err)
	}
	return judge(ctx, stepEnd, w.Close())
}

// close takes leave of the server if it still answers: err is what the work ended
// with. A broken connection is only dropped, because a QUIT into a text that was
// cut short would end it with a dot and so send it.
func (c *connection) close(err error) {
	defer c.net.Close()
	defer c.stop()
	if c.smtp == nil || !answered(err) {
		return
	}
	if c.net.SetDeadline(time.Now().Add(goodbye)) == nil {
		_ = c.smtp.Quit() // the letter's fate is settled
	}
}
