package core

import (
	"slices"
	"time"
)

// Settings are what a person chose besides the columns that are searched. They go to
// the database sealed, as JSON; so field names are short and never reused. The zero
// Settings are what a person has who chose nothing.
type Settings struct {
	Kinds []KindID `json:"k,omitempty"` // of actions that interest them; empty: all
	Times []Times  `json:"t,omitempty"` // when they can come; empty: at any time
	Quiet *Quiet   `json:"q,omitempty"` // nil: UsualQuiet
	Plain bool     `json:"p,omitempty"` // text mode: no emoji, numbers instead of buttons, short lines
	Held  Day      `json:"h,omitempty"` // until then no other chat may take the account over
	Moved int64    `json:"m,omitempty"` // the move that was undone, in Unix seconds: who lost the account by a later one is not asked

	Line    CronLine       `json:"l,omitempty"` // when digests come; "": UsualLine
	Free    bool           `json:"f,omitempty"` // only actions with free places
	Budget  *int           `json:"b,omitempty"` // messages that we begin in seven days; nil: the campaign's
	Pause   Day            `json:"u,omitempty"` // the last day without any that we begin
	Snoozed map[KindID]Day `json:"z,omitempty"` // the last day without actions of a kind
	Leads   *Leads         `json:"r,omitempty"` // when reminders come; nil: UsualLeads
}

// Times is a part of the week.
type Times string

const (
	Weekdays Times = "weekdays" // Monday to Friday, before EveningHour
	Evenings Times = "evenings" // Monday to Friday, from EveningHour on
	Weekends Times = "weekends" // Saturday and Sunday
)

// AllTimes are all parts of the week, in its order.
var AllTimes = [...]Times{Weekdays, Evenings, Weekends}

// EveningHour is when an evening begins.
const EveningHour = 17

// Untouched reports whether nothing was chosen.
func (s *Settings) Untouched() bool {
	return len(s.Kinds) == 0 && len(s.Times) == 0 && s.Quiet == nil && !s.Plain && s.Held == "" && s.Moved == 0 &&
		s.Line == "" && !s.Free && s.Budget == nil && s.Pause == "" && len(s.Snoozed) == 0 &&
		s.Leads == nil
}

// TimesOf returns the part of the week that t is in, on t's own clock.
func TimesOf(t time.Time) Times {
	switch day := t.Weekday(); {
	case day == time.Saturday || day == time.Sunday:
		return Weekends
	case t.Hour() >= EveningHour:
		return Evenings
	}
	return Weekdays
}

// Likes reports whether actions of a kind interest the person.
func (s *Settings) Likes(k KindID) bool { return len(s.Kinds) == 0 || slices.Contains(s.Kinds, k) }

// Fits reports whether the person can come at t, on t's own clock.
func (s *Settings) Fits(t time.Time) bool {
	return len(s.Times) == 0 || slices.Contains(s.Times, TimesOf(t))
}

// Wants reports whether actions of a kind are announced to the person at now: they
// interest them, and are not snoozed.
func (s *Settings) Wants(k KindID, now time.Time) bool {
	return s.Likes(k) && s.Snoozed[k] < DayOf(now)
}

// Paused reports whether nothing that we begin is sent to the person at now.
func (s *Settings) Paused(now time.Time) bool { return s.Pause >= DayOf(now) }

// PauseDays is how long a pause or a snooze lasts.
const PauseDays = 7

// PauseFrom returns the last day of a pause or a snooze that begins at now.
func PauseFrom(now time.Time) Day { return DayOf(now.AddDate(0, 0, PauseDays)) }

// Snooze notes that actions of a kind are not announced up to a day, that one included.
// With "" they are again.
func (s *Settings) Snooze(k KindID, until Day) {
	snoozed := make(map[KindID]Day, len(s.Snoozed)+1)
	for kind, day := range s.Snoozed {
		snoozed[kind] = day
	}
	if snoozed[k] = until; until == "" {
		delete(snoozed, k)
	}
	s.Snoozed = snoozed
}

// A Switch is what becomes of one choice among several.
type Switch bool

const (
	On  Switch = true
	Off Switch = false
)

// Like notes that actions of a kind interest the person, or that they do not. Without
// any kind left, all interest them again.
func (s *Settings) Like(k KindID, to Switch) { s.Kinds = switched(s.Kinds, k, to) }

// Come notes that the person can come in a part of the week, or that they cannot.
// Without any part left, they can come at any time again.
func (s *Settings) Come(p Times, to Switch) { s.Times = switched(s.Times, p, to) }

// switched returns set, in its order, with one or without it; set itself stays as it is.
func switched[T comparable](set []T, one T, to Switch) []T {
	var out []T
	for _, have := range set {
		if have != one {
			out = append(out, have)
		}
	}
	if to == On {
		out = append(out, one)
	}
	return out
}
