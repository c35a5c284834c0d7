package scheduler

import (
	"sync"
	"time"

	"tocsin/core"
)

// A Planner is a core.Planner. It remembers lines, zones and answers: most people share
// theirs.
type Planner struct {
	mu    sync.Mutex
	lines map[core.CronLine]Line
	zones map[string]*time.Location
	next  map[question]time.Time
}

var _ core.Planner = (*Planner)(nil)

// A question is what Next was asked.
type question struct {
	line  core.CronLine
	zone  string
	after int64
}

// remembered is how much a Planner remembers of each kind before it begins anew.
const remembered = 4096

// Next implements core.Planner.
func (p *Planner) Next(l core.CronLine, zone string, after time.Time) (time.Time, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	asked := question{l, zone, after.UnixMicro()}
	if at, ok := p.next[asked]; ok {
		return at, nil
	}
	line, err := p.line(l)
	if err != nil {
		return time.Time{}, err
	}
	at := line.Next(after, p.zone(zone)).At
	if at.IsZero() {
		return at, badLine("never comes due again")
	}
	p.next = remember(p.next, asked, at.UTC())
	return at.UTC(), nil
}

func (p *Planner) line(l core.CronLine) (Line, error) {
	if line, ok := p.lines[l]; ok {
		return line, nil
	}
	line, err := ParseLine(string(l))
	if err == nil {
		p.lines = remember(p.lines, l, line)
	}
	return line, err
}

// zone returns UTC for a name that is none.
func (p *Planner) zone(name string) *time.Location {
	if loc, ok := p.zones[name]; ok {
		return loc
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		loc = time.UTC
	}
	p.zones = remember(p.zones, name, loc)
	return loc
}

// remember puts a value into m, which is emptied first if it is full.
func remember[K comparable, V any](m map[K]V, k K, v V) map[K]V {
	if m == nil || len(m) >= remembered {
		m = map[K]V{}
	}
	m[k] = v
	return m
}

// longestLine is the longest cron line that a person may write, in bytes.
const longestLine = 80

// Check implements core.Planner. Two times that are too near to each other are so on each
// day that the line names, or at midnight: it is enough to look at the first days.
func (p *Planner) Check(l core.CronLine) error {
	if len(l) > longestLine {
		return core.Fail(core.Invalid, core.LineForm)
	}
	p.mu.Lock()
	line, err := p.line(l)
	p.mu.Unlock()
	if err != nil {
		return core.Fail(core.Invalid, core.LineForm)
	}
	const most = 4 * int(24*time.Hour/core.LeastApart)
	at := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range most {
		next := line.Next(at, time.UTC).At
		if next.IsZero() {
			break
		}
		if i > 0 && next.Sub(at) < core.LeastApart {
			return core.Fail(core.Invalid, core.LineOften)
		}
		at = next
	}
	return nil
}
