package scheduler

import (
	"context"
	"log/slog"
	"time"

	"tocsin/core"
)

// A Dispatcher sends what is due for one bot. Any number of them, in any number of
// processes, may serve the same bot: they share the limits through the store.
type Dispatcher struct {
	Store    core.Store
	Adapter  core.Adapter
	Preparer core.Preparer
	Log      *slog.Logger
	Wake     <-chan struct{} // a hint that something is due; may be nil
	Every    time.Duration   // how often to look without a hint; 0 means DefaultEvery
	InFlight int             // sends at once; 0 means DefaultInFlight
	Lease    time.Duration   // longer than any send; 0 means DefaultLease
	Linger   time.Duration   // how long a send may go on at the end; 0 means DefaultLinger

	Ready func() bool // reports whether Send may reach the platform from here; nil: it always may

	Told func(core.Lane, core.Verdict) // is told how each attempt to send went; may be nil

	patience patience
	turns    turns
}

// The defaults of a Dispatcher. A crash makes at most InFlight sends uncertain; so many
// verdicts and claims share a transaction while there is much to send.
const (
	DefaultEvery    = time.Second
	DefaultInFlight = 32
	DefaultLease    = 15 * time.Second
	SendTimeout     = 10 * time.Second // of one send: well below the lease
	untilLimit      = 100 * time.Millisecond
	blockOfSlots    = 5 // slots of the shared limit are taken in blocks of at most 5
)

// Run sends until ctx is done, and returns once the sends under way are settled, within
// seconds.
func (d *Dispatcher) Run(ctx context.Context) error {
	sends, cut := outlasting(ctx, orDefault(d.Linger, DefaultLinger))
	defer cut()
	f := &flight{Dispatcher: d, sends: sends, end: make(chan struct{}, 1)}
	l := loop{every: orDefault(d.Every, DefaultEvery), wake: d.Wake, also: f.end, log: d.Log, what: "dispatch"}
	err := l.run(ctx, f.pass)
	f.finish(context.WithoutCancel(ctx))
	return err
}

// talkOf names the row that holds all answers of a bot.
func talkOf(b core.BotID) core.SlotKey { return core.SlotKey{Bot: b, Chat: -1} }

// opensOf names the row that counts the private chats that a bot opens.
func opensOf(b core.BotID) core.SlotKey { return core.SlotKey{Bot: b, Chat: -2} }

// hold obeys a 429: nothing goes to this chat before until, and no notice and no
// broadcast to anyone. An answer that gets one while those are held already says that it
// is the bot which is limited, so that answers wait, too.
func (d *Dispatcher) hold(ctx context.Context, tx core.Tx, s sending, until time.Time) error {
	bot := d.Adapter.Bot()
	if s.outgoing.Lane == core.Talk {
		free, err := tx.Reserve(ctx, core.SlotKey{Bot: bot}, core.Limit{}, 1)
		if err == nil && free == 0 {
			err = tx.Hold(ctx, talkOf(bot), until)
		}
		if err != nil {
			return err
		}
	}
	if err := tx.Hold(ctx, core.SlotKey{Bot: bot, Chat: s.outgoing.Chat}, until); err != nil {
		return err
	}
	return tx.Hold(ctx, core.SlotKey{Bot: bot}, until)
}

func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}
