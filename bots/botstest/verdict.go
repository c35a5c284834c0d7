package botstest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tocsin/core"
)

func everyVerdict(t *testing.T, w World, v verdict) {
	begin(t, w, accept)
	p := w.People()[0]
	d := to(w, p, say("will it arrive?"))
	if !w.Fail(v.fault) {
		t.Skip("nothing like it can befall this platform")
	}
	_, err := w.Adapter().Send(t.Context(), d)
	w.Mend()
	if got := core.CodeOf(err); got != v.code {
		t.Errorf("Send = %v (%q), want the code %q", err, got, v.code)
	}
	least, most := v.fault.After, 2*v.fault.After+time.Second
	if after := core.AfterOf(err); v.fault.After > 0 && (after < least || after > most) {
		t.Errorf("Send says to wait %v, want %v", after, v.fault.After)
	}
	shown := w.Shown(p)
	if v.shown == nothing && len(shown) != 0 || v.shown == whole && (len(shown) != 1 || shown[0].Text != "will it arrive?") {
		t.Errorf("shown %+v, want %s", shown, v.shown)
	}
	if v.code != core.Unavailable {
		return
	}
	if _, err := w.Adapter().Send(t.Context(), d); err != nil {
		t.Errorf("Send = %v when the platform was there again", err)
	}
	if shown := w.Shown(p); len(shown) != 1 {
		t.Errorf("shown %+v after the second try, want the message once", shown)
	}
}

// private is a text that no error may hold.
const private = "the words of Zwetschge Abendroth"

func noSecretInAnError(t *testing.T, w World) {
	begin(t, w, accept)
	p := w.People()[0]
	d := to(w, p, say(private))
	failed := false
	for _, v := range verdicts {
		if !w.Fail(v.fault) {
			continue
		}
		_, err := w.Adapter().Send(t.Context(), d)
		w.Mend()
		if err != nil {
			failed = true
			tellsNothing(t, w, err)
		}
	}
	if !failed {
		t.Error("no send failed")
	}
}

// tellsNothing fails the test if an error holds a secret of w, a chat, or what was
// to be sent.
func tellsNothing(t *testing.T, w World, err error) {
	t.Helper()
	said := err.Error() + "\n" + fmt.Sprintf("%+v\n%#v", err, err)
	for i, secret := range w.Secrets() {
		if strings.Contains(said, secret) {
			t.Errorf("an error (%s) holds secret %d of the world", core.CodeOf(err), i)
		}
	}
	if strings.Contains(said, private) {
		t.Errorf("an error (%s) holds the text of the message", core.CodeOf(err))
	}
}
