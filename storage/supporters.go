package storage

import (
	"context"
	"encoding/binary"
	"strconv"

	"github.com/uptrace/bun"

	"tocsin/core"
)

// A supporterRow is a Supporter as it is stored.
type supporterRow struct {
	bun.BaseModel `bun:"table:supporters,alias:s"`
	ID            core.SupporterID
	State         core.SupporterState
	Name          []byte
	Language      string
	Zone          string
	Cell          core.Cell
	Place         core.PlaceID
	Area          core.AreaID
	Radius        core.Radius
	Often         core.Often
	Stopped       bool
	Since         core.Day
	Seen          core.Day
}

// supporterColumns are those of a supporterRow.
const supporterColumns bun.Safe = "s.id, s.state, s.name, s.language, s.zone, s.cell, s.place, s.area, " +
	"s.radius, s.often, s.stopped, s.since, s.seen"

// nameCell is where the name of a supporter is sealed.
func nameCell(id core.SupporterID) cell {
	return cell{Table: "supporters", Column: "name", Row: strconv.FormatInt(int64(id), 10)}
}

// sealName returns the sealed name of s, or nil if there is none.
func (t *tx) sealName(s *core.Supporter) ([]byte, error) {
	if s.Name == "" {
		return nil, nil
	}
	return t.keys.seal(nameCell(s.ID), []byte(s.Name))
}

// CreateSupporter implements core.SupporterStore.
func (t *tx) CreateSupporter(ctx context.Context, s *core.Supporter) error {
	err := t.NewRaw(`
		INSERT INTO supporters (state, language, zone, cell, place, area, radius, radius_class, often, stopped, since, seen)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
		s.State, s.Language, s.Zone, s.Cell, s.Place, s.Area, s.Radius, s.Radius.Class(), s.Often, s.Stopped, s.Since, s.Seen,
	).Scan(ctx, &s.ID)
	if err != nil || s.Name == "" {
		return failed(err, "create supporter")
	}
	name, err := t.sealName(s)
	if err != nil {
		return err
	}
	_, err = t.NewRaw("UPDATE supporters SET name = ? WHERE id = ?", name, s.ID).Exec(ctx)
	return failed(err, "name supporter")
}

// PutSupporter implements core.SupporterStore.
func (t *tx) PutSupporter(ctx context.Context, s *core.Supporter) error {
	name, err := t.sealName(s)
	if err != nil {
		return err
	}
	res, err := t.NewRaw(`
		UPDATE supporters SET state = ?, name = ?, language = ?, zone = ?, cell = ?, place = ?, area = ?,
			radius = ?, radius_class = ?, often = ?, stopped = ?, since = ?, seen = ?
		WHERE id = ?`,
		s.State, name, s.Language, s.Zone, s.Cell, s.Place, s.Area,
		s.Radius, s.Radius.Class(), s.Often, s.Stopped, s.Since, s.Seen, s.ID,
	).Exec(ctx)
	return once(res, err, core.NotFound, "put supporter")
}

// Supporter implements core.SupporterReader.
func (t *tx) Supporter(ctx context.Context, id core.SupporterID) (*core.Supporter, error) {
	var r supporterRow
	err := t.NewRaw("SELECT ? FROM supporters AS s WHERE s.id = ?", supporterColumns, id).Scan(ctx, &r)
	if err != nil {
		return nil, failed(err, "read supporter")
	}
	return t.supporter(&r)
}

// SponsoredBy implements core.SupporterReader.
func (t *tx) SponsoredBy(ctx context.Context, f core.Fingerprint) (*core.Supporter, error) {
	var r supporterRow
	err := t.NewRaw("SELECT ? FROM supporters AS s WHERE s.proof = ?", supporterColumns, f[:]).Scan(ctx, &r)
	if err != nil {
		return nil, failed(err, "find supporter by sponsorship")
	}
	return t.supporter(&r)
}

// supporter opens a row.
func (t *tx) supporter(r *supporterRow) (*core.Supporter, error) {
	s := &core.Supporter{
		ID: r.ID, State: r.State, Language: r.Language, Zone: r.Zone, Cell: r.Cell, Place: r.Place, Area: r.Area,
		Radius: r.Radius, Often: r.Often, Stopped: r.Stopped, Since: r.Since, Seen: r.Seen,
	}
	if r.Name == nil {
		return s, nil
	}
	name, err := t.keys.open(nameCell(r.ID), r.Name)
	s.Name = string(name)
	return s, err
}

// proofLocks is the first half of the advisory locks that Prove takes; with two halves
// they are apart from all locks of one number.
const proofLocks = 1

// Prove implements core.SupporterStore. It fails with NotFound if there is no such
// supporter. On PostgreSQL two who claim one fingerprint at once wait for each other:
// neither can see the other's claim before it is committed.
func (t *tx) Prove(ctx context.Context, s core.SupporterID, f core.Fingerprint) error {
	if t.postgres() {
		half := int32(binary.BigEndian.Uint32(f[:4]))
		if _, err := t.NewRaw("SELECT pg_advisory_xact_lock(?, ?)", proofLocks, half).Exec(ctx); err != nil {
			return failed(err, "lock proof")
		}
	}
	res, err := t.NewRaw(`
		UPDATE supporters SET proof = ?0 WHERE id = ?1
		AND NOT EXISTS (SELECT 1 FROM supporters AS o WHERE o.proof = ?0 AND o.id <> ?1)`, f[:], s,
	).Exec(ctx)
	err = once(res, err, core.Conflict, "prove sponsorship")
	if core.CodeOf(err) != core.Conflict {
		return err
	}
	if _, missing := t.Supporter(ctx, s); missing != nil {
		return missing
	}
	return err
}
