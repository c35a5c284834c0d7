package main

import (
	"context"
	"errors"
	"fmt"

	"tocsin/bots/telegram"
	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/flows"
	"tocsin/core/locale"
)

// telegram reads TELEGRAM_TOKEN and TELEGRAM_API_URL. Without a token there is no
// bot on Telegram.
func (e *environment) telegram() telegram.Config {
	c := telegram.Config{Token: string(e.secret("TELEGRAM_TOKEN", "")), API: e.text("TELEGRAM_API_URL", telegram.Home)}
	if c.Token == "" {
		return c
	}
	if _, err := telegram.New(c); err != nil {
		e.wrong("TELEGRAM_TOKEN", cause(err))
	}
	return c
}

// openTelegram returns the adapter of the bot whose token is set, or nil.
func openTelegram(c *Config) (core.Adapter, error) {
	if c.Telegram.Token == "" {
		return nil, nil
	}
	a, err := telegram.New(c.Telegram)
	if err != nil {
		return nil, err
	}
	words, err := locale.Load()
	if err != nil {
		return nil, err
	}
	a.Profile = func() []telegram.Page { return pages(c.Campaign, words) }
	return a, nil
}

// equip gives adapters what they need of the rest.
func equip(adapters []core.Adapter, o *opened) {
	for _, a := range adapters {
		if t, ok := a.(*telegram.Adapter); ok {
			t.Lease, t.Log = leases{o.store}, o.log
		}
	}
}

// leases lets an adapter hold leases of the store.
type leases struct{ store core.Store }

// Hold implements telegram.Lease.
func (l leases) Hold(ctx context.Context, name core.LeaseName, holder string) error {
	return l.store.Tx(ctx, func(tx core.Tx) error {
		_, err := tx.TakeLease(ctx, name, holder)
		return err
	})
}

// Drop implements telegram.Lease.
func (l leases) Drop(ctx context.Context, name core.LeaseName, holder string) error {
	return l.store.Tx(ctx, func(tx core.Tx) error {
		lease, err := tx.TakeLease(ctx, name, holder)
		if err != nil {
			return err
		}
		return tx.DropLease(ctx, lease)
	})
}

// pages are what the bot says about itself on Telegram: the first is for every language
// that has none of its own.
func pages(c *core.Campaign, words *locale.Catalogues) []telegram.Page {
	page := func(code string, p *locale.Printer) telegram.Page {
		args := locale.Args{"Campaign": locale.Raw(c.Name)}
		out := telegram.Page{Language: code, Description: p.Text("profile.description", args), Short: p.Text("profile.short", args)}
		for _, f := range flows.All() {
			for _, command := range f.Commands {
				if command.Right != "" {
					continue // seen only by who has it
				}
				w := telegram.Word{Command: command.Name, Description: p.Description(locale.Command(command.Name))}
				out.Private = append(out.Private, w)
				if command.Place == conversation.Everywhere {
					out.Group = append(out.Group, w)
				}
			}
		}
		return out
	}
	all := []telegram.Page{page("", words.Printer(words.Match(c.Language)))}
	for _, l := range words.Languages() {
		all = append(all, page(string(l), words.Printer(l)))
	}
	return all
}

// telegram says whether the token works, which bot it is, and whether a webhook of
// somebody else is set.
func (r *report) telegram(ctx context.Context, c *Config) {
	if c.Telegram.Token == "" {
		return
	}
	a, err := telegram.New(c.Telegram)
	if err != nil {
		r.line("telegram", "", err)
		return
	}
	me, err := a.Identify(ctx)
	switch {
	case core.CodeOf(err) == core.Forbidden:
		err = errors.New("the token is refused: ask BotFather for a new one")
	case err == nil && me.ReadsAll:
		err = errors.New("@" + me.Username + " reads all messages of its groups: turn privacy mode on at BotFather (/setprivacy)")
	}
	if err != nil {
		r.line("telegram", "", err)
		return
	}
	r.line("telegram", fmt.Sprintf("@%s (%s)", me.Username, me.Name), nil)
	info, err := a.HookInfo(ctx)
	if err == nil && info.URL != "" {
		err = errors.New("a webhook is set: serve removes it once, since it polls; one that comes back is another installation's")
	}
	r.line("updates", "they wait for this program", err)
}
