package mail_test

import (
	"context"
	"html"
	netmail "net/mail"
	"regexp"
	"strings"
	"testing"
	"time"

	"tocsin/bots/mail"
	"tocsin/bots/mail/mailtest"
	"tocsin/core"
)

const from = "Campagne d’été <post@example.org>"

func letter() *core.Letter {
	return &core.Letter{
		ID:       "code-17.a_B",
		To:       "Anne.Martin@Example.COM",
		Language: "fr",
		Subject:  "Votre code de vérification",
		Text:     "Bonjour,\n\nvotre code est 1234 5678. <Ne> le donnez à personne & merci.\n.\n..fin\n\nÀ bientôt\n",
	}
}

// sender returns a Sender to srv that trusts its certificate.
func sender(t *testing.T, srv *mailtest.Server) *mail.Sender {
	t.Helper()
	return build(t, mail.Config{URL: srv.URL(), From: from, RootCAs: srv.RootCAs(), Dialer: srv.Dial})
}

func build(t *testing.T, c mail.Config) *mail.Sender {
	t.Helper()
	s, err := mail.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// wantFail fails the test unless err has the code and says the words.
func wantFail(t *testing.T, err error, code core.Code, words string) {
	t.Helper()
	if core.CodeOf(err) != code || !strings.Contains(err.Error(), words) {
		t.Errorf("it fails with %v, want %s and %q", err, code, words)
	}
	if core.KeyOf(err) != "" {
		t.Errorf("it has the key %q: nobody is told what a mail server said", core.KeyOf(err))
	}
}

func TestLetterArrivesAsItWasWritten(t *testing.T) {
	t.Parallel()
	srv := mailtest.Start(t)
	l := letter()
	if err := build(t, mail.Config{URL: srv.URL(), From: from}).Post(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	got := srv.Wait(t, 1)[0]

	if got.From != "post@example.org" || got.To != "Anne.Martin@example.com" || got.Greeting != "example.org" {
		t.Errorf("the envelope is %q, %q from %q", got.From, got.To, got.Greeting)
	}
	if got.Subject != l.Subject || got.Text != l.Text {
		t.Errorf("the letter is %q: %q", got.Subject, got.Text)
	}
	if shown := visible(got.HTML); shown != l.Text {
		t.Errorf("the page shows %q, want %q", shown, l.Text)
	}
	if regexp.MustCompile(`(?i)<(a|img|link|script|style|iframe)\b|href|src=|url\(`).MatchString(got.HTML) {
		t.Errorf("the page has a link or fetches something:\n%s", got.HTML)
	}
	for key, want := range map[string]string{
		"Message-ID":       "<code-17.a_B@example.org>",
		"Auto-Submitted":   "auto-generated",
		"Content-Language": "fr",
		"To":               "<Anne.Martin@example.com>",
		"User-Agent":       "",
		"X-Mailer":         "",
	} {
		if got.Header.Get(key) != want {
			t.Errorf("%s is %q, want %q", key, got.Header.Get(key), want)
		}
	}
	if a, err := netmail.ParseAddress(got.Header.Get("From")); err != nil || a.Name != "Campagne d’été" || a.Address != "post@example.org" {
		t.Errorf("From is %v, %v", a, err)
	}
	if at, err := got.Header.Date(); err != nil || time.Since(at) < -time.Second || time.Since(at) > time.Minute {
		t.Errorf("Date is %v, %v", at, err)
	}
}

// visible returns the text that a page shows, with an empty line between paragraphs.
func visible(page string) string {
	_, body, _ := strings.Cut(page, "<body>\n")
	body, _, _ = strings.Cut(body, "</body>")
	body = strings.NewReplacer("<p>", "", "<br>\n", "\n", "</p>\n", "\n\n").Replace(body)
	return strings.TrimRight(html.UnescapeString(body), "\n") + "\n"
}

func TestLetterSentAgainKeepsItsMessageID(t *testing.T) {
	t.Parallel()
	srv := mailtest.Start(t)
	srv.CutAfterData()
	s := sender(t, srv)
	wantFail(t, s.Post(t.Context(), letter()), core.Uncertain, "await answer to the text: the connection was lost")
	srv.Heal()
	if err := s.Post(t.Context(), letter()); err != nil {
		t.Fatal(err)
	}
	got := srv.Wait(t, 2)
	if a, b := got[0].MessageID(), got[1].MessageID(); a != b {
		t.Errorf("the Message-ID is %q and then %q", a, b)
	}
}

func TestAddressBeyondASCIINeedsAServerThatTakesIt(t *testing.T) {
	t.Parallel()
	l := letter()
	l.To = "andré@bücher.example"
	takes, refuses := mailtest.StartWith(t, mailtest.Options{UTF8: true}), mailtest.Start(t)
	if err := sender(t, takes).Post(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	got := takes.Wait(t, 1)[0]
	if got.To != "andré@xn--bcher-kva.example" || !got.UTF8 {
		t.Errorf("it goes to %q, SMTPUTF8 %v", got.To, got.UTF8)
	}
	wantFail(t, sender(t, refuses).Post(t.Context(), l), core.Invalid, "beyond ASCII")
	if n := len(refuses.Letters()); n != 0 {
		t.Errorf("%d letters came", n)
	}
}

func TestRefusalSaysWhetherToTryAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		plan  func(*mailtest.Server)
		code  core.Code
		words string
	}{
		"451 at RCPT (greylisting)": {func(s *mailtest.Server) { s.FailRcpt(451) }, core.Unavailable, "mail: send letter: RCPT: the server answered 451 4.1.1"},
		"421 at MAIL":               {func(s *mailtest.Server) { s.FailMail(421) }, core.Unavailable, "MAIL: the server answered 421"},
		"451 after the text":        {func(s *mailtest.Server) { s.FailText(451) }, core.Unavailable, "answered 451"},
		"550 at RCPT":               {func(s *mailtest.Server) { s.FailRcpt(550) }, core.Invalid, "RCPT: the server answered 550 5.1.1"},
		"553 at MAIL":               {func(s *mailtest.Server) { s.FailMail(553) }, core.Invalid, "MAIL: the server answered 553 5.1.1"},
		"552 after the text":        {func(s *mailtest.Server) { s.FailText(552) }, core.Invalid, "await answer to the text: the server answered 552 5.1.1"},
		"cut at RCPT":               {(*mailtest.Server).CutAtRcpt, core.Unavailable, "RCPT: the connection was lost"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := mailtest.Start(t)
			c.plan(srv)
			s := sender(t, srv)
			wantFail(t, s.Post(t.Context(), letter()), c.code, c.words)
			if n := len(srv.Letters()); n != 0 {
				t.Errorf("%d letters came", n)
			}
			srv.Heal()
			if err := s.Post(t.Context(), letter()); err != nil {
				t.Errorf("the next letter fails with %v", err)
			}
		})
	}
}

