package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"regexp"
	"syscall"

	"tocsin/core"
)

// A step is a point in the talk with the server, as errors name it.
type step string

const (
	stepConnect   step = "connect"
	stepTLS       step = "start TLS"
	stepGreeting  step = "read greeting"
	stepHello     step = "EHLO"
	stepLogin     step = "log in"
	stepNoop      step = "NOOP"
	stepSender    step = "MAIL"
	stepRecipient step = "RCPT"
	stepData      step = "DATA"
	stepText      step = "send text"
	stepEnd       step = "await answer to the text"
)

// A trouble is a fixed sentence to the operator about the server or the way to it.
// What the system or the server said is not passed on: it may repeat an address.
type trouble string

func (t trouble) Error() string { return string(t) }

const (
	troubleRefused  trouble = "nothing listens there: check host and port of SMTP_URL"
	troubleNoHost   trouble = "the host of SMTP_URL was not found"
	troubleNoRoute  trouble = "the server cannot be reached from here"
	troubleAway     trouble = "the host of SMTP_URL should be this machine and leads elsewhere: write 127.0.0.1"
	troubleTimeout  trouble = "no answer in time"
	troubleLost     trouble = "the connection was lost"
	troubleNoTLS    trouble = "the server offers no STARTTLS, so nothing was sent: use its smtps:// port"
	troubleNotTLS   trouble = "the server does not speak TLS there: for port 587 write smtp://"
	troubleSigner   trouble = "the server's certificate is signed by nobody we trust"
	troubleName     trouble = "the server's certificate is for another host than that of SMTP_URL"
	troubleExpired  trouble = "the server's certificate has expired or is not valid yet"
	troubleCert     trouble = "the server's certificate is not acceptable"
	troubleTLS      trouble = "the server and we agree on no TLS"
	troubleNoLogin  trouble = "SMTP_URL has a user and the server offers neither PLAIN nor LOGIN"
	troubleNonsense trouble = "the server's answer is not SMTP"
	troubleASCII    trouble = "the server takes no address beyond ASCII"
)

// A fault is a step that failed and what that means for the letter. Its cause is a
// reply, a trouble or the error of a ctx, none of which names anybody.
type fault struct {
	code  core.Code
	at    step
	cause error
}

func (f *fault) Error() string { return string(f.at) + ": " + f.cause.Error() }
func (f *fault) Unwrap() error { return f.cause }

// judge returns the fault that err at a step is, or nil if err is nil. An answer of
// the server counts, whatever else happened; else, if ctx has ended, that is the
// cause.
func judge(ctx context.Context, at step, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*textproto.Error](err); ok {
		r := reply{code: e.Code, enhanced: enhancedCode(e)}
		return &fault{code: r.verdict(at), at: at, cause: r}
	}
	f := &fault{code: core.Unavailable, at: at}
	if at == stepEnd {
		f.code = core.Uncertain
	}
	if f.cause = ctx.Err(); f.cause == nil {
		f.cause = diagnose(err)
	}
	return f
}

// A reply is a server's refusal, of which only the numbers are kept.
type reply struct {
	code     int
	enhanced string // RFC 3463: "5.1.1"; may be empty
}

func (r reply) Error() string {
	s := fmt.Sprintf("the server answered %03d", r.code)
	if r.enhanced != "" {
		s += " " + r.enhanced
	}
	if r.aboutLogin() {
		s += ": check user and password of SMTP_URL"
	}
	return s
}

// aboutLogin reports whether the server refuses us and not the letter: the operator
// can mend that (RFC 4954 section 6, RFC 3463 section 3.8).
func (r reply) aboutLogin() bool {
	switch r.code {
	case 530, 534, 535, 538:
		return true
	}
	return r.enhanced == "5.7.8" || r.enhanced == "5.7.9"
}

// verdict returns what r at a step means: Invalid if the letter is refused for good,
// Uncertain if the text was sent and r says neither yes nor no, else Unavailable.
func (r reply) verdict(at step) core.Code {
	kind := r.code / 100
	switch at {
	case stepSender, stepRecipient, stepData, stepEnd:
		if kind == 5 && !r.aboutLogin() {
			return core.Invalid
		}
	}
	if at == stepEnd && kind != 4 && kind != 5 {
		return core.Uncertain
	}
	return core.Unavailable
}

var enhancedShape = regexp.MustCompile(`^([245])\.\d{1,3}\.\d{1,3}(?: |$)`)

// enhancedCode returns the code that e's text begins with, if it has one and agrees
// with the first digit of e's own.
func enhancedCode(e *textproto.Error) string {
	m := enhancedShape.FindStringSubmatch(e.Msg)
	if m == nil || int(m[1][0]-'0') != e.Code/100 {
		return ""
	}
	if n := len(m[0]); m[0][n-1] == ' ' {
		return m[0][:n-1]
	}
	return m[0]
}

// answered reports whether err, nil or of judge, leaves a server that is still there to be
// spoken to, between two commands.
func answered(err error) bool {
	if err == nil {
		return true
	}
	if _, ok := errors.AsType[reply](err); ok {
		return true
	}
	t, ok := errors.AsType[trouble](err)
	return ok && (t == troubleNoTLS || t == troubleNoLogin || t == troubleASCII)
}

// diagnose names what went wrong on the way to the server.
func diagnose(err error) trouble {
	if t, ok := errors.AsType[trouble](err); ok {
		return t
	}
	if t := diagnoseTLS(err); t != "" {
		return t
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return troubleNoHost
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return troubleTimeout
	}
	if _, ok := errors.AsType[textproto.ProtocolError](err); ok {
		return troubleNonsense
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return troubleRefused
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return troubleNoRoute
	}
	return troubleLost
}

// diagnoseTLS names what is wrong with the server's TLS, or returns "".
func diagnoseTLS(err error) trouble {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return troubleSigner
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return troubleName
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok && e.Reason == x509.Expired {
		return troubleExpired
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return troubleCert
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return troubleNotTLS
	}
	if _, ok := errors.AsType[tls.AlertError](err); ok {
		return troubleTLS
	}
	return ""
}
