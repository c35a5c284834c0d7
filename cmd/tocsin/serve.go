package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"tocsin/core"
)

type serveCommand struct{}

// A platform is one that serve connects to if its variables are set. open returns nil if
// they are not; it is nil itself for one that this version does not know yet.
type platform struct {
	name      string
	variables string
	open      func(*Config) (core.Adapter, error)
}

// platforms are all of them, a line each.
var platforms = []platform{
	{"Telegram", "TELEGRAM_TOKEN", openTelegram},
	{"Matrix", "MATRIX_USER", openMatrix},
}

// Run runs the bots whose variables are set, until a signal ends it.
func (serveCommand) Run(ctx context.Context, p *program) error {
	c, err := p.config()
	if err != nil {
		return err
	}
	adapters, err := connect(c)
	if err != nil {
		return err
	}
	if err := ready(c); err != nil {
		return err
	}
	sender, err := c.sender()
	if err != nil {
		return err
	}
	return withStore(ctx, c, p.log(c), func(o *opened) error {
		equip(adapters, o)
		e, err := newEngine(o, sender, adapters...)
		if err != nil {
			return err
		}
		if err := e.listen(ctx, o); err != nil {
			return err
		}
		o.log.Info("serving", "bots", len(adapters), "version", version())
		return e.Run(ctx)
	})
}

// connect returns an adapter for each platform whose variables are set. It fails if
// none is.
func connect(c *Config) ([]core.Adapter, error) {
	var adapters []core.Adapter
	var lacking []string
	for _, p := range platforms {
		if p.open == nil {
			lacking = append(lacking, p.variables+" for "+p.name+" (not in this version)")
			continue
		}
		a, err := p.open(c)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%s: %w", p.name, err)
		case a == nil:
			lacking = append(lacking, p.variables+" for "+p.name)
		default:
			adapters = append(adapters, a)
		}
	}
	if adapters == nil {
		return nil, errors.New("no bot is configured: set " + strings.Join(lacking, ", or ") + "; tocsin chat needs none")
	}
	return adapters, nil
}

// ready names all that a campaign must set before it may speak to people.
func ready(c *Config) error {
	var missing []error
	for _, v := range []struct {
		name  string
		unset bool
	}{
		{"CAMPAIGN_NAME", c.Campaign.Name == usualName},
		{"SPONSOR_URL", c.Campaign.SponsorURL == usualSponsor},
		{"PRIVACY_URL", c.Campaign.PrivacyURL == usualPrivacy},
		{"SMTP_URL", c.SMTP == ""},
		{"MAIL_FROM", c.MailFrom == ""},
	} {
		if v.unset {
			missing = append(missing, errors.New(v.name+": it is not set, and people need it"))
		}
	}
	return errors.Join(missing...)
}
