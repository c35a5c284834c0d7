package scheduler

import (
	"context"
	"log/slog"
	"time"

	"tocsin/core"
)

// Tasks does the work that waits in the outbox without a message. It runs beside
// the dispatchers, so that a slow mail server delays no answer.
type Tasks struct {
	Store  core.Store
	Runner core.TaskRunner
	Log    *slog.Logger
	Wake   <-chan struct{}
	Every  time.Duration // 0 means DefaultEvery
	Lease  time.Duration // 0 means TaskLease
	Linger time.Duration // how long a task may go on at the end; 0 means DefaultLinger
}

// The defaults of Tasks: mail servers take their time.
const (
	TaskLease   = time.Minute
	TaskTimeout = 40 * time.Second
	tasksAtOnce = 8
)

// Run works until ctx is done, and returns once the tasks under way are settled, within
// seconds.
func (w *Tasks) Run(ctx context.Context) error {
	work, cut := outlasting(ctx, orDefault(w.Linger, DefaultLinger))
	defer cut()
	l := loop{every: orDefault(w.Every, DefaultEvery), wake: w.Wake, log: w.Log, what: "tasks"}
	return l.run(ctx, (&shift{Tasks: w, work: work}).pass)
}

// A shift is one run of Tasks.
type shift struct {
	*Tasks
	work context.Context // of what is done; it ends soon after Run is to
}

func (w *shift) pass(ctx context.Context) (time.Duration, error) {
	if wait, err := untilDue(ctx, w.Store, ""); err != nil || wait > 0 {
		return wait, err
	}
	var tasks []*core.Outgoing
	err := w.Store.Tx(ctx, func(tx core.Tx) (err error) {
		tasks, err = tx.Claim(ctx, core.Claim{
			Tasks: true, Lanes: []core.Lane{core.Talk, core.Notice, core.Bulk}, Max: tasksAtOnce,
			Lease: orDefault(w.Lease, TaskLease),
		})
		return err
	})
	if err != nil {
		return 0, err
	}
	done := make(chan error, len(tasks))
	for _, o := range tasks {
		go func() { done <- w.do(ctx, o) }()
	}
	for range tasks {
		if e := <-done; err == nil {
			err = e
		}
	}
	if len(tasks) == 0 {
		return untilLimit, err
	}
	return 0, err
}

// do runs one task, unless it came too late to be of use.
func (w *shift) do(ctx context.Context, o *core.Outgoing) error {
	now, err := w.Store.Now(ctx)
	if err != nil {
		return err
	}
	late := !o.Expires.IsZero() && now.After(o.Expires)
	if !late {
		runCtx, cancel := context.WithTimeout(w.work, TaskTimeout)
		err = w.Runner.RunTask(runCtx, o.Content.(*core.Task))
		cancel()
		if err != nil {
			w.Log.Warn("task not done", "task", o.Content.(*core.Task).Name, "attempt", o.Attempt, "code", core.CodeOf(err))
		}
	}
	return settle(ctx, w.Store, func(tx core.Tx) error {
		now, err2 := tx.Now(ctx)
		if err2 != nil {
			return err2
		}
		v := Judge(o, err, false, now)
		if late {
			v = core.Verdict{State: core.Unsent}
		}
		return tx.Settle(ctx, o, inTime(v, o.Expires, now))
	})
}

// settle stores a verdict, for as long as that is of use. An Outgoing that was
// claimed again since is none of ours any more.
func settle(ctx context.Context, store core.Store, fn func(core.Tx) error) error {
	const tries = 12
	var err error
	for i := 1; i <= tries; i++ {
		lost := false
		err = store.Tx(ctx, func(tx core.Tx) error {
			err := fn(tx)
			if core.CodeOf(err) == core.Conflict && core.KeyOf(err) == "" {
				lost = true
			}
			return err
		})
		if lost || !core.Retryable(err) {
			break
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(min(50*time.Millisecond<<i, 5*time.Second)):
		}
	}
	if core.CodeOf(err) == core.Conflict {
		return nil
	}
	return err
}

// soonest is the shortest wait that inTime makes of a longer one.
const soonest = 30 * time.Second

// inTime returns v for a task that is of no use after expires. What is tried again waits
// for half the time that is left at most, so that a mail server that lets a first letter
// wait for some minutes has it in time; and what can have no next try has failed.
func inTime(v core.Verdict, expires, now time.Time) core.Verdict {
	if v.State != core.Queued || expires.IsZero() {
		return v
	}
	if wait := max(expires.Sub(now)/2, soonest); v.Code != core.RateLimited && v.Next.After(now.Add(wait)) {
		v.Next = now.Add(wait)
	}
	if v.Next.After(expires) {
		return core.Verdict{State: core.Failed, Code: v.Code}
	}
	return v
}
