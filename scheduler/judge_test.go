package scheduler_test

import (
	"errors"
	"testing"
	"time"

	"tocsin/core"
	"tocsin/scheduler"
)

var noon = time.Date(2027, 3, 10, 12, 0, 0, 0, time.UTC)

func TestJudgeSaysOnlyWhatIsCertain(t *testing.T) {
	t.Parallel()
	code := func(c core.Code) error { return &core.Error{Code: c} }
	slow := &core.Error{Code: core.RateLimited, After: 30 * time.Second}
	answer := core.Outgoing{Content: &core.Message{}, Again: core.TwiceOkay, Attempt: 1}
	alert := core.Outgoing{Content: &core.Message{}, Again: core.Once, Attempt: 1}
	spoken := answer
	spoken.Lane, spoken.Due = core.Talk, noon.Add(-23*time.Hour)
	old := spoken
	old.Due = noon.Add(-25 * time.Hour)
	letter := core.Outgoing{Content: &core.Task{}, Again: core.Once, Attempt: 1}
	at := func(o core.Outgoing, attempt int, unsure bool) *core.Outgoing {
		o.Attempt, o.Unsure = attempt, unsure
		return &o
	}
	for _, tt := range []struct {
		name string
		o    *core.Outgoing
		err  error
		once bool
		want core.State
		wait time.Duration
	}{
		{"sent", &answer, nil, false, core.Sent, 0},
		{"away", &answer, code(core.Unavailable), false, core.Queued, time.Second},
		{"a fault of ours is tried again", &answer, errors.New("boom"), false, core.Queued, time.Second},
		{"still away", at(answer, 5, false), code(core.Unavailable), false, core.Queued, 16 * time.Second},
		{"away for an hour", at(answer, 20, false), code(core.Unavailable), false, core.Queued, time.Hour},
		{"away for good", at(answer, scheduler.MaxAttempts, false), code(core.Unavailable), false, core.Failed, 0},
		{"what somebody waits for is never far", at(spoken, 20, false), code(core.Unavailable), false, core.Queued, time.Minute},
		{"for a day", at(spoken, 99, false), code(core.Unavailable), false, core.Queued, time.Minute},
		{"and no longer", at(old, 99, false), code(core.Unavailable), false, core.Failed, 0},
		{"told to wait", &alert, slow, false, core.Queued, 30 * time.Second},
		{"told to wait is never given up", at(alert, 99, false), slow, false, core.Queued, 30 * time.Second},
		{"blocked", &answer, code(core.Unreachable), false, core.Failed, 0},
		{"refused", &answer, code(core.Invalid), false, core.Failed, 0},
		{"an uncertain answer is sent once more", &answer, code(core.Uncertain), false, core.Queued, time.Second},
		{"and only once", at(answer, 2, true), code(core.Uncertain), false, core.Doubtful, 0},
		{"an uncertain alert is not", &alert, code(core.Uncertain), false, core.Doubtful, 0},
		{"where nothing shows twice it is", at(alert, 3, true), code(core.Uncertain), true, core.Queued, 4 * time.Second},
		{"a letter with its stable id is", at(letter, 2, true), code(core.Uncertain), false, core.Queued, 2 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v := scheduler.Judge(tt.o, tt.err, tt.once, noon)
			var wait time.Duration
			if v.State == core.Queued {
				wait = v.Next.Sub(noon)
			}
			if v.State != tt.want || wait != tt.wait {
				t.Errorf("%s after %s, want %s after %s", v.State, wait, tt.want, tt.wait)
			}
		})
	}
}

func TestJudgeRemembersThatAnEarlierTryMayHaveArrived(t *testing.T) {
	t.Parallel()
	o := &core.Outgoing{Content: &core.Message{}, Again: core.TwiceOkay, Attempt: 2, Unsure: true}
	for _, err := range []error{&core.Error{Code: core.Unavailable}, &core.Error{Code: core.RateLimited}} {
		if v := scheduler.Judge(o, err, false, noon); !v.Unsure {
			t.Errorf("after %v the doubt is forgotten", err)
		}
	}
}

func TestJudgeClosesTheChatOnlyOfAMessage(t *testing.T) {
	t.Parallel()
	gone := &core.Error{Code: core.Unreachable}
	if v := scheduler.Judge(&core.Outgoing{Content: &core.Message{}, Attempt: 1}, gone, false, noon); !v.Closed {
		t.Error("a chat that is gone stays open")
	}
	if v := scheduler.Judge(&core.Outgoing{Content: &core.Task{}, Attempt: 1}, gone, false, noon); v.Closed {
		t.Error("a task closes a chat")
	}
}
