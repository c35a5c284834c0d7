package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"strings"

	"tocsin/core"
	"tocsin/core/intake"
)

type actionsImport struct {
	File string `arg:"" help:"A CSV with title and starts_at, or an iCalendar; - for standard input."`
	Bad  string `placeholder:"FILE" help:"Where bad rows are listed (usually FILE.bad)."`
}

// Run adds the actions of a file; those it has are brought up to date.
func (c *actionsImport) Run(ctx context.Context, p *program) error {
	file, err := p.open(c.File)
	if err != nil {
		return err
	}
	defer file.Close()
	bad, err := badRowsOf(file, c.Bad)
	if err != nil {
		return err
	}
	return p.work(ctx, func(o *opened) error {
		s := actions{store: o.store, placing: placing{campaign: o.config.Campaign}, bad: bad}
		watched, done := p.watched(file, "actions")
		defer done()
		rows, err := s.rows(ctx, watched, c.File)
		if err == nil {
			err = s.read(ctx, rows)
		}
		if err := firstOf(ctx, err, bad.close()); err != nil {
			return err
		}
		done()
		_, err = fmt.Fprintf(p.stdout, "%s: %d new, %d changed, %d as they were, %v.\n", counted(s.n+bad.n, "action"),
			s.added, s.changed, s.n-s.added-s.changed, bad)
		return err
	})
}

// actions is a file on its way into the store.
type actions struct {
	placing
	store   core.Store
	bad     *badRows
	n       int // good rows
	added   int // that were new
	changed int
}

// rows returns the rows of r: an iCalendar if its name or its first line says so, else
// a CSV. A calendar's kinds need not be the campaign's.
func (s *actions) rows(ctx context.Context, r io.Reader, path string) (iter.Seq2[intake.ActionRow, error], error) {
	const begin = "BEGIN:VCALENDAR"
	text := bufio.NewReader(r)
	head, _ := text.Peek(3 + len(begin)) // what cannot be read fails again when the rows are read
	head = bytes.TrimPrefix(head, []byte("\uFEFF"))
	ical := strings.EqualFold(filepath.Ext(path), ".ics") || len(head) >= len(begin) && strings.EqualFold(string(head[:len(begin)]), begin)
	if !ical {
		return intake.Actions(text), nil
	}
	s.anyKind = true
	now, err := s.store.Now(ctx)
	return intake.Calendar(text, now), err
}

// actionsBatch is how many actions are stored in one transaction.
const actionsBatch = 500

func (s *actions) read(ctx context.Context, rows iter.Seq2[intake.ActionRow, error]) error {
	var batch []intake.ActionRow
	for row, err := range rows {
		if err != nil {
			if err := s.bad.take(err); err != nil {
				return err
			}
			continue
		}
		if batch = append(batch, row); len(batch) < actionsBatch {
			continue
		}
		if err := s.put(ctx, batch); err != nil {
			return err
		}
		batch = batch[:0]
	}
	return s.put(ctx, batch)
}

// put places the actions of some rows on the map and stores them.
func (s *actions) put(ctx context.Context, batch []intake.ActionRow) error {
	var good []*core.Action
	err := s.store.Read(ctx, func(r core.Reader) error {
		for i := range batch {
			a, err := s.action(ctx, r, &batch[i])
			if err == nil {
				good = append(good, a)
			} else if err = s.bad.take(err); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	added, changed := 0, 0
	err = commit(ctx, s.store.Tx, func(tx core.Tx) (err error) {
		added, changed, err = tx.PutActions(ctx, good)
		return err
	})
	if err == nil {
		s.n, s.added, s.changed = s.n+len(good), s.added+added, s.changed+changed
	}
	return err
}
