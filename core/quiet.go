package core

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

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

// End returns when the quiet hours end that hold at t, on t's own clock; t itself if none
// do. Where clocks change, it is the first instant that they do not hold.
func (q Quiet) End(t time.Time) time.Time {
	if !q.Holds(t) {
		return t
	}
	end := time.Date(t.Year(), t.Month(), t.Day(), q.Until, 0, 0, 0, t.Location())
	for !end.After(t) || q.Holds(end) {
		end = end.Add(time.Hour)
	}
	return end
}

// QuietHours returns those that the person chose, or UsualQuiet.
func (s *Settings) QuietHours() Quiet {
	if s.Quiet == nil {
		return UsualQuiet
	}
	return *s.Quiet
}

// span reads two hours with a word or a sign between them. Each hour is a number or a
// word, and may have minutes and a half of the day.
var span = regexp.MustCompile(`^(?:de |d'|du |entre |from |between )?` + hour + ` ?` + between + ` ?` + hour + `$`)

const (
	hour = `(minuit|midi|midnight|noon|\d{1,2})(?: ?[h:.] ?(\d{2}))?(?: ?(?:h|heures?|o'clock))?` +
		`(?: ?(am|pm|du matin|du soir|in the morning|in the evening))?`
	between = `(?:->|[-–—−/>→]|jusqu'a|a|et|to|till|until|and)`
)

// ParseQuiet reads quiet hours as a person types them, in French or English: "22h-7h",
// "10pm-7am", "de 22 heures à 7 heures", "from 22 to 7", "22:00–07:00". It fails with
// Invalid where text is no such thing, where an hour is not whole, and where both are
// the same: that could mean all hours or none.
func ParseQuiet(text string) (Quiet, error) {
	m := span.FindStringSubmatch(simpleHours(text))
	if m == nil {
		return Quiet{}, Fail(Invalid, "quiet.form")
	}
	from, ok := hourOf(m[1], m[3])
	until, okay := hourOf(m[4], m[6])
	switch {
	case !ok || !okay:
		return Quiet{}, Fail(Invalid, "quiet.form")
	case strings.Trim(m[2]+m[5], "0") != "":
		return Quiet{}, Fail(Invalid, "quiet.half")
	case from == until:
		return Quiet{}, Fail(Invalid, "quiet.same")
	}
	return Quiet{From: from, Until: until}, nil
}

// simpleHours returns text in small letters without accents, with single spaces and one kind
// of apostrophe.
func simpleHours(text string) string {
	text = strings.NewReplacer("’", "'", ".m.", "m").Replace(strings.ToLower(text))
	text = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(text))
	return strings.TrimRight(strings.Join(strings.Fields(text), " "), ".! ")
}

// hourOf returns the hour of a day, 0 to 23, and whether there is such an hour.
func hourOf(word, half string) (int, bool) {
	switch word {
	case "minuit", "midnight":
		return 0, half == ""
	case "midi", "noon":
		return 12, half == ""
	}
	n, err := strconv.Atoi(word)
	if err != nil || n > 24 {
		return 0, false
	}
	switch half {
	case "":
		return n % 24, true
	case "am", "du matin", "in the morning":
		return n % 12, 1 <= n && n <= 12
	case "pm":
		return n%12 + 12, 1 <= n && n <= 12
	}
	return n + 12, 1 <= n && n < 12 // "12 in the evening" is no hour
}
