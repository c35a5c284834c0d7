package telegram

import (
	"context"
	"time"

	"tocsin/core"
)

// look is how often the webhook is looked at, and how fresh a failure of it is while
// updates wait.
const (
	look  = time.Minute
	fresh = 2 * look
)

// hook has the server bring the updates until ctx is done. Every process takes them; one
// of them, by the lease that a poller has, sees to it that the webhook is set: so the
// first of a new kind sets it when the last of the old has gone. It stays set at the
// end: what comes meanwhile waits at the server.
func (a *Adapter) hook(ctx context.Context, q core.Queue) error {
	defer a.webhook.serve(ctx, q)()
	return a.leased(ctx, a.keepHook)
}

// keepHook sets the webhook, looks at it each minute and sets it again whenever it is
// another's, until ctx is done. What it saw then is of no use any more.
func (a *Adapter) keepHook(ctx context.Context) {
	defer a.seen.Store(nil)
	failures := 0
	for set := false; ; {
		state, err := a.tendHook(ctx, set)
		wait := jitter(min(firstWait<<min(failures, 6), longest))
		failures++
		switch kindOf(err) {
		case "":
			a.become(state)
			wait, set, failures = look, true, 0
		case unauthorized:
			a.become(TokenRejected)
			wait = longest
		case badContent:
			a.become(HookRefused)
			wait = longest
		case rateLimited:
			wait = afterOf(err) + jitter(firstWait)
		default:
			if failures > alarmAfter {
				a.become(Away)
			}
		}
		if !pause(ctx, wait) {
			return
		}
	}
}

// tendHook looks at the webhook, sets it unless this process has set it and all is well,
// and returns how it stood. The first time it is set in any case: the secret or the kinds
// of updates may be new, and another address may be our own of before.
func (a *Adapter) tendHook(ctx context.Context, set bool) (State, error) {
	info, err := a.HookInfo(ctx)
	if err != nil {
		return "", err
	}
	a.seen.Store(info)
	state := info.state(a.webhook.Address(), time.Now())
	if set && state == Receiving && info.URL != "" {
		return state, nil
	}
	if !set && state == PolledTwice {
		a.Log.Warn("telegram: the webhook of another address is replaced", "bot", core.Telegram)
		state = Receiving
	}
	return state, a.setHook(ctx)
}

// setHook sets the webhook. What waits is kept.
func (a *Adapter) setHook(ctx context.Context) error {
	p := params{}
	p.text("url", a.webhook.Address())
	p.text("secret_token", a.webhook.Secret)
	p.json("allowed_updates", allowed)
	p.bool("drop_pending_updates", false)
	err := a.client.call(ctx, setWebhook, p, nil)
	if err == nil {
		a.webhook.renewed.Store(true)
	}
	return err
}

// A HookInfo is how the server sees the webhook (WebhookInfo).
type HookInfo struct {
	URL         string `json:"url"`
	Pending     int    `json:"pending_update_count"`
	LastError   string `json:"last_error_message"`
	LastErrorAt int64  `json:"last_error_date"`
}

// HookInfo asks the server about the webhook.
func (a *Adapter) HookInfo(ctx context.Context) (*HookInfo, error) {
	var info HookInfo
	if err := a.client.call(ctx, getWebhookInfo, nil, &info); err != nil {
		return nil, err
	}
	return &info, nil
}

// state says how the webhook stands if it should be at an address.
func (i *HookInfo) state(address string, now time.Time) State {
	switch {
	case i.URL != "" && i.URL != address:
		return PolledTwice
	case i.Pending > 0 && now.Sub(i.failed()) < fresh:
		return HookUnreached
	}
	return Receiving
}

// failed returns when the webhook failed last, zero if it never did.
func (i *HookInfo) failed() time.Time {
	if i.LastErrorAt == 0 {
		return time.Time{}
	}
	return time.Unix(i.LastErrorAt, 0)
}
