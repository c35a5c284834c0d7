package core_test

import (
	"fmt"
	"testing"
	"time"

	"tocsin/core"
)

func TestQuietHoursSpanMidnight(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		q    core.Quiet
		at   string
		want bool
	}{
		{core.UsualQuiet, "20:59", false},
		{core.UsualQuiet, "21:00", true},
		{core.UsualQuiet, "00:00", true},
		{core.UsualQuiet, "07:59", true},
		{core.UsualQuiet, "08:00", false},
		{core.Quiet{From: 9, Until: 17}, "08:59", false},
		{core.Quiet{From: 9, Until: 17}, "09:00", true},
		{core.Quiet{From: 9, Until: 17}, "17:00", false},
		{core.Quiet{From: 22, Until: 0}, "23:59", true},
		{core.Quiet{From: 22, Until: 0}, "00:00", false},
		{core.Quiet{From: 0, Until: 7}, "00:00", true},
		{core.Quiet{}, "00:00", false}, // none
		{core.Quiet{From: 8, Until: 8}, "08:00", false},
	} {
		if got := tt.q.Holds(clock(t, "Europe/Paris", "2027-03-10 "+tt.at)); got != tt.want {
			t.Errorf("%v at %s: %v", tt.q, tt.at, got)
		}
	}
}

// On the night of 28 March 2027 the hour after 2:00 does not exist in Paris; on that of
// 31 October it comes twice.
func TestQuietHoursFollowTheClockWhenItChanges(t *testing.T) {
	t.Parallel()
	night := core.Quiet{From: 2, Until: 3}
	for day, want := range map[string]time.Duration{"2027-03-28": 0, "2027-10-31": 2 * time.Hour, "2027-10-30": time.Hour} {
		var held time.Duration
		for at := clock(t, "Europe/Paris", day+" 00:00"); at.Format(time.DateOnly) == day; at = at.Add(time.Minute) {
			if night.Holds(at) {
				held += time.Minute
			}
		}
		if held != want {
			t.Errorf("%s: quiet for %s, want %s", day, held, want)
		}
	}
	morning := clock(t, "Europe/Paris", "2027-03-28 08:00")
	if core.UsualQuiet.Holds(morning) || !core.UsualQuiet.Holds(morning.Add(-time.Minute)) {
		t.Error("the morning after the change does not begin at eight")
	}
}

func TestQuietHoursAreReadAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]core.Quiet{
		"22h-7h": {From: 22, Until: 7}, "22-7": {From: 22, Until: 7}, "10pm-7am": {From: 22, Until: 7}, "from 22 to 7": {From: 22, Until: 7},
		"22:00–07:00": {From: 22, Until: 7}, "22.00 - 7.00": {From: 22, Until: 7}, "De 22 heures à 7 heures.": {From: 22, Until: 7},
		"entre 22h00 et 7h00": {From: 22, Until: 7}, "de 22\u00a0h à 7\u00a0h": {From: 22, Until: 7}, "10 p.m. to 7 a.m.": {From: 22, Until: 7},
		"d’1h à 7h": {From: 1, Until: 7}, "22 h jusqu’à 7 h": {From: 22, Until: 7}, "between 10 PM and 7": {From: 22, Until: 7},
		"10 h du soir à 7 h du matin": {From: 22, Until: 7}, "minuit-8h": {From: 0, Until: 8}, "from 9 pm till midnight": {From: 21, Until: 0},
		"22-24": {From: 22, Until: 0}, "12am-12pm": {From: 0, Until: 12}, "midi à 13": {From: 12, Until: 13}, "２２-７": {From: 22, Until: 7},
		"22→7": {From: 22, Until: 7}, "9 o'clock to 10 o’clock": {From: 9, Until: 10},
	} {
		if got, err := core.ParseQuiet(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"": "quiet.form", "22": "quiet.form", "la nuit": "quiet.form", "25-7": "quiet.form", "22-7-9": "quiet.form",
		"13pm-7": "quiet.form", "0am-7": "quiet.form", "12 h du soir à 7 h": "quiet.form", "-1-7": "quiet.form", "222-7": "quiet.form",
		"22h30-7h": "quiet.half", "22-7:15": "quiet.half", "10.30pm to 7am": "quiet.half",
		"8-8": "quiet.same", "0-24": "quiet.same", "minuit à 0h": "quiet.same", "8pm-20h": "quiet.same",
	} {
		if got, err := core.ParseQuiet(text); core.KeyOf(err) != want {
			t.Errorf("%q: %v, %v, want %s", text, got, err, want)
		}
	}
}

func FuzzParseQuiet(f *testing.F) {
	for _, s := range []string{"22h-7h", "10pm-7am", "de 22 heures à 7 heures", "22:30-7", "minuit à midi", "\xff-1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := core.ParseQuiet(text)
		if err != nil {
			if core.CodeOf(err) != core.Invalid || core.KeyOf(err) == "" {
				t.Errorf("%q fails with %v, which is not told", text, err)
			}
			return
		}
		if q.From < 0 || q.From > 23 || q.Until < 0 || q.Until > 23 || q.From == q.Until {
			t.Errorf("%q: %v", text, q)
		}
		for _, form := range []string{"%dh-%dh", "%d:00–%d:00", "from %d to %d"} {
			if again, err := core.ParseQuiet(fmt.Sprintf(form, q.From, q.Until)); err != nil || again != q {
				t.Errorf("%v in the form %q: %v, %v", q, form, again, err)
			}
		}
	})
}
