package main

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"tocsin/bots/matrix"
	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/flows"
	"tocsin/core/locale"
	"tocsin/scheduler"
)

// workers is how many chats are answered at once: more would only wait for the
// database.
const workers = 16

// An engine is the bot at work behind its adapters.
type engine struct {
	store       core.Store
	adapters    []core.Adapter
	queue       *conversation.Queue
	dispatchers []*scheduler.Dispatcher // one for each adapter
	tasks       *scheduler.Tasks
	jobs        *scheduler.Jobs
	broadcasts  *scheduler.Broadcasts
	faces       []part            // what answers over HTTP
	metrics     *metrics          // what was counted
	hints       []chan<- struct{} // wake what sends
}

// newEngine wires the parts. It fails if a catalogue cannot be read.
func newEngine(o *opened, mailer core.Mailer, adapters ...core.Adapter) (*engine, error) {
	words, err := locale.Load()
	if err != nil {
		return nil, err
	}
	can := func(b core.BotID) core.Capabilities {
		for _, a := range adapters { // what they can may become known while they run
			if a.Bot() == b {
				return a.Capabilities()
			}
		}
		return core.Capabilities{}
	}
	e := &engine{store: o.store, adapters: adapters, metrics: newMetrics()}
	bot := &conversation.Bot{
		Store: o.store, Flows: flows.All(), Locale: words, Campaign: o.config.Campaign, Mailer: mailer, Planner: new(scheduler.Planner),
		Can: can, Log: o.log, Forget: e.forget,
	}
	e.wireOutput(bot, o)
	e.queue = &conversation.Queue{
		Handler: hinting{e.metrics.watch(bot.Handle), e.hints}, Flooded: hinting{bot.Flooded, e.hints}.Handle,
		Workers: workers, Log: o.log,
	}
	return e, nil
}

// forget lets go of what an adapter keeps of an account beside the store.
func (e *engine) forget(ctx context.Context, ref core.AccountRef) error {
	for _, a := range e.adapters {
		if f, ok := a.(core.Forgetter); ok && a.Bot() == ref.Bot {
			return f.Forget(ctx, ref)
		}
	}
	return nil
}

// wireOutput makes what sends and works, and the hints that wake it: what works is woken
// only by a turn that made work.
func (e *engine) wireOutput(bot *conversation.Bot, o *opened) {
	for _, a := range e.adapters {
		hint := make(chan struct{}, 1)
		e.hints = append(e.hints, hint)
		d := &scheduler.Dispatcher{
			Store: o.store, Adapter: a, Preparer: bot, Log: o.log, Wake: hint,
			Told: e.metrics.told(a.Bot()),
		}
		if m, ok := a.(*matrix.Adapter); ok {
			d.Ready = m.Ready
		}
		e.dispatchers = append(e.dispatchers, d)
	}
	work := make(chan struct{}, 1)
	bot.Tasked = func() { give([]chan<- struct{}{work}) }
	e.tasks = &scheduler.Tasks{Store: o.store, Runner: bot, Log: o.log, Wake: work}
	e.jobs = &scheduler.Jobs{
		Store: o.store, Jobs: scheduler.AllJobs(o.config.Campaign), Lines: o.config.Jobs, Zone: o.config.Zone,
		Holder: rand.Text(), Log: o.log,
	}
	e.broadcasts = &scheduler.Broadcasts{Store: o.store, Campaign: o.config.Campaign, Holder: rand.Text(), Log: o.log}
}

// patiently lets e finish what is under way at its end, for as long as that may take: who
// sits at a terminal waits for the last answer.
func (e *engine) patiently() *engine {
	e.tasks.Linger = scheduler.TaskTimeout
	for _, d := range e.dispatchers {
		d.Linger = scheduler.SendTimeout
	}
	return e
}

// A hinting is a Handler that hints, once an update is handled, that there may be
// something to send: an answer need not wait until somebody looks.
type hinting struct {
	handle func(context.Context, *core.Update) error
	hints  []chan<- struct{}
}

// Handle implements core.Handler.
func (h hinting) Handle(ctx context.Context, u *core.Update) error {
	err := h.handle(ctx, u)
	give(h.hints)
	return err
}

// give gives each hint, unless it was given already.
func give(hints []chan<- struct{}) {
	for _, hint := range hints {
		select {
		case hint <- struct{}{}:
		default:
		}
	}
}

// Run takes in and sends until ctx is done or all input has come to its end. Then the
// input stops, what was taken in is answered, what is being sent is settled, and after
// an input's own end all that is due is sent. It fails with the first error of a part,
// which ends all others.
func (e *engine) Run(ctx context.Context) error {
	inCtx, stopInput := context.WithCancel(ctx)
	defer stopInput()
	outCtx, stopOutput := context.WithCancel(context.WithoutCancel(ctx))
	defer stopOutput()

	output := together(outCtx, stopInput, slices.Concat(e.output(), e.faces, []part{e.jobs.Run, e.broadcasts.Run}))
	var input []part
	for _, a := range e.adapters {
		input = append(input, func(ctx context.Context) error { return a.Run(ctx, e.queue) })
	}
	err := <-together(inCtx, stopInput, input)
	stopped := inCtx.Err() != nil
	stopOutput()
	if err = errors.Join(err, <-output); err != nil || stopped {
		return err
	}
	return e.drain(ctx)
}

// output are the parts that send and work.
func (e *engine) output() []part {
	parts := []part{e.tasks.Run}
	for _, d := range e.dispatchers {
		parts = append(parts, d.Run)
	}
	return parts
}

// A part runs until its context is done.
type part func(context.Context) error

// together runs parts side by side, and yields their errors once all have returned.
// One that fails calls stop.
func together(ctx context.Context, stop func(), parts []part) <-chan error {
	ended := make(chan error, len(parts))
	for _, run := range parts {
		go func() { ended <- run(ctx) }()
	}
	all := make(chan error, 1)
	go func() {
		var errs []error
		for range parts {
			if err := <-ended; err != nil {
				errs = append(errs, err)
				stop()
			}
		}
		all <- errors.Join(errs...)
	}()
	return all
}

// How long the last messages may take after the end of the input, and how long it is
// waited between looks whether any are left.
const (
	drainFor  = 5 * time.Second
	drainStep = 50 * time.Millisecond
)

// drain sends until nothing is due, for drainFor at most. Nothing else
// sends meanwhile, so what is not due is done.
func (e *engine) drain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, drainFor)
	defer cancel()
	for ctx.Err() == nil {
		due, err := e.due(ctx)
		if err != nil || !due {
			return err
		}
		step, done := context.WithTimeout(ctx, drainStep)
		err = <-together(step, done, e.output())
		done()
		if err != nil {
			return err
		}
	}
	return nil
}

// due reports whether something waits that is due now.
func (e *engine) due(ctx context.Context) (due bool, err error) {
	bots := []core.BotID{""} // whose are the tasks
	for _, a := range e.adapters {
		bots = append(bots, a.Bot())
	}
	err = e.store.Read(ctx, func(r core.Reader) error {
		now, err := r.Now(ctx)
		for _, b := range bots {
			var next time.Time
			if err == nil {
				next, err = r.NextDue(ctx, b)
			}
			due = due || !next.IsZero() && !next.After(now)
		}
		return err
	})
	return due, err
}
