package intake

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

// What is made of a repeating event: the instances that are not over and start within
// the horizon, 50 at most. A series that began long ago is counted through from its
// beginning, so it may not have begun longer than maxAge ago; and a rule that never
// comes true costs some milliseconds, so that a calendar may have maxSeries of them.
const (
	horizon      = 60 * 24 * time.Hour
	maxInstances = 50
	maxAge       = 30 * 366 * 24 * time.Hour
	maxRule      = 500 // bytes
	maxInterval  = 1000
	maxSeries    = 1000
	maxMoved     = 10_000 // moved instances that are remembered
)

// A window is the part of a series that is wanted, on the clocks of the series.
type window struct{ from, until time.Time }

// instances returns a repeating event as rows.
func (c *calendar) instances(e *event, a ActionRow, start moment, long length) ([]ActionRow, slip) {
	if c.series++; c.series > maxSeries {
		return nil, "RRULE: more than 1000 repeating events in one calendar"
	}
	w := c.window(start, long)
	starts := map[time.Time]bool{start.clock: true}
	if rules := e.Props["RRULE"]; len(rules) > 0 {
		found, why := repeat(rules[0].Value, start, w)
		if len(rules) > 1 {
			why = "more than one"
		}
		if why != "" {
			return nil, "RRULE: " + why
		}
		starts = map[time.Time]bool{}
		for _, t := range found {
			starts[t] = true
		}
	}
	if why := c.add(e, start, starts); why != "" {
		return nil, why
	}
	out, why := c.exceptions(e, start)
	if why != "" {
		return nil, why
	}
	var rows []ActionRow
	for _, t := range slices.SortedFunc(maps.Keys(starts), time.Time.Compare) {
		m := moment{t, start.zone}
		row := a.at(m, long)
		row.ExternalID += "#" + m.id()
		row.Cancelled = row.Cancelled || out[t.Format(basicTime)] || out[t.Format(basicDate)]
		if !t.Before(w.from) && !t.After(w.until) && !c.moved[row.ExternalID] && len(rows) < maxInstances {
			rows = append(rows, row)
		}
	}
	return rows, ""
}

// window returns the clock times at which an event may start that is not over and is
// within the horizon. Where the zone is not known, it is not over while it may go on
// anywhere: the last clocks are 12 hours behind UTC.
func (c *calendar) window(start moment, long length) window {
	now := c.now.UTC().Truncate(time.Second)
	if start.zone != nil {
		now, _ = moment{now, time.UTC}.seenAt(start.zone)
	}
	w := window{now.AddDate(0, 0, -long.days).Add(-long.exact), now.Add(horizon)}
	if start.zone == nil {
		w.from = w.from.Add(-12 * time.Hour)
	}
	return w
}

// add adds the starts that RDATE names.
func (c *calendar) add(e *event, start moment, starts map[time.Time]bool) slip {
	for _, p := range e.Props["RDATE"] {
		for value := range strings.SplitSeq(p.Value, ",") {
			value, _, _ = strings.Cut(value, "/") // the end of a period is passed over
			m, why := c.zones.momentOf(p, value)
			if why != "" {
				return "RDATE: " + why
			}
			t, _ := m.seenAt(start.zone)
			starts[t] = true
		}
	}
	return ""
}

// exceptions returns the times and days that EXDATE takes out, on the clocks of the
// series, as basicTime and basicDate.
func (c *calendar) exceptions(e *event, start moment) (map[string]bool, slip) {
	out := map[string]bool{}
	for _, p := range e.Props["EXDATE"] {
		for value := range strings.SplitSeq(p.Value, ",") {
			if _, err := time.Parse(basicDate, value); err == nil {
				out[value] = true
				continue
			}
			m, why := c.zones.momentOf(p, value)
			if why != "" {
				return nil, "EXDATE: " + why
			}
			t, _ := m.seenAt(start.zone)
			out[t.Format(basicTime)] = true
		}
	}
	return out, ""
}

// repeat returns the clock times at which a series that starts at start begins within
// w, in order. A rule that is not read here is a slip.
func repeat(rule string, start moment, w window) ([]time.Time, slip) {
	if start.clock.Before(w.from.Add(-maxAge)) {
		return nil, "began too long ago"
	}
	option, s := ruleOf(rule, start)
	if s != "" {
		return nil, s
	}
	if option.Until.IsZero() || option.Until.After(w.until) {
		option.Until = w.until
	}
	shift := (lastYear - w.until.Year()) / 400 * 400
	option.Dtstart = start.clock.AddDate(shift, 0, 0)
	option.Until = option.Until.AddDate(shift, 0, 0)
	series, err := rrule.NewRRule(*option)
	if err != nil {
		return nil, "not read here"
	}
	var starts []time.Time
	next := series.Iterator()
	for t, ok := next(); ok && len(starts) < maxInstances; t, ok = next() {
		if t = t.AddDate(-shift, 0, 0); !t.Before(w.from) {
			starts = append(starts, t)
		}
	}
	return starts, ""
}

// lastYear is where rrule-go stops to look for the next day of a rule that has none,
// such as the 30 of February. It looks at each day until then; so a series is moved
// ahead by whole cycles of 400 years, in which the calendar repeats, to be near it.
const lastYear = 9999

// ruleOf reads a recurrence rule (RFC 5545, 3.3.10) by days, weeks, months or years.
// It refuses parts that calendar programs do not write and on which rrule-go panics or
// never ends (BYHOUR with a matching INTERVAL, BYEASTER, BYDAY=53MO in a month).
func ruleOf(rule string, start moment) (*rrule.ROption, slip) {
	rule = strings.ToUpper(strings.Trim(rule, "; "))
	if len(rule) > maxRule {
		return nil, "not read here"
	}
	parts := map[string]string{}
	for part := range strings.SplitSeq(rule, ";") {
		name, value, _ := strings.Cut(part, "=")
		if _, twice := parts[name]; twice || !slices.Contains(ruleParts, name) {
			return nil, "not read here"
		}
		parts[name] = value
	}
	option, err := rrule.StrToROption(rule)
	_, counted := parts["COUNT"]
	_, spaced := parts["INTERVAL"]
	switch {
	case err != nil, option.Freq > rrule.DAILY, counted && option.Count < 1:
		return nil, "not read here"
	case spaced && option.Interval < 1, option.Interval > maxInterval:
		return nil, "not read here"
	}
	byMonth := option.Freq == rrule.MONTHLY || len(option.Bymonth) > 0
	for _, day := range option.Byweekday {
		if n := day.N(); byMonth && (n > 5 || n < -5) {
			return nil, "not read here"
		}
	}
	switch until := parts["UNTIL"]; {
	case len(until) == len(basicDate): // all of that day
		option.Until = option.Until.AddDate(0, 0, 1).Add(-time.Second)
	case strings.HasSuffix(until, "Z") && start.zone != nil:
		option.Until, _ = moment{option.Until, time.UTC}.seenAt(start.zone)
	}
	return option, ""
}

// ruleParts are those that are read.
var ruleParts = []string{
	"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS",
}
