package demo

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"tocsin/core"
	"tocsin/core/gazetteer"
	"tocsin/core/geo"
	"tocsin/storage"
)

func script(t *testing.T) *Script {
	t.Helper()
	s, err := LoadScript()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var (
	looseMark   = regexp.MustCompile(`[^\x{a0}\x{202f}(][:;?!»]([ .,]|$)|«[^\x{a0}]|'`)
	placeholder = regexp.MustCompile(`\{\w*\}`)
)

func TestTheGuideSpeaksBothLanguages(t *testing.T) {
	t.Parallel()
	s := script(t)
	french := []string{s.Voice["fr"], s.Opening["fr"]}
	english := []string{s.Voice["en"], s.Opening["en"]}
	for _, l := range s.Lines {
		french, english = append(french, l.French), append(english, l.English)
		if l.Name == "" || strings.Count(l.French, "`")%2 != 0 || strings.Count(l.French, "`") != strings.Count(l.English, "`") {
			t.Errorf("%q: a line without a name, or with other things to type in each language", l.Name)
		}
	}
	for i := range french {
		if french[i] == "" || english[i] == "" {
			t.Errorf("one of %q and %q is missing", french[i], english[i])
		}
		if found := looseMark.FindString(french[i]); found != "" {
			t.Errorf("%q: %q breaks a rule of French type", french[i], found)
		}
		a, b := placeholder.FindAllString(french[i], -1), placeholder.FindAllString(english[i], -1)
		if strings.Join(a, "") != strings.Join(b, "") {
			t.Errorf("%q and %q do not say the same", french[i], english[i])
		}
	}
}

// A line is said when all its conditions hold, and lines of one name once.
func TestALineIsSaidOnce(t *testing.T) {
	t.Parallel()
	s := script(t)
	said := map[string]bool{}
	for _, tt := range []struct {
		facts facts
		want  string
	}{
		{facts{}, ""},
		{facts{step: "signup.welcome"}, "welcome"},
		{facts{step: "signup.welcome", asked: "help"}, ""},
		{facts{offered: []core.Verb{"rsvp.going"}, asked: "near"}, ""},
		{facts{step: "signup.email"}, "email"},
		{facts{member: true, alert: awaited}, "joined"},
		{facts{member: true}, ""},
		{facts{member: true, offered: []core.Verb{"near.details", "rsvp.going"}}, "near"},
		{facts{member: true, going: true, asked: "agenda"}, "going"},
		{facts{member: true, going: true, asked: "agenda"}, "agenda"},
		{facts{alert: sent}, "alert"},
		{facts{member: true, going: true, alert: sent}, ""},
	} {
		got := ""
		if l := s.next(tt.facts, said); l != nil {
			got, said[l.Name] = l.Name, true
		}
		if got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.facts, got, tt.want)
		}
	}
}

// somebody has not signed up, but lives somewhere.
func somebody(p geo.Point, r core.Radius) *core.Supporter {
	return &core.Supporter{ID: 7, State: core.Active, Cell: geo.CellOf(p), Radius: r}
}

func TestTheAlertIsAboutTheNearest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, err := storage.Open(t.Context(), storage.Config{
		URL: "sqlite:" + filepath.Join(dir, "t.db"), KeyFile: filepath.Join(dir, "t.key"),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	made, _ := campaign(t, time.Now(), 2027)
	lyon, ocean := geo.Point{Lat: 45.76, Lon: 4.83}, geo.Point{Lat: -45, Lon: -120}
	err = store.Tx(t.Context(), func(tx core.Tx) error {
		ctx := t.Context()
		if err := tx.PutAreas(ctx, gazetteer.Areas()); err != nil {
			return err
		}
		if _, _, err := tx.PutActions(ctx, made.Actions); err != nil {
			return err
		}
		near, err := choose(ctx, tx, somebody(lyon, 25))
		if err != nil || near == nil || geo.Distance(near.Point, lyon) > 27 {
			t.Errorf("in Lyon: %v", err)
		}
		far, err := choose(ctx, tx, somebody(ocean, 2))
		if err != nil || far == nil {
			t.Fatalf("in the ocean: %v", err)
		}
		for _, a := range made.Actions {
			free, limited := a.Free()
			soon := a.StartsAt.Before(time.Now().Add(time.Hour))
			if !a.Online && !soon && (free > 0 || !limited) && geo.Distance(a.Point, ocean) < geo.Distance(far.Point, ocean)-2 {
				t.Fatalf("%s is nearer than %s", a.Source, far.Source)
			}
		}
		nowhere, err := choose(ctx, tx, &core.Supporter{ID: 7, Radius: 25})
		if err != nil || nowhere == nil || !nowhere.Online {
			t.Errorf("of who has not said where: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
