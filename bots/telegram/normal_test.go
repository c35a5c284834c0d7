package telegram

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"tocsin/core"
)

// told describes an update: the kind of the chat, its id and thread, who spoke, in which
// language, when, and what happened.
func told(u *core.Update) string {
	if u == nil {
		return "nothing"
	}
	who := "nobody"
	if u.Sender != nil {
		who = u.Sender.ID
	}
	at := ""
	if _, pressed := u.Event.(core.Press); !pressed {
		at = fmt.Sprintf(" at %d", u.At.Unix())
	}
	what := strings.TrimPrefix(fmt.Sprintf("%#v", u.Event), "core.")
	switch e := u.Event.(type) {
	case core.Migrated:
		what = "Migrated to " + e.To.Chat
	case core.Position:
		what = fmt.Sprintf("Position at %g, %g, live: %t", e.Point.Lat, e.Point.Lon, e.Live)
	}
	where := string(u.Kind) + " " + u.Chat.Chat
	if u.Chat.Thread != "" {
		where += " topic " + u.Chat.Thread
	}
	return fmt.Sprintf("%s: %s (%s)%s: %s", where, who, u.Language, at, what)
}

// Every kind of update comes in the one form that core knows, or not at all. What nobody
// means for us, what no person says and what we never keep, such as a number, is not in
// it.
func TestEveryKindOfUpdateHasItsNormalForm(t *testing.T) {
	t.Parallel()
	archive, err := txtar.ParseFile("testdata/updates.txtar")
	if err != nil {
		t.Fatal(err)
	}
	a, err := New(Config{Token: "4711:abcdefghijklmnop"})
	if err != nil {
		t.Fatal(err)
	}
	a.username = "tocsin_bot"
	for _, section := range archive.Files {
		want, raw, _ := strings.Cut(string(section.Data), "\n")
		in, err := decode([]byte(raw))
		if err != nil {
			t.Errorf("%s: %v", section.Name, err)
			continue
		}
		got := told(a.update(in))
		if got != strings.TrimPrefix(want, "want ") {
			t.Errorf("%s\ngot  %s\n%s", section.Name, got, want)
		}
		if strings.Contains(got, "+33") || strings.Contains(got, "Lovelace") {
			t.Errorf("%s: it holds a number or a name: %s", section.Name, got)
		}
	}
	if len(archive.Files) < 60 {
		t.Errorf("only %d updates", len(archive.Files))
	}
}