func TestServerThatIsAwayIsUnavailable(t *testing.T) {
	t.Parallel()
	srv := mailtest.Start(t)
	srv.Stop()
	s := build(t, mail.Config{URL: srv.URL(), From: from})
	wantFail(t, s.Post(t.Context(), letter()), core.Unavailable, "connect: nothing listens there")
	wantFail(t, s.Check(t.Context()), core.Unavailable, "mail: check server: connect: nothing listens there")
}

func TestCancelEndsAPostAtOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		hold func(*mailtest.Server) *mailtest.Hold
		want core.Code
	}{
		"before the text": {(*mailtest.Server).HoldRcpt, core.Unavailable},
		"after the text":  {(*mailtest.Server).HoldText, core.Uncertain},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := mailtest.Start(t)
			hold := c.hold(srv)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			failed := make(chan error, 1)
			go func() { failed <- sender(t, srv).Post(ctx, letter()) }()
			hold.Reached(t)
			cancel()
			wantFail(t, <-failed, c.want, context.Canceled.Error())
		})
	}
}

func TestPostWithAnEndedContextOpensNothing(t *testing.T) {
	t.Parallel()
	srv := mailtest.Start(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wantFail(t, sender(t, srv).Post(ctx, letter()), core.Unavailable, context.Canceled.Error())
	if n := srv.Opened(); n != 0 {
		t.Errorf("%d connections were opened", n)
	}
}

func TestCheckLogsInAndSendsNothing(t *testing.T) {
	t.Parallel()
	srv := mailtest.StartWith(t, mailtest.Options{Encryption: mailtest.StartTLS, User: "post", Password: "pässword", Host: "mail.example.test"})
	s := sender(t, srv)
	if err := s.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if srv.Opened() != 1 || len(srv.Letters()) != 0 {
		t.Errorf("%d connections, %d letters", srv.Opened(), len(srv.Letters()))
	}
}

func TestInvalidLetterOpensNothing(t *testing.T) {
	t.Parallel()
	srv := mailtest.Start(t)
	l := letter()
	l.Subject = "Code\r\nBcc: all@example.org"
	wantFail(t, sender(t, srv).Post(t.Context(), l), core.Invalid, "the subject")
	if n := srv.Opened(); n != 0 {
		t.Errorf("%d connections were opened", n)
	}
}

func TestWrongSettingsAreInvalid(t *testing.T) {
	t.Parallel()
	_, err := mail.New(mail.Config{URL: "smtp://mail", From: "nobody"})
	wantFail(t, err, core.Invalid, "mail: read MAIL_FROM: it cannot be read: write one address")
	_, err = mail.New(mail.Config{URL: "mail", From: from})
	wantFail(t, err, core.Invalid, "mail: read SMTP_URL: it must begin with smtp://")
}
