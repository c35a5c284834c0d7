package core

import (
	"context"
	"time"
)

// A LeaseName names something that only one process does at a time: "poll:<bot>",
// "sync:<account>", "cron".
type LeaseName string

// A Lease is held until it expires by the database's clock. Term grows with each
// new holder, so that a process which slept past its lease can be told from the
// one that holds it now.
type Lease struct {
	Name   LeaseName
	Holder string
	Term   int64
}

// LeaseLife is how long a lease lasts unless renewed; RenewEvery is how often it is.
const (
	LeaseLife  = 15 * time.Second
	RenewEvery = 5 * time.Second
)

// LeaseStore keeps leases.
type LeaseStore interface {
	// TakeLease takes or renews a lease for LeaseLife. It fails with Conflict if
	// another holder has it.
	TakeLease(ctx context.Context, n LeaseName, holder string) (Lease, error)

	// Fence fails with Conflict unless l is still held. What the holder writes, it
	// writes in a transaction that begins with Fence.
	Fence(ctx context.Context, l Lease) error

	// DropLease gives l back; it does nothing if l is no longer held.
	DropLease(ctx context.Context, l Lease) error
}
