package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"tocsin/bots/matrix"
	"tocsin/core"
	"tocsin/storage"
)

// matrix reads the variables of the bot on Matrix. Without a user there is none.
func (e *environment) matrix(database Secret) matrix.Config {
	c := matrix.Config{
		Homeserver:  e.text("MATRIX_HOMESERVER", ""),
		User:        e.text("MATRIX_USER", ""),
		Password:    string(e.secret("MATRIX_PASSWORD", "")),
		Token:       string(e.secret("MATRIX_TOKEN", "")),
		Device:      e.text("MATRIX_DEVICE_ID", ""),
		RecoveryKey: string(e.secret("MATRIX_RECOVERY_KEY", "")),
		Database:    beside(string(database)),
	}
	if c.User == "" {
		return matrix.Config{}
	}
	if _, err := matrix.New(c); err != nil {
		e.wrong("MATRIX_USER", cause(err))
	}
	return c
}

// beside returns where the keys of the Matrix account are kept: the library's tables need
// a file, or a database, of their own. It stands beside that of the campaign.
func beside(database string) string {
	if path, file := strings.CutPrefix(database, "sqlite:"); file {
		ext := filepath.Ext(path)
		return "sqlite:" + strings.TrimSuffix(path, ext) + "-matrix" + ext
	}
	u, err := url.Parse(database)
	if err != nil {
		return database // what is wrong with it is told of DATABASE_URL
	}
	u.Path += "_matrix"
	return u.String()
}

// newMatrix returns the adapter of the account that is set, or nil.
func newMatrix(c *Config) (*matrix.Adapter, error) {
	if c.Matrix.User == "" {
		return nil, nil
	}
	rules, config := c.Campaign.Matrix, c.Matrix
	config.Unlimited, config.Discreet, config.Organisers = rules.Unlimited, rules.Discreet, rules.Organisers
	config.Site = c.Campaign.PrivacyURL
	config.Space = rules.Space
	config.Invites = matrix.Invites{
		Nobody: rules.Nobody, Users: rules.Users, Servers: rules.Servers, MembersOf: rules.MembersOf,
		Rooms: rules.Rooms, MaxRooms: rules.MaxRooms, MaxMembers: rules.MaxMembers,
	}
	if rules.Space != "" {
		config.Invites.Named = []string{rules.Space}
	}
	return matrix.New(config)
}

// openMatrix is newMatrix for serve.
func openMatrix(c *Config) (core.Adapter, error) {
	a, err := newMatrix(c)
	if err != nil || a == nil {
		return nil, err
	}
	return a, nil
}

// matrix says whether the server knows the account, what it is to others, and how many
// conversations the limits carry.
func (r *report) matrix(ctx context.Context, c *Config, p *program) {
	if c.Matrix.User == "" {
		return
	}
	store, err := storage.Open(ctx, storage.Config{URL: string(c.Database), KeyFile: c.KeyFile, Log: p.log(c)})
	if core.CodeOf(err) == core.Conflict {
		r.line("matrix", "in use by another tocsin, so not looked into", nil)
		return
	}
	if err != nil {
		r.line("matrix", "", errors.New("its keys are sealed with those of the database, which cannot be opened"))
		return
	}
	defer store.Close()
	a, err := newMatrix(c)
	if err == nil {
		equip([]core.Adapter{a}, &opened{c, store, p.log(c)})
		err = r.account(ctx, a)
	}
	if err != nil {
		r.line("matrix", "", err)
		return
	}
	r.line("pace", pace(a.Capabilities().Limits.Private), nil)
}

// fewKeys is how many one-time keys are too few: an operator should know why.
const fewKeys = 20

// account says who the account is to others.
func (r *report) account(ctx context.Context, a *matrix.Adapter) error {
	me, err := a.Identify(ctx)
	switch {
	case core.CodeOf(err) == core.Forbidden:
		return errors.New("the server refuses the account: " + cause(err))
	case core.CodeOf(err) == core.Conflict:
		r.line("matrix", "in use by another tocsin, so not looked into", nil)
		return nil
	case err != nil:
		return err
	}
	r.line("matrix", me.User+", device "+me.Device, nil)
	if me.Encryption == "none" {
		return errors.New("encrypted rooms need a program that was built with -tags=goolm")
	}
	r.line("device", "fingerprint "+me.Fingerprint, nil)
	if !me.Verified {
		return errors.New("nobody vouches for the device, so some cannot read it: tocsin matrix setup")
	}
	r.line("identity", "it vouches for the device", nil)
	if me.Keys < fewKeys {
		return fmt.Errorf("%s left on the server: serve makes more", counted(me.Keys, "one-time key"))
	}
	return nil
}

// signUpAnswers is about how many messages a sign-up takes.
const signUpAnswers = 10

// pace says how many conversations a limit carries.
func pace(l core.Limit) string {
	perMinute := 60 / l.Every.Seconds()
	return fmt.Sprintf("%.0f messages a minute: about %.1f sign-ups a minute", perMinute, perMinute/signUpAnswers)
}

// ask has somebody let the bot in.
func (p *program) ask(pass matrix.Pass) error {
	_, err := fmt.Fprintf(p.stdout, "Let the bot into its account, within %d minutes: open\n\n%s\n\nsigned in as the bot, and type this code there if you are asked for one: %s\n\n",
		int(pass.For.Minutes()), pass.URL, pass.Code)
	return err
}

type matrixSetup struct {
	ResetIdentity bool `help:"Make a new identity though there is one. Everybody who talks to the bot is warned."`
}

// Run gives the account an identity that vouches for its device, and shows its recovery key
// once; or, with the recovery key, lets the identity vouch for a new device.
func (s matrixSetup) Run(ctx context.Context, p *program) error {
	return p.work(ctx, func(o *opened) error {
		a, err := newMatrix(o.config)
		if err != nil {
			return err
		}
		if a == nil {
			return errors.New("no bot on Matrix is configured: set MATRIX_USER")
		}
		equip([]core.Adapter{a}, o)
		done, err := a.SetUp(ctx, matrix.SetUp{Reset: s.ResetIdentity, Ask: p.ask, Show: func(key string) error {
			_, err := fmt.Fprintf(p.stdout, "%s\n\nThis is the recovery key. It is not shown again: keep it where you keep passwords, and\n"+
				"set MATRIX_RECOVERY_KEY to it if the bot ever needs a new device.\n\n", key)
			return err
		}})
		switch core.CodeOf(err) {
		case core.Conflict:
			return errors.New("the account has an identity that does not vouch for this device: set MATRIX_RECOVERY_KEY to its recovery key, " +
				"or call this again with --reset-identity if that is lost")
		case "":
			_, err = fmt.Fprintf(p.stdout, "%s, device %s, fingerprint %s: its identity vouches for it.\n", done.User, done.Device, done.Fingerprint)
		}
		return err
	})
}
