package botstest_test

import (
	"context"
	"errors"
	"fmt"
	"html"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"tocsin/bots/botstest"
	"tocsin/core"
)

// An adapter connects a platform. With a sabotage it breaks one rule.
type adapter struct {
	*platform
	sending sync.Mutex
}

func (a *adapter) Bot() core.BotID { return a.bot }

func (a *adapter) Capabilities() core.Capabilities {
	return core.Capabilities{Buttons: true, Edits: true, Redacts: true, Files: true, SendsOnce: true, MaxText: maxText}
}

func (a *adapter) Run(ctx context.Context, q core.Queue) error {
	var answers sync.WaitGroup
	if a.broken != leavesEarly {
		defer answers.Wait()
	}
	if a.broken == leavesGoroutine {
		go func() { select {} }()
	}
	for {
		a.mu.Lock()
		changed, revoked := a.changed, a.revoked
		batch := a.fetch()
		a.mu.Unlock()
		switch {
		case revoked && a.broken == staysShutOut:
		case revoked && a.broken == tellsToken:
			return core.Wrap(core.Forbidden, errors.New("refused "+a.token), "model: receive")
		case revoked:
			return core.Wrap(core.Forbidden, errors.New("refused"), "model: receive")
		}
		for _, in := range batch {
			done := q.Submit(ctx, a.update(in))
			answers.Go(func() { a.confirm(in, <-done) })
			if a.broken == oneAtATime {
				answers.Wait()
			}
		}
		stop := ctx.Done()
		if a.broken == deaf {
			stop = nil
		}
		select {
		case <-stop:
			return nil
		case <-changed:
		}
	}
}

// fetch takes what was not taken before. It is called with mu held.
func (a *adapter) fetch() []*incoming {
	var out []*incoming
	for _, in := range a.incoming {
		if !in.held && !in.done {
			in.held = true
			out = append(out, in)
		}
	}
	if a.broken == swaps && len(out) == 1 && len(a.incoming)%2 == 1 {
		out[0].held = false
		return nil
	}
	if a.broken == swaps && len(out) > 1 {
		out[0], out[1] = out[1], out[0]
	}
	return out
}

// confirm forgets what was taken, or makes it come again.
func (a *adapter) confirm(in *incoming, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	in.done = err == nil || a.broken == confirmsEarly
	in.held = a.broken == forgetsOnStop
	a.wake()
}

func (a *adapter) update(in *incoming) *core.Update {
	u := &core.Update{
		ID: fmt.Sprint(in.id), Chat: core.ChatRef{Bot: a.bot, Chat: in.chat}, Kind: core.Private,
		Sender: &core.AccountRef{Bot: a.bot, ID: in.chat}, At: time.Now(), Event: in.event,
	}
	if text, ok := in.event.(core.Text); ok && !text.Edited {
		u.Event = a.read(text)
	}
	switch a.broken {
	case oneID:
		u.ID = "1"
	case freshIDs:
		u.ID = fmt.Sprint(rand.Int())
	case noSender:
		u.Sender = nil
	case noTime:
		u.At = time.Time{}
	case wrongButton:
		if press, ok := u.Event.(core.Press); ok {
			press.Token += "0"
			u.Event = press
		}
	case roughPoint:
		if at, ok := u.Event.(core.Position); ok {
			at.Point.Lat++
			u.Event = at
		}
	case plainCorrection:
		if text, ok := u.Event.(core.Text); ok {
			u.Event = core.Text{Body: text.Body}
		}
	}
	return u
}

// read returns what a text means.
func (a *adapter) read(text core.Text) core.Event {
	if a.broken == trims {
		text.Body = strings.Trim(text.Body, "`*")
	}
	body, slash := strings.CutPrefix(text.Body, "/")
	body, bang := strings.CutPrefix(body, "!")
	if !slash && !bang || a.broken == noCommands {
		return text
	}
	name, arg, _ := strings.Cut(body, " ")
	if a.broken != keepsCase {
		name = strings.ToLower(name)
	}
	return core.Command{Name: name, Arg: arg}
}

func (a *adapter) Send(ctx context.Context, d core.Delivery) (core.Receipt, error) {
	if a.broken != interleaves {
		a.sending.Lock()
		defer a.sending.Unlock()
	}
	if ctx.Err() != nil && a.broken != liesWhenLate {
		return nil, core.Wrap(core.Unavailable, ctx.Err(), "model: send")
	}
	a.mu.Lock()
	fault := a.fault
	receipt, again := a.taken[d.Key]
	a.mu.Unlock()
	if again && a.broken != twice {
		return receipt, nil
	}
	if err := a.refusal(fault, d); err != nil && fault.Kind != botstest.Delivered {
		return nil, err
	}
	if a.broken == failsOnSame && a.unchanged(d) {
		return nil, core.Wrap(core.Invalid, errors.New("nothing to edit"), "model: edit message")
	}
	receipt = a.show(d)
	a.mu.Lock()
	a.taken[d.Key] = receipt
	a.mu.Unlock()
	if ctx.Err() != nil {
		return nil, core.Wrap(core.Unavailable, ctx.Err(), "model: send")
	}
	return receipt, a.refusal(fault, d)
}

// codes says what a fault is for the sender.
var codes = map[botstest.FaultKind]core.Code{
	botstest.Unreachable: core.Unreachable, botstest.RateLimited: core.RateLimited, botstest.Invalid: core.Invalid,
	botstest.Unavailable: core.Unavailable, botstest.Delivered: core.Uncertain, botstest.Lost: core.Uncertain,
}

// refusal returns the error of a fault, nil if there is none.
func (a *adapter) refusal(f *botstest.Fault, d core.Delivery) error {
	if f == nil {
		return nil
	}
	err := &core.Error{Code: codes[f.Kind], After: f.After, Err: errors.New("model: send message")}
	switch {
	case a.broken == alwaysUnavailable:
		err.Code = core.Unavailable
	case a.broken == forgetsAfter:
		err.After = 0
	case a.broken == tellsToken:
		err.Err = fmt.Errorf("send with %s", a.token)
	case a.broken == tellsText:
		err.Err = fmt.Errorf("send %v", d.Content.(*core.Message).PlainText())
	}
	return err
}

// unchanged reports whether d edits a message into what it is.
func (a *adapter) unchanged(d core.Delivery) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	e, ok := d.Content.(*core.Edit)
	return ok && len(e.Parts) == 1 && a.find(d.To.Chat, e.Parts[0]).Text == e.Message.PlainText()
}

// escaped is what sabotage makes of a text.
func (a *adapter) escaped(text string) string {
	if a.broken == escapesTwice {
		return html.EscapeString(text)
	}
	return text
}
