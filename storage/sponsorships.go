package storage

import (
	"bytes"
	"context"
	"slices"

	"tocsin/core"
)

// Fingerprint implements core.SponsorshipReader.
func (t *tx) Fingerprint(a core.Address) core.Fingerprint { return t.keys.fingerprint(a) }

// fingerprint stands for an address. The purpose names the canonical form that it is of.
func (k *Keys) fingerprint(a core.Address) core.Fingerprint {
	return core.Fingerprint(k.find("sponsor-email/v1", string(a)))
}

// Sponsorship implements core.SponsorshipReader.
func (t *tx) Sponsorship(ctx context.Context, f core.Fingerprint) (*core.Sponsorship, error) {
	s := &core.Sponsorship{Fingerprint: f}
	err := t.NewRaw("SELECT day, department, revoked, barred FROM sponsorships WHERE fingerprint = ?", f[:]).
		Scan(ctx, &s.At, &s.Department, &s.Revoked, &s.Barred)
	if err != nil {
		return nil, failed(err, "read sponsorship")
	}
	return s, nil
}

// CountSponsorships implements core.SponsorshipReader.
func (t *tx) CountSponsorships(ctx context.Context) (int, error) {
	var n int
	err := t.NewRaw("SELECT count(*) FROM sponsorships WHERE NOT revoked").Scan(ctx, &n)
	return n, failed(err, "count sponsorships")
}

// RevokeSponsorship implements core.SponsorshipStore.
func (t *tx) RevokeSponsorship(ctx context.Context, f core.Fingerprint) error {
	res, err := t.NewRaw("UPDATE sponsorships SET revoked = TRUE WHERE fingerprint = ?", f[:]).Exec(ctx)
	return once(res, err, core.NotFound, "revoke sponsorship")
}

// PutSponsorships implements core.SponsorshipStore. Many at a time are fastest in the
// order of their fingerprints, also from one call to the next: see Import.
func (t *tx) PutSponsorships(ctx context.Context, s []core.Sponsorship) (int, error) {
	if !slices.IsSortedFunc(s, byFingerprint) {
		s = slices.SortedFunc(slices.Values(s), byFingerprint)
	}
	if t.postgres() && len(s) > fewRows {
		return t.copySponsorships(ctx, s)
	}
	return t.insertSponsorships(ctx, s)
}

// byFingerprint is the order of the registry's index.
func byFingerprint(a, b core.Sponsorship) int {
	return bytes.Compare(a.Fingerprint[:], b.Fingerprint[:])
}

// insertSponsorships adds sponsorships one by one, with one prepared statement.
func (t *tx) insertSponsorships(ctx context.Context, s []core.Sponsorship) (int, error) {
	const what = "put sponsorships"
	insert, err := t.conn.PrepareContext(ctx, `
		INSERT INTO sponsorships (fingerprint, day, department, revoked) VALUES ($1, $2, $3, $4)
		ON CONFLICT DO NOTHING`)
	if err != nil {
		return 0, failed(err, what)
	}
	defer insert.Close()
	added := 0
	row := context.WithoutCancel(ctx) // one that can end costs more than the row
	for i := range s {
		if i%1000 == 0 && ctx.Err() != nil {
			return 0, failed(ctx.Err(), what)
		}
		res, err := insert.ExecContext(row, s[i].Fingerprint[:], s[i].At, s[i].Department, s[i].Revoked)
		n, err := changed(res, err, what)
		if err != nil {
			t.broken = err
			return 0, err
		}
		added += n
	}
	return added, nil
}
