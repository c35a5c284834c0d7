package storage

import (
	"context"

	"tocsin/core"
)

// A runRow is a run of a job as it is stored.
type runRow struct {
	Job     core.JobName
	Planned string
	Started micros
	Ended   micros
	Count   int
	Outcome string
}

// StartRun implements core.RunStore.
func (t *tx) StartRun(ctx context.Context, r *core.Run) error {
	res, err := t.NewRaw(`
		INSERT INTO runs (job, planned, started, ended, count, outcome) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT DO NOTHING`,
		r.Job, r.Planned, microsOf(r.Started), microsOf(r.Ended), r.Count, r.Outcome).Exec(ctx)
	return once(res, err, core.Conflict, "start run")
}

// EndRun implements core.RunStore. It fails with NotFound if the run was not started.
func (t *tx) EndRun(ctx context.Context, r *core.Run) error {
	res, err := t.NewRaw("UPDATE runs SET ended = ?, count = ?, outcome = ? WHERE job = ? AND planned = ?",
		microsOf(r.Ended), r.Count, r.Outcome, r.Job, r.Planned).Exec(ctx)
	return once(res, err, core.NotFound, "end run")
}

// LastRun implements core.RunStore: the run that was started last.
func (t *tx) LastRun(ctx context.Context, j core.JobName) (*core.Run, error) {
	var r runRow
	err := t.NewRaw(`
		SELECT job, planned, started, ended, count, outcome FROM runs
		WHERE job = ? ORDER BY started DESC, planned DESC LIMIT 1`, j).Scan(ctx, &r)
	if err != nil {
		return nil, failed(err, "read last run")
	}
	return &core.Run{
		Job: r.Job, Planned: r.Planned, Started: r.Started.Time(), Ended: r.Ended.Time(),
		Count: r.Count, Outcome: r.Outcome,
	}, nil
}
