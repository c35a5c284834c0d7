package core

import (
	"regexp"
	"strconv"
	"strings"
)

// A Clock is a time of the day.
type Clock struct{ Hour, Minute int }

// clocks finds times of the day within a text.
var clocks = regexp.MustCompile(`\b` + hour + `(?:\b|$)`)

// ReadClocks finds the times of the day that a text names, in French or English, "18h30",
// "8 am", "midi", and returns them with the other words, in small letters without accents.
// It reports false if a number in it is no such time.
func ReadClocks(text string) (found []Clock, rest []string, ok bool) {
	text = simpleHours(text)
	for _, m := range clocks.FindAllStringSubmatch(text, -1) {
		h, valid := hourOf(m[1], m[3])
		minute := 0
		if m[2] != "" {
			minute, _ = strconv.Atoi(m[2])
		}
		if !valid || minute > 59 {
			return nil, nil, false
		}
		found = append(found, Clock{h, minute})
	}
	return found, strings.Fields(clocks.ReplaceAllString(text, " ")), true
}
