package locale

import (
	"fmt"
	"strconv"
	"time"
)

// The values below take an instant in the time zone that it is to be said in, that
// of the action. Where they take Now, it may be in any zone: the year is left out
// if it is the current one, and a zero Now always says it.

// Date is a day: "samedi 14 mars".
type Date struct{ At, Now time.Time }

// Time is an hour of the day: "14 h 30".
type Time struct{ At time.Time }

// Moment is a day and an hour: "samedi 14 mars à 14 h".
type Moment struct{ At, Now time.Time }

// ShortMoment is a Moment for lists and buttons: "sam. 14 h" within the next six
// days, else "sam. 14 mars, 14 h".
type ShortMoment struct{ At, Now time.Time }

// Day is a day as seen from today, counted in days of the calendar where At is:
// "aujourd’hui", "demain", "dans 3 jours", "il y a 2 jours".
type Day struct{ At, Now time.Time }

// Period is from Start to End: "samedi 14 mars de 14 h à 16 h". What is shorter
// than twelve hours is said on the day that it starts. An End that is zero or not
// after Start is not said.
type Period struct{ Start, End, Now time.Time }

// Duration is how long something takes or lasts, rounded up to whole minutes, and
// to hours or days where it is longer: "15 minutes", "2 heures", "3 jours".
type Duration time.Duration

func (v Date) spans(p *Printer) []Span {
	args := Args{
		"Weekday": Raw(p.Weekday(v.At.Weekday())),
		"Day":     Raw(p.dayOfMonth(v.At)),
		"Month":   Raw(p.Month(v.At.Month())),
	}
	if !v.foreignYear() {
		return p.Spans("date.date", args)
	}
	args["Year"] = Raw(strconv.Itoa(v.At.Year()))
	return p.Spans("date.date_year", args)
}

// foreignYear reports whether v is in another year than Now.
func (v Date) foreignYear() bool { return v.At.Year() != v.Now.In(v.At.Location()).Year() }

func (v Time) spans(p *Printer) []Span {
	hour, minute := v.At.Hour(), v.At.Minute()
	half := Key("morning")
	if hour >= 12 {
		half = "afternoon"
	}
	switch {
	case minute == 0 && hour == 0:
		return p.Spans("date.midnight", nil)
	case minute == 0 && hour == 12:
		return p.Spans("date.noon", nil)
	}
	if p.Text("date.clock", nil) == "12" {
		hour = (hour+11)%12 + 1
	}
	args := Args{"Hour": Raw(strconv.Itoa(hour))}
	if minute == 0 {
		return p.Spans("date.hour."+half, args)
	}
	args["Minute"] = Raw(fmt.Sprintf("%02d", minute))
	return p.Spans("date.minute."+half, args)
}

func (v Moment) spans(p *Printer) []Span {
	return p.Spans("date.moment", Args{"Date": Date(v), "Time": Time{v.At}})
}

func (v ShortMoment) spans(p *Printer) []Span {
	args := Args{
		"Weekday": Text(weekdayKey(v.At.Weekday()) + ".short"),
		"Time":    Time{v.At},
	}
	if days := daysBetween(v.Now, v.At); days >= 0 && days <= 6 {
		return p.Spans("date.short_near", args)
	}
	args["Day"] = Raw(p.dayOfMonth(v.At))
	args["Month"] = Text(monthKey(v.At.Month()) + ".short")
	if !Date(v).foreignYear() {
		return p.Spans("date.short_far", args)
	}
	args["Year"] = Raw(strconv.Itoa(v.At.Year()))
	return p.Spans("date.short_year", args)
}

func (v Day) spans(p *Printer) []Span {
	days := daysBetween(v.Now, v.At)
	switch {
	case days == -1:
		return p.Spans("date.relative.yesterday", nil)
	case days == 0:
		return p.Spans("date.relative.today", nil)
	case days == 1:
		return p.Spans("date.relative.tomorrow", nil)
	case days < 0:
		return p.Spans("date.relative.ago", Args{"N": Count(-days)})
	}
	return p.Spans("date.relative.ahead", Args{"N": Count(days)})
}

func (v Period) spans(p *Printer) []Span {
	end := v.End.In(v.Start.Location())
	switch length := v.End.Sub(v.Start); {
	case v.End.IsZero() || length <= 0:
		return p.Spans("date.moment", Args{"Date": Date{v.Start, v.Now}, "Time": Time{v.Start}})
	case length < 12*time.Hour || daysBetween(v.Start, end) == 0:
		return p.Spans("date.period", Args{
			"Date": Date{v.Start, v.Now}, "Start": Time{v.Start}, "End": Time{end},
		})
	}
	return p.Spans("date.period_days", Args{"Start": Moment{v.Start, v.Now}, "End": Moment{end, v.Now}})
}

func (v Duration) spans(p *Printer) []Span {
	d := time.Duration(v)
	minutes, hours, days := roundUp(d, time.Minute), roundUp(d, time.Hour), roundUp(d, 24*time.Hour)
	switch {
	case minutes < 60 || minutes < 120 && minutes != 60:
		return p.Spans("date.duration.minutes", Args{"N": max(minutes, 1)})
	case hours < 48:
		return p.Spans("date.duration.hours", Args{"N": hours})
	}
	return p.Spans("date.duration.days", Args{"N": days})
}

// roundUp returns how many units d fills or begins.
func roundUp(d, unit time.Duration) Count {
	n := d / unit
	if d%unit > 0 {
		n++
	}
	return Count(n)
}

// daysBetween returns how many midnights lie between now and at, where at is; it is
// negative if at is before now.
func daysBetween(now, at time.Time) int {
	midnight := func(t time.Time) time.Time {
		year, month, day := t.Date()
		return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	}
	return int(midnight(at).Sub(midnight(now.In(at.Location()))) / (24 * time.Hour))
}

// Month returns the name of m as it stands in a date: "mars".
func (p *Printer) Month(m time.Month) string { return p.Text(monthKey(m), nil) }

// Weekday returns the name of d as it stands in a date: "samedi".
func (p *Printer) Weekday(d time.Weekday) string { return p.Text(weekdayKey(d), nil) }

// monthKey returns the key of the name of m: "date.month.03".
func monthKey(m time.Month) Key { return Key(fmt.Sprintf("date.month.%02d", int(m))) }

// weekdayKey returns the key of the name of d: Monday is "date.weekday.1", Sunday
// "date.weekday.7" (ISO 8601).
func weekdayKey(d time.Weekday) Key { return Key(fmt.Sprintf("date.weekday.%d", (int(d)+6)%7+1)) }

// dayOfMonth returns the day of t in its month, the first one in its own form: "1er".
func (p *Printer) dayOfMonth(t time.Time) string {
	if t.Day() == 1 {
		return p.Text("date.day_first", nil)
	}
	return strconv.Itoa(t.Day())
}
