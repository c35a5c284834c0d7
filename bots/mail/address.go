package mail

import (
	netmail "net/mail"
	"net/netip"
	"strings"
	"unicode"

	"golang.org/x/net/idna"

	"tocsin/core"
)

const (
	letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits  = "0123456789"

	maxAddress = 254 // bytes (RFC 5321 4.5.3.1.3, without the angle brackets)
	maxLocal   = 64  // bytes before the @ (RFC 5321 4.5.3.1.1)
)

const (
	fromMissing  mistake = "it is empty: write the sender's address, with a name if you like: Campaign <post@example.org>"
	fromShape    mistake = "it cannot be read: write one address, with a name if you like: Campaign <post@example.org>"
	fromControls mistake = "it has a control character: check for a line break copied by accident"
	fromASCII    mistake = "the address must be in ASCII before the @: not every server takes others"
)

// parseFrom reads MAIL_FROM. Every error is a mistake.
func parseFrom(raw string) (*netmail.Address, error) {
	if strings.TrimSpace(raw) == "" {
		return nil, fromMissing
	}
	if hasControl(raw) {
		return nil, fromControls
	}
	a, err := netmail.ParseAddress(raw)
	if err != nil || hasControl(a.Name) {
		return nil, fromShape // never err: it repeats the address
	}
	bare, ok := canonical(a.Address)
	if !ok {
		return nil, fromShape
	}
	if !isASCII(bare) {
		return nil, fromASCII
	}
	return &netmail.Address{Name: a.Name, Address: bare}, nil
}

// recipient reads the address that a person typed: local@domain alone, without a
// name, a comment or quotes. It fails with Invalid.
func recipient(a core.Address) (*netmail.Address, error) {
	if hasControl(string(a)) {
		return nil, invalid("the recipient has a control character")
	}
	typed := strings.TrimSpace(string(a))
	read, err := netmail.ParseAddress(typed)
	if err != nil || read.Name != "" || read.Address != typed {
		return nil, invalid("the recipient is no address")
	}
	bare, ok := canonical(typed)
	if !ok {
		return nil, invalid("the recipient is no address")
	}
	return &netmail.Address{Address: bare}, nil
}

// canonical returns address with its domain as lower-case A-labels (IDNA); ok is
// false if it is too long or its domain is none.
func canonical(address string) (bare string, ok bool) {
	at := strings.LastIndexByte(address, '@')
	if at < 1 || at > maxLocal {
		return "", false
	}
	domain, err := idna.Lookup.ToASCII(address[at+1:])
	if err != nil || !validHost(domain) {
		return "", false
	}
	if _, err := netip.ParseAddr(domain); err == nil {
		return "", false
	}
	bare = address[:at+1] + domain
	return bare, len(bare) <= maxAddress
}

// domainOf returns what follows the @ of an address that canonical made.
func domainOf(address string) string {
	return address[strings.LastIndexByte(address, '@')+1:]
}

// hasControl reports whether s has a control character (CR, LF and NUL among them)
// or is not valid UTF-8: neither may reach a header or a command.
func hasControl(s string) bool {
	return strings.ToValidUTF8(s, "\x00") != s || strings.ContainsFunc(s, unicode.IsControl)
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}
