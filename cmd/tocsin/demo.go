package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"tocsin/bots/console"
	"tocsin/core"
	"tocsin/core/demo"
	"tocsin/core/gazetteer"
)

// demoNotice is what a demo begins with.
const demoNotice = `This is a demo: a made-up campaign, in a database that is gone when you leave.
Letters are shown here and sent to nobody.

These addresses have sponsored it; any other has not:
    %s
    %s
    %s

Write /start to begin. Ctrl-D leaves.
`

// demoSeed is that of every demo, so that two people who try it see the same.
const demoSeed = 2027

// talkDemo talks about a campaign that was made up, in a folder that is thrown away. It
// reads no settings.
func talkDemo(ctx context.Context, here *console.Adapter, logged io.Writer) error {
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
	err = withStore(ctx, conf, newLog(logged, "text", slog.LevelWarn), func(o *opened) error {
		made, err := stock(ctx, o.store)
		if err != nil {
			return err
		}
		conf.Campaign.Name, conf.Campaign.SponsorURL, conf.Campaign.PrivacyURL = made.Name, made.SponsorURL, made.PrivacyURL
		first := made.Sponsors[:3]
		if _, err := fmt.Fprintf(here.Screen(), demoNotice, string(first[0]), string(first[1]), string(first[2])); err != nil {
			return err
		}
		return talk(ctx, o, here, &console.Letterbox{Out: here.Screen()})
	})
	return errors.Join(err, os.RemoveAll(folder))
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
