package scheduler

import (
	"time"

	"tocsin/core"
)

// MaxAttempts is how often an Outgoing is tried when each try certainly failed:
// with the waits of backoff, for about a day.
const MaxAttempts = 30

// An answer is tried again within slowest, for somebody waits and what is said to them
// next waits behind it; and it is given up after talkLife.
const (
	slowest  = time.Minute
	talkLife = 24 * time.Hour
)

// Judge says what becomes of o after an attempt that ended with err. once says that
// the platform shows a message that is sent twice only once. Nothing is retried
// that is final, a limit alone ends nothing, and what may have arrived is sent again
// only where that shows nothing twice, or where o says that twice is better than never;
// and then once.
func Judge(o *core.Outgoing, err error, once bool, now time.Time) core.Verdict {
	code := core.CodeOf(err)
	again := func(wait time.Duration, unsure bool) core.Verdict {
		return core.Verdict{State: core.Queued, Code: code, Next: now.Add(wait), Unsure: unsure}
	}
	_, task := o.Content.(*core.Task)
	wait, over := backoff(o.Attempt), o.Attempt >= MaxAttempts
	if o.Lane == core.Talk && !task {
		wait, over = min(wait, slowest), over && now.Sub(o.Due) > talkLife
	}
	switch code {
	case "":
		return core.Verdict{State: core.Sent}
	case core.RateLimited:
		return again(max(core.AfterOf(err), time.Second), o.Unsure)
	case core.Unreachable:
		return core.Verdict{State: core.Failed, Code: code, Closed: !task}
	case core.Invalid, core.NotFound, core.Forbidden:
		return core.Verdict{State: core.Failed, Code: code}
	case core.Uncertain:
		if once || task || o.Again == core.TwiceOkay && !o.Unsure {
			return again(wait, true)
		}
		return core.Verdict{State: core.Doubtful, Code: code}
	}
	if over {
		return core.Verdict{State: core.Failed, Code: code}
	}
	return again(wait, o.Unsure)
}

// Resend reports whether o, of which an earlier attempt may have arrived, is sent
// again at all; Judge says the same of an attempt whose end we saw.
func Resend(o *core.Outgoing, once bool) bool {
	_, task := o.Content.(*core.Task)
	return !o.Unsure || once || task || o.Again == core.TwiceOkay
}

// backoff waits 1 s, 2 s, 4 s … and at most an hour.
func backoff(attempt int) time.Duration {
	const most = time.Hour
	if attempt > 12 {
		return most
	}
	return min(time.Second<<max(0, attempt-1), most)
}
