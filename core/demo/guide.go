package demo

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"tocsin/core"
	"tocsin/core/locale"
)

// A Guide leads a newcomer through the first minute of a demo. It is the adapter in
// front of the person and the handler in front of the bot, and looks at what was stored
// after each update; no flow knows of it. It says a line of its script where one fits,
// and, some time after the sign-up, lets an alert arrive. Both go through the outbox,
// as all that is said. Its fields are not changed once it is used.
type Guide struct {
	core.Adapter
	Next    core.Handler
	Store   core.Store
	Script  *Script
	Locale  *locale.Catalogues
	Address core.Address  // one that has sponsored
	Pace    time.Duration // from the end of the sign-up to the alert
	Mute    bool          // say no line: a script reads, not a person
	Hint    func()        // called when there is something to send
	Log     *slog.Logger

	mu     sync.Mutex
	guests map[core.ChatRef]*guest
	alerts sync.WaitGroup
	ended  chan struct{} // closed at the end of the input
}

var (
	_ core.Adapter = (*Guide)(nil)
	_ core.Handler = (*Guide)(nil)
)

// A guest is a person who is led.
type guest struct {
	chat     core.ChatID
	account  core.AccountID
	language locale.Language
	said     map[string]bool
	alert    alert
	key      core.SendKey // of the alert, once it waits to be sent
}

// Run runs the adapter. At the end of its input the alerts that are awaited come at
// once: nobody would see them later.
func (g *Guide) Run(ctx context.Context, q core.Queue) error {
	g.ended = make(chan struct{})
	err := g.Adapter.Run(ctx, q)
	close(g.ended)
	g.alerts.Wait()
	return err
}

// Handle hands u on, and then looks at what has come of it. That the look failed is
// logged: u is handled all the same.
func (g *Guide) Handle(ctx context.Context, u *core.Update) error {
	if err := g.Next.Handle(ctx, u); err != nil || u.Sender == nil {
		return err
	}
	if err := g.look(ctx, u); err != nil {
		g.Log.WarnContext(ctx, "the guide has lost its way", "code", core.CodeOf(err), "err", err)
	}
	g.Hint()
	return nil
}

// Send shows a delivery. After the alert, the guide says what it was.
func (g *Guide) Send(ctx context.Context, d core.Delivery) (core.Receipt, error) {
	receipt, err := g.Adapter.Send(ctx, d)
	if err == nil && d.Lane == core.Notice {
		if err := g.shown(ctx, d); err != nil {
			g.Log.WarnContext(ctx, "the guide has lost its way", "code", core.CodeOf(err), "err", err)
		}
	}
	return receipt, err
}

// look reads where the guest stands, says what fits, and starts the wait for the alert.
func (g *Guide) look(ctx context.Context, u *core.Update) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	who := g.guest(u.Chat)
	var said *Line
	await := false
	err := g.Store.Tx(ctx, func(tx core.Tx) error {
		v, err := visit(ctx, tx, u)
		if err != nil {
			return err
		}
		who.chat, who.account = v.chat, v.account
		who.language = g.Locale.Match(v.language, u.Language)
		await = who.alert == unasked && v.wants
		if v.alert = who.alert; await {
			v.alert = awaited
		}
		if said = g.Script.next(v.facts, who.said); said == nil || g.Mute {
			return nil
		}
		return g.say(ctx, tx, who, said)
	})
	if err != nil {
		return err
	}
	if said != nil {
		who.said[said.Name] = true
	}
	if await {
		who.alert = awaited
		g.alerts.Go(func() { g.wait(ctx, who) })
	}
	return nil
}

// guest returns who is in a chat.
func (g *Guide) guest(c core.ChatRef) *guest {
	if g.guests == nil {
		g.guests = map[core.ChatRef]*guest{}
	}
	if g.guests[c] == nil {
		g.guests[c] = &guest{said: map[string]bool{}}
	}
	return g.guests[c]
}

// say enqueues a line behind what the bot has said.
func (g *Guide) say(ctx context.Context, tx core.Tx, who *guest, l *Line) error {
	return tx.Enqueue(ctx, &core.Outgoing{
		Chat: who.chat, Account: who.account, Lane: core.Talk, Again: core.TwiceOkay,
		Content: g.Script.message(l, who.language, g.Address),
	})
}

// wait lets the alert arrive after the pace, or at the end of the input.
func (g *Guide) wait(ctx context.Context, who *guest) {
	select {
	case <-ctx.Done():
		return
	case <-g.ended:
	case <-time.After(g.Pace):
	}
	if err := g.announce(ctx, who); err != nil {
		g.Log.WarnContext(ctx, "no alert in this demo", "code", core.CodeOf(err), "err", err)
	}
	g.Hint()
}

// announce enqueues the alert, as a notice like any other, unless the guest does not
// want it any more.
func (g *Guide) announce(ctx context.Context, who *guest) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.Store.Tx(ctx, func(tx core.Tx) error {
		account, err := tx.Account(ctx, who.account)
		if err != nil || account.Supporter == 0 {
			return err
		}
		s, err := tx.Supporter(ctx, account.Supporter)
		if err != nil {
			return err
		}
		if wants, err := wantsAlert(ctx, tx, s); err != nil || !wants {
			return err
		}
		a, err := choose(ctx, tx, s)
		if err != nil || a == nil {
			return err
		}
		s.Settings.Quiet = &core.Quiet{} // a guest at night should see it, too
		if err := tx.PutSupporter(ctx, s); err != nil {
			return err
		}
		o := &core.Outgoing{
			Chat: who.chat, Account: who.account, Lane: core.Notice, Again: core.Once, Expires: a.StartsAt,
			Content: &core.Reference{Kind: "alert", Supporter: s.ID, Subjects: []int64{int64(a.ID)}},
		}
		if err := tx.Enqueue(ctx, o); err != nil {
			return err
		}
		who.key = o.Key
		return nil
	})
}

// shown says what an alert was, once it was seen.
func (g *Guide) shown(ctx context.Context, d core.Delivery) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	who := g.guest(d.To)
	if who.alert != awaited || d.Key != who.key {
		return nil
	}
	who.alert = sent
	l := g.Script.next(facts{alert: sent}, who.said)
	if l == nil || g.Mute {
		return nil
	}
	who.said[l.Name] = true
	return g.Store.Tx(ctx, func(tx core.Tx) error { return g.say(ctx, tx, who, l) })
}
