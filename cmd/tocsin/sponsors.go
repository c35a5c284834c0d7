package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/sync/errgroup"

	"tocsin/core"
	"tocsin/core/intake"
	"tocsin/storage"
)

type sponsorsImport struct {
	File   string `arg:"" help:"The list, with a column email; - for standard input."`
	DryRun bool   `help:"Only read and count; nothing is stored."`
	Bad    string `placeholder:"FILE" help:"Where bad rows are listed (usually FILE.bad)."`
}

// Run adds a list to the registry. What is there already stays as it is, so a list
// can be given again, and an import that was stopped goes on so.
func (c *sponsorsImport) Run(ctx context.Context, p *program) error {
	conf, err := p.config()
	if err != nil {
		return err
	}
	log := p.log(conf)
	file, err := p.open(c.File)
	if err != nil {
		return err
	}
	defer file.Close()
	if file.readByAll() {
		log.Warn("anybody on this machine may read this list of addresses: chmod 600 it", "file", c.File)
	}
	bad, err := badRowsOf(file, c.Bad)
	if err != nil {
		return err
	}
	rows, done := p.watched(file, "sponsors")
	defer done()
	s := &sponsors{rows: rows, bad: bad}
	if c.DryRun {
		err = s.read(ctx, func([]intake.Sponsor) error { return nil })
	} else {
		err = withStore(ctx, conf, log, func(o *opened) error { return s.store(ctx, o.store.Import()) })
	}
	if err = firstOf(ctx, err, bad.close()); err != nil {
		return err
	}
	done()
	if c.DryRun {
		_, err = fmt.Fprintf(p.stdout, "%s: %d good, %v. Nothing was stored.\n", counted(s.n+bad.n, "row"), s.n, bad)
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "%s: %d new, %d known, %v.\n", counted(s.n+bad.n, "row"), s.added, s.n-s.added, bad)
	return err
}

// firstOf returns the first error, with what to do about it where that helps: an import
// that was stopped, by a signal or by a database that went away, can be called again.
func firstOf(ctx context.Context, errs ...error) error {
	for _, err := range errs {
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return errStopped
		case core.Retryable(err):
			return fmt.Errorf("%s: call it again to go on", sentence(err))
		default:
			return err
		}
	}
	return nil
}

// sponsors is a list on its way into the registry.
type sponsors struct {
	rows  io.Reader
	bad   *badRows
	n     int // good rows
	added int // that were new
}

// sponsorsBatch is how many rows are handed on at once. A few batches wait while others
// are stored.
const (
	sponsorsBatch   = 5_000
	sponsorsBatches = 4
)

// store reads the list and puts it into the registry. One processor reads while
// another makes fingerprints.
func (s *sponsors) store(ctx context.Context, into *storage.Import) error {
	batches := make(chan []intake.Sponsor, sponsorsBatches)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(batches)
		return s.read(ctx, func(batch []intake.Sponsor) error {
			select {
			case batches <- batch:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	group.Go(func() error {
		for batch := range batches {
			for i := range batch {
				row := core.Sponsorship{At: batch[i].SponsoredAt, Department: batch[i].Department}
				if err := into.Add(ctx, batch[i].Email, row); err != nil {
					return err
				}
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		added, err := into.Close(ctx)
		s.added = added
		return err
	})
	return group.Wait()
}

// read reads the list to its end, hands its rows on, and lists the bad ones.
func (s *sponsors) read(ctx context.Context, hand func([]intake.Sponsor) error) error {
	var batch []intake.Sponsor
	for row, err := range intake.Sponsors(s.rows) {
		if err = s.bad.take(err); err != nil {
			return err
		}
		if row == (intake.Sponsor{}) {
			continue
		}
		if batch == nil {
			batch = make([]intake.Sponsor, 0, sponsorsBatch)
		}
		batch = append(batch, row)
		s.n++
		if len(batch) < sponsorsBatch {
			continue
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := hand(batch); err != nil {
			return err
		}
		batch = nil
	}
	return hand(batch)
}

type sponsorsCount struct{}

// Run says how many sponsorships hold. The operator has the database, so the number is
// exact.
func (sponsorsCount) Run(ctx context.Context, p *program) error {
	return p.work(ctx, func(o *opened) error {
		n := 0
		err := o.store.Read(ctx, func(r core.Reader) (err error) {
			n, err = r.CountSponsorships(ctx)
			return err
		})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(p.stdout, n)
		return err
	})
}

type sponsorsRevoke struct{}

// Run revokes the sponsorship of the address on standard input: in the arguments,
// everybody on this machine could read it. Who proved it is suspended.
func (sponsorsRevoke) Run(ctx context.Context, p *program) error {
	if terminal(p.stdin) {
		fmt.Fprint(p.stderr, "Address: ")
	}
	line, err := bufio.NewReader(io.LimitReader(p.stdin, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return errors.New("standard input cannot be read: " + reason(err))
	}
	address, err := intake.EmailIn(strings.TrimSpace(line))
	if err != nil {
		return misuse{errors.New("no address on standard input: write one line, such as: tocsin sponsors revoke < file")}
	}
	return p.work(ctx, func(o *opened) error {
		err := commit(ctx, o.store.Tx, func(tx core.Tx) error { return core.Revoke(ctx, tx, tx.Fingerprint(address)) })
		if core.CodeOf(err) == core.NotFound {
			return errors.New("the registry has no sponsorship of this address")
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(p.stdout, "The sponsorship is revoked.")
		return err
	})
}
