package flows

import (
	"time"

	"tocsin/core"
	"tocsin/core/locale"
)

// A span is when an action may begin: one of those below, or a day of the week, from
// "1", Monday, to "7". It is reckoned anew each time, on the clocks of a zone.
type span string

const (
	spanAny      span = "" // lookAhead days
	spanToday    span = "today"
	spanTonight  span = "tonight"
	spanTomorrow span = "tomorrow"
	spanAfter    span = "after"
	spanWeekend  span = "weekend" // or what is left of it
	spanWeek     span = "week"    // seven days, with today
	spanNext     span = "next"    // from Monday to Sunday
)

// lookAhead is how many days /near looks into the future.
const lookAhead = 30

// spans are those that have words: what people write, and how it is said.
var spans = []struct {
	span         span
	words, label locale.Key
}{
	{spanAny, "near.words.month", ""}, // it need not be said
	{spanToday, "near.words.today", "near.when.today"},
	{spanTonight, "near.words.tonight", "near.when.tonight"},
	{spanTomorrow, "near.words.tomorrow", "near.when.tomorrow"},
	{spanAfter, "near.words.after", "near.when.after"},
	{spanWeekend, "near.words.weekend", "near.when.weekend"},
	{spanWeek, "near.words.week", "near.when.week"},
	{spanNext, "near.words.next", "near.when.next"},
}

// spanWeekdays are the spans of single days, by time.Weekday.
var spanWeekdays = [...]span{time.Sunday: "7", time.Monday: "1", time.Tuesday: "2", time.Wednesday: "3",
	time.Thursday: "4", time.Friday: "5", time.Saturday: "6"}

// window returns from when to when s lasts, seen from now on the clocks of zone. Days
// begin and end at midnight there, however long they are; what is past is left out.
func (s span) window(now time.Time, zone *time.Location) (from, to time.Time) {
	now = now.In(zone)
	day := func(n int) time.Time { return midnight(now, n) }
	iso := (int(now.Weekday())+6)%7 + 1
	switch s {
	case spanAny:
		return now, day(lookAhead)
	case spanToday:
		return now, day(1)
	case spanTonight:
		y, m, d := now.Date()
		from, to = time.Date(y, m, d, core.EveningHour, 0, 0, 0, zone), day(1)
	case spanTomorrow:
		return day(1), day(2)
	case spanAfter:
		return day(2), day(3)
	case spanWeekend:
		from, to = day(6-iso), day(8-iso)
	case spanWeek:
		return now, day(7)
	case spanNext:
		return day(8 - iso), day(15 - iso)
	default:
		ahead := (int(s[0]-'0') - iso + 7) % 7
		from, to = day(ahead), day(ahead+1)
	}
	if from.Before(now) {
		from = now
	}
	return from, to
}

// known reports whether s is a span: it may come from an old button.
func (s span) known() bool {
	for _, k := range spans {
		if k.span == s {
			return true
		}
	}
	return len(s) == 1 && s >= "1" && s <= "7"
}

// midnight returns the first instant of the day that is n days after that of t, on t's
// own clock. Where clocks go forward at midnight that is one o'clock, where they go
// back then it is the first of two.
func midnight(t time.Time, n int) time.Time {
	y, m, d := t.Date()
	at := time.Date(y, m, d+n, 0, 0, 0, 0, t.Location())
	want := time.Date(y, m, d+n, 12, 0, 0, 0, time.UTC).Day()
	if at.Day() != want { // there is no such hour; Go gives one before the gap
		if _, end := at.ZoneBounds(); !end.IsZero() {
			return end
		}
	}
	return at
}

// said says when s is: "ce week-end", "samedi 13 mars". It is not for spanAny.
func (s span) said(now time.Time, zone *time.Location) locale.Value {
	for _, k := range spans {
		if k.span == s {
			return locale.Text(k.label)
		}
	}
	from, _ := s.window(now, zone)
	return locale.Date{At: from, Now: now}
}
