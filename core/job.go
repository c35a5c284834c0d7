package core

import (
	"context"
	"time"
)

// JobName names a job: "retention".
type JobName string

// A Run is one run of a job. Planned is the local time that the cron line named,
// as "2026-03-29T02:30 Europe/Paris": it is unique for a job, so that neither a
// change of clocks, nor a restart, nor a second replica can run it twice.
type Run struct {
	Job     JobName
	Planned string
	Started time.Time
	Ended   time.Time
	Count   int
	Outcome string // "done", or the code of the error
}

// RunStore keeps the runs of jobs.
type RunStore interface {
	// StartRun fails with Conflict if the planned run was started before.
	StartRun(ctx context.Context, r *Run) error
	EndRun(ctx context.Context, r *Run) error

	// LastRun fails with NotFound if the job never ran.
	LastRun(ctx context.Context, j JobName) (*Run, error)
}
