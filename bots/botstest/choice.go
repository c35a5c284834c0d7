package botstest

import (
	"slices"
	"strconv"
	"testing"

	"tocsin/core"
)

// choiceByButtonNumberAndLabel offers a choice. Whatever the platform has, its
// number and its label are written texts, which core reads; a press names the
// button by the token that it carried, or by its message and number.
func choiceByButtonNumberAndLabel(t *testing.T, w World) {
	s := begin(t, w, accept)
	p := w.People()[0]
	can := w.Adapter().Capabilities()
	labels := []string{"Yes, I'm in!", "Not <this> time", "Ask me *later*"}
	m := say("Will you come?")
	m.Menu = "abcdefghijklmn22"
	for i, l := range labels {
		if can.Buttons {
			m.Buttons = append(m.Buttons, core.Button{Label: l, Do: core.Do{Verb: "answer", Arg: strconv.Itoa(i)}})
		} else {
			m.Body = append(m.Body, core.Span{Text: "\n" + strconv.Itoa(i+1) + ". " + l})
		}
	}
	receipt := send(t, w, p, m)
	if shown := w.Shown(p); can.Buttons && (len(shown) != 1 || !slices.Equal(shown[0].Buttons, labels)) {
		t.Fatalf("shown %+v, want the buttons %q", shown, labels)
	}
	if presser, ok := w.(Presser); ok {
		for n := len(labels); n >= 1; n-- {
			presser.Press(p, n)
			u := s.next()
			if press, ok := u.Event.(core.Press); !ok || !names(press, m.Menu, receipt, n) {
				t.Errorf("button %d came as %#v", n, u.Event)
			}
		}
	} else if can.Buttons {
		t.Error("the adapter has buttons, but nobody in this world can press them")
	}
	for _, text := range []string{"2", "2.", labels[0], labels[1]} {
		w.Write(p, text)
		if got := s.text(); got != text {
			t.Errorf("%q came as %q", text, got)
		}
	}
}

// names reports whether a press names button n of a message.
func names(p core.Press, menu core.MenuToken, r core.Receipt, n int) bool {
	if p.Token != "" {
		return p.Token == string(menu)+"."+strconv.Itoa(n)
	}
	return p.Choice == n && slices.Contains(r, p.On)
}
