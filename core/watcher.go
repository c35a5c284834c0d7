package core

import "time"

// A Watcher is a person who may be told of actions unasked, with all that decides of
// what and when. Account is their newest with a private home chat that is open.
type Watcher struct {
	ID       SupporterID
	State    SupporterState
	Stopped  bool
	Agreed   bool // to messages
	Account  AccountID
	Chat     ChatID
	Bot      BotID // of Chat
	Cell     Cell
	Radius   Radius
	Zone     string
	Area     AreaID
	Often    Often
	Settings Settings
	Contacts int        // what we began in the last seven days
	Answered []ActionID // of actions to come
	Told     []Told
	Due      time.Time // when the next digest is due; zero: not planned yet
	Last     time.Time // the planned instant of the last digest; zero: there was none
	Version  int       // grows with each write
}

// A Told is an action that was announced to a person, as it stood then: it is not
// announced again unless its Sequence grew.
type Told struct {
	Action   ActionID
	Sequence int
	StartsAt time.Time // to the second; after it there is nothing to remember
}

// DigestGrace is how late a digest may come that was missed while nobody ran; later it
// is left out.
const DigestGrace = 3 * time.Hour

// Line returns when the digests of w come; "" if none do.
func (w *Watcher) Line() CronLine {
	usual := UsualLine(w.Often)
	if usual == "" || w.State != Active || w.Stopped {
		return ""
	}
	if w.Settings.Line != "" {
		return w.Settings.Line
	}
	return usual
}

// A DigestPlan is what becomes of the digests of a person: At is the planned instant of
// the one that is due now, zero if none is; Next that of the one after, zero if none comes.
type DigestPlan struct{ At, Next time.Time }

// Plan says which digest of w is due at now, and when the next one is. Of those that
// were missed only the last is sent, and it only within DigestGrace. A line that is none
// gives way to the usual one.
func (w *Watcher) Plan(p Planner, now time.Time) DigestPlan {
	line := w.Line()
	if line == "" {
		return DigestPlan{}
	}
	next := func(after time.Time) time.Time {
		at, err := p.Next(line, w.Zone, after)
		if err != nil {
			line = UsualLine(w.Often)
			at, _ = p.Next(line, w.Zone, after)
		}
		return at
	}
	at := w.Due
	if at.IsZero() {
		after := w.Last
		if after.IsZero() {
			after = now
		}
		at = next(after)
	}
	if missed := now.Add(-DigestGrace); at.Before(missed) {
		at = next(missed)
	}
	if at.After(now) {
		return DigestPlan{Next: at}
	}
	return DigestPlan{At: at, Next: next(now)}
}

// Reachable reports whether w may be told of anything unasked at now: the gate asks the
// same again when it is sent.
//
// sent is when the message would be sent: see Sent.
func (w *Watcher) Reachable(c *Campaign, now, sent time.Time) bool {
	switch {
	case w.State != Active || w.Stopped || !w.Agreed || w.Often == Never:
	case w.Account == 0 || w.Chat == 0:
	case w.Settings.Paused(now) || w.Contacts >= c.BudgetOf(&w.Settings):
	case len(c.Silences) > 0 && (c.Silent(w.Area, now) || c.Silent(w.Area, sent)):
	default:
		return true
	}
	return false
}

// Sent returns when something that is due at now is sent to w: after the quiet hours.
func (w *Watcher) Sent(now time.Time, zones Zones) time.Time {
	q := w.Settings.QuietHours()
	if q.From == q.Until {
		return now
	}
	return q.End(now.In(zones.Of(w.Zone))).UTC()
}

// Hear returns what was told to w once best are told, too. What has begun is forgotten.
func (w *Watcher) Hear(best []Match, now time.Time) []Told {
	var out []Told
	for _, t := range w.Told {
		if t.StartsAt.After(now) && !told(best, t.Action) {
			out = append(out, t)
		}
	}
	for _, m := range best {
		out = append(out, Told{Action: m.Action, Sequence: m.Sequence, StartsAt: m.StartsAt})
	}
	return out
}

func told(best []Match, a ActionID) bool {
	for _, m := range best {
		if m.Action == a {
			return true
		}
	}
	return false
}
