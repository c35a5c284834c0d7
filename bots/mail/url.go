package mail

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// A server is what SMTP_URL says.
type server struct {
	host     string // a name or an IP address
	port     uint16
	implicit bool // TLS from the first byte (smtps), not after STARTTLS
	user     string
	password string
}

// A mistake is a fixed sentence about a setting or a letter. It never repeats any of
// it, since a part that cannot be read may be the password.
type mistake string

func (m mistake) Error() string { return string(m) }

const (
	urlMissing  mistake = "it is empty: write smtp://user:password@host:587 or smtps://user:password@host:465"
	urlScheme   mistake = "it must begin with smtp:// (STARTTLS) or smtps:// (TLS from the start)"
	urlShape    mistake = "it cannot be read: write smtp://user:password@host:587, and each special character of the user and the password as %XX (@ is %40, / is %2F, # is %23, % is %25)"
	urlEnd      mistake = "nothing may follow the port: if the password has a / ? or #, write it as %2F %3F or %23"
	urlHost     mistake = "the host is missing or has a character that no host name has: write it in ASCII letters, or as an IP address (IPv6 in [brackets])"
	urlPort     mistake = "the port must be a number from 1 to 65535, usually 587 for smtp:// and 465 for smtps://"
	urlPort465  mistake = "port 465 speaks TLS from the start: write smtps:// instead of smtp://"
	urlUser     mistake = "user and password go together: write both as user:password@ or neither"
	urlControls mistake = "the user or the password has a control character: check for a line break copied by accident"
)

// parseServer reads SMTP_URL. Without a port it takes 587 for smtp and 465 for
// smtps (RFC 8314). Every error is a mistake.
func parseServer(raw string) (server, error) {
	if raw == "" {
		return server{}, urlMissing
	}
	if strings.ContainsAny(raw, "#?") {
		return server{}, urlEnd
	}
	u, err := url.Parse(raw)
	if err != nil {
		return server{}, urlShape // never err: it repeats the whole URL
	}
	if u.Scheme != "smtp" && u.Scheme != "smtps" {
		return server{}, urlScheme
	}
	if u.Opaque != "" {
		return server{}, urlShape
	}
	if u.Path != "" {
		return server{}, urlEnd
	}
	s := server{host: u.Hostname(), implicit: u.Scheme == "smtps"}
	if !validHost(s.host) {
		return server{}, urlHost
	}
	if s.port, err = parsePort(u); err != nil {
		return server{}, err
	}
	if s.user, s.password, err = parseUser(u.User); err != nil {
		return server{}, err
	}
	return s, nil
}

func parsePort(u *url.URL) (uint16, error) {
	text := u.Port()
	switch {
	case text == "" && strings.HasSuffix(u.Host, ":"):
		return 0, urlPort
	case text == "" && u.Scheme == "smtps":
		return 465, nil
	case text == "":
		return 587, nil
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return 0, urlPort
	}
	if n == 465 && u.Scheme == "smtp" {
		return 0, urlPort465
	}
	return uint16(n), nil
}

func parseUser(u *url.Userinfo) (user, password string, err error) {
	if u == nil {
		return "", "", nil
	}
	user = u.Username()
	password, _ = u.Password()
	if user == "" || password == "" {
		return "", "", urlUser
	}
	if hasControl(user) || hasControl(password) {
		return "", "", urlControls
	}
	return user, password, nil
}

// validHost reports whether host is an IP address or can be a host name. It allows
// the underscore, which names of containers have.
func validHost(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Zone() == ""
	}
	if host == "" || len(host) > 253 {
		return false
	}
	for _, label := range strings.Split(strings.TrimSuffix(host, "."), ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, letters+digits+"-_") != "" {
			return false
		}
	}
	return true
}

// address returns what to dial: "host:port".
func (s server) address() string {
	return net.JoinHostPort(s.host, strconv.Itoa(int(s.port)))
}

// loopback reports whether the server is on this machine by its name: 127.0.0.0/8,
// ::1 or localhost (RFC 6761).
func (s server) loopback() bool {
	if a, err := netip.ParseAddr(s.host); err == nil {
		return a.IsLoopback()
	}
	return strings.EqualFold(s.host, "localhost")
}
