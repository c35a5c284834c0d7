package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"tocsin/core"
	"tocsin/core/gazetteer"
	"tocsin/storage"
)

// An opened is the settings of this campaign and its database.
type opened struct {
	config *Config
	store  *storage.Store
	log    *slog.Logger
}

// config reads the settings: the environment, and .env for what it lacks.
func (p *program) config() (*Config, error) {
	env, err := withDotenv(p.env)
	if err != nil {
		return nil, err
	}
	return LoadConfig(env)
}

// log returns the log that c asks for.
func (p *program) log(c *Config) *slog.Logger { return newLog(p.stderr, c.LogFormat, c.LogLevel) }

// work reads the settings, opens the database and does fn with it.
func (p *program) work(ctx context.Context, fn func(*opened) error) error {
	c, err := p.config()
	if err != nil {
		return err
	}
	return withStore(ctx, c, p.log(c), fn)
}

// withStore opens the database of c and does fn with it. A new database is made, with
// the places that the program knows.
func withStore(ctx context.Context, c *Config, log *slog.Logger, fn func(*opened) error) error {
	store, err := storage.Open(ctx, storage.Config{URL: string(c.Database), KeyFile: c.KeyFile, Log: log})
	if err != nil {
		return advised(err)
	}
	if err = furnish(ctx, store); err == nil {
		err = fn(&opened{c, store, log})
	}
	if closing := store.Close(); err == nil {
		err = closing
	}
	return err
}

// advised adds to the error of an Open what to do about it, where that is not plain.
func advised(err error) error {
	advice := map[core.Code]string{
		core.Conflict:    "end the other tocsin first",
		core.Unavailable: "see that the database of DATABASE_URL is there and can be written",
	}[core.CodeOf(err)]
	if advice == "" {
		return err
	}
	return fmt.Errorf("%s: %s", sentence(err), advice)
}

// furnish stores the areas and places of the embedded gazetteer, unless they are there.
func furnish(ctx context.Context, store core.Store) error {
	err := store.Read(ctx, func(r core.Reader) error {
		_, err := r.Area(ctx, "FR")
		return err
	})
	if core.CodeOf(err) != core.NotFound {
		return err
	}
	places, err := gazetteer.All()
	if err != nil {
		return err
	}
	return commit(ctx, store.Tx, func(tx core.Tx) error {
		if err := tx.PutAreas(ctx, gazetteer.Areas()); err != nil {
			return err
		}
		_, err := tx.PutPlaces(ctx, named(places))
		return err
	})
}

// named returns places with the key that their name is found by.
func named(places []core.Place) []core.NamedPlace {
	out := make([]core.NamedPlace, len(places))
	for i, p := range places {
		out[i] = core.NamedPlace{Place: p, Fold: gazetteer.Fold(p.Name)}
	}
	return out
}

// commit runs fn in a transaction, and again while it only lost a race.
func commit(ctx context.Context, tx func(context.Context, func(core.Tx) error) error, fn func(core.Tx) error) error {
	const tries = 10
	for i := 1; ; i++ {
		err := tx(ctx, fn)
		if core.CodeOf(err) != core.Conflict || i == tries || ctx.Err() != nil {
			return err
		}
	}
}

// counted returns a number of things: "1 row", "2 rows".
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// errStopped says that a signal ended a command before its end.
var errStopped = errors.New("stopped by a signal before the end: call it again to go on")
