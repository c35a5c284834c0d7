package telegram

import "time"

// Figures are what a monitoring wants to know of an adapter. None is of a person or a
// chat.
type Figures struct {
	State        State
	Limited      int64         // calls that Telegram answered 429, since the start
	Paused       time.Duration // what these asked to wait, in all
	LatePresses  int64         // not acknowledged within two seconds, since the start
	Unread       int64         // updates that could not be decoded, since the start
	Pending      int           // updates that wait for the webhook, at the last look
	LastHookFail time.Time     // when the webhook failed last; zero: never, or by polling
}

// Figures returns the figures of now.
func (a *Adapter) Figures() Figures {
	f := Figures{
		State: a.State(), Limited: a.client.limited.Load(), Paused: time.Duration(a.client.paused.Load()),
		LatePresses: a.late.Load(), Unread: a.unread.Load(),
	}
	if info := a.seen.Load(); info != nil {
		f.Pending, f.LastHookFail = info.Pending, info.failed()
	}
	return f
}
