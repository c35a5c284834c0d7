package mail_test

import (
	"bufio"
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/bots/mail"
	"tocsin/bots/mail/mailtest"
	"tocsin/core"
)

// A script is a server that answers each command as it says, for what no real
// server would do twice alike. The key "" is the greeting, "." the end of the text.
// The answer "cut" closes the connection, "silence" says nothing.
type script map[string]string

// polite answers as a server that takes everything.
var polite = script{
	"": "220 ready", "EHLO": "250 hello", "NOOP": "250 OK", "MAIL": "250 OK", "RCPT": "250 OK",
	"DATA": "354 go on", ".": "250 OK", "QUIT": "221 bye", "STARTTLS": "220 go on", "HELO": "250 hello",
}

func (s script) but(command, answer string) script {
	out := script{command: answer}
	for k, v := range s {
		if _, ok := out[k]; !ok {
			out[k] = v
		}
	}
	return out
}

func (s script) dialer(t *testing.T) func(context.Context, string, string) (net.Conn, error) {
	var all sync.WaitGroup
	t.Cleanup(all.Wait)
	return func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		all.Go(func() { s.talk(there) })
		return here, nil
	}
}

func (s script) talk(c net.Conn) {
	defer c.Close()
	r := bufio.NewScanner(c)
	command, text := "", false
	for {
		switch answer := s[command]; answer {
		case "cut":
			return
		case "silence":
		default:
			if _, err := c.Write([]byte(answer + "\r\n")); err != nil {
				return
			}
			text = command == "DATA" && strings.HasPrefix(answer, "354")
		}
		for {
			if !r.Scan() {
				return
			}
			if command, _, _ = strings.Cut(r.Text(), " "); !text || command == "." {
				break
			}
		}
	}
}

func TestServerThatErrsNeverCountsAsALetterSent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		server script
		code   core.Code
		words  string
	}{
		"busy at the greeting":         {polite.but("", "421 4.3.2 busy"), core.Unavailable, "read greeting: the server answered 421 4.3.2"},
		"closed to us":                 {polite.but("", "554 no"), core.Unavailable, "read greeting: the server answered 554"},
		"not SMTP at all":              {polite.but("", "+OK POP3 ready"), core.Unavailable, "the server's answer is not SMTP"},
		"gone at the greeting":         {polite.but("", "cut"), core.Unavailable, "read greeting: the connection was lost"},
		"EHLO and HELO refused":        {polite.but("EHLO", "550 5.7.1 no").but("HELO", "550 no"), core.Unavailable, "EHLO: the server answered 550 5.7.1"},
		"gone at MAIL":                 {polite.but("MAIL", "cut"), core.Unavailable, "MAIL: the connection was lost"},
		"451 to DATA":                  {polite.but("DATA", "451 4.3.0 later"), core.Unavailable, "DATA: the server answered 451 4.3.0"},
		"554 to DATA":                  {polite.but("DATA", "554 5.5.1 no"), core.Invalid, "DATA: the server answered 554 5.5.1"},
		"gone at DATA":                 {polite.but("DATA", "cut"), core.Unavailable, "DATA: the connection was lost"},
		"gone after the text":          {polite.but(".", "cut"), core.Uncertain, "await answer to the text: the connection was lost"},
		"nonsense after the text":      {polite.but(".", "thanks"), core.Uncertain, "await answer to the text: the server's answer is not SMTP"},
		"another answer to the text":   {polite.but(".", "354 more"), core.Uncertain, "await answer to the text: the server answered 354"},
		"421 after the text":           {polite.but(".", "421 4.3.2 stopping"), core.Unavailable, "await answer to the text: the server answered 421 4.3.2"},
		"enhanced code of other class": {polite.but("RCPT", "550 2.1.5 odd"), core.Invalid, "RCPT: the server answered 550"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := build(t, mail.Config{URL: "smtp://localhost", From: from, Dialer: c.server.dialer(t)})
			wantFail(t, s.Post(t.Context(), letter()), c.code, c.words)
		})
	}
}

func TestSTARTTLSRefusedEndsThere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		server script
		words  string
	}{
		"454":                  {polite.but("EHLO", "250-hello\r\n250 STARTTLS").but("STARTTLS", "454 4.7.0 later"), "start TLS: the server answered 454 4.7.0"},
		"cut":                  {polite.but("EHLO", "250-hello\r\n250 STARTTLS").but("STARTTLS", "cut"), "start TLS: the connection was lost"},
		"only HELO understood": {polite.but("EHLO", "502 what"), "the server offers no STARTTLS"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := build(t, mail.Config{URL: "smtp://" + remote, From: from, Dialer: c.server.dialer(t)})
			wantFail(t, s.Post(t.Context(), letter()), core.Unavailable, c.words)
		})
	}
}

