package core_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"tocsin/core"
)

func TestCleanName(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ in, want, key string }{
		{"  Anna   Maria ", "Anna Maria", ""},
		{"Zoe\u0308", "Zoë", ""},
		{"👩‍🚀 Éloïse", "👩‍🚀 Éloïse", ""},
		{"", "", "name.empty"},
		{" \t ", "", "name.empty"},
		{strings.Repeat("é", 41), "", "name.long"},
		{strings.Repeat("é", 40), strings.Repeat("é", 40), ""},
		{"A" + strings.Repeat("\u0301", 400), "", "name.long"},
		{"An\u202ena", "", "name.characters"},
		{"An\u200bna", "", "name.characters"},
		{"An\u0007na", "", "name.characters"},
		{"1234 5678", "", "name.form"},
		{"anna@exemple.fr", "", "name.form"},
	} {
		got, err := core.CleanName(tt.in)
		if got != tt.want || core.KeyOf(err) != tt.key {
			t.Errorf("%q: %q, %v", tt.in, got, err)
		}
	}
}

func FuzzCleanName(f *testing.F) {
	for _, s := range []string{"Anna", "1234 5678", "\u202e", "👩‍🚀", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name, err := core.CleanName(s)
		if err != nil {
			return
		}
		if again, err := core.CleanName(name); err != nil || again != name {
			t.Errorf("%q is cleaned to %q and then to %q, %v", s, name, again, err)
		}
	})
}

func TestCodesAreReadAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]core.Code8{
		"12345678": "12345678", "1234 5678": "12345678", " 1234-5678 ": "12345678", "12.34.56.78": "12345678",
		"1234567": "", "123456789": "", "1234567a": "", "": "", "١٢٣٤٥٦٧٨": "",
	} {
		got, ok := core.ParseCode(in)
		if got != want || ok != (want != "") {
			t.Errorf("%q: %q", in, string(got))
		}
	}
	for range 1000 {
		c := core.NewCode()
		if got, ok := core.ParseCode(c.Shown()); !ok || !got.Equal(c) {
			t.Fatalf("a code does not come back")
		}
	}
}

func TestWhatNamesAPersonDoesNotPrint(t *testing.T) {
	t.Parallel()
	secret := "canary4711"
	things := []any{
		core.Address(secret), core.Code8(secret), core.Fingerprint([]byte(secret + strings.Repeat("x", 22))),
		core.ChatRef{Bot: "telegram:1", Chat: secret, Thread: secret}, core.AccountRef{Bot: "telegram:1", ID: secret},
		&core.Letter{To: core.Address(secret), Subject: secret, Text: secret},
	}
	for _, thing := range things {
		var log strings.Builder
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "thing", thing)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "thing", thing)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			fmt.Fprintf(&log, verb, thing)
		}
		if strings.Contains(log.String(), secret) {
			t.Errorf("%T prints: %s", thing, log.String())
		}
	}
}

func TestAMessageComesBackFromJSONAsItWas(t *testing.T) {
	t.Parallel()
	in := core.Message{
		Body:    []core.Span{{Text: "a"}, {Text: "b", Style: "strong"}},
		Buttons: []core.Button{{Label: "x", Do: core.Do{Verb: "rsvp.going", Arg: "7"}}},
		Menu:    "abc", AskHere: true, File: &core.Attachment{Name: "a.ics", MIME: "text/calendar", Blob: 3},
	}
	b, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var out core.Message
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	if again, _ := json.Marshal(out); string(again) != string(b) {
		t.Errorf("%s, then %s", b, again)
	}
}

func TestErrorsCarryTheirCode(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	err := fmt.Errorf("flows: do it: %w", core.Wrap(core.Unavailable, cause, "storage: read row"))
	switch {
	case core.CodeOf(err) != core.Unavailable, !errors.Is(err, cause), !core.Retryable(err):
		t.Errorf("%v has lost its code or cause", err)
	case core.CodeOf(cause) != core.Internal, core.CodeOf(nil) != "", core.Wrap(core.Invalid, nil, "x") != nil:
		t.Error("an error without a code is not internal")
	case core.Retryable(core.Fail(core.Conflict, "rsvp.full")):
		t.Error("what is told is run again")
	case core.AfterOf(&core.Error{Code: core.RateLimited, After: time.Minute}) != time.Minute:
		t.Error("the wait is lost")
	}
}

func TestRadiusClassRoundsUp(t *testing.T) {
	t.Parallel()
	for r, want := range map[core.Radius]core.Radius{1: 2, 2: 2, 3: 5, 25: 25, 26: 50, 99: 100, 500: 100} {
		if got := r.Class(); got != want {
			t.Errorf("%d: %d, want %d", r, got, want)
		}
	}
}

func TestAreasHoldWhatLiesInThem(t *testing.T) {
	t.Parallel()
	if core.AreaID("FR/84/69").Parent() != "FR/84" || core.AreaID("FR").Parent() != core.World {
		t.Error("a parent is not the area above")
	}
}
