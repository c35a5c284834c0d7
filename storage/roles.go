package storage

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"tocsin/core"
)

// A grantRow is a Grant as it is stored.
type grantRow struct {
	bun.BaseModel `bun:"table:grants,alias:g"`
	ID            core.GrantID
	Supporter     core.SupporterID
	Account       core.AccountID
	Role          core.RoleName
	Area          core.AreaID
	Expires       micros
}

// offerHash is what an offer is found by: its code is not stored.
func (t *tx) offerHash(c core.Code8) []byte { return t.keys.find("offer", string(c)) }

// CreateOffer implements core.RoleStore. It fails with Conflict if an offer has the same
// code: draw another.
func (t *tx) CreateOffer(ctx context.Context, o *core.Offer) error {
	res, err := t.NewRaw("INSERT INTO offers (hash, role, area, expires) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
		t.offerHash(o.Code), o.Role, o.Area, microsOf(o.Expires)).Exec(ctx)
	return once(res, err, core.Conflict, "create offer")
}

// TakeOffer implements core.RoleStore.
func (t *tx) TakeOffer(ctx context.Context, c core.Code8, now time.Time) (*core.Offer, error) {
	o := &core.Offer{Code: c}
	var expires micros
	err := t.NewRaw("DELETE FROM offers WHERE hash = ? AND expires > ? RETURNING role, area, expires",
		t.offerHash(c), microsOf(now)).Scan(ctx, &o.Role, &o.Area, &expires)
	if err != nil {
		return nil, failed(err, "take offer")
	}
	o.Expires = expires.Time()
	return o, nil
}

// CreateGrant implements core.RoleStore. It fails with NotFound if there is no such
// supporter or account.
func (t *tx) CreateGrant(ctx context.Context, g *core.Grant) error {
	err := t.NewRaw(`
		INSERT INTO grants (supporter, account, role, area, expires)
		SELECT s.id, a.id, ?, ?, ? FROM supporters AS s, accounts AS a WHERE s.id = ? AND a.id = ?
		ON CONFLICT (supporter, role, area) DO UPDATE SET account = EXCLUDED.account, expires = EXCLUDED.expires
		RETURNING id`,
		g.Role, g.Area, microsOf(g.Expires), g.Supporter, g.Account,
	).Scan(ctx, &g.ID)
	return failed(err, "create grant")
}

// RevokeGrant implements core.RoleStore.
func (t *tx) RevokeGrant(ctx context.Context, id core.GrantID) error {
	res, err := t.NewRaw("DELETE FROM grants WHERE id = ?", id).Exec(ctx)
	return once(res, err, core.NotFound, "revoke grant")
}

// Grants implements core.RoleReader. Those that have expired are among them.
func (t *tx) Grants(ctx context.Context, s core.SupporterID) ([]core.Grant, error) {
	var rows []grantRow
	err := t.NewRaw(`
		SELECT id, supporter, coalesce(account, 0) AS account, role, area, expires FROM grants
		WHERE supporter = ?0 OR ?0 = 0 ORDER BY id`, s,
	).Scan(ctx, &rows)
	if err != nil {
		return nil, failed(err, "read grants")
	}
	gs := make([]core.Grant, len(rows))
	for i, r := range rows {
		gs[i] = core.Grant{ID: r.ID, Supporter: r.Supporter, Account: r.Account, Role: r.Role, Area: r.Area, Expires: r.Expires.Time()}
	}
	return gs, nil
}