// A tap is a connection that tells what is written into it.
type tap struct {
	net.Conn
	wrote func(string)
}

func (c tap) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.wrote(string(b))
	return n, err
}

func TestServerThatIsNotUnderstoodIsLeftWithoutAWord(t *testing.T) {
	t.Parallel()
	dial := polite.but("RCPT", "thanks").dialer(t)
	var sent strings.Builder
	s := build(t, mail.Config{URL: "smtp://localhost", From: from, Dialer: func(ctx context.Context, n, a string) (net.Conn, error) {
		c, err := dial(ctx, n, a)
		return tap{c, func(words string) { sent.WriteString(words) }}, err
	}})
	wantFail(t, s.Post(t.Context(), letter()), core.Unavailable, "RCPT: the server's answer is not SMTP")
	if all := sent.String(); !strings.HasSuffix(all, "RCPT TO:<Anne.Martin@example.com>\r\n") {
		t.Errorf("it was sent %q", all)
	}
}

func TestCancelBeforeTheFinalDotSendsNothing(t *testing.T) {
	t.Parallel()
	srv := mailtest.Start(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := build(t, mail.Config{URL: srv.URL(), From: from, Dialer: func(ctx context.Context, n, a string) (net.Conn, error) {
		c, err := srv.Dial(ctx, n, a)
		return tap{c, func(words string) {
			if strings.Contains(words, "</html>") {
				cancel()
			}
		}}, err
	}})
	wantFail(t, s.Post(ctx, letter()), core.Unavailable, "send text: context canceled")
	srv.Stop()
	if n := len(srv.Letters()); n != 0 {
		t.Errorf("%d letters came", n)
	}
}

func TestFarewellChangesNothing(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"cut", "silence", "550 stay"} {
		synctest.Test(t, func(t *testing.T) {
			s := build(t, mail.Config{URL: "smtp://localhost", From: from, Dialer: polite.but("QUIT", answer).dialer(t)})
			began := time.Now()
			if err := s.Post(t.Context(), letter()); err != nil || time.Since(began) > time.Second {
				t.Errorf("QUIT answered with %q: %v after %v", answer, err, time.Since(began))
			}
		})
	}
}

func TestCallEndsWithinItsTimeout(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		server  script
		timeout time.Duration // of Config
		ctx     time.Duration // 0: no deadline
		want    time.Duration
		code    core.Code
	}{
		"silent at the greeting, by default": {polite.but("", "silence"), 0, 0, 30 * time.Second, core.Unavailable},
		"silent at RCPT, as configured":      {polite.but("RCPT", "silence"), time.Minute, 0, time.Minute, core.Unavailable},
		"silent at RCPT, deadline sooner":    {polite.but("RCPT", "silence"), 0, 2 * time.Second, 2 * time.Second, core.Unavailable},
		"silent at RCPT, deadline later":     {polite.but("RCPT", "silence"), 0, time.Hour, 30 * time.Second, core.Unavailable},
		"silent after the text":              {polite.but(".", "silence"), 0, 0, 30 * time.Second, core.Uncertain},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if c.ctx > 0 {
					limited, cancel := context.WithTimeout(ctx, c.ctx)
					defer cancel()
					ctx = limited
				}
				s := build(t, mail.Config{URL: "smtp://localhost", From: from, Timeout: c.timeout, Dialer: c.server.dialer(t)})
				began := time.Now()
				wantFail(t, s.Post(ctx, letter()), c.code, context.DeadlineExceeded.Error())
				if took := time.Since(began); took != c.want {
					t.Errorf("it took %v, want %v", took, c.want)
				}
			})
		})
	}
}

func TestFourConnectionsAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := mailtest.Pipe(t)
		hold := srv.HoldRcpt()
		s := build(t, mail.Config{URL: srv.URL(), From: from, Dialer: srv.Dial})
		results := make(chan error, 9)
		for range 9 {
			go func() { results <- s.Post(t.Context(), letter()) }()
		}
		synctest.Wait()
		if n := srv.Open(); n != 4 {
			t.Errorf("%d connections are open, want 4", n)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		wantFail(t, s.Post(ctx, letter()), core.Unavailable, "wait for a free connection")
		hold.Release()
		for range 9 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		if got := len(srv.Wait(t, 9)); got != 9 {
			t.Errorf("%d letters came", got)
		}
	})
}
