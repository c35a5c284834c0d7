package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"tocsin/bots/matrix"
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

// A Webhook says where Telegram brings the updates; without a URL they are polled.
type Webhook struct {
	URL    string
	Secret Secret
	Old    Secret // the one before, behind a comma; "" for none
}

// webhook reads TELEGRAM_WEBHOOK_URL and TELEGRAM_WEBHOOK_SECRET, which go together.
func (e *environment) webhook(bot telegram.Config) Webhook {
	before := len(e.mistakes)
	address, secret := e.text("TELEGRAM_WEBHOOK_URL", ""), e.secret("TELEGRAM_WEBHOOK_SECRET", "")
	now, old, _ := strings.Cut(string(secret), ",")
	w := Webhook{URL: address, Secret: Secret(strings.TrimSpace(now)), Old: Secret(strings.TrimSpace(old))}
	switch {
	case address == "" && secret == "", len(e.mistakes) > before:
	case address == "":
		e.wrong("TELEGRAM_WEBHOOK_URL", "set it too, or take TELEGRAM_WEBHOOK_SECRET away to poll")
	case secret == "":
		e.wrong("TELEGRAM_WEBHOOK_SECRET", "set it too, such as to what openssl rand -hex 32 says, or take TELEGRAM_WEBHOOK_URL away to poll")
	case bot.Token == "":
		e.wrong("TELEGRAM_WEBHOOK_URL", "it is of no use without TELEGRAM_TOKEN")
	default:
		e.checkWebhook(bot, w)
	}
	return w
}

// checkWebhook notes which of the two variables Telegram would refuse.
func (e *environment) checkWebhook(bot telegram.Config, w Webhook) {
	a, err := telegram.New(bot)
	if err != nil {
		return // the token was named
	}
	someSecret := strings.Repeat("x", 32)
	if err := a.ByWebhook(&telegram.Webhook{URL: w.URL, Secret: someSecret}); err != nil {
		e.wrong("TELEGRAM_WEBHOOK_URL", cause(err))
	}
	if err := a.ByWebhook(&telegram.Webhook{URL: "https://example.org", Secret: string(w.Secret), Old: string(w.Old)}); err != nil {
		e.wrong("TELEGRAM_WEBHOOK_SECRET", cause(err))
	}
}

// newTelegram returns the adapter of the bot whose token is set, or nil.
func newTelegram(c *Config) (*telegram.Adapter, error) {
	if c.Telegram.Token == "" {
		return nil, nil
	}
	a, err := telegram.New(c.Telegram)
	if err != nil || c.Webhook.URL == "" {
		return a, err
	}
	return a, a.ByWebhook(&telegram.Webhook{
		URL: c.Webhook.URL, Secret: string(c.Webhook.Secret), Old: string(c.Webhook.Old),
	})
}

// openTelegram is newTelegram for serve: with what the bot says about itself.
func openTelegram(c *Config) (core.Adapter, error) {
	a, err := newTelegram(c)
	if err != nil || a == nil {
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
		switch a := a.(type) {
		case *telegram.Adapter:
			a.Lease, a.Log = leases{o.store}, o.log
		case *matrix.Adapter:
			a.Lease, a.Log, a.Key = leases{o.store}, o.log, o.store.Secret("matrix")
		}
	}
}

// leases lets an adapter hold leases of the store.
type leases struct{ store core.Store }

// Hold implements telegram.Lease and matrix.Lease.
func (l leases) Hold(ctx context.Context, name core.LeaseName, holder string) error {
	return l.store.Tx(ctx, func(tx core.Tx) error {
		_, err := tx.TakeLease(ctx, name, holder)
		return err
	})
}

// Drop implements telegram.Lease and matrix.Lease.
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

// startCan returns what links to the bot look like: nothing is known of them where there
// is no bot on Telegram, or where Telegram does not answer soon.
func startCan(ctx context.Context, c *Config) core.Capabilities {
	const soon = 5 * time.Second
	if c.Telegram.Token == "" {
		return core.Capabilities{}
	}
	a, err := telegram.New(c.Telegram)
	if err != nil {
		return core.Capabilities{}
	}
	ctx, cancel := context.WithTimeout(ctx, soon)
	defer cancel()
	_, _ = a.Identify(ctx) // without a name there are no links, and what to write is shown instead
	return a.Capabilities()
}

// telegram says whether the token works, which bot it is, and how updates come.
func (r *report) telegram(ctx context.Context, c *Config) {
	a, err := newTelegram(c)
	if err == nil && a == nil {
		return
	}
	var me *telegram.Identity
	if err == nil {
		me, err = a.Identify(ctx)
	}
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
	how := ""
	info, err := a.HookInfo(ctx)
	if err == nil {
		how, err = howUpdatesCome(info, a.Webhook(), time.Now())
	}
	r.line("updates", how, err)
}

// howUpdatesCome says how Telegram sees the webhook w, nil if updates are polled, and
// fails if that is not as it should be.
func howUpdatesCome(i *telegram.HookInfo, w *telegram.Webhook, now time.Time) (string, error) {
	const long = time.Hour // after it, a failure is of the past
	failed := now.Sub(time.Unix(i.LastErrorAt, 0)).Truncate(time.Second)
	waiting := counted(i.Pending, "update") + " waiting"
	switch {
	case w == nil && i.URL == "":
		return "they are polled, " + waiting, nil
	case w == nil:
		return "", errors.New("a webhook is set: serve removes it once, since it polls; one that comes back is another installation's")
	case i.URL == "":
		return "serve will set the webhook, " + waiting, nil
	case i.URL != w.Address():
		return "", errors.New("the webhook is at another address: serve takes it over; if that is another installation, end it first")
	case i.Pending > 0 && failed < long:
		return "", fmt.Errorf("telegram does not get through to the webhook: %q %s ago, %s", i.LastError, failed, waiting)
	}
	return "they come to the webhook, " + waiting, nil
}
