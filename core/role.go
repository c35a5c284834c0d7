package core

import (
	"context"
	"slices"
	"time"
)

// A RoleName names what a person may be in an area.
type RoleName string

const (
	Owner     RoleName = "owner"
	Registrar RoleName = "registrar"
	Approver  RoleName = "approver"
	Organiser RoleName = "organiser"
	Moderator RoleName = "moderator"
	Lead      RoleName = "lead"
)

// A Right is one thing that a role allows, as noun and verb.
type Right string

const (
	ActionPublish     Right = "action.publish"
	ActionModerate    Right = "action.moderate"
	ActionOpen        Right = "action.open" // show an action to everyone
	AuditRead         Right = "audit.read"
	BroadcastApprove  Right = "broadcast.approve"
	BroadcastPropose  Right = "broadcast.propose"
	PersonBan         Right = "person.ban"
	RegistryCheck     Right = "registry.check"
	RoleGrant         Right = "role.grant"
	StatsRead         Right = "stats.read"
	TeamBroadcast     Right = "team.broadcast"
	TeamManageMembers Right = "team.members"
)

// rights says what each role allows in its area and all that lies in it. What is
// not named here is not allowed.
var rights = map[RoleName][]Right{
	Owner: {ActionPublish, ActionModerate, ActionOpen, AuditRead, BroadcastApprove, BroadcastPropose,
		PersonBan, RegistryCheck, RoleGrant, StatsRead, TeamBroadcast, TeamManageMembers},
	Registrar: {RegistryCheck},
	Approver:  {BroadcastApprove, StatsRead},
	Organiser: {ActionPublish, ActionOpen, BroadcastPropose, StatsRead},
	Moderator: {ActionModerate, PersonBan},
	Lead:      {ActionPublish, TeamBroadcast, TeamManageMembers},
}

// RoleNames are all roles, the widest first.
var RoleNames = [...]RoleName{Owner, Registrar, Approver, Organiser, Moderator, Lead}

// Known reports whether n is one of RoleNames.
func (n RoleName) Known() bool { return slices.Contains(RoleNames[:], n) }

// RoleLife is how long a grant lasts: a role that nobody renews ends by itself.
const RoleLife = 90 * 24 * time.Hour

// OfferLife is how long a one-time code for a role can be typed.
const OfferLife = 24 * time.Hour

// OfferTries is how many wrong codes an account may type in a day.
var OfferTries = Quota{Kind: "role.offer", Max: 5, Window: 24 * time.Hour}

// GrantID names a grant of a role.
type GrantID int64

// A Grant gives a person a role in an area, until Expires.
type Grant struct {
	ID        GrantID
	Supporter SupporterID
	Account   AccountID // that took it up: a role never moves to another
	Role      RoleName
	Area      AreaID
	Expires   time.Time
}

// An Offer is a role that waits for the person who types its code: platform ids
// are not readable, so the operator cannot name the person.
type Offer struct {
	Code    Code8
	Role    RoleName
	Area    AreaID
	Expires time.Time
}

// May reports whether the grants allow r in area at now. It is the only place
// where a right is decided.
func May(grants []Grant, r Right, area AreaID, now time.Time) bool {
	for _, g := range grants {
		if g.Area.Holds(area) && now.Before(g.Expires) && slices.Contains(rights[g.Role], r) {
			return true
		}
	}
	return false
}

// RoleReader finds grants.
type RoleReader interface {
	// Grants returns those of a person; with 0, those of everyone.
	Grants(ctx context.Context, s SupporterID) ([]Grant, error)
}

// RoleStore keeps grants and offers.
type RoleStore interface {
	RoleReader

	// CreateOffer stores o, its code only as a keyed hash.
	CreateOffer(ctx context.Context, o *Offer) error

	// TakeOffer returns the offer of a code and ends it, so that it works once. It
	// fails with NotFound if there is none, or it has expired at now.
	TakeOffer(ctx context.Context, c Code8, now time.Time) (*Offer, error)

	// CreateGrant stores g and sets its ID; the same role in the same area again only
	// moves Account and Expires.
	CreateGrant(ctx context.Context, g *Grant) error

	// RevokeGrant fails with NotFound if there is none.
	RevokeGrant(ctx context.Context, id GrantID) error
}
