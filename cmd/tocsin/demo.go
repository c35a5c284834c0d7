package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"tocsin/bots/console"
	"tocsin/core"
	"tocsin/core/demo"
	"tocsin/core/gazetteer"
	"tocsin/core/locale"
)

// demoSeed is that of every demo, so that two people who try it see the same.
const demoSeed = 2027

// talkDemo talks about a campaign that was made up, in a folder that is thrown away. It
// reads no settings.
func talkDemo(ctx context.Context, c *chatCommand, here *console.Adapter, logged io.Writer) error {
	conf, err := LoadConfig(func(string) (string, bool) { return "", false })
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "tocsin-demo-")
	if err != nil {
		return errors.New("no folder for the demo can be made: " + reason(err) + ": set TMPDIR to one that can be written")
	}
	conf.Database = Secret("sqlite:" + filepath.Join(folder, "demo.db"))
	conf.KeyFile = filepath.Join(folder, "demo.key")
	if here.Files == "" && !c.Numbered { // what a script reads is the same each time
		here.Files = folder
	}
	err = withStore(ctx, conf, newLog(logged, "text", slog.LevelWarn), func(o *opened) error {
		made, err := stock(ctx, o.store)
		if err != nil {
			return err
		}
		conf.Campaign.Name, conf.Campaign.SponsorURL, conf.Campaign.PrivacyURL = made.Name, made.SponsorURL, made.PrivacyURL
		return lead(ctx, c, o, here, made)
	})
	return errors.Join(err, os.RemoveAll(folder))
}

// lead runs the bot behind the terminal, and a guide beside it.
func lead(ctx context.Context, c *chatCommand, o *opened, here *console.Adapter, made *demo.Data) error {
	script, err := demo.LoadScript()
	if err != nil {
		return err
	}
	words, err := locale.Load()
	if err != nil {
		return err
	}
	guide := &demo.Guide{
		Adapter: here, Store: o.store, Script: script, Locale: words, Address: made.Welcome()[0],
		Pace: c.Pace, Mute: c.Numbered, Log: o.log,
	}
	e, err := newEngine(o, &console.Letterbox{Out: here.Screen()}, guide)
	if err != nil {
		return err
	}
	guide.Next, guide.Hint = e.queue.Handler, func() { give(e.hints) }
	e.queue.Handler = guide
	if _, err := io.WriteString(here.Screen(), script.Open(words.Match(here.Language), made)+"\n"); err != nil {
		return err
	}
	return e.patiently().Run(ctx)
}

// stock makes up a campaign from now on and stores it.
func stock(ctx context.Context, store core.Store) (*demo.Data, error) {
	places, err := gazetteer.Places()
	if err != nil {
		return nil, err
	}
	now, err := store.Now(ctx)
	if err != nil {
		return nil, err
	}
	made, err := demo.Campaign(now, places, demoSeed)
	if err != nil {
		return nil, err
	}
	return made, commit(ctx, store.Tx, func(tx core.Tx) error {
		for i := range made.Teams {
			if err := tx.CreateTeam(ctx, &made.Teams[i]); err != nil {
				return err
			}
		}
		if _, _, err := tx.PutActions(ctx, made.Actions); err != nil {
			return err
		}
		var sponsored []core.Sponsorship
		for _, a := range made.Sponsors {
			sponsored = append(sponsored, core.Sponsorship{Fingerprint: tx.Fingerprint(a)})
		}
		_, err := tx.PutSponsorships(ctx, sponsored)
		return err
	})
}
