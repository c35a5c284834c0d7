package telegram

import (
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"tocsin/core"
)

// liveEvery is how often a live location is taken while it moves: the rest of the track is
// dropped before anybody has seen it.
const liveEvery = 10 * time.Minute

// A track is what was taken last of a live location.
type track struct {
	at     time.Time
	update string // its id
}

// beginTrack notes that a point of a live location is taken.
func (a *Adapter) beginTrack(u *core.Update, l *tgbotapi.Location) {
	if l.LivePeriod == 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.live) >= mostBegun {
		clear(a.live)
	}
	a.live[u.Chat] = track{at: u.At, update: u.ID}
}

// moved reads a report of a live location: one point in ten minutes, else nil. One that
// is brought again, since it could not be stored, is read again.
func (a *Adapter) moved(u *core.Update, l *tgbotapi.Location) core.Event {
	a.mu.Lock()
	last, ok := a.live[u.Chat]
	a.mu.Unlock()
	if ok && last.update != u.ID && u.At.Sub(last.at) < liveEvery {
		return nil
	}
	a.beginTrack(u, l)
	return position(*l, true)
}
