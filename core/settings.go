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
	return len(s.Kinds) == 0 && len(s.Times) == 0 && s.Quiet == nil && !s.Plain && s.Held == ""
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

// Quiet are the hours of a day in which nothing but answers is sent, on the person's
// own clock. From may be after Until: then they span midnight. Equal, there are none.
type Quiet struct {
	From  int `json:"f"` // the hour at which they begin, 0 to 23
	Until int `json:"u"` // the hour at which they end
}

// UsualQuiet are the quiet hours of a person who chose none.
var UsualQuiet = Quiet{From: 21, Until: 8}

// Holds reports whether t is in the quiet hours, on t's own clock.
func (q Quiet) Holds(t time.Time) bool {
	h := t.Hour()
	if q.From <= q.Until {
		return q.From <= h && h < q.Until
	}
	return h >= q.From || h < q.Until
}

// QuietHours returns those that the person chose, or UsualQuiet.
func (s *Settings) QuietHours() Quiet {
	if s.Quiet == nil {
		return UsualQuiet
	}
	return *s.Quiet
}

// Likes reports whether actions of a kind interest the person.
func (s *Settings) Likes(k KindID) bool { return len(s.Kinds) == 0 || slices.Contains(s.Kinds, k) }

// Fits reports whether the person can come at t, on t's own clock.
func (s *Settings) Fits(t time.Time) bool {
	return len(s.Times) == 0 || slices.Contains(s.Times, TimesOf(t))
}
