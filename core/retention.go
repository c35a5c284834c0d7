package core

import (
	"context"
	"time"
)

// A Retention says how long one kind of data is kept.
type Retention struct {
	Data Kept
	For  time.Duration
}

// Kept names a kind of data that leaves by itself.
type Kept string

const (
	KeptSeenTelegram Kept = "seen.telegram"
	KeptSeen         Kept = "seen"
	KeptOutbox       Kept = "outbox"     // settled rows; their content went when they were settled
	KeptBlobs        Kept = "blobs"      // attachments
	KeptMenus        Kept = "menus"      // buttons of old messages
	KeptChallenges   Kept = "challenges" // the code went with its life
	KeptTallies      Kept = "tallies"
	KeptOffers       Kept = "offers"
	KeptInvitations  Kept = "invitations"   // after their end
	KeptTalks        Kept = "conversations" // what was said in an open flow
	KeptCells        Kept = "cells"         // of people who have not spoken to us
	KeptSearches     Kept = "searches"      // that found nothing
	KeptTold         Kept = "told"          // which actions a person was told of, after the last of them began
	KeptContacts     Kept = "contacts"      // how many messages that we began, by day
	KeptActions      Kept = "actions"       // after their end
	KeptTrails       Kept = "trails"        // who got what of a broadcast, after it was over; counts stay
	KeptRuns         Kept = "runs"
)

const day = 24 * time.Hour

// Retentions is the whole table. A job enforces it; docs/privacy.md shows it.
var Retentions = []Retention{
	{KeptSeenTelegram, 3 * day}, // Telegram keeps an update 24 h
	{KeptSeen, 10 * day},
	{KeptOutbox, 7 * day},
	{KeptBlobs, 7 * day},
	{KeptMenus, 60 * day},
	{KeptChallenges, 1 * day},
	{KeptTallies, 2 * day},
	{KeptOffers, 2 * day},
	{KeptInvitations, 2 * day},
	{KeptTalks, 60 * day},
	{KeptCells, 90 * day},
	{KeptSearches, 28 * day},
	{KeptTold, 1 * day},
	{KeptContacts, 8 * day},
	{KeptActions, 30 * day},
	{KeptTrails, RecallTime},
	{KeptRuns, 90 * day},
}

// PurgeBatch is how many rows one transaction of a purge touches at most, so that a
// turn never waits long behind it.
const PurgeBatch = 20_000

// RetentionStore lets data go.
type RetentionStore interface {
	// Purge removes at most PurgeBatch rows of k from before t, and returns how many.
	Purge(ctx context.Context, k Kept, t time.Time) (int, error)

	// CountPurge returns how many rows Purge would remove if called until 0.
	CountPurge(ctx context.Context, k Kept, t time.Time) (int, error)
}
