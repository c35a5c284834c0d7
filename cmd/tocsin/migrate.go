package main

import (
	"context"
	"fmt"
)

type migrateCommand struct{}

// Run makes the database or brings its schema up to date, and says its number.
func (migrateCommand) Run(ctx context.Context, p *program) error {
	return p.work(ctx, func(o *opened) error {
		number, err := o.store.SchemaVersion(ctx)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(p.stdout, "The database has schema %s.\n", number)
		return err
	})
}
