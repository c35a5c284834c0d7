package storage

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"tocsin/core"
)

// The rows of an Import. What waits for its turn is sorted, so that a transaction
// touches neighbouring pages of the index and not all of it: importRows of them take
// about 20 MB. importBatch of them are stored in one transaction, so that a turn never
// waits long behind it.
const (
	importRows  = 500_000
	importBatch = 20_000
)

// An Import puts a long list into the registry. It is for one goroutine.
type Import struct {
	store *Store
	most  int // rows that wait at once
	rows  []importRow
	facts []core.Sponsorship             // without fingerprints; those of a few days repeat
	index map[core.Sponsorship]factIndex // where in facts each is
	added int
}

// An importRow is a sponsorship that waits. It holds no pointer: there are many.
type importRow struct {
	Fingerprint core.Fingerprint
	Fact        factIndex
}

type factIndex uint32

// Import begins to put a list into the registry.
func (s *Store) Import() *Import {
	return &Import{store: s, most: importRows, index: map[core.Sponsorship]factIndex{}}
}

// Add takes one row of the list; the address is canonical, the fingerprint of s is set
// here. The row is stored, at the latest, by Close. It fails as Store.Tx does; what was
// stored before stays, and to begin the list anew does no harm.
func (i *Import) Add(ctx context.Context, a core.Address, s core.Sponsorship) error {
	if i.rows == nil {
		i.rows = make([]importRow, 0, i.most)
	}
	i.rows = append(i.rows, importRow{Fingerprint: i.store.keys.fingerprint(a), Fact: i.fact(s)})
	if len(i.rows) < i.most {
		return nil
	}
	return i.flush(ctx)
}

// fact returns where what is known of a sponsorship, but whose it is, stands in i.facts.
func (i *Import) fact(s core.Sponsorship) factIndex {
	s.Fingerprint = core.Fingerprint{}
	n, known := i.index[s]
	if !known { // the strings may hold on to a line of a file each
		s.At, s.Department = core.Day(strings.Clone(string(s.At))), strings.Clone(s.Department)
		n = factIndex(len(i.facts))
		i.facts, i.index[s] = append(i.facts, s), n
	}
	return n
}

// Close stores what waits and returns how many of the rows were new. It fails as Add
// does, and may be called again then.
func (i *Import) Close(ctx context.Context) (added int, err error) {
	err = i.flush(ctx)
	return i.added, err
}

func (i *Import) flush(ctx context.Context) error {
	slices.SortFunc(i.rows, func(a, b importRow) int { return bytes.Compare(a.Fingerprint[:], b.Fingerprint[:]) })
	batch := make([]core.Sponsorship, 0, min(importBatch, len(i.rows)))
	for rows := range slices.Chunk(i.rows, importBatch) {
		batch = batch[:0]
		for _, r := range rows {
			s := i.facts[r.Fact]
			s.Fingerprint = r.Fingerprint
			batch = append(batch, s)
		}
		added := 0
		err := i.store.Long(ctx, func(tx core.Tx) (err error) {
			added, err = tx.PutSponsorships(ctx, batch)
			return err
		})
		if err != nil {
			return err
		}
		i.added += added
	}
	i.rows, i.facts = i.rows[:0], nil
	clear(i.index)
	return nil
}
