package core

import (
	"context"
	"time"
)

// BroadcastID names a broadcast.
type BroadcastID int64

// A Broadcast is one message to many people.
type Broadcast struct {
	ID      BroadcastID
	State   BroadcastState
	Message *Message
	Due     time.Time
	Expires time.Time // zero: never
	Again   Again
}

// BroadcastState is where a broadcast stands. Nothing of it is claimed unless it
// is Running.
type BroadcastState string

const (
	Draft    BroadcastState = "draft"
	Running  BroadcastState = "running"
	Paused   BroadcastState = "paused"
	Stopped  BroadcastState = "stopped"
	Finished BroadcastState = "finished"
)

// A Recipient is one person's copy of a broadcast.
type Recipient struct {
	Chat    ChatID
	Account AccountID
}

// BroadcastStore keeps broadcasts and their recipients.
type BroadcastStore interface {
	// CreateBroadcast stores b and sets its ID.
	CreateBroadcast(ctx context.Context, b *Broadcast) error

	// Broadcast fails with NotFound if there is none.
	Broadcast(ctx context.Context, id BroadcastID) (*Broadcast, error)

	// SetBroadcast moves a broadcast to a state.
	SetBroadcast(ctx context.Context, id BroadcastID, s BroadcastState) error

	// AddRecipients freezes recipients; one that is there already stays as it is.
	AddRecipients(ctx context.Context, id BroadcastID, rs []Recipient) error

	// CountRecipients returns how many stand in each state.
	CountRecipients(ctx context.Context, id BroadcastID) (map[State]int, error)
}
