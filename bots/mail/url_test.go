package mail

import (
	"net/url"
	"slices"
	"testing"

	"tocsin/core"
)

func TestSMTPURLIsReadAsWritten(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]server{
		"smtp://mail.example.org":                       {host: "mail.example.org", port: 587},
		"SMTP://mail.example.org:2525":                  {host: "mail.example.org", port: 2525},
		"smtps://mail.example.org":                      {host: "mail.example.org", port: 465, implicit: true},
		"smtps://u:p@mail.example.org:10465":            {host: "mail.example.org", port: 10465, implicit: true, user: "u", password: "p"},
		"smtp://post%40example.org:a%2Fb%3A%25@h:587":   {host: "h", port: 587, user: "post@example.org", password: "a/b:%"},
		"smtp://post@example.org:p@ss@mail.example.org": {host: "mail.example.org", port: 587, user: "post@example.org", password: "p@ss"},
		"smtp://[::1]:25":                               {host: "::1", port: 25},
		"smtp://mail_server:25":                         {host: "mail_server", port: 25},
	} {
		got, err := parseServer(raw)
		if err != nil || got != want {
			t.Errorf("parseServer(%q) = %+v, %v; want %+v", raw, got, err, want)
		}
	}
}

func TestSMTPURLThatCannotBeUsedIsRefusedWithItsRemedy(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]mistake{
		"":                               urlMissing,
		"mail.example.org":               urlScheme,
		"http://mail.example.org":        urlScheme,
		"smtp:mail.example.org":          urlShape,
		"smtp://":                        urlHost,
		" smtp://mail.example.org":       urlShape,
		"smtp://u:100%@mail.example.org": urlShape,
		"smtp://u:p ss@mail.example.org": urlShape,
		"smtp://mail.example.org/":       urlEnd,
		"smtp://user:12/34@mail":         urlEnd,
		"smtp://user:12#34@mail":         urlEnd,
		"smtp://user:12?34@mail":         urlEnd,
		"smtp://:587":                    urlHost,
		"smtp://u:p@":                    urlHost,
		"smtp://mail..example.org":       urlHost,
		"smtp://café.example.org":        urlHost,
		"smtp://[fe80::1%25eth0]:25":     urlHost,
		"smtp://mail:":                   urlPort,
		"smtp://mail:0":                  urlPort,
		"smtp://mail:65536":              urlPort,
		"smtp://mail:465":                urlPort465,
		"smtp://user@mail":               urlUser,
		"smtp://user:@mail":              urlUser,
		"smtp://:pass@mail":              urlUser,
		"smtp://@mail":                   urlUser,
		"smtp://user:a%0Ab@mail":         urlControls,
		"smtp://us%00er:ab@mail":         urlControls,
	} {
		if _, err := parseServer(raw); err != want {
			t.Errorf("parseServer(%q) fails with %v, want %v", raw, err, want)
		}
	}
}

func TestOnlyThisMachineIsLoopback(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"127.0.0.1": true, "127.9.8.7": true, "::1": true, "::ffff:127.0.0.1": true, "localhost": true, "LocalHost": true,
		"128.0.0.1": false, "::2": false, "localhost.example.org": false, "127.0.0.1.example.org": false, "mail": false,
	} {
		if got := (server{host: host}).loopback(); got != want {
			t.Errorf("loopback of %q is %v", host, got)
		}
	}
}

// urlMistakes are all that parseServer may say.
var urlMistakes = []mistake{urlMissing, urlScheme, urlShape, urlEnd, urlHost, urlPort, urlPort465, urlUser, urlControls}

func FuzzSMTPURLErrorIsAFixedSentence(f *testing.F) {
	for _, raw := range []string{
		"smtp://u:CANARY@mail.example.org:587", "smtps://h", "smtp://u:CANARY", "smtp://u:CA#NARY@h", "smtp://u:CA/NARY@h",
		"smtp://u:CA%zzNARY@h", "smtp://u:CA NARY@h:1", "u:CANARY@h", "CANARY", "smtp://[CANARY", "smtp://h:CANARY", "smtp:CANARY",
	} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		s, err := parseServer(raw)
		if err != nil {
			if m, ok := err.(mistake); !ok || !slices.Contains(urlMistakes, m) {
				t.Fatalf("parseServer(%q) says what is no fixed sentence: %v", raw, err)
			}
			_, err = New(Config{URL: raw, From: "a@example.org"})
			if core.CodeOf(err) != core.Invalid {
				t.Fatalf("New fails with %v", err)
			}
			return
		}
		u := url.URL{Scheme: "smtp", Host: s.address()}
		if s.implicit {
			u.Scheme = "smtps"
		}
		if s.user != "" {
			u.User = url.UserPassword(s.user, s.password)
		}
		if again, err := parseServer(u.String()); err != nil || again != s {
			t.Fatalf("%q is read as %+v, and written again as %+v, %v", raw, s, again, err)
		}
	})
}
