package core

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Leads say how long before an action a person is reminded of it, in whole hours: twice at
// most. First is the earlier reminder, Last the later one; 0 is none.
type Leads struct {
	First int `json:"f,omitempty"`
	Last  int `json:"l,omitempty"`
}

// UsualLeads are those of a person who chose none; MaxLead is the longest, in hours.
var UsualLeads = Leads{First: 24, Last: 2}

// MaxLead is the longest lead, in hours.
const MaxLead = 7 * 24

// ReminderLeads returns the leads that the person chose, or UsualLeads.
func (s *Settings) ReminderLeads() Leads {
	if s.Leads == nil {
		return UsualLeads
	}
	return *s.Leads
}

// SetLeads stores leads; the usual ones are no choice.
func (s *Settings) SetLeads(l Leads) {
	s.Leads = &l
	if l == UsualLeads {
		s.Leads = nil
	}
}

// lead is one length of time, "24 h", "deux" is none: a number and a unit.
var lead = regexp.MustCompile(`(\d{1,3}) ?(heures?|hours?|hrs?|h|jours?|days?|j|d)\b`)

// ParseLeads reads one or two leads as a person types them, in French or English, in any
// order: "3 h", "48h et 3h", "1 day and 2 hours". It fails with Invalid where text is no
// such thing, or one of them is no time from an hour to MaxLead.
func ParseLeads(text string) (Leads, error) {
	text = simpleHours(text)
	found := lead.FindAllStringSubmatch(text, -1)
	rest := strings.Fields(lead.ReplaceAllString(text, " "))
	if len(found) == 0 || len(found) > 2 || len(rest) > 4 {
		return Leads{}, Fail(Invalid, "leads.form")
	}
	var hours []int
	for _, m := range found {
		n, err := strconv.Atoi(m[1])
		if m[2][0] == 'j' || m[2][0] == 'd' {
			n *= 24
		}
		if err != nil || n < 1 || n > MaxLead {
			return Leads{}, Fail(Invalid, "leads.range")
		}
		hours = append(hours, n)
	}
	switch {
	case len(hours) == 1 && hours[0] >= 12:
		return Leads{First: hours[0]}, nil
	case len(hours) == 1:
		return Leads{Last: hours[0]}, nil
	case hours[0] == hours[1]:
		return Leads{}, Fail(Invalid, "leads.range")
	}
	return Leads{First: max(hours[0], hours[1]), Last: min(hours[0], hours[1])}, nil
}

// Of returns the lead of a reminder.
func (l Leads) Of(r Reminding) time.Duration {
	if r == LastReminder {
		return time.Duration(l.Last) * time.Hour
	}
	return time.Duration(l.First) * time.Hour
}
