package scheduler

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"tocsin/core"
)

// Grace is how late a run may begin that was missed while nobody ran; later it is
// left out.
const Grace = time.Hour

// A Job is something that the clock starts. With dry, Do changes nothing and
// returns how much it would touch.
type Job struct {
	Name core.JobName
	Do   func(ctx context.Context, store core.Store, dry Dry) (int, error)
}

// Dry says whether a job only counts.
type Dry bool

// AllJobs is the table of jobs; their cron lines stand in the campaign file.
func AllJobs(c *core.Campaign) []Job {
	alerts := &Alerts{Campaign: c, Planner: new(Planner)}
	reminders := &Reminders{Campaign: c}
	return []Job{
		{Name: "digests", Do: alerts.Digests},
		{Name: "instant", Do: alerts.Instant},
		{Name: "nudges", Do: alerts.Nudge},
		{Name: "demand", Do: alerts.Demand},
		{Name: "reminders", Do: reminders.Remind},
		{Name: "briefings", Do: reminders.Brief},
		{Name: "retention", Do: Retain},
	}
}

// Jobs starts jobs at their planned times. One process at a time does, by the lease
// "cron"; each planned time has one row, so that neither a change of clocks, nor a
// restart, nor a second process runs it twice.
type Jobs struct {
	Store  core.Store
	Jobs   []Job
	Lines  map[core.JobName]Line
	Zone   *time.Location
	Holder string // of the lease; unique to this process
	Log    *slog.Logger
}

// Run starts jobs until ctx is done, and returns once the one under way has ended.
func (j *Jobs) Run(ctx context.Context) error {
	defer j.drop(context.WithoutCancel(ctx))
	l := loop{every: core.RenewEvery, log: j.Log, what: "jobs"}
	return l.run(ctx, func(ctx context.Context) (time.Duration, error) {
		err := j.pass(ctx)
		if core.CodeOf(err) == core.Conflict {
			err = nil // another process holds the lease
		}
		return core.RenewEvery, err
	})
}

func (j *Jobs) drop(ctx context.Context) {
	err := j.Store.Tx(ctx, func(tx core.Tx) error {
		l, err := tx.TakeLease(ctx, "cron", j.Holder)
		if err != nil {
			return err
		}
		return tx.DropLease(ctx, l)
	})
	if err != nil && core.CodeOf(err) != core.Conflict {
		j.Log.Warn("lease not given back", "code", core.CodeOf(err))
	}
}

func (j *Jobs) pass(ctx context.Context) error {
	now, err := j.Store.Now(ctx)
	if err != nil {
		return err
	}
	var lease core.Lease
	if err := j.Store.Tx(ctx, func(tx core.Tx) (err error) {
		lease, err = tx.TakeLease(ctx, "cron", j.Holder)
		return err
	}); err != nil {
		return err
	}
	for _, job := range j.Jobs {
		line, ok := j.Lines[job.Name]
		if !ok {
			continue
		}
		if p, ok := lastPlanned(line, now, j.Zone); ok {
			if err := j.start(ctx, job, p, lease); err != nil {
				return err
			}
		}
	}
	return nil
}

// lastPlanned returns the latest time at or before now that is within the grace.
func lastPlanned(l Line, now time.Time, loc *time.Location) (Planned, bool) {
	var last Planned
	for p := l.Next(now.Add(-Grace), loc); !p.At.IsZero() && !p.At.After(now); p = l.Next(p.At, loc) {
		last = p
	}
	return last, !last.At.IsZero()
}

// start runs a job unless its planned time was run before.
func (j *Jobs) start(ctx context.Context, job Job, p Planned, lease core.Lease) error {
	run := &core.Run{Job: job.Name, Planned: p.Local}
	err := j.Store.Tx(ctx, func(tx core.Tx) error {
		if err := tx.Fence(ctx, lease); err != nil {
			return err
		}
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		run.Started = now
		return tx.StartRun(ctx, run)
	})
	if core.CodeOf(err) == core.Conflict {
		return nil
	}
	if err != nil {
		return err
	}
	return j.hold(ctx, lease, func(ctx context.Context) error {
		return RunJob(ctx, fenced{j.Store, lease}, job, run, j.Log)
	})
}

// hold renews a lease while fn works, which may take longer than the lease lasts. Once
// another process has it, the context of fn ends.
func (j *Jobs) hold(ctx context.Context, lease core.Lease, fn func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(core.RenewEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			err := j.Store.Tx(ctx, func(tx core.Tx) error {
				_, err := tx.TakeLease(ctx, lease.Name, lease.Holder)
				return err
			})
			if core.CodeOf(err) == core.Conflict {
				cancel()
			}
		}
	})
	err := fn(ctx)
	cancel()
	wg.Wait()
	return err
}

// fenced is a Store that writes only as long as a lease is held.
type fenced struct {
	core.Store
	lease core.Lease
}

// Tx implements core.Store. It fails with Conflict once the lease is lost.
func (f fenced) Tx(ctx context.Context, fn func(core.Tx) error) error {
	return f.Store.Tx(ctx, func(tx core.Tx) error {
		if err := tx.Fence(ctx, f.lease); err != nil {
			return err
		}
		return fn(tx)
	})
}

// RunJob does a job whose run is stored, and stores how it ended.
func RunJob(ctx context.Context, store core.Store, job Job, run *core.Run, log *slog.Logger) error {
	n, err := job.Do(ctx, store, false)
	run.Count, run.Outcome = n, "done"
	if err != nil {
		run.Outcome = string(core.CodeOf(err))
		log.Error("job failed", "job", job.Name, "code", core.CodeOf(err), "err", err)
	} else {
		log.Info("job done", "job", job.Name, "count", n)
	}
	return store.Tx(ctx, func(tx core.Tx) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		run.Ended = now
		return tx.EndRun(ctx, run)
	})
}

// Retain is the job that lets data go whose time is over, in small transactions.
func Retain(ctx context.Context, store core.Store, dry Dry) (int, error) {
	now, err := store.Now(ctx)
	if err != nil {
		return 0, err
	}
	total := 0
	for _, r := range core.Retentions {
		for {
			n := 0
			err := store.Tx(ctx, func(tx core.Tx) (err error) {
				if dry {
					n, err = tx.CountPurge(ctx, r.Data, now.Add(-r.For))
				} else {
					n, err = tx.Purge(ctx, r.Data, now.Add(-r.For))
				}
				return err
			})
			if err != nil {
				return total, fmt.Errorf("scheduler: retain %s: %w", r.Data, err)
			}
			total += n
			if bool(dry) || n == 0 {
				break
			}
		}
	}
	return total, nil
}
