package core

import (
	"context"
	"crypto/rand"
	"strings"
	"time"
)

// An Invitation lets a few people join who were given its token. It says nothing of who
// gave it, and nothing remembers who used it.
type Invitation struct {
	Token   InvitationToken
	To      Link // an action or a team; the zero Link only welcomes
	Uses    int  // how many are left
	Expires time.Time
}

// InvitationLife and InvitationUses are how long and for how many an Invitation works.
const (
	InvitationLife = 7 * 24 * time.Hour
	InvitationUses = 10
)

// InvitationsPerDay is how many a person may make.
var InvitationsPerDay = Quota{Kind: "invitations", Max: 3, Window: 24 * time.Hour}

// NewInvitation draws an Invitation to l that begins at now.
func NewInvitation(l Link, now time.Time) *Invitation {
	return &Invitation{
		Token: InvitationToken(strings.ToLower(rand.Text())), To: l, Uses: InvitationUses, Expires: now.Add(InvitationLife),
	}
}

// InvitationReader finds invitations.
type InvitationReader interface {
	// Invitation returns the one of a token that works at now, or NotFound.
	Invitation(ctx context.Context, t InvitationToken, now time.Time) (*Invitation, error)
}

// InvitationStore keeps invitations.
type InvitationStore interface {
	InvitationReader

	// CreateInvitation stores i, its token only as a keyed hash. It fails with Conflict if
	// there is one of this token.
	CreateInvitation(ctx context.Context, i *Invitation) error

	// UseInvitation takes one use, and returns what is left. It fails with NotFound if
	// none of the token works at now.
	UseInvitation(ctx context.Context, t InvitationToken, now time.Time) (*Invitation, error)
}
