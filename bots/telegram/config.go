package telegram

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/url"
	"regexp"
	"strings"
	"time"

	"tocsin/core"
)

// Home is where Telegram's own Bot API server is.
const Home = "https://api.telegram.org"

// longPoll is the longest time that the server keeps a poll open.
const longPoll = 50 * time.Second

// A Config says which bot it is, and where its server is. It prints and logs as
// "[telegram config]".
type Config struct {
	Token string // as BotFather gave it
	API   string // "" is Home; of a server of one's own, or of a proxy

	// PollTimeout is how long the server keeps an empty poll open; 0 is 50 s, the most
	// that it takes.
	PollTimeout time.Duration

	// Dialer opens a connection to the server; nil: over TCP. It changes the way, not the
	// rules: API still decides what must be encrypted and whose certificate is accepted.
	Dialer func(ctx context.Context, network, address string) (net.Conn, error)
}

func (Config) String() string       { return "[telegram config]" }
func (Config) GoString() string     { return "[telegram config]" }
func (Config) LogValue() slog.Value { return slog.StringValue("[telegram config]") }

// tokenForm is a bot's id and its secret.
var tokenForm = regexp.MustCompile(`^([1-9][0-9]{0,15}):[A-Za-z0-9_-]{10,60}$`)

// check fails with Invalid if a value breaks a rule; it never shows the token.
func (c *Config) check() error {
	if !tokenForm.MatchString(c.Token) {
		return invalid("the token must look like 123456789:AAEx…, as BotFather gave it")
	}
	u, err := url.Parse(c.API)
	switch {
	case err != nil, u.Host == "", u.Scheme != "https" && u.Scheme != "http":
		return invalid("the address of the Bot API must look like " + Home)
	case u.User != nil, u.RawQuery != "", u.Fragment != "", strings.Contains(c.API, "%"):
		return invalid("the address of the Bot API takes no user, query, fragment or %")
	case c.PollTimeout < 0 || c.PollTimeout > longPoll:
		return invalid("the server keeps a poll open for 50 seconds at most")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return invalid("the address of the Bot API must begin with https:// unless it is on this machine")
	}
	return nil
}

// id returns the id of the bot, which its token begins with.
func (c *Config) id() string {
	id, _, _ := strings.Cut(c.Token, ":")
	return id
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func invalid(why string) error {
	return core.Wrap(core.Invalid, errors.New(why), "telegram: read config")
}
