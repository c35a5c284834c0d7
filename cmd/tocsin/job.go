package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tocsin/core"
	"tocsin/scheduler"
)

type jobRun struct {
	Name   core.JobName  `arg:"" enum:"${jobs}" help:"One of ${enum}."`
	DryRun scheduler.Dry `help:"Only count what it would touch."`
}

// Run runs a job and says how much it touched.
func (c *jobRun) Run(ctx context.Context, p *program) error {
	return p.work(ctx, func(o *opened) error {
		for _, job := range scheduler.AllJobs(o.config.Campaign) {
			if job.Name != c.Name {
				continue
			}
			if c.DryRun {
				return c.count(ctx, p, o, job)
			}
			return c.do(ctx, p, o, job)
		}
		return misuse{fmt.Errorf("there is no job %s", c.Name)}
	})
}

func (c *jobRun) count(ctx context.Context, p *program, o *opened, job scheduler.Job) error {
	n, err := job.Do(ctx, o.store, true)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "%s would touch %s.\n", job.Name, counted(n, "row"))
	return err
}

// do runs the job as the clock would, with a row that says so: its planned time is
// that of the call.
func (c *jobRun) do(ctx context.Context, p *program, o *opened, job scheduler.Job) error {
	run := &core.Run{Job: job.Name}
	err := commit(ctx, o.store.Tx, func(tx core.Tx) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		run.Planned, run.Started = "called at "+now.Format(time.RFC3339Nano), now
		return tx.StartRun(ctx, run)
	})
	if err != nil {
		return err
	}
	if err := scheduler.RunJob(ctx, o.store, job, run, o.log); err != nil {
		return err
	}
	if run.Outcome != "done" {
		return errors.New(string(job.Name) + " failed (" + run.Outcome + "): the log says why")
	}
	_, err = fmt.Fprintf(p.stdout, "%s touched %s.\n", job.Name, counted(run.Count, "row"))
	return err
}
