package core

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// zoneRegions begin the names of time zones that people live in. Others of the IANA
// database are aliases, or stand still while the clocks around them change.
var zoneRegions = [...]string{
	"Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific",
}

// zoneForm is a name as the database writes it, in any case.
var zoneForm = regexp.MustCompile(`^[A-Za-z]+(?:/[A-Za-z0-9_+-]+){1,2}$`)

// ParseZone reads the IANA name of a time zone, "Europe/Lisbon", in any case and with
// spaces for underscores, and returns it as the database writes it. It returns false for
// a name that the database does not have.
func ParseZone(text string) (string, bool) {
	name := strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '_' }), "_")
	if len(name) > 60 || !zoneForm.MatchString(name) {
		return "", false
	}
	for _, spelled := range []string{name, spellZone(name)} {
		region, _, _ := strings.Cut(spelled, "/")
		if !slices.Contains(zoneRegions[:], region) {
			continue
		}
		if _, err := time.LoadLocation(spelled); err == nil {
			return spelled, true
		}
	}
	return "", false
}

// smallWords stay small within the names of zones.
var smallWords = []string{"of", "au", "es", "de", "do"}

// spellZone writes a name with capitals where the database has them: at the beginning of
// each word but the small ones.
func spellZone(name string) string {
	var out strings.Builder
	word := ""
	flush := func() {
		if word != "" && !slices.Contains(smallWords, word) {
			word = strings.ToUpper(word[:1]) + word[1:]
		}
		out.WriteString(word)
		word = ""
	}
	for _, r := range strings.ToLower(name) {
		if r != '/' && r != '_' && r != '-' {
			word += string(r)
			continue
		}
		flush()
		out.WriteRune(r)
	}
	flush()
	return out.String()
}

// offsetForm is a distance from UTC.
var offsetForm = regexp.MustCompile(`(?i)^(?:etc/)?(?:utc|gmt|z)? ?[+-]? ?\d{1,2}(?:[:h]?\d{2})?$|^(?:etc/)?(?:utc|gmt|z)$`)

// IsOffset reports whether a text is a distance from UTC, "UTC+2", "+02:00": it says no
// time zone, for it does not change in summer.
func IsOffset(text string) bool {
	return offsetForm.MatchString(strings.ReplaceAll(strings.TrimSpace(text), "−", "-"))
}

// Zones are time zones that were loaded already. They belong to one goroutine.
type Zones map[string]*time.Location

// Of returns the time zone of an IANA name; UTC for a name that is none.
func (z Zones) Of(name string) *time.Location {
	loc, ok := z[name]
	if !ok {
		var err error
		if loc, err = time.LoadLocation(name); err != nil {
			loc = time.UTC
		}
		z[name] = loc
	}
	return loc
}
