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
	Settings      []byte
	Since         core.Day
	Seen          core.Day
}

// supporterColumns are those of a supporterRow.
const supporterColumns bun.Safe = "s.id, s.state, s.name, s.language, s.zone, s.cell, s.place, s.area, " +
	"s.radius, s.often, s.stopped, s.settings, s.since, s.seen"

// supporterCell is where a column of a supporter is sealed.
func supporterCell(id core.SupporterID, column string) cell {
	return cell{Table: "supporters", Column: column, Row: strconv.FormatInt(int64(id), 10)}
}

// sealedSupporter returns the name and the settings of s, each sealed, or nil where
// there is none.
func (t *tx) sealedSupporter(s *core.Supporter) (name, settings []byte, err error) {
	if s.Name != "" {
		if name, err = t.keys.seal(supporterCell(s.ID, "name"), []byte(s.Name)); err != nil {
			return nil, nil, err
		}
	}
	if !s.Settings.Untouched() {
		settings, err = t.keys.sealJSON(supporterCell(s.ID, "settings"), &s.Settings)
	}
	return name, settings, err
}

// CreateSupporter implements core.SupporterStore. What is sealed is bound to the id,
// so it is stored once that is known.
func (t *tx) CreateSupporter(ctx context.Context, s *core.Supporter) error {
	err := t.NewRaw(`
		INSERT INTO supporters (state, language, zone, cell, place, area, radius, radius_class, often, stopped, since, seen)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
		s.State, s.Language, s.Zone, s.Cell, s.Place, s.Area, s.Radius, s.Radius.Class(), s.Often, s.Stopped, s.Since, s.Seen,
	).Scan(ctx, &s.ID)
	if err != nil {
		return failed(err, "create supporter")
	}
	_, err = t.NewRaw("INSERT INTO digests (supporter, due, last, told_until, version) VALUES (?, 0, 0, 0, 0)", s.ID).Exec(ctx)
	if err != nil {
		return failed(err, "create digests of supporter")
	}
	if _, err = t.NewRaw("INSERT INTO nudges (supporter, step, due) VALUES (?, ?, 0)", s.ID, core.NudgeAction).Exec(ctx); err != nil {
		return failed(err, "create nudges of supporter")
	}
	name, settings, err := t.sealedSupporter(s)
	if err != nil || name == nil && settings == nil {
		return err
	}
	_, err = t.NewRaw("UPDATE supporters SET name = ?, settings = ? WHERE id = ?", name, settings, s.ID).Exec(ctx)
	return failed(err, "name supporter")
}

// PutSupporter implements core.SupporterStore. When their next digest and their reminders are
// due is planned anew: it depends on much of what may have changed.
func (t *tx) PutSupporter(ctx context.Context, s *core.Supporter) error {
	t.known = known{}
	name, settings, err := t.sealedSupporter(s)
	if err != nil {
		return err
	}
	res, err := t.often(`
		UPDATE supporters SET state = ?, name = ?, language = ?, zone = ?, cell = ?, place = ?, area = ?,
			radius = ?, radius_class = ?, often = ?, stopped = ?, settings = ?, since = ?, seen = ?
		WHERE id = ?`,
		s.State, name, s.Language, s.Zone, s.Cell, s.Place, s.Area,
		s.Radius, s.Radius.Class(), s.Often, s.Stopped, settings, s.Since, s.Seen, s.ID,
	).Exec(ctx)
	if err := once(res, err, core.NotFound, "put supporter"); err != nil {
		return err
	}
	for _, query := range []string{
		"UPDATE digests SET due = 0, version = version + 1 WHERE supporter = ?",
		"UPDATE reminders SET due = 0, version = version + 1 WHERE supporter = ?",
	} {
		if _, err := t.NewRaw(query, s.ID).Exec(ctx); err != nil {
			return failed(err, "plan digests and reminders anew")
		}
	}
	return nil
}

// SeeSupporter implements core.SupporterStore.
func (t *tx) SeeSupporter(ctx context.Context, id core.SupporterID, on core.Day) error {
	t.known = known{}
	res, err := t.NewRaw("UPDATE supporters SET seen = ? WHERE id = ?", on, id).Exec(ctx)
	return once(res, err, core.NotFound, "see supporter")
}

// Supporter implements core.SupporterReader.
func (t *tx) Supporter(ctx context.Context, id core.SupporterID) (*core.Supporter, error) {
	if s, ok := t.known.supporters[id]; ok {
		return &s, nil
	}
	var r supporterRow
	err := t.often("SELECT ? FROM supporters AS s WHERE s.id = ?", supporterColumns, id).Scan(ctx, &r)
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
	if r.Name != nil {
		name, err := t.keys.open(supporterCell(r.ID, "name"), r.Name)
		if err != nil {
			return nil, err
		}
		s.Name = string(name)
	}
	if r.Settings != nil {
		return s, t.keys.openJSON(supporterCell(r.ID, "settings"), r.Settings, &s.Settings)
	}
	return s, nil
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
