package calendar_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-ical"

	"tocsin/core"
	"tocsin/core/calendar"
	"tocsin/core/intake"
)

// three are events of one agenda: one is sure, one perhaps, one cancelled.
func three() []calendar.Event {
	es := make([]calendar.Event, 3)
	for i := range es {
		es[i] = leafleting()
		es[i].UID, es[i].Sequence = fmt.Sprintf("action-%d@exemple.fr", i), i
		es[i].Status = []calendar.Status{calendar.Confirmed, calendar.Tentative, calendar.Cancelled}[i]
	}
	return es
}

func TestAnAgendaHoldsEachEventWithItsStatus(t *testing.T) {
	t.Parallel()
	es := three()
	var b strings.Builder
	if err := calendar.WriteAgenda(&b, es); err != nil {
		t.Fatal(err)
	}
	c, err := ical.NewDecoder(strings.NewReader(b.String())).Decode()
	if err != nil {
		t.Fatal(err)
	}
	if m, err := c.Props.Text(ical.PropMethod); m != "PUBLISH" || err != nil {
		t.Errorf("the method is %q, %v", m, err)
	}
	want := []ical.EventStatus{ical.EventConfirmed, ical.EventTentative, ical.EventCancelled}
	for i, e := range c.Events() {
		if s, err := e.Status(); s != want[i] || err != nil {
			t.Errorf("event %d is %q, %v", i, s, err)
		}
	}
	n := 0
	for a, err := range intake.Calendar(strings.NewReader(b.String()), es[0].Stamp) {
		if err != nil || a.ExternalID != es[n].UID || a.Cancelled != (n == 2) {
			t.Errorf("event %d is read as %+v, %v", n, a, err)
		}
		n++
	}
	if n != len(es) {
		t.Errorf("%d events are read in\n%s", n, b.String())
	}
}

func TestNothingIsWrittenOfAnAgendaThatCannotBe(t *testing.T) {
	t.Parallel()
	twice, broken := three(), three()
	twice[2].UID, broken[1].Summary = twice[0].UID, ""
	for name, es := range map[string][]calendar.Event{"empty": nil, "twice": twice, "broken": broken} {
		var b strings.Builder
		if err := calendar.WriteAgenda(&b, es); core.CodeOf(err) != core.Invalid || b.Len() > 0 {
			t.Errorf("%s: got %v and %d bytes", name, err, b.Len())
		}
	}
	if err := calendar.WriteAgenda(io.Discard, three()); err != nil {
		t.Error(err)
	}
}

// On 28 March 2027 the clocks of Paris go from 2 to 3: an action at 10 on that day is
// two hours before UTC, one at 10 on the day before is one.
func TestTimesAreRightOnBothSidesOfAChangeOfTheClocks(t *testing.T) {
	t.Parallel()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	for day, want := range map[int]string{27: "DTSTART:20270327T090000Z", 28: "DTSTART:20270328T080000Z"} {
		e := leafleting()
		e.StartsAt = time.Date(2027, 3, day, 10, 0, 0, 0, paris)
		e.EndsAt = e.StartsAt.Add(2 * time.Hour)
		if got := written(t, e); !strings.Contains(got, "\r\n"+want+"\r\n") {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
}
