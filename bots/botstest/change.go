package botstest

import (
	"strings"
	"testing"

	"tocsin/core"
)

func editReplacesWhatIsShown(t *testing.T, w World) {
	if !w.Adapter().Capabilities().Edits {
		t.Skip("the platform cannot edit: core sends the text anew")
	}
	begin(t, w, accept)
	p := w.People()[0]
	send(t, w, p, say("before"))
	parts := send(t, w, p, say("3 places left"))
	send(t, w, p, say("after"))
	send(t, w, p, &core.Edit{Message: say("2 places left"), Parts: parts})
	var got []string
	for _, s := range standing(w, p) {
		got = append(got, s.Text)
	}
	if strings.Join(got, "|") != "before|2 places left|after" {
		t.Errorf("shown %q", got)
	}
}

func editOfALongTextLeavesNothingOld(t *testing.T, w World) {
	can := w.Adapter().Capabilities()
	if !can.Edits || !can.Redacts {
		t.Skip("the platform cannot edit and redact")
	}
	begin(t, w, accept)
	p := w.People()[0]
	long := longText(can.MaxText)
	for _, change := range []struct{ from, to string }{{long, "short"}, {"short", long}} {
		parts := send(t, w, p, say(change.from))
		receipt := send(t, w, p, &core.Edit{Message: say(change.to), Parts: parts})
		var got []string
		for _, s := range standing(w, p) {
			got = append(got, strings.Fields(s.Text)...)
		}
		if want := strings.Fields(change.to); strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("shown are %d words after the edit, want the %d of the new text", len(got), len(want))
		}
		send(t, w, p, &core.Redact{Parts: receipt})
		if left := standing(w, p); len(left) != 0 {
			t.Fatalf("%d parts are left: the receipt of the edit does not name all of them", len(left))
		}
	}
}

func editToTheSameIsNoFailure(t *testing.T, w World) {
	if !w.Adapter().Capabilities().Edits {
		t.Skip("the platform cannot edit")
	}
	begin(t, w, accept)
	p := w.People()[0]
	parts := send(t, w, p, say("as it is"))
	for range 2 {
		parts = send(t, w, p, &core.Edit{Message: say("as it is"), Parts: parts})
	}
	if got := standing(w, p); len(got) != 1 || got[0].Text != "as it is" {
		t.Errorf("shown %+v", got)
	}
}

func redactTakesBack(t *testing.T, w World) {
	if !w.Adapter().Capabilities().Redacts {
		t.Skip("the platform cannot redact")
	}
	begin(t, w, accept)
	p := w.People()[0]
	send(t, w, p, say("stays"))
	parts := send(t, w, p, say(longText(w.Adapter().Capabilities().MaxText)))
	send(t, w, p, &core.Redact{Parts: parts})
	got := standing(w, p)
	if len(got) != 1 || got[0].Text != "stays" {
		t.Errorf("%d messages are left, want the one that was not taken back", len(got))
	}
}
