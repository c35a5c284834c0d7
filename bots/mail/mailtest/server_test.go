package mailtest_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"tocsin/bots/mail/mailtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const body = "From: a@example.org\r\nSubject: =?utf-8?q?=C3=A9t=C3=A9?=\r\nMessage-ID: <1@example.org>\r\n" +
	"Content-Type: multipart/alternative; boundary=B\r\n\r\n" +
	"--B\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n1234 =C3=A9\r\n\r\n" +
	"--B\r\nContent-Type: text/html; charset=UTF-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>1234</p>\r\n--B--\r\n.\r\n"

// say sends each command and returns the first line of the last answer.
func say(t *testing.T, c net.Conn, commands ...string) string {
	t.Helper()
	r := bufio.NewReader(c)
	answer := readAnswer(r)
	for _, command := range commands {
		if _, err := fmt.Fprint(c, command); err != nil {
			return ""
		}
		answer = readAnswer(r)
	}
	return answer
}

func readAnswer(r *bufio.Reader) string {
	for {
		line, err := r.ReadString('\n')
		if err != nil || len(line) < 4 || line[3] == ' ' {
			return strings.TrimSpace(line)
		}
	}
}

var talk = []string{"EHLO example.org\r\n", "MAIL FROM:<a@example.org>\r\n", "RCPT TO:<b@example.org>\r\n", "DATA\r\n", body}

func dial(t *testing.T, srv *mailtest.Server) net.Conn {
	t.Helper()
	c, err := srv.Dial(t.Context(), "tcp", "anywhere:25")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestLetterIsKeptAndTakenApart(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(testing.TB) *mailtest.Server{"Start": mailtest.Start, "Pipe": mailtest.Pipe} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := start(t)
			if answer := say(t, dial(t, srv), talk...); !strings.HasPrefix(answer, "250 ") {
				t.Fatalf("the letter is answered with %q", answer)
			}
			l := srv.Wait(t, 1)[0]
			if l.From != "a@example.org" || l.To != "b@example.org" || l.Greeting != "example.org" || l.Encrypted || l.User != "" {
				t.Errorf("the letter is %+v", l)
			}
			if l.Subject != "été" || l.Text != "1234 é\n" || l.HTML != "<p>1234</p>" || l.MessageID() != "<1@example.org>" {
				t.Errorf("the letter is %+v", l)
			}
			if n := len(srv.Letters()); n != 1 {
				t.Errorf("%d letters are kept", n)
			}
		})
	}
}

func TestPlannedFaultsStrikeUntilHealed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		plan func(*mailtest.Server)
		want string
		kept int
	}{
		"mail":           {func(s *mailtest.Server) { s.FailMail(421) }, "421 4.1.1 <a@example.org>: refused for this test", 0},
		"rcpt":           {func(s *mailtest.Server) { s.FailRcpt(550) }, "550 5.1.1 <b@example.org>: refused for this test", 0},
		"text":           {func(s *mailtest.Server) { s.FailText(552) }, "552 5.1.1 <b@example.org>: refused for this test", 0},
		"cut at rcpt":    {(*mailtest.Server).CutAtRcpt, "", 0},
		"cut after data": {(*mailtest.Server).CutAfterData, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := mailtest.Pipe(t)
			c.plan(srv)
			until := map[string]int{"mail": 2, "rcpt": 3, "cut at rcpt": 3}[name]
			if until == 0 {
				until = len(talk)
			}
			if got := say(t, dial(t, srv), talk[:until]...); got != c.want {
				t.Errorf("the answer is %q, want %q", got, c.want)
			}
			if n := len(srv.Letters()); n != c.kept {
				t.Errorf("%d letters are kept, want %d", n, c.kept)
			}
			srv.Heal()
			say(t, dial(t, srv), talk...)
			srv.Wait(t, c.kept+1)
		})
	}
}

func TestHoldStandsStillUntilReleased(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := mailtest.Pipe(t)
		hold := srv.HoldText()
		answered := false
		go func() {
			say(t, dial(t, srv), talk...)
			answered = true
		}()
		hold.Reached(t)
		time.Sleep(time.Hour) // of the bubble's clock
		if answered || srv.Open() != 1 {
			t.Errorf("answered %v with %d connections open", answered, srv.Open())
		}
		hold.Release()
		synctest.Wait()
		if !answered {
			t.Error("no answer after the release")
		}
	})
}

func TestStopEndsConnectionsAndRefusesNewOnes(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(testing.TB) *mailtest.Server{"Start": mailtest.Start, "Pipe": mailtest.Pipe} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := start(t)
			srv.HoldRcpt()
			c := dial(t, srv)
			say(t, c, talk[:2]...)
			srv.Stop()
			srv.Stop()
			if n, err := c.Read(make([]byte, 1)); n != 0 || err == nil {
				t.Errorf("a connection is still open: %d, %v", n, err)
			}
			if _, err := srv.Dial(context.Background(), "", ""); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("a new connection: %v", err)
			}
		})
	}
}
