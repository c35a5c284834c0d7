//go:build bench

// Package bench measures the program against references, both in the same run: `make
// bench`. Each figure is one line,
//
//	name  ours=…  reference=…  ratio=…  goal=…  ok|missed
//
// and a line that begins with # says how it was measured. BENCH=regexp picks figures by
// name. A goal that is missed fails its test, as does a reference that is missing where
// the goal is one of ratio.
package bench

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"
)

// A Name names a figure: "near/sqlite/p99".
type Name string

// A Unit is what a figure is measured in: "ms", "MB", "turns/s".
type Unit string

// A Measure is what a goal is about.
type Measure string

const (
	Ours  Measure = "ours"
	Ratio Measure = "ratio" // ours / reference
)

// A Goal is a bound of a Measure. AtMost or AtLeast is set.
type Goal struct {
	Of      Measure
	AtMost  float64
	AtLeast float64
}

// String returns the goal as a line shows it: "ratio<=3".
func (g Goal) String() string {
	if g.AtLeast > 0 {
		return string(g.Of) + ">=" + number(g.AtLeast)
	}
	return string(g.Of) + "<=" + number(g.AtMost)
}

// met reports whether a value is within the goal.
func (g Goal) met(v float64) bool {
	if g.AtLeast > 0 {
		return v >= g.AtLeast
	}
	return v <= g.AtMost
}

// A Line is one figure.
type Line struct {
	Name      Name
	Unit      Unit
	Ours      float64
	Reference float64 // 0: there is none
	Missing   string  // why there is none, in a few words; "" if none is needed
	Goal      Goal
}

// Wanted reports whether BENCH picks one of some figures, so that what nobody asked for
// need not be measured.
func Wanted(t testing.TB, names ...Name) bool {
	t.Helper()
	pick, err := regexp.Compile(os.Getenv("BENCH"))
	if err != nil {
		t.Fatalf("BENCH is no regular expression: %v", err)
	}
	return slices.ContainsFunc(names, func(n Name) bool { return pick.MatchString(string(n)) })
}

// Report prints the line of a figure, if BENCH picks it, and fails t if its goal is
// missed.
func Report(t testing.TB, l Line) {
	t.Helper()
	if !Wanted(t, l.Name) {
		return
	}
	text, ok := l.text()
	fmt.Println(text)
	if !ok {
		t.Fail()
	}
}

// text returns the line, and whether the goal is met.
func (l Line) text() (string, bool) {
	reference, ratio, value := "none", "none", l.Ours
	switch {
	case l.Reference > 0:
		reference, ratio = number(l.Reference)+string(l.Unit), number(l.Ours/l.Reference)
	case l.Missing != "":
		reference = "missing (" + l.Missing + ")"
	}
	ok := true
	if l.Goal.Of == Ratio {
		value, ok = l.Ours/l.Reference, l.Reference > 0
	}
	verdict := "ok"
	if ok = ok && l.Goal.met(value); !ok {
		verdict = "missed"
	}
	return fmt.Sprintf("%s  ours=%s%s  reference=%s  ratio=%s  goal=%s  %s",
		l.Name, number(l.Ours), l.Unit, reference, ratio, l.Goal, verdict), ok
}

// Settings prints how a figure is measured: versions, sizes, what is tuned.
func Settings(n Name, format string, args ...any) {
	fmt.Println("# " + string(n) + ": " + fmt.Sprintf(format, args...))
}

// number writes three significant digits, or all before the point.
func number(v float64) string {
	if v >= 100 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// Millis returns d in milliseconds, for Line.
func Millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// Quantile returns the value below which a share q of ds lies; 0.5 is the median. It
// panics if ds is empty.
func Quantile(ds []time.Duration, q float64) time.Duration {
	sorted := slices.Sorted(slices.Values(ds))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}
