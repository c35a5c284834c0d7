package mail_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"

	"tocsin/bots/mail"
	"tocsin/bots/mail/mailtest"
	"tocsin/core"
)

const remote = "mail.example.test" // not this machine, so it must encrypt

func TestRemoteServerIsEncryptedAndLoggedInTo(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]mailtest.Options{
		"STARTTLS and PLAIN":         {Encryption: mailtest.StartTLS, Host: remote, User: "post@example.org", Password: "p/a:s%s w@rd#"},
		"STARTTLS and LOGIN":         {Encryption: mailtest.StartTLS, Host: remote, User: "post", Password: "pass", Logins: []string{"LOGIN"}},
		"TLS from the start":         {Encryption: mailtest.Implicit, Host: remote, User: "post", Password: "pass"},
		"STARTTLS and no login":      {Encryption: mailtest.StartTLS, Host: remote},
		"this machine, TLS":          {Encryption: mailtest.Implicit},
		"this machine, login by TLS": {Encryption: mailtest.StartTLS, User: "post", Password: "pass"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := mailtest.StartWith(t, o)
			if err := sender(t, srv).Post(t.Context(), letter()); err != nil {
				t.Fatal(err)
			}
			if got := srv.Wait(t, 1)[0]; !got.Encrypted || got.User != o.User {
				t.Errorf("encrypted %v, user %q", got.Encrypted, got.User)
			}
		})
	}
}

func TestServerOnThisMachineIsSpokenToInClear(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]mailtest.Options{
		"without TLS":                      {},
		"with a certificate nobody trusts": {Encryption: mailtest.StartTLS, Host: "localhost"},
		"with a login in clear":            {Encryption: mailtest.StartTLS, User: "post", Password: "pass", ClearLogin: true},
		"by another address":               {Host: "127.0.0.2", User: "post", Password: "pass", ClearLogin: true},
		"with LOGIN alone":                 {User: "post", Password: "pass", ClearLogin: true, Logins: []string{"LOGIN"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := mailtest.StartWith(t, o)
			s := build(t, mail.Config{URL: srv.URL(), From: from, RootCAs: x509.NewCertPool(), Dialer: srv.Dial})
			if err := s.Post(t.Context(), letter()); err != nil {
				t.Fatal(err)
			}
			if got := srv.Wait(t, 1)[0]; got.Encrypted || got.User != o.User {
				t.Errorf("encrypted %v, user %q", got.Encrypted, got.User)
			}
		})
	}
}

func TestServerThatCannotBeTrustedGetsNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		server mailtest.Options
		trust  func(*mailtest.Server) *x509.CertPool
		words  string
	}{
		"no STARTTLS":                   {mailtest.Options{Host: remote, User: "post", Password: "pass", ClearLogin: true}, none, "the server offers no STARTTLS"},
		"unknown signer, STARTTLS":      {mailtest.Options{Host: remote, Encryption: mailtest.StartTLS}, none, "signed by nobody we trust"},
		"unknown signer, TLS":           {mailtest.Options{Host: remote, Encryption: mailtest.Implicit}, none, "signed by nobody we trust"},
		"unknown signer, this machine":  {mailtest.Options{Encryption: mailtest.Implicit}, none, "signed by nobody we trust"},
		"unknown signer, system's pool": {mailtest.Options{Host: remote, Encryption: mailtest.StartTLS}, func(*mailtest.Server) *x509.CertPool { return nil }, "signed by nobody we trust"},
		"another host, STARTTLS":        {mailtest.Options{Host: "other.example.test", Encryption: mailtest.StartTLS}, (*mailtest.Server).RootCAs, "for another host"},
		"another host, TLS":             {mailtest.Options{Host: "other.example.test", Encryption: mailtest.Implicit}, (*mailtest.Server).RootCAs, "for another host"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := mailtest.StartWith(t, c.server)
			s := build(t, mail.Config{URL: srv.URL(), From: from, RootCAs: c.trust(srv), Dialer: srv.Dial})
			wantFail(t, s.Post(t.Context(), letter()), core.Unavailable, c.words)
			wantFail(t, s.Check(t.Context()), core.Unavailable, c.words)
			if n := len(srv.Letters()); n != 0 {
				t.Errorf("%d letters came", n)
			}
		})
	}
}

func none(*mailtest.Server) *x509.CertPool { return x509.NewCertPool() }

func TestWrongPortForTLSSaysSo(t *testing.T) {
	t.Parallel()
	srv := mailtest.Start(t)
	u := strings.Replace(srv.URL(), "smtp:", "smtps:", 1)
	wantFail(t, build(t, mail.Config{URL: u, From: from}).Check(t.Context()), core.Unavailable, "does not speak TLS there")
}

func TestLoginFailureIsTheOperatorsToMend(t *testing.T) {
	t.Parallel()
	for name, logins := range map[string][]string{"PLAIN": nil, "LOGIN": {"LOGIN"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := mailtest.StartWith(t, mailtest.Options{Encryption: mailtest.StartTLS, Host: remote, User: "post", Password: "right", Logins: logins})
			u := strings.Replace(srv.URL(), ":right@", ":wrong@", 1)
			s := build(t, mail.Config{URL: u, From: from, RootCAs: srv.RootCAs(), Dialer: srv.Dial})
			wantFail(t, s.Check(t.Context()), core.Unavailable, "log in: the server answered 535 5.7.8: check user and password of SMTP_URL")
			wantFail(t, s.Post(t.Context(), letter()), core.Unavailable, "log in: the server answered 535 5.7.8")
		})
	}
}

