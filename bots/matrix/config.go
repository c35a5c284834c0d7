package matrix

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/url"
	"strings"

	"maunium.net/go/mautrix/id"

	"tocsin/core"
)

// A Config says which account it is, and where its server is. It prints and logs as
// "[matrix config]".
type Config struct {
	Homeserver  string // https://matrix.example.org; "": its server's own name says where
	User        string // @bot:example.org
	Password    string // needed once: then the device that it made is used
	Token       string // instead of a password, of the device Device; with neither, SetUp asks for a Pass
	Device      string
	RecoveryKey string // vouches for a new device
	Database    string // sqlite: and the path of a file, or a postgres:// URL
	Site        string // the campaign's: whoever is asked for a Pass sees it
	Unlimited   bool   // the operator says that the server does not limit this account
	Discreet    bool   // chats are not shown what was read, nor that the bot is typing
	Invites     Invites
	Space       string   // the room that lists those which follow a place; "": none
	Organisers  []string // servers from whose people commands of organisers are taken; empty: any

	// Dialer opens a connection to the server; nil: over TCP. It changes the way, not the
	// address.
	Dialer func(ctx context.Context, network, address string) (net.Conn, error)
}

func (Config) String() string       { return "[matrix config]" }
func (Config) GoString() string     { return "[matrix config]" }
func (Config) LogValue() slog.Value { return slog.StringValue("[matrix config]") }

// check fails with Invalid if a value breaks a rule; it never shows a secret.
func (c *Config) check() error {
	if _, err := c.id(); err != nil {
		return err
	}
	switch {
	case (c.Token == "") != (c.Device == ""):
		return invalid("the token and the device that it is of go together")
	case !strings.HasPrefix(c.Database, "sqlite:") && !postgres(c.Database):
		return invalid("the database must begin with sqlite: and the path of a file, or with postgres://")
	case c.Homeserver == "":
		return nil
	}
	u, err := url.Parse(c.Homeserver)
	switch {
	case err != nil, u.Host == "", u.Scheme != "https" && u.Scheme != "http":
		return invalid("the address of the server must look like https://matrix.example.org")
	case u.User != nil, u.RawQuery != "", u.Fragment != "":
		return invalid("the address of the server takes no user, query or fragment")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return invalid("the address of the server must begin with https:// unless it is on this machine")
	}
	return nil
}

// id returns the account's own id.
func (c *Config) id() (id.UserID, error) {
	user := id.UserID(c.User)
	if name, server, err := user.ParseAndValidateRelaxed(); err != nil || name == "" || server == "" {
		return "", invalid("the user must look like @bot:example.org")
	}
	return user, nil
}

func postgres(url string) bool {
	return strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://")
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func invalid(why string) error {
	return core.Wrap(core.Invalid, errors.New(why), "matrix: read config")
}
