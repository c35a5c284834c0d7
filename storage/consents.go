package storage

import (
	"context"
	"database/sql"
	"errors"
	"strconv"

	"github.com/uptrace/bun"

	"tocsin/core"
)

// A consentRow is a Consent as it is stored.
type consentRow struct {
	bun.BaseModel `bun:"table:consents,alias:c"`
	Supporter     core.SupporterID
	Purpose       core.Purpose
	Given         bool
	Version       string
	Platform      core.Platform
	Day           core.Day
	Sealed        []byte
}

// sealedConsent is what only the person's own export shows of a Consent.
type sealedConsent struct {
	At micros `json:"at"`
}

// cell is where r is sealed: the answer itself is in it, so that none can be passed off
// as another.
func (r *consentRow) cell() cell {
	row := strconv.FormatInt(int64(r.Supporter), 10) + "/" + string(r.Purpose) + "/" + strconv.FormatBool(r.Given) +
		"/" + string(r.Day)
	return cell{Table: "consents", Column: "sealed", Row: row}
}

// RecordConsent implements core.ConsentStore. It fails with NotFound if there is no such
// supporter.
func (t *tx) RecordConsent(ctx context.Context, c *core.Consent) error {
	t.known = known{}
	r := consentRow{
		Supporter: c.Supporter, Purpose: c.Purpose, Given: c.Given, Version: c.Version, Platform: c.Platform,
		Day: core.DayOf(c.At),
	}
	sealed, err := t.keys.sealJSON(r.cell(), sealedConsent{At: microsOf(c.At)})
	if err != nil {
		return err
	}
	res, err := t.NewRaw(`
		INSERT INTO consents (supporter, purpose, given, version, platform, day, sealed)
		SELECT s.id, ?, ?, ?, ?, ?, ? FROM supporters AS s WHERE s.id = ?`,
		r.Purpose, r.Given, r.Version, r.Platform, r.Day, sealed, r.Supporter,
	).Exec(ctx)
	return once(res, err, core.NotFound, "record consent")
}

// Consents implements core.ConsentReader.
func (t *tx) Consents(ctx context.Context, s core.SupporterID) ([]core.Consent, error) {
	var rows []consentRow
	err := t.NewRaw(`
		SELECT supporter, purpose, given, version, platform, day, sealed FROM consents
		WHERE supporter = ? ORDER BY id`, s,
	).Scan(ctx, &rows)
	if err != nil {
		return nil, failed(err, "read consents")
	}
	cs := make([]core.Consent, len(rows))
	for i := range rows {
		r := &rows[i]
		var sealed sealedConsent
		if err := t.keys.openJSON(r.cell(), r.Sealed, &sealed); err != nil {
			return nil, err
		}
		cs[i] = core.Consent{
			Supporter: r.Supporter, Purpose: r.Purpose, Given: r.Given, Version: r.Version, Platform: r.Platform,
			At: sealed.At.Time(),
		}
	}
	return cs, nil
}

// Consented implements core.ConsentReader.
func (t *tx) Consented(ctx context.Context, s core.SupporterID, p core.Purpose) (bool, error) {
	if agreed, ok := t.known.agreed[s]; ok && p == core.ToMessages {
		return agreed, nil
	}
	var given bool
	err := t.NewRaw("SELECT given FROM consents WHERE supporter = ? AND purpose = ? ORDER BY id DESC LIMIT 1", s, p).
		Scan(ctx, &given)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return given, failed(err, "read consent")
}
