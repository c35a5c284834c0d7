package intake_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestARepeatingEventComesAsItsNextInstances(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lines []string
		want  []string
	}{
		"each week, over the change of clocks": {
			[]string{"DTSTART;TZID=America/New_York:20261013T100000", "DTEND;TZID=America/New_York:20261013T113000", "RRULE:FREQ=WEEKLY;COUNT=8"},
			[]string{"u#20261124T150000Z to 2416:30", "u#20261201T150000Z to 0116:30"},
		},
		"going on now": {
			[]string{"DTSTART:20261120T110000Z", "DURATION:PT2H", "RRULE:FREQ=DAILY;UNTIL=20261123T110000Z"},
			[]string{"u#20261122T110000Z to 2213:00", "u#20261123T110000Z to 2313:00"},
		},
		"at the place, where it may not be over": {
			[]string{"DTSTART:20261120T010000", "DURATION:PT2H", "RRULE:FREQ=DAILY;UNTIL=20261123"},
			[]string{"u#20261122T010000 to 2203:00", "u#20261123T010000 to 2303:00"},
		},
		"until a day, as a day of its zone": {
			[]string{"DTSTART;TZID=Europe/Paris:20261123T003000", "RRULE:FREQ=DAILY;UNTIL=20261123T233000Z"},
			[]string{"u#20261122T233000Z", "u#20261123T233000Z"},
		},
		"the second Saturday": {
			[]string{"DTSTART:20260110T140000Z", "RRULE:FREQ=MONTHLY;BYDAY=2SA"},
			[]string{"u#20261212T140000Z", "u#20270109T140000Z"},
		},
		"the last working day": {
			[]string{"DTSTART:20200131T140000Z", "RRULE:freq=monthly;byday=MO,TU,WE,TH,FR;bysetpos=-1;"},
			[]string{"u#20261130T140000Z", "u#20261231T140000Z"},
		},
		"each year": {
			[]string{"DTSTART:20000229T140000Z", "RRULE:FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=-1"},
			[]string{"u#20261231T140000Z"},
		},
		"but for some days, which are cancelled": {
			[]string{"DTSTART;TZID=Europe/Paris:20261123T140000", "RRULE:FREQ=DAILY;COUNT=4", "EXDATE;TZID=Europe/Paris:20261124T140000", "EXDATE:20261125T130000Z,20261201T130000Z", "EXDATE;VALUE=DATE:20261126"},
			[]string{"u#20261123T130000Z", "u#20261124T130000Z cancelled", "u#20261125T130000Z cancelled", "u#20261126T130000Z cancelled"},
		},
		"and more days": {
			[]string{"DTSTART:20261123T140000Z", "RDATE:20261130T140000Z,20261125T140000Z", "RDATE;VALUE=PERIOD:20261201T140000Z/PT1H", "RDATE:20270601T140000Z"},
			[]string{"u#20261123T140000Z", "u#20261125T140000Z", "u#20261130T140000Z", "u#20261201T140000Z"},
		},
		"all of it cancelled": {
			[]string{"DTSTART:20261123T140000Z", "RRULE:FREQ=DAILY;COUNT=2", "STATUS:CANCELLED"},
			[]string{"u#20261123T140000Z cancelled", "u#20261124T140000Z cancelled"},
		},
		"over":            {[]string{"DTSTART:20260101T140000Z", "RRULE:FREQ=DAILY;COUNT=9"}, nil},
		"not soon":        {[]string{"DTSTART:20270601T140000Z", "RRULE:FREQ=DAILY"}, nil},
		"never":           {[]string{"DTSTART:20260101T140000Z", "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"}, nil},
		"one that moved":  {[]string{"DTSTART:20261124T150000Z", "RECURRENCE-ID;TZID=Europe/Paris:20261124T140000"}, []string{"u#20261124T130000Z"}},
		"nominal days":    {[]string{"DTSTART;TZID=Europe/Paris:20270327T120000", "DURATION:P1D"}, []string{"u to 2810:00"}},
		"exact hours":     {[]string{"DTSTART;TZID=Europe/Paris:20270327T120000", "DURATION:PT24H"}, []string{"u to 2811:00"}},
		"weeks":           {[]string{"DTSTART:20261124T150000Z", "DURATION:P1W"}, []string{"u to 0115:00"}},
		"in another zone": {[]string{"DTSTART;TZID=Europe/Paris:20261124T150000", "DTEND;TZID=Europe/London:20261124T150000"}, []string{"u to 2415:00"}},
	} {
		if got := toldCalendar(inCalendar(c.lines...)); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestASeriesIsCutAtFiftyInstancesAndSixtyDays(t *testing.T) {
	t.Parallel()
	if got := toldCalendar(inCalendar("DTSTART:20200101T140000Z", "RRULE:FREQ=DAILY")); len(got) != 50 || got[0] != "u#20261122T140000Z" {
		t.Errorf("each day: %d rows, from %q", len(got), got[0])
	}
	got := toldCalendar(inCalendar("DTSTART:20200101T110000Z", "RRULE:FREQ=DAILY;INTERVAL=2", "RDATE:20270121T120000Z,20270121T120001Z"))
	if last := got[len(got)-1]; len(got) != 31 || last != "u#20270121T120000Z" {
		t.Errorf("each other day: %d rows, to %q", len(got), last)
	}
}

func TestAMovedInstanceStandsForTheOneItReplaces(t *testing.T) {
	t.Parallel()
	file := strings.Replace(inCalendar("DTSTART:20261123T140000Z", "RRULE:FREQ=DAILY;COUNT=3"), "BEGIN:VEVENT\n",
		"BEGIN:VEVENT\nUID:u\nSUMMARY:Tractage\nLOCATION:Lyon\nRECURRENCE-ID:20261124T140000Z\nDTSTART:20261124T180000Z\nEND:VEVENT\nBEGIN:VEVENT\n", 1)
	want := []string{"u#20261124T140000Z", "u#20261123T140000Z", "u#20261125T140000Z"}
	if got := toldCalendar(file); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestARuleThatIsNotReadIsRefused(t *testing.T) {
	t.Parallel()
	for _, rule := range []string{
		"", "FREQ", "FREQ=", "COUNT=3", "FREQ=HOURLY", "FREQ=SECONDLY", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;INTERVAL=-1",
		"FREQ=DAILY;INTERVAL=1001", "FREQ=DAILY;COUNT=0", "FREQ=DAILY;COUNT=x", "FREQ=DAILY;FREQ=WEEKLY", "FREQ=DAILY;BYHOUR=5",
		"FREQ=YEARLY;BYEASTER=400", "FREQ=MONTHLY;BYDAY=53MO", "FREQ=YEARLY;BYMONTH=12;BYDAY=-6MO", "FREQ=YEARLY;BYDAY=54MO",
		"FREQ=MONTHLY;BYMONTHDAY=32", "FREQ=DAILY;X=1", "FREQ=DAILY;BYDAY=" + strings.Repeat("MO,", 200) + "MO",
	} {
		if got := toldCalendar(inCalendar("DTSTART:20261123T140000Z", "RRULE:"+rule)); !slices.Equal(got, []string{"2: RRULE: not read here"}) {
			t.Errorf("%.40s: got %.200q", rule, got)
		}
	}
	got := toldCalendar(inCalendar("DTSTART:20001123T140000Z", "RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY"))
	if !slices.Equal(got, []string{"2: RRULE: more than one"}) {
		t.Errorf("two rules: got %.200q", got)
	}
}

func TestACalendarMayHaveAThousandRepeatingEvents(t *testing.T) {
	t.Parallel()
	var file strings.Builder
	file.WriteString("BEGIN:VCALENDAR\n")
	for i := range 1001 {
		fmt.Fprintf(&file, "BEGIN:VEVENT\nUID:%d\nDTSTART:20260101T140000Z\nRRULE:FREQ=DAILY;COUNT=1\nEND:VEVENT\n", i)
	}
	file.WriteString("END:VCALENDAR\n")
	want := []string{"5002: RRULE: more than 1000 repeating events in one calendar"}
	if got := toldCalendar(file.String()); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
