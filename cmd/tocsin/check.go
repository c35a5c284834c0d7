package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"tocsin/core"
	"tocsin/storage"
)

type checkCommand struct{}

// errUnfit says that a line of check is bad; the line itself says why.
var errUnfit = errors.New("not all is well: see the lines that begin with bad")

// Run says in one line each whether the parts can work. It makes no SQLite file; a
// database that it opens is brought up to date, as by every command.
func (checkCommand) Run(ctx context.Context, p *program) error {
	c, err := p.config()
	if err != nil {
		return err
	}
	r := &report{p: p}
	r.line("settings", settings(c), nil)
	r.database(ctx, c, p)
	r.mail(ctx, c)
	r.telegram(ctx, c)
	r.matrix(ctx, c, p)
	r.faces(ctx, c)
	if r.bad {
		return errUnfit
	}
	return r.err
}

// A report is the lines of check.
type report struct {
	p   *program
	bad bool
	err error // of writing
}

// line says that something is well, or err.
func (r *report) line(what, well string, err error) {
	state := "ok "
	if err != nil {
		state, well, r.bad = "bad", sentence(err), true
	}
	if _, err := fmt.Fprintf(r.p.stdout, "%s  %-10s  %s\n", state, what, well); r.err == nil {
		r.err = err
	}
}

// settings says what the campaign file and the environment amount to.
func settings(c *Config) string {
	return fmt.Sprintf("%s of action, %s, %s; %s, %s", counted(len(c.Campaign.Kinds), "kind"),
		counted(len(c.Campaign.Silences), "silence"), counted(len(c.Jobs), "job"), c.Campaign.Language, c.Zone)
}

// database looks at the database and at what is in it. A SQLite file that a running
// tocsin holds is well, as far as another process can tell.
func (r *report) database(ctx context.Context, c *Config, p *program) {
	path, file := strings.CutPrefix(string(c.Database), "sqlite:")
	if file {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			r.line("database", "", errors.New("there is none yet: tocsin migrate makes it"))
			return
		}
	}
	store, err := storage.Open(ctx, storage.Config{URL: string(c.Database), KeyFile: c.KeyFile, Log: p.log(c)})
	if core.CodeOf(err) == core.Conflict {
		r.line("database", "in use by another tocsin, so not looked into", nil)
		return
	}
	if err != nil {
		r.line("database", "", advised(err))
		return
	}
	defer store.Close()
	engine := "PostgreSQL"
	if file {
		engine = "SQLite"
	}
	r.stored(ctx, store, engine)
}

// stored says what an open database is and holds.
func (r *report) stored(ctx context.Context, store *storage.Store, engine string) {
	number, err := store.SchemaVersion(ctx)
	r.line("database", engine+", schema "+number, err)
	r.line("keys", "they are those of this database", nil) // else it had not opened

	err = store.Read(ctx, func(tx core.Reader) error {
		_, err := tx.SeatOf(ctx, "FR/11/75")
		return err
	})
	if core.CodeOf(err) == core.NotFound {
		err = errors.New("it is empty: tocsin migrate fills it")
	}
	r.line("gazetteer", "its places are there", err)

	sponsors := 0
	err = store.Read(ctx, func(tx core.Reader) (err error) {
		sponsors, err = tx.CountSponsorships(ctx)
		return err
	})
	r.line("sponsors", strconv.Itoa(sponsors), err)
}

// mail says whether the mail server lets us in. Without one, nobody can sign up.
func (r *report) mail(ctx context.Context, c *Config) {
	if c.SMTP == "" {
		r.line("mail", "", errors.New("SMTP_URL and MAIL_FROM are not set: no code can be sent"))
		return
	}
	sender, err := c.sender()
	if err == nil {
		err = sender.Check(ctx)
	}
	r.line("mail", "the server lets us in", err)
}
