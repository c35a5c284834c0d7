package mail

import (
	"bytes"
	"html"
	netmail "net/mail"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"

	"tocsin/core"
)

// A parcel is a letter ready for the server. It holds an address and a code.
type parcel struct {
	from, to *netmail.Address
	body     []byte // headers and both parts, in 7-bit ASCII unless to is not
}

var (
	// idShape is what a Letter.ID may be: RFC 5322's dot-atom-text in fewer
	// characters, so that it needs no quoting in a Message-ID.
	idShape       = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)
	languageShape = regexp.MustCompile(`^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$`)
)

const maxID = 128 // characters

// pack makes the parcel of l as of now. It fails with Invalid if l lacks a part or
// has a character that could end a header: nothing is mended in silence.
func (s *Sender) pack(l *core.Letter, now time.Time) (*parcel, error) {
	to, err := recipient(l.To)
	if err != nil {
		return nil, err
	}
	switch {
	case len(l.ID) > maxID || !idShape.MatchString(l.ID):
		return nil, invalid("the id must be letters, digits, '.', '_' and '-'")
	case !languageShape.MatchString(l.Language):
		return nil, invalid("the language is no tag")
	case strings.TrimSpace(l.Subject) == "" || hasControl(l.Subject):
		return nil, invalid("the subject is empty or has a control character")
	case strings.Contains(l.Subject, "=?"): // RFC 2047: a reader would decode it
		return nil, invalid("the subject has an encoded word")
	case strings.TrimSpace(l.Text) == "" || strings.Contains(l.Text, "\x00") || !utf8.ValidString(l.Text):
		return nil, invalid("the text is empty or has a character that no text has")
	}
	body, err := s.render(l, to, now)
	if err != nil {
		return nil, err
	}
	return &parcel{from: s.from, to: to, body: body}, nil
}

// render writes the headers and the two parts of l, which pack has checked.
func (s *Sender) render(l *core.Letter, to *netmail.Address, now time.Time) ([]byte, error) {
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	m.FromMailAddress(s.from)
	m.ToMailAddress(to)
	m.Subject(l.Subject)
	m.SetDateWithValue(now.UTC())
	m.SetMessageIDWithValue(l.ID + "@" + domainOf(s.from.Address))
	m.SetGenHeader(gomail.HeaderContentLang, l.Language)
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody's machine should answer

	text := lines(l.Text)
	m.SetBodyString(gomail.TypeTextPlain, text)
	m.AddAlternativeString(gomail.TypeTextHTML, page(l, text))
	var b bytes.Buffer
	if _, err := m.WriteTo(&b); err != nil {
		return nil, core.Wrap(core.Internal, mistake("the library failed"), "mail: write letter") // never err: it may repeat an address
	}
	return b.Bytes(), nil
}

// lines returns text with LF alone between lines and one at the end.
func lines(text string) string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	return strings.Trim(text, "\n") + "\n"
}

// page returns text as an HTML page: each block between blank lines a paragraph,
// all of it escaped, with nothing to press and nothing to fetch.
func page(l *core.Letter, text string) string {
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\n<html lang=\"" + l.Language + "\" dir=\"auto\">\n<head><meta charset=\"utf-8\"><title>")
	b.WriteString(html.EscapeString(l.Subject))
	b.WriteString("</title></head>\n<body>\n")
	for block := range strings.SplitSeq(text, "\n\n") {
		block = strings.Trim(block, "\n")
		if block == "" {
			continue
		}
		b.WriteString("<p>" + strings.ReplaceAll(html.EscapeString(block), "\n", "<br>\n") + "</p>\n")
	}
	b.WriteString("</body>\n</html>\n")
	return b.String()
}

// invalid returns the error for a letter that breaks a rule, said by a sentence
// that repeats none of it.
func invalid(rule mistake) error {
	return core.Wrap(core.Invalid, rule, "mail: read letter")
}
