package mailtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"strings"
)

// A Letter is a letter as the server took it.
type Letter struct {
	From, To  string         // of the envelope
	Header    netmail.Header // as sent, not decoded
	Subject   string         // decoded
	Text      string         // the text/plain part, decoded, LF between lines
	HTML      string         // the text/html part, decoded, LF between lines
	Raw       []byte         // all of it, dots unstuffed
	User      string         // who logged in; "" for nobody
	Greeting  string         // what the sender called itself in EHLO
	Encrypted bool           // it came over TLS
	UTF8      bool           // MAIL said SMTPUTF8
}

// MessageID returns the Message-ID with its angle brackets.
func (l Letter) MessageID() string { return l.Header.Get("Message-ID") }

// read takes raw apart. It fails unless raw is multipart/alternative of text/plain
// and text/html in this order, quoted-printable and UTF-8.
func read(raw []byte) (Letter, error) {
	l := Letter{Raw: raw}
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return l, fmt.Errorf("mailtest: read letter: %w", err)
	}
	l.Header = m.Header
	if l.Subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		return l, fmt.Errorf("mailtest: read subject: %w", err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		return l, errors.New("mailtest: the letter is not multipart/alternative")
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	if l.Text, err = readPart(parts, "text/plain"); err != nil {
		return l, err
	}
	if l.HTML, err = readPart(parts, "text/html"); err != nil {
		return l, err
	}
	if _, err := parts.NextRawPart(); err != io.EOF {
		return l, errors.New("mailtest: the letter has more than two parts")
	}
	return l, nil
}

func readPart(r *multipart.Reader, want string) (string, error) {
	p, err := r.NextRawPart()
	if err != nil {
		return "", fmt.Errorf("mailtest: read part %s: %w", want, err)
	}
	kind, params, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
	if err != nil || kind != want || !strings.EqualFold(params["charset"], "utf-8") {
		return "", fmt.Errorf("mailtest: part is no %s in UTF-8", want)
	}
	if p.Header.Get("Content-Transfer-Encoding") != "quoted-printable" {
		return "", fmt.Errorf("mailtest: part %s is not quoted-printable", want)
	}
	b, err := io.ReadAll(quotedprintable.NewReader(p))
	if err != nil {
		return "", fmt.Errorf("mailtest: decode part %s: %w", want, err)
	}
	return strings.ReplaceAll(string(b), "\r\n", "\n"), nil
}
