package flows

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// How a cron line is read from words, and said in words. A week is Monday to Sunday, as
// in the catalogue; a cron line counts from Sunday, 0.

// weekdays are the days of a week in its order.
var weekdays = [...]time.Weekday{
	time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday,
}

// cronField is a field of a cron line that has no word in it.
var cronField = regexp.MustCompile(`^[\d*/,?-]+$`)

// isCron reports whether a text is meant as a cron line, right or wrong: no words begin so.
func isCron(text string) bool {
	f := strings.Fields(text)
	if strings.ContainsAny(text, "@=*") {
		return true
	}
	return len(f) >= 5 && cronField.MatchString(f[0]) && cronField.MatchString(f[1]) && cronField.MatchString(f[2])
}

// usualHour is meant by who names days alone.
const usualHour = 18

// readLine reads when somebody wants to hear: a cron line as it is, or words: "jeudi 18h30",
// "every day at 8", "mardi et jeudi 9h". It fails with Invalid where text is neither.
func readLine(t *conversation.Turn, text string) (core.CronLine, error) {
	text = strings.Join(strings.Fields(text), " ")
	if isCron(text) {
		return core.CronLine(text), t.Planner().Check(core.CronLine(text))
	}
	clocks, rest, ok := core.ReadClocks(text)
	days, known := readDays(t, rest)
	if !ok || !known || len(clocks) == 0 && len(days) == 0 {
		return "", core.Fail(core.Invalid, core.LineForm)
	}
	if len(clocks) == 0 {
		clocks = []core.Clock{{Hour: usualHour}}
	}
	var hours []int
	for _, c := range clocks {
		if c.Minute != clocks[0].Minute {
			return "", core.Fail(core.Invalid, core.LineForm) // no line can say it
		}
		hours = append(hours, c.Hour)
	}
	l := writeLine(clocks[0].Minute, hours, days)
	return l, t.Planner().Check(l)
}

// readDays reads the days of a week that words name; all words must be known.
func readDays(t *conversation.Turn, words []string) (days []time.Weekday, known bool) {
	meant := map[string][]time.Weekday{}
	fillers := map[string]bool{}
	for _, p := range t.Printers() {
		for _, d := range weekdays {
			meant[wordKey(p.Weekday(d))] = []time.Weekday{d}
		}
		for _, w := range phrasesOf(p, "line.words_each_day") {
			meant[wordKey(w)] = weekdays[:]
		}
		for _, w := range phrasesOf(p, "line.words_weekdays") {
			meant[wordKey(w)] = weekdays[:5]
		}
		for _, w := range phrasesOf(p, "line.words_weekend") {
			meant[wordKey(w)] = weekdays[5:]
		}
		for _, w := range phrasesOf(p, "line.words_fillers") {
			fillers[wordKey(w)] = true
		}
	}
	for _, w := range words {
		key := wordKey(strings.Trim(w, ",;.:"))
		switch {
		case meant[key] != nil:
			days = append(days, meant[key]...)
		case key != "" && !fillers[key]:
			return nil, false
		}
	}
	return days, true
}

// writeLine writes a cron line; no days are all of them.
func writeLine(minute int, hours []int, days []time.Weekday) core.CronLine {
	return core.CronLine(fmt.Sprintf("%d %s * * %s", minute, listField(hours), daysField(days)))
}

func daysField(days []time.Weekday) string {
	var numbers []int
	for _, d := range days {
		numbers = append(numbers, int(d))
	}
	if slices.Sort(numbers); len(slices.Compact(numbers)) == len(weekdays) || len(numbers) == 0 {
		return "*"
	}
	return listField(numbers)
}

// listField writes numbers in order, each once.
func listField(numbers []int) string {
	numbers = slices.Clone(numbers)
	slices.Sort(numbers)
	var out []string
	for _, n := range slices.Compact(numbers) {
		out = append(out, strconv.Itoa(n))
	}
	return strings.Join(out, ",")
}

// lineSaid says a line in words, "le jeudi à 18 h", or as it is where words would be long.
func lineSaid(l core.CronLine) locale.Value {
	asIs := locale.Phrase{Key: "line.cron", Args: locale.Args{"Line": locale.Raw(l)}}
	f := strings.Fields(string(l))
	if len(f) != 5 || f[2] != "*" || f[3] != "*" {
		return asIs
	}
	minutes, ok := readField(f[0], 59)
	hours, okay := readField(f[1], 23)
	if !ok || !okay || len(minutes) != 1 || len(hours) > 3 {
		return asIs
	}
	days, ok := daysSaid(f[4])
	if !ok {
		return asIs
	}
	var times locale.List
	for _, h := range hours {
		times = append(times, locale.Time{At: time.Date(2000, 1, 1, h, minutes[0], 0, 0, time.UTC)})
	}
	return locale.Phrase{Key: "line.said", Args: locale.Args{"Days": days, "Times": times}}
}

// daysSaid says the field of the days.
func daysSaid(field string) (locale.Value, bool) {
	if field == "*" {
		return locale.Text("line.each_day"), true
	}
	numbers, ok := readField(field, 7)
	if !ok {
		return nil, false
	}
	var days locale.List
	for i, d := range weekdays {
		if slices.Contains(numbers, int(d)) || d == time.Sunday && slices.Contains(numbers, 7) {
			days = append(days, locale.Text(onDay[i]))
		}
	}
	switch {
	case len(days) == len(weekdays):
		return locale.Text("line.each_day"), true
	case slices.Equal(numbers, []int{1, 2, 3, 4, 5}):
		return locale.Text("line.weekdays"), true
	}
	return days, true
}

// onDay are the days of a week as they stand in a line: "le jeudi".
var onDay = [...]locale.Key{
	"line.monday", "line.tuesday", "line.wednesday", "line.thursday", "line.friday", "line.saturday", "line.sunday",
}

// readField reads numbers that commas part, up to most.
func readField(field string, most int) (numbers []int, ok bool) {
	for part := range strings.SplitSeq(field, ",") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 || n > most {
			return nil, false
		}
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	return slices.Compact(numbers), true
}
