package matrix

import (
	"fmt"
	"strings"
	"testing"

	"maunium.net/go/mautrix/id"

	"tocsin/core"
)

func TestASettingThatIsWrongIsNamedWithoutASecret(t *testing.T) {
	t.Parallel()
	right := Config{User: "@bot:example.org", Password: "hunter2", Database: "sqlite:x.db"}
	for why, change := range map[string]func(*Config){
		"@bot:example.org":     func(c *Config) { c.User = "bot" },
		"go together":          func(c *Config) { c.Token = "hunter2" },
		"sqlite:":              func(c *Config) { c.Database = "mysql://hunter2@x" },
		"must look like https": func(c *Config) { c.Homeserver = "matrix.example.org" },
		"https:// unless":      func(c *Config) { c.Homeserver = "http://matrix.example.org" },
		"no user":              func(c *Config) { c.Homeserver = "https://hunter2@matrix.example.org" },
	} {
		c := right
		change(&c)
		_, err := New(c)
		if core.CodeOf(err) != core.Invalid || !strings.Contains(err.Error(), why) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("New = %v, want Invalid with %q and no secret", err, why)
		}
	}
	for _, c := range []Config{right, {User: right.User, Token: "t", Device: "D", Database: "postgres://h/x", Homeserver: "http://127.0.0.1:8008"}} {
		if _, err := New(c); err != nil {
			t.Error(err)
		}
	}
	if said := fmt.Sprintf("%v %+v %#v %s", right, right, right, right); strings.Contains(said, "hunter2") {
		t.Error("a configuration prints its password")
	}
}

func TestInvitationsAreAcceptedByThePolicy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		policy Invites
		from   string
		direct bool
		want   bool
	}{
		{Invites{Nobody: true, Servers: []string{"*"}, Rooms: true}, "@a:example.org", true, false},
		{Invites{Users: []string{"@a:elsewhere.org"}}, "@a:elsewhere.org", true, true},
		{Invites{Users: []string{"@a:elsewhere.org"}}, "@b:elsewhere.org", true, false},
		{Invites{Users: []string{"@a:elsewhere.org"}}, "@b:example.org", true, false},
		{Invites{Users: []string{"@a:elsewhere.org"}}, "@a:elsewhere.org", false, false},
		{Invites{MembersOf: "!m:x"}, "@a:example.org", true, false},
		{Invites{MembersOf: "!r:x"}, "@a:anywhere.org", false, true},
		{Invites{MembersOf: "!r:x", Nobody: true}, "@a:anywhere.org", false, false},
		{Invites{Named: []string{"!r:x"}}, "@a:anywhere.org", false, true},
		{Invites{}, "@a:example.org", true, true},
		{Invites{}, "@a:elsewhere.org", true, false},
		{Invites{}, "@a:example.org", false, false},
		{Invites{Rooms: true}, "@a:example.org", false, true},
		{Invites{Servers: []string{"elsewhere.org"}}, "@a:elsewhere.org", true, true},
		{Invites{Servers: []string{"elsewhere.org"}}, "@a:example.org", true, false},
		{Invites{Servers: []string{"*"}}, "@a:anywhere.org", true, true},
	} {
		if got := c.policy.allows("@bot:example.org", invitation{"!r:x", id.UserID(c.from), c.direct}); got != c.want {
			t.Errorf("%+v: %s, direct %v: %v", c.policy, c.from, c.direct, got)
		}
	}
}
