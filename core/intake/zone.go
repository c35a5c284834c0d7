package intake

import (
	"strings"
	"time"
)

// zones are the time zones that a calendar has named so far.
type zones map[string]*time.Location

// find returns the zone that a calendar calls by an IANA name, by one with the name of
// a program before it ("/example.org/20260101/Europe/Paris"), or by that of Windows.
// What the calendar itself says of the zone (VTIMEZONE) is not read. It reports false
// for any other name.
func (z zones) find(name string) (*time.Location, bool) {
	if loc, ok := z[name]; ok {
		return loc, true
	}
	tail, more := name, len(name) < 100
	if iana, ok := windowsZones[name]; ok {
		tail = iana
	}
	for more && tail != "" && tail != "Local" {
		if loc, err := time.LoadLocation(tail); err == nil {
			z[name] = loc
			return loc, true
		}
		_, tail, more = strings.Cut(tail, "/")
	}
	return nil, false
}

// windowsZones are the names that Outlook gives to zones in which France, its overseas
// areas and its neighbours are (Unicode CLDR, windowsZones).
var windowsZones = map[string]string{
	"Romance Standard Time":          "Europe/Paris",
	"W. Europe Standard Time":        "Europe/Berlin",
	"Central Europe Standard Time":   "Europe/Budapest",
	"Central European Standard Time": "Europe/Warsaw",
	"GMT Standard Time":              "Europe/London",
	"Greenwich Standard Time":        "Atlantic/Reykjavik",
	"E. Europe Standard Time":        "Europe/Chisinau",
	"FLE Standard Time":              "Europe/Kiev",
	"GTB Standard Time":              "Europe/Bucharest",
	"SA Western Standard Time":       "America/Martinique",
	"SA Eastern Standard Time":       "America/Cayenne",
	"Saint Pierre Standard Time":     "America/Miquelon",
	"Mauritius Standard Time":        "Indian/Reunion",
	"E. Africa Standard Time":        "Indian/Mayotte",
	"Central Pacific Standard Time":  "Pacific/Noumea",
	"Hawaiian Standard Time":         "Pacific/Tahiti",
	"UTC":                            "UTC",
}
