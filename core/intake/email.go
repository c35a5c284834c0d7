package intake

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"tocsin/core"
)

// The longest address and the longest part before its @, in bytes (RFC 5321,
// 4.5.3.1.1 and 4.5.3.1.3, without the angle brackets).
const (
	maxEmail = 254
	maxLocal = 64
)

// maxText is the longest chat message that is searched for an address, in bytes.
const maxText = 16 << 10

// domains maps a domain as people write it to lower-case A-labels (UTS #46).
var domains = idna.New(
	idna.MapForLookup(), idna.BidiRule(), idna.CheckHyphens(true), idna.VerifyDNSLength(true),
)

// CanonicalEmail returns the one form of an e-mail address that is compared: without
// space around it, in NFC, the domain as lower-case A-labels, the rest in lower case.
// Dots and what follows a plus sign stay: one provider's habit is another's separate
// mailbox. A canonical address is its own canonical form.
//
// It fails with Invalid, and never says what s was, if s is no address of the shape
// local@domain.tld, is longer than 254 bytes (64 before the @), has a space or a
// character that cannot be seen in it, or needs quotes or brackets (RFC 5321, 4.1.2).
func CanonicalEmail(s string) (core.Address, error) {
	s = strings.TrimFunc(s, unseen)
	if plainEmail(s) {
		return core.Address(strings.ToLower(s)), nil
	}
	return foldedEmail(s)
}

// foldedEmail is CanonicalEmail for any script.
func foldedEmail(s string) (core.Address, error) {
	if len(s) > 4*maxEmail || !utf8.ValidString(s) {
		return "", errEmail()
	}
	local, domain, found := strings.Cut(s, "@")
	if !found {
		return "", errEmail()
	}
	local = norm.NFC.String(strings.ToLower(local))
	domain, ok := asciiDomain(domain)
	if !ok || !localPart(local) || len(local)+1+len(domain) > maxEmail {
		return "", errEmail()
	}
	return core.Address(local + "@" + domain), nil
}

// asciiDomain returns a domain as lower-case A-labels. It reports false if it has
// none, or if what comes out is no domain: some right-to-left signs map to letters
// that may not stand there, which shows at the second look only.
func asciiDomain(s string) (string, bool) {
	once, err := domains.ToASCII(s)
	if err != nil || !hostName(once) {
		return "", false
	}
	twice, err := domains.ToASCII(once)
	return once, err == nil && twice == once
}

// EmailIn finds the address in what a person types or pastes into a chat, and returns
// its canonical form: "Name <a@b.fr>", "mailto:a@b.fr?subject=x", "(a@b.fr)",
// "it is a@b.fr.". It fails with Invalid if text has no address, or two different ones.
func EmailIn(text string) (core.Address, error) {
	if len(text) > maxText {
		return "", errEmail()
	}
	var found core.Address
	for _, word := range strings.FieldsFunc(text, between) {
		if !strings.ContainsAny(word, "@%") {
			continue
		}
		address, err := CanonicalEmail(unwrapped(word))
		if err != nil {
			continue
		}
		if found != "" && found != address {
			return "", errEmail()
		}
		found = address
	}
	if found == "" {
		return "", errEmail()
	}
	return found, nil
}

// errEmail is the same whatever was wrong.
func errEmail() error { return core.Fail(core.Invalid, "email.invalid") }

// plainEmail reports whether s, lower-cased, is the canonical form of s without any
// look at Unicode: nearly all addresses are.
func plainEmail(s string) bool {
	at := strings.IndexByte(s, '@')
	if at < 1 || at > maxLocal || len(s) > maxEmail {
		return false
	}
	for i := range at {
		if !atext[s[i]] {
			return false
		}
	}
	return plainDomain(s[at+1:])
}

// localPart reports whether s may stand before the @ without quotes: the signs of
// RFC 5322, 3.2.3, and beyond ASCII all that is seen (RFC 6531, 3.3).
func localPart(s string) bool {
	for _, r := range s {
		if r < utf8.RuneSelf && !atext[r] || r >= utf8.RuneSelf && unseen(r) {
			return false
		}
	}
	return s != "" && len(s) <= maxLocal
}

// atext is which bytes of ASCII may stand before the @.
var atext = func() (t [256]bool) {
	for _, r := range "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~." {
		t[r] = true
	}
	return t
}()

// plainDomain reports whether s is a host name in ASCII that IDNA only lower-cases.
func plainDomain(s string) bool {
	for i := 0; i <= len(s); {
		n := strings.IndexByte(s[i:], '.')
		if n < 0 {
			n = len(s) - i
		}
		if !plainLabel(s[i : i+n]) {
			return false
		}
		i += n + 1
	}
	return hostName(s)
}

// plainLabel reports whether s is a label of letters, digits and inner hyphens,
// without the double hyphen that marks another encoding.
func plainLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' || len(s) > 3 && s[2:4] == "--" {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// hostName reports whether an ASCII domain has two labels or more, the last with a
// letter: "gmail" is a slip, and 127.0.0.1 has no mailbox for us.
func hostName(s string) bool {
	dot := strings.LastIndexByte(s, '.')
	return dot > 0 && strings.Trim(s[dot+1:], "0123456789") != ""
}

// unseen reports whether r leaves no mark: space, control, invisible or undefined.
func unseen(r rune) bool {
	if r < utf8.RuneSelf {
		return r <= ' ' || r == 0x7f
	}
	return unicode.IsSpace(r) || !unicode.IsGraphic(r) || r == unicode.ReplacementChar
}

// between reports whether r stands between words and never in an address.
func between(r rune) bool {
	return unseen(r) || strings.ContainsRune(`<>()[]{}"«»“”„‹›,;:|\`, r)
}

// unwrapped takes the marks of a sentence, of quoting and of a link from around a
// word, and the escapes of a link (RFC 6068, 2) out of it.
func unwrapped(word string) string {
	if plain, err := url.PathUnescape(word); err == nil {
		word = plain
	}
	word = strings.Trim(word, "'’‘`*")
	at := strings.LastIndexByte(word, '@')
	if end := strings.IndexAny(word[at+1:], "?&/"); end >= 0 {
		word = word[:at+1+end]
	}
	return strings.TrimRight(word, ".!…'’`*")
}
