//go:build goolm

package matrix_test

import (
	"path/filepath"
	"testing"
	"time"

	"tocsin/bots/matrix"
	"tocsin/bots/matrix/matrixtest"
	"tocsin/core"
)

func TestFiveStartsAreOneLogin(t *testing.T) {
	t.Parallel()
	proxy := matrixtest.Shared(t).Proxy(t)
	s := newStage(t, func(c *matrix.Config) { c.Homeserver = proxy.URL() })
	s.config.Password = s.bot.Password
	for range 5 {
		me, err := newAdapter(t, s.config).Identify(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if me.Keys < 45 || me.Keys > 55 {
			t.Errorf("%d one-time keys are on the server, want about 50", me.Keys)
		}
	}
	if n := proxy.Calls("POST /_matrix/client/v3/login"); n != 1 {
		t.Errorf("%d logins, want one", n)
	}
}

// A token that is refused is replaced with the password, and the device stays; but not
// again and again, since servers lock accounts for that.
func TestARefusedTokenIsReplacedOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.server.Revoke(t, s.bot)
	_, err := newAdapter(t, s.config).Identify(t.Context())
	if core.CodeOf(err) != core.RateLimited || core.AfterOf(err) < 4*time.Minute {
		t.Errorf("so soon after the last login it says %v, want to wait", err)
	}
	s.alter("UPDATE tocsin_account SET logged_in = logged_in - 600")
	after, err := newAdapter(t, s.config).Identify(t.Context())
	if err != nil || after.Device != s.me.Device || after.Fingerprint != s.me.Fingerprint {
		t.Errorf("after a while it is %+v (%v), want the device %+v", after, err, s.me)
	}
}

func TestAWrongPasswordWaitsForTheOperator(t *testing.T) {
	t.Parallel()
	server := matrixtest.Shared(t)
	proxy := server.Proxy(t)
	s := &stage{t: t, server: server, bot: server.Register(t, "bot"), got: make(chan *core.Update, 1), seen: map[string]bool{}}
	s.config = matrix.Config{
		Homeserver: proxy.URL(), User: string(s.bot.ID), Password: "not this", Database: "sqlite:" + filepath.Join(t.TempDir(), "m.db"),
	}
	s.begin()
	s.becomes(matrix.NeedsCredentials)
	s.halt()
	if n := proxy.Calls("POST /_matrix/client/v3/login"); n != 1 {
		t.Errorf("%d logins, want one", n)
	}
}

// The keys are those of one device: another token is refused before it does harm.
func TestATokenOfAnotherDeviceIsRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.config.Token, s.config.Device = "something", "OTHERDEVICE"
	_, err := newAdapter(t, s.config).Identify(t.Context())
	if core.CodeOf(err) != core.Forbidden {
		t.Errorf("Identify = %v, want Forbidden", err)
	}
}
