package storage

import (
	"context"
	"time"

	"tocsin/core"
)

// invitationHash is what an invitation is found by: its token is not stored.
func (t *tx) invitationHash(token core.InvitationToken) []byte {
	return t.keys.find("invitation", string(token))
}

// CreateInvitation implements core.InvitationStore.
func (t *tx) CreateInvitation(ctx context.Context, i *core.Invitation) error {
	res, err := t.NewRaw("INSERT INTO invitations (hash, subject, uses, expires) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
		t.invitationHash(i.Token), i.To.Payload(), i.Uses, microsOf(i.Expires)).Exec(ctx)
	return once(res, err, core.Conflict, "create invitation")
}

// Invitation implements core.InvitationReader.
func (t *tx) Invitation(ctx context.Context, token core.InvitationToken, now time.Time) (*core.Invitation, error) {
	return t.invitation(ctx, token, `SELECT subject, uses, expires FROM invitations
		WHERE hash = ? AND uses > 0 AND expires > ?`, now)
}

// UseInvitation implements core.InvitationStore.
func (t *tx) UseInvitation(ctx context.Context, token core.InvitationToken, now time.Time) (*core.Invitation, error) {
	return t.invitation(ctx, token, `UPDATE invitations SET uses = uses - 1
		WHERE hash = ? AND uses > 0 AND expires > ? RETURNING subject, uses, expires`, now)
}

// invitation runs a query that returns one that works at now.
func (t *tx) invitation(ctx context.Context, token core.InvitationToken, query string, now time.Time) (*core.Invitation, error) {
	i := &core.Invitation{Token: token}
	var subject string
	var expires micros
	err := t.NewRaw(query, t.invitationHash(token), microsOf(now)).Scan(ctx, &subject, &i.Uses, &expires)
	if err != nil {
		return nil, failed(err, "find invitation")
	}
	i.To, i.Expires = core.ParseLink(subject), expires.Time()
	return i, nil
}