func TestServerThatWantsALoginIsUnavailableWithoutOne(t *testing.T) {
	t.Parallel()
	srv := mailtest.StartWith(t, mailtest.Options{Encryption: mailtest.StartTLS, Host: remote, User: "post", Password: "pass"})
	u := strings.Replace(srv.URL(), "post:pass@", "", 1)
	s := build(t, mail.Config{URL: u, From: from, RootCAs: srv.RootCAs(), Dialer: srv.Dial})
	wantFail(t, s.Post(t.Context(), letter()), core.Unavailable, "MAIL: the server answered 530 5.7.0: check user and password")
}

func TestServerWithoutAKnownLoginIsUnavailable(t *testing.T) {
	t.Parallel()
	srv := mailtest.StartWith(t, mailtest.Options{Encryption: mailtest.StartTLS, Host: remote, User: "post", Password: "pass", Logins: []string{"GSSAPI"}})
	wantFail(t, sender(t, srv).Check(t.Context()), core.Unavailable, "neither PLAIN nor LOGIN")
}

func TestLocalhostThatLeadsElsewhereIsNotSpokenTo(t *testing.T) {
	t.Parallel()
	srv := mailtest.Start(t)
	s := build(t, mail.Config{URL: "smtp://localhost", From: from, Dialer: func(ctx context.Context, n, a string) (net.Conn, error) {
		c, err := srv.Dial(ctx, n, a)
		return elsewhere{c}, err
	}})
	wantFail(t, s.Post(t.Context(), letter()), core.Unavailable, "should be this machine and leads elsewhere")
	if n := len(srv.Letters()); n != 0 {
		t.Errorf("%d letters came", n)
	}
}

// elsewhere is a connection that says it goes to another machine.
type elsewhere struct{ net.Conn }

func (elsewhere) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 25} }

// canaries must not be found in what is printed or logged.
var canaries = []string{"canary.person", "CANARY-PASSWORD", "canary-user", "CANARY-TEXT", "CANARY-SUBJECT"}

func TestNothingPrintedNamesAnybody(t *testing.T) {
	t.Parallel()
	l := letter()
	l.To, l.Text, l.Subject = "canary.person@example.com", "CANARY-TEXT", "CANARY-SUBJECT"
	secured := mailtest.Options{Encryption: mailtest.StartTLS, Host: remote, User: "canary-user", Password: "CANARY-PASSWORD"}
	wrong := secured
	wrong.User, wrong.Password = "another", "another"
	for name, c := range map[string]struct {
		server mailtest.Options
		plan   func(*mailtest.Server)
	}{
		"550 at RCPT":        {secured, func(s *mailtest.Server) { s.FailRcpt(550) }},
		"451 at RCPT":        {secured, func(s *mailtest.Server) { s.FailRcpt(451) }},
		"554 after the text": {secured, func(s *mailtest.Server) { s.FailText(554) }},
		"cut after the text": {secured, (*mailtest.Server).CutAfterData},
		"wrong login":        {wrong, func(*mailtest.Server) {}},
		"away":               {secured, (*mailtest.Server).Stop},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := mailtest.StartWith(t, c.server)
			c.plan(srv)
			u := strings.Replace(srv.URL(), "another:another@", "canary-user:CANARY-PASSWORD@", 1)
			conf := mail.Config{URL: u, From: from, RootCAs: srv.RootCAs(), Dialer: srv.Dial}
			s := build(t, conf)
			err := s.Post(t.Context(), l)
			if err == nil {
				t.Fatal("the letter was taken")
			}
			checkSilent(t, err, s, *s, conf, l.To)
		})
	}
	for _, u := range []string{"smtp://canary-user:CANARY-PASSWORD@h:x", "smtp://canary-user:CANARY-PASSWORD", "canary-user:CANARY-PASSWORD@h"} {
		_, err := mail.New(mail.Config{URL: u, From: from})
		checkSilent(t, err)
	}
}

// checkSilent prints and logs each thing in every way and looks for the canaries.
func checkSilent(t *testing.T, things ...any) {
	t.Helper()
	var out bytes.Buffer
	text, structured := slog.New(slog.NewTextHandler(&out, nil)), slog.New(slog.NewJSONHandler(&out, nil))
	for _, thing := range things {
		fmt.Fprintf(&out, "%v %+v %#v %s %q\n", thing, thing, thing, thing, thing)
		text.Info("it", "is", thing)
		structured.Info("it", "is", thing)
		for err, _ := thing.(error); err != nil; {
			fmt.Fprintf(&out, "%v %+v %#v\n", err, err, err)
			u, _ := err.(interface{ Unwrap() error })
			if u == nil {
				break
			}
			err = u.Unwrap()
		}
	}
	b, err := json.Marshal(out.String()) // as a log collector would pass it on
	if err != nil {
		t.Fatal(err)
	}
	for _, canary := range canaries {
		encoded := base64.StdEncoding.EncodeToString([]byte(canary))
		if s := string(b) + out.String(); strings.Contains(s, canary) || strings.Contains(s, encoded[:len(encoded)-4]) {
			t.Errorf("%q is found in:\n%s", canary, s)
		}
	}
}
