package mail

import (
	"bytes"
	"io"
	"maps"
	"mime"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"tocsin/core"
)

// anyServer is where nothing is sent to: tests of the text alone need no other.
var anyServer = Config{URL: "smtp://127.0.0.1:25", From: "Campaign <post@example.org>"}

func letter() core.Letter {
	return core.Letter{ID: "code-1", To: "anne@example.com", Language: "fr", Subject: "Votre code", Text: "Bonjour,\n\n1234 5678\n"}
}

func TestLetterThatBreaksARuleIsInvalid(t *testing.T) {
	t.Parallel()
	s, err := New(anyServer)
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*core.Letter){
		"CR in the subject":              func(l *core.Letter) { l.Subject = "a\rBcc: b@example.org" },
		"LF in the subject":              func(l *core.Letter) { l.Subject = "a\nBcc: b@example.org" },
		"NUL in the subject":             func(l *core.Letter) { l.Subject = "a\x00" },
		"no UTF-8 in the subject":        func(l *core.Letter) { l.Subject = "a\xff" },
		"an encoded word in the subject": func(l *core.Letter) { l.Subject = "=?utf-8?q?a=0D=0AB?=" },
		"no subject":                     func(l *core.Letter) { l.Subject = " " },
		"CRLF in the recipient":          func(l *core.Letter) { l.To = "anne@example.com\r\nBcc: b@example.org" },
		"two recipients":                 func(l *core.Letter) { l.To = "anne@example.com,b@example.org" },
		"CRLF in the id":                 func(l *core.Letter) { l.ID = "a\r\nBcc: b@example.org" },
		"LF at the end of the id":        func(l *core.Letter) { l.ID = "a\n" },
		"an angle bracket in the id":     func(l *core.Letter) { l.ID = "a>" },
		"a dot at an end of the id":      func(l *core.Letter) { l.ID = "a." },
		"no id":                          func(l *core.Letter) { l.ID = "" },
		"an id without end":              func(l *core.Letter) { l.ID = strings.Repeat("a", 129) },
		"CRLF in the language":           func(l *core.Letter) { l.Language = "fr\r\nBcc: b@example.org" },
		"markup in the language":         func(l *core.Letter) { l.Language = `fr"><b>` },
		"no language":                    func(l *core.Letter) { l.Language = "" },
		"no text":                        func(l *core.Letter) { l.Text = "\n \n" },
		"NUL in the text":                func(l *core.Letter) { l.Text = "a\x00b" },
		"no UTF-8 in the text":           func(l *core.Letter) { l.Text = "a\xffb" },
		"a lone half of a UTF-8 rune":    func(l *core.Letter) { l.Text = "caf\xc3" },
	} {
		l := letter()
		spoil(&l)
		if _, err := s.pack(&l, time.Now()); core.CodeOf(err) != core.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPageShowsTheTextAndNothingElse(t *testing.T) {
	t.Parallel()
	l := letter()
	l.Subject, l.Language = `<script src="//x">`, "fr-CA"
	got := page(&l, lines("\r\nUn & <b>deux</b>\r\n\"trois\"\r\n\r\n\r\n\nhttps://example.org/?a=1&b=2\r"))
	want := `<!DOCTYPE html>
<html lang="fr-CA" dir="auto">
<head><meta charset="utf-8"><title>&lt;script src=&#34;//x&#34;&gt;</title></head>
<body>
<p>Un &amp; &lt;b&gt;deux&lt;/b&gt;<br>
&#34;trois&#34;</p>
<p>https://example.org/?a=1&amp;b=2</p>
</body>
</html>
`
	if got != want {
		t.Errorf("the page is\n%s\nwant\n%s", got, want)
	}
}

func TestDateTellsNoTimeZoneOfOurs(t *testing.T) {
	t.Parallel()
	s, err := New(anyServer)
	if err != nil {
		t.Fatal(err)
	}
	l := letter()
	p, err := s.pack(&l, time.Date(2026, 3, 4, 5, 6, 7, 0, time.FixedZone("", -9*3600)))
	if err != nil {
		t.Fatal(err)
	}
	if want := "Date: Wed, 04 Mar 2026 14:06:07 +0000\r\n"; !bytes.Contains(p.body, []byte(want)) {
		t.Errorf("the letter lacks %q:\n%s", want, p.body)
	}
}

// headers are all that a letter may have.
var headers = []string{"Auto-Submitted", "Content-Language", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Subject", "To"}

func FuzzNoLetterAddsAHeader(f *testing.F) {
	f.Add("code-1", "anne@example.com", "fr", "Votre code", "Bonjour")
	f.Add("a\r\nBcc: b", "a@b\r\nBcc: b", "fr\r\nBcc: b", "a\r\nBcc: b", "\r\n.\r\nMAIL FROM:<>")
	f.Add("a.b_c", "é@example.com", "zh-Hant-TW", strings.Repeat("mot é ", 60), ".\n..\n")
	f.Add("a", "a@b.c", "x", "=?utf-8?q?a=0D=0AB?=", "\u2028--\n")
	f.Fuzz(func(t *testing.T, id, to, language, subject, text string) {
		s, err := New(anyServer)
		if err != nil {
			t.Fatal(err)
		}
		l := core.Letter{ID: id, To: core.Address(to), Language: language, Subject: subject, Text: text}
		p, err := s.pack(&l, time.Now())
		if err != nil {
			if core.CodeOf(err) != core.Invalid {
				t.Fatalf("pack fails with %v", err)
			}
			return
		}
		m, err := netmail.ReadMessage(bytes.NewReader(p.body))
		if err != nil {
			t.Fatalf("the letter cannot be read: %v\n%s", err, p.body)
		}
		if got := slices.Sorted(maps.Keys(m.Header)); !slices.Equal(got, headers) {
			t.Fatalf("the headers are %q", got)
		}
		for key, values := range m.Header {
			if len(values) != 1 {
				t.Fatalf("header %s is there %d times", key, len(values))
			}
		}
		if m.Header.Get("Message-ID") != "<"+id+"@example.org>" || m.Header.Get("Content-Language") != language {
			t.Fatalf("the headers are %q", m.Header)
		}
		for line := range bytes.SplitSeq(p.body, []byte("\r\n")) {
			if len(line) > 998 || bytes.ContainsAny(line, "\r\n\x00") {
				t.Fatalf("a line is no line of RFC 5322: %q", line)
			}
		}
		if !utf8.Valid(p.body) {
			t.Fatal("the letter is not UTF-8")
		}
		checkSubject(t, m.Header.Get("Subject"), subject)
		if _, err := io.ReadAll(m.Body); err != nil {
			t.Fatal(err)
		}
	})
}

// checkSubject compares a subject as sent with what was to be said. Folding may
// have made several spaces of plain ASCII into one line break.
func checkSubject(t *testing.T, sent, want string) {
	t.Helper()
	got, err := new(mime.WordDecoder).DecodeHeader(sent)
	if err != nil {
		t.Fatalf("the subject %q cannot be decoded: %v", sent, err)
	}
	if strings.Join(strings.Fields(got), "") != strings.Join(strings.Fields(want), "") {
		t.Fatalf("the subject %q is sent as %q and read as %q", want, sent, got)
	}
}
